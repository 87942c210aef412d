// The product's inner loop in plain C, for processors without a path of their own; the compiler's four-wide code at best.
#include "gemm_tile.h"

static inline __attribute__((always_inline)) void multiply(const int count, const limn_tile *tile,
                                                           const float *const *rows, const float *panel, float *c) {
  float sums[LIMN_ROWS][LIMN_PANEL] = {{0}};
  const long from = tile->from * tile->step;
  for (long tap = 0; tap < tile->taps; tap++, rows += LIMN_ROWS)
    for (long p = 0; p < tile->depth; p++, panel += LIMN_PANEL)
      for (int r = 0; r < count; r++) {
        const float value = rows[r][from + p * tile->step];
        for (int j = 0; j < LIMN_PANEL; j++) sums[r][j] += value * panel[j];
      }
  for (int r = 0; r < count; r++)
    for (long j = 0; j < tile->columns; j++) {
      float *out = c + r * tile->c_row + j;
      const float sum = tile->first ? sums[r][j] : *out + sums[r][j];
      *out = tile->bias ? sum + tile->bias[j] : sum;
    }
}

#define ROWS(count)                                                                                             \
  static void limn_tile_##count##_portable(const limn_tile *tile, const float *const *rows, const float *panel, \
                                           float *c) {                                                          \
    multiply(count, tile, rows, panel, c);                                                                      \
  }
ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6)

const limn_gemm_kernels limn_gemm_portable = {
    {limn_tile_1_portable, limn_tile_2_portable, limn_tile_3_portable, limn_tile_4_portable, limn_tile_5_portable,
     limn_tile_6_portable}};
