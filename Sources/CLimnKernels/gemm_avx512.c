// The product's inner loop in AVX-512: a panel's row is one register, so twelve rows make twelve independent sums, enough to hide the
// multiply-add's latency on two units. Each element is the same chain of multiply-adds over k as in AVX2: same bytes.
#include "gemm_tile.h"
#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")))
#define INLINE static inline __attribute__((always_inline)) AVX512

INLINE void multiply(const int count, const limn_tile *tile, const float *const *rows, const float *panel, float *c) {
  __m512 sums[2 * LIMN_ROWS];
#pragma clang loop unroll(full)
  for (int r = 0; r < count; r++) sums[r] = _mm512_setzero_ps();
  const long step = tile->step, depth = tile->depth, from = tile->from * step;
  for (long tap = 0; tap < tile->taps; tap++, rows += LIMN_ROWS) {
    const float *row[2 * LIMN_ROWS];
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) row[r] = rows[r < LIMN_ROWS ? r : tile->group_step + r - LIMN_ROWS] + from;
    long at = 0;
    for (long p = 0; p < depth; p++) {
      const __m512 values = _mm512_loadu_ps(panel);
#pragma clang loop unroll(full)
      for (int r = 0; r < count; r++) sums[r] = _mm512_fmadd_ps(_mm512_set1_ps(row[r][at]), values, sums[r]);
      panel += LIMN_PANEL;
      at += step;
    }
  }
  const __mmask16 mask = (__mmask16)((1u << tile->columns) - 1);
  const __m512 bias = tile->bias ? _mm512_maskz_loadu_ps(mask, tile->bias) : _mm512_setzero_ps();
#pragma clang loop unroll(full)
  for (int r = 0; r < count; r++) {
    float *out = c + r * tile->c_row;
    if (!tile->first) sums[r] = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, out), sums[r]);
    if (tile->bias) sums[r] = _mm512_add_ps(sums[r], bias);
    _mm512_mask_storeu_ps(out, mask, sums[r]);
  }
}

#define ROWS(count)                                                                                                  \
  static AVX512 void limn_tile_##count##_avx512(const limn_tile *tile, const float *const *rows, const float *panel, \
                                                float *c) {                                                          \
    multiply(count, tile, rows, panel, c);                                                                           \
  }
ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6) ROWS(12)

const limn_gemm_kernels limn_gemm_avx512 = {
    {limn_tile_1_avx512, limn_tile_2_avx512, limn_tile_3_avx512, limn_tile_4_avx512, limn_tile_5_avx512, limn_tile_6_avx512},
    limn_tile_12_avx512};
#else
const limn_gemm_kernels limn_gemm_avx512 = {0};  // never chosen
#endif
