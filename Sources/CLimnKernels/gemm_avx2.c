// Six rows by sixteen columns in AVX2: twelve sums, two halves of a panel's row and one broadcast fill fifteen of the
// sixteen registers, and twelve independent sums hide the latency of the multiply-add.
#include "gemm_tile.h"
#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,fma")))
#define INLINE static inline __attribute__((always_inline)) AVX2

INLINE __m256i column_mask(long columns) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)columns), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

INLINE void multiply(const int count, const limn_tile *tile, const float *const *rows, const float *panel, float *c) {
  __m256 low[LIMN_ROWS], high[LIMN_ROWS];
#pragma clang loop unroll(full)
  for (int r = 0; r < count; r++) low[r] = high[r] = _mm256_setzero_ps();
  const long step = tile->step, depth = tile->depth, from = tile->from * step;
  for (long tap = 0; tap < tile->taps; tap++, rows += LIMN_ROWS) {
    const float *row[LIMN_ROWS];
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) row[r] = rows[r] + from;
    long at = 0;
    for (long p = 0; p < depth; p++) {
      const __m256 left = _mm256_loadu_ps(panel), right = _mm256_loadu_ps(panel + 8);
#pragma clang loop unroll(full)
      for (int r = 0; r < count; r++) {
        const __m256 value = _mm256_broadcast_ss(row[r] + at);
        low[r] = _mm256_fmadd_ps(value, left, low[r]);
        high[r] = _mm256_fmadd_ps(value, right, high[r]);
      }
      panel += LIMN_PANEL;
      at += step;
    }
  }
  const float *bias = tile->bias;
  if (tile->columns == LIMN_PANEL) {
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) {
      float *out = c + r * tile->c_row;
      if (!tile->first) {
        low[r] = _mm256_add_ps(_mm256_loadu_ps(out), low[r]);
        high[r] = _mm256_add_ps(_mm256_loadu_ps(out + 8), high[r]);
      }
      if (bias) {
        low[r] = _mm256_add_ps(low[r], _mm256_loadu_ps(bias));
        high[r] = _mm256_add_ps(high[r], _mm256_loadu_ps(bias + 8));
      }
      _mm256_storeu_ps(out, low[r]);
      _mm256_storeu_ps(out + 8, high[r]);
    }
    return;
  }
  const __m256i left = column_mask(tile->columns), right = column_mask(tile->columns - 8);
#pragma clang loop unroll(full)
  for (int r = 0; r < count; r++) {
    float *out = c + r * tile->c_row;
    if (!tile->first) {
      low[r] = _mm256_add_ps(_mm256_maskload_ps(out, left), low[r]);
      high[r] = _mm256_add_ps(_mm256_maskload_ps(out + 8, right), high[r]);
    }
    if (bias) {
      low[r] = _mm256_add_ps(low[r], _mm256_maskload_ps(bias, left));
      high[r] = _mm256_add_ps(high[r], _mm256_maskload_ps(bias + 8, right));
    }
    _mm256_maskstore_ps(out, left, low[r]);
    _mm256_maskstore_ps(out + 8, right, high[r]);
  }
}

#define ROWS(count)                                                                                              \
  static AVX2 void limn_tile_##count##_avx2(const limn_tile *tile, const float *const *rows, const float *panel, \
                                            float *c) {                                                          \
    multiply(count, tile, rows, panel, c);                                                                       \
  }
ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6)

const limn_gemm_kernels limn_gemm_avx2 = {
    {limn_tile_1_avx2, limn_tile_2_avx2, limn_tile_3_avx2, limn_tile_4_avx2, limn_tile_5_avx2, limn_tile_6_avx2}};
#else
const limn_gemm_kernels limn_gemm_avx2 = {0};  // never chosen
#endif
