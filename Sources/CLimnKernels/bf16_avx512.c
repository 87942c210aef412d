// The bf16 product in AVX-512: eight rows by two panels make sixteen independent sums; a pair of A is broadcast for each row.
#include <string.h>
#include "bf16_tile.h"
#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")))
#define INLINE static inline __attribute__((always_inline)) AVX512
enum { rows_at_once = 8 };

static void nothing(void) {}

INLINE __m512bh pair(const uint16_t *from) {
  int32_t both;
  memcpy(&both, from, sizeof both);
  return (__m512bh)_mm512_set1_epi32(both);
}

INLINE void sums_of(const int panels, const limn_bf16_block *block, const limn_bf16_group *group, long row, float *out) {
  __m512 sums[2][rows_at_once];
#pragma clang loop unroll(full)
  for (int p = 0; p < panels; p++)
#pragma clang loop unroll(full)
    for (int r = 0; r < rows_at_once; r++)
      sums[p][r] = block->fresh ? _mm512_setzero_ps() : _mm512_load_ps(out + r * LIMN_BF16_SIDE + p * LIMN_PANEL);
  const uint16_t *left = block->panels[0], *right = block->panels[panels - 1];
  const long step = group->row_step;
  for (long tap = block->first; tap < block->first + block->taps; tap++) {
    const uint16_t *a = group->rows + group->offsets[tap] + block->from + row * step;
    for (long pairs = block->steps * LIMN_BF16_STEP / 2; pairs > 0; pairs--) {
      const __m512bh first = (__m512bh)_mm512_loadu_si512(left), second = (__m512bh)_mm512_loadu_si512(right);
#pragma clang loop unroll(full)
      for (int r = 0; r < rows_at_once; r++) {
        const __m512bh values = pair(a + r * step);
        sums[0][r] = _mm512_dpbf16_ps(sums[0][r], values, first);
        if (panels == 2) sums[1][r] = _mm512_dpbf16_ps(sums[1][r], values, second);
      }
      a += 2, left += 2 * LIMN_PANEL, right += 2 * LIMN_PANEL;
    }
  }
#pragma clang loop unroll(full)
  for (int p = 0; p < panels; p++)
#pragma clang loop unroll(full)
    for (int r = 0; r < rows_at_once; r++) _mm512_store_ps(out + r * LIMN_BF16_SIDE + p * LIMN_PANEL, sums[p][r]);
}

static AVX512 void multiply(const limn_bf16_block *block) {
  for (int g = 0; g < block->group_count; g++)
    for (long row = 0; row < LIMN_BF16_ROWS; row += rows_at_once) {
      float *out = block->sums + (g * LIMN_BF16_ROWS + row) * LIMN_BF16_SIDE;
      if (block->panel_count == 2) sums_of(2, block, block->groups[g], row, out);
      else sums_of(1, block, block->groups[g], row, out);
    }
}

const limn_bf16_kernels limn_bf16_avx512 = {nothing, multiply, nothing};
#else
const limn_bf16_kernels limn_bf16_avx512 = {0};  // never chosen
#endif
