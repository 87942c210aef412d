#include "elementwise_table.h"
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>
#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define LANES 8
#define ROW limn_elementwise_avx2
#define LIMN_HAS_F16C

static void widen_f16(const uint16_t *from, float *to, long n) {
  long i = 0;
  for (; i + 8 <= n; i += 8) _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(from + i))));
  if (i < n) {
    uint16_t rest[8] = {0};
    float wide[8];
    memcpy(rest, from + i, (size_t)(n - i) * 2);
    _mm256_storeu_ps(wide, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)rest)));
    memcpy(to + i, wide, (size_t)(n - i) * 4);
  }
}
static void narrow_f16(const float *from, uint16_t *to, long n) {
  long i = 0;
  for (; i + 8 <= n; i += 8) _mm_storeu_si128((__m128i *)(to + i), _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
  if (i < n) {
    float rest[8] = {0};
    uint16_t narrow[8];
    memcpy(rest, from + i, (size_t)(n - i) * 4);
    _mm_storeu_si128((__m128i *)narrow, _mm256_cvtps_ph(_mm256_loadu_ps(rest), _MM_FROUND_TO_NEAREST_INT));
    memcpy(to + i, narrow, (size_t)(n - i) * 2);
  }
}
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
#define LIMN_TRANSPOSE transpose
#include "elementwise_body.h"
#pragma clang attribute pop
#else
const limn_elementwise_row limn_elementwise_avx2 = {0};  // never chosen
#endif
