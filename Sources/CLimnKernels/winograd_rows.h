// The transforms of F(4×4, 3×3), one set for each instruction set; private to this module.
//
// Interpolation at 0, ±5/8, ±3/2 and ∞. With the usual 0, ±1, ±2, ∞ the error is twice as large; all coefficients of the input's
// and the output's transform are exact in float. A tile of 6 × 6 inputs becomes 36 values, which are multiplied with the
// 36 values of a window one by one, and the sums become 4 × 4 outputs.
#ifndef LIMN_WINOGRAD_ROWS_H
#define LIMN_WINOGRAD_ROWS_H

enum { LIMN_TILE_SIDE = 4, LIMN_PATCH_SIDE = 6, LIMN_POINTS = 36 };

typedef struct {
  /// v[point · stride + c] for `channels` channels of one tile, from the 36 pixels under it.
  void (*input)(long channels, const float *const pixels[LIMN_POINTS], float *v, long stride);
  /// u[point · stride + p · 16 + j] for `rows` rows of a panel, from its rows under each of the nine taps.
  void (*weights)(long rows, const float *const taps[9], float *u, long stride);
  /// y[(row · y_row) + (column · y_column) + j] for one tile and `columns` of 16 outputs, plus the bias unless null;
  /// the tile may be cut off after `height` rows and `width` columns.
  void (*output)(const float *m, long stride, long columns, const float *bias, float *y, long y_row, long y_column,
                 long height, long width);
} limn_winograd_kernels;

extern const limn_winograd_kernels limn_winograd_portable, limn_winograd_avx2, limn_winograd_avx512;

#endif
