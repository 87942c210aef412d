// Normalizations, softmax, gated activations and attention in single precision. Statistics are summed in blocks of fixed
// size, the blocks' results merged in double and in order.
#ifndef LIMN_NORM_H
#define LIMN_NORM_H
#include <stdint.h>

/// A group norm over channels-last memory: x [n, pixels, channels].
typedef struct {
  long n, pixels, channels, groups;
  float eps;
  int32_t silu;  // y = silu(norm) instead of norm
} limn_group_norm_shape;

/// y = (x − mean) · rstd · weight + bias; weight and bias [channels] may be null. `statistics` [n, groups, 2] receives mean
/// and rstd of each group.
void limn_group_norm_f32(const limn_group_norm_shape *shape, const float *x, const float *weight, const float *bias,
                         float *y, float *statistics);
/// The gradients; dweight and dbias may be null.
void limn_group_norm_backward_f32(const limn_group_norm_shape *shape, const float *dy, const float *x,
                                  const float *weight, const float *bias, const float *statistics, float *dx,
                                  float *dweight, float *dbias);

/// y = (x − mean) · rstd · weight + bias over each row of x [rows, width]. `statistics` [rows, 2] may be null.
void limn_layer_norm_f32(long rows, long width, float eps, const float *x, const float *weight, const float *bias,
                         float *y, float *statistics);
void limn_layer_norm_backward_f32(long rows, long width, const float *dy, const float *x, const float *weight,
                                  const float *statistics, float *dx, float *dweight, float *dbias);

/// Softmax over each row of x [rows, width].
void limn_softmax_f32(long rows, long width, const float *x, float *y);
/// dx = y · (dy − Σ dy · y)
void limn_softmax_backward_f32(long rows, long width, const float *dy, const float *y, float *dx);

/// y [rows, width] = a · gelu(b), where a and b are the halves of each row of x [rows, 2 · width].
void limn_geglu_f32(long rows, long width, const float *x, float *y);
void limn_geglu_backward_f32(long rows, long width, const float *dy, const float *x, float *dx);

/// sums[c] = Σ over rows of x [rows, width]: a bias's gradient.
void limn_column_sums_f32(long rows, long width, const float *x, float *sums);

#endif
