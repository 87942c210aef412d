// An 8 × 8 tile of 4-byte elements turned in registers of AVX2; the includer sets the instruction set.
static void transpose(const float *from, long from_step, float *to, long to_step) {
  __m256 r[8], a[8], b[8];
  for (int i = 0; i < 8; i++) r[i] = _mm256_loadu_ps(from + i * from_step);
  for (int i = 0; i < 8; i += 2) {
    a[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    a[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
  for (int i = 0; i < 8; i += 4)
    for (int k = 0; k < 2; k++) {
      b[i + 2 * k] = _mm256_shuffle_ps(a[i + k], a[i + k + 2], 0x44);
      b[i + 2 * k + 1] = _mm256_shuffle_ps(a[i + k], a[i + k + 2], 0xee);
    }
  for (int i = 0; i < 4; i++) {
    _mm256_storeu_ps(to + i * to_step, _mm256_permute2f128_ps(b[i], b[i + 4], 0x20));
    _mm256_storeu_ps(to + (i + 4) * to_step, _mm256_permute2f128_ps(b[i], b[i + 4], 0x31));
  }
}
