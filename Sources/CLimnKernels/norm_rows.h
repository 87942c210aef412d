// The loops of the normalizations over rows of floats, one set for each instruction set; private to this module.
#ifndef LIMN_NORM_ROWS_H
#define LIMN_NORM_ROWS_H
#include <stdint.h>
#include "limn_gemm.h"
#include "gemm_tile.h"

/// What one channel does on its way through a group norm's gradient: dx = dz · gain + x · slope + offset, where dz is the
/// gradient before SiLU and z = x · scale + shift.
typedef struct {
  const float *scale, *shift, *gain, *slope, *offset;
} limn_channel_terms;

typedef struct {
  /// sums[c] = Σ over rows of x.
  void (*column_sums)(long rows, long width, const float *x, float *sums);
  /// sums[c] = Σ over rows of (x − center[c])².
  void (*column_squares)(long rows, long width, const float *x, const float *center, float *sums);
  /// y = x · scale[c] + shift[c], then SiLU if asked.
  void (*scale_columns)(long rows, long width, const float *x, const float *scale, const float *shift, int32_t silu,
                        float *y);
  /// first[c] = Σ dz, second[c] = Σ dz · x, with dz = dy · silu′(z) or dy.
  void (*gradient_sums)(long rows, long width, const float *dy, const float *x, const float *scale,
                        const float *shift, int32_t silu, float *first, float *second);
  void (*gradient)(long rows, long width, const float *dy, const float *x, const limn_channel_terms *terms,
                   int32_t silu, float *dx);
  /// One row: mean and 1/√(variance + eps) into statistics[0], [1].
  void (*row_moments)(long width, float eps, const float *x, float *statistics);
  void (*layer_row)(long width, const float *x, const float *statistics, const float *weight, const float *bias,
                    float *y);
  /// One row's dx; adds the row's terms to dweight and dbias [width].
  void (*layer_row_backward)(long width, const float *dy, const float *x, const float *statistics,
                             const float *weight, float *dx, float *dweight, float *dbias);
  void (*softmax_row)(long width, const float *x, float *y);
  void (*softmax_row_backward)(long width, const float *dy, const float *y, float *dx);
  void (*geglu_row)(long width, const float *x, float *y);
  void (*geglu_row_backward)(long width, const float *dy, const float *x, float *dx);
  /// One row of an online softmax over `width` scores: row = 2^(scale · row / ln 2 − m), m the maximum so far. Updates m and
  /// the sum l, and returns the factor that earlier results take.
  float (*attention_row)(long width, float scale, float *row, float *m, float *l);
  /// row = exp(scale · row − lse).
  void (*attention_row_again)(long width, float scale, float lse, float *row);
  /// scores = probabilities · (scores − delta) · scale, the softmax's gradient.
  void (*attention_row_backward)(long width, float scale, float delta, const float *probabilities, float *scores);
  void (*scale_row)(long width, float factor, float *row);
  float (*dot)(long width, const float *a, const float *b);
  /// lse = m ln 2 + ln l
  float (*log_sum)(float m, float l);
  /// What follows a product's sums and bias.
  void (*finish)(const limn_epilogue *epilogue, const limn_patch *patch);
} limn_row_kernels;

extern const limn_row_kernels limn_rows_portable, limn_rows_avx2, limn_rows_avx512;

/// The kernels for this processor.
const limn_row_kernels *limn_rows_choice(void);

#endif
