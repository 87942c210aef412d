// Sums and the like over any axes, and what goes along one axis: running sums, order, choice.
#ifndef LIMN_REDUCE_H
#define LIMN_REDUCE_H
#include "limn_layout.h"
#include <stdint.h>

typedef enum {
  LIMN_REDUCE_SUM,       // Σx / divisor
  LIMN_REDUCE_VARIANCE,  // Σ(x − mean)² / divisor
  LIMN_REDUCE_MAX, LIMN_REDUCE_MIN   // NaN if any element is
} limn_reduction;

// Reduces x over the axes whose bits are set. `os` are strides of the result over the axes that stay. Everything is added up in double: in runs with
// 16 partial sums, in blocks of a fixed size whose sums are added in index order.
void limn_reduce_f32(limn_reduction op, int rank, limn_dims shape, const float *x, limn_dims xs, unsigned axes, float *out, limn_dims os,
                     double divisor);

// Running sums along `axis` in double; from the far end if `reverse`.
void limn_cumsum_f32(int rank, limn_dims shape, int axis, int reverse, const float *x, limn_dims xs, float *out, limn_dims os);
// Positions along `axis` in rising order of x, equal ones in order of position, NaN last.
void limn_argsort_f32(int rank, limn_dims shape, int axis, const float *x, limn_dims xs, int64_t *out, limn_dims os);
// The position of the first largest (or, if `least`, smallest) element along `axis`; the first NaN if there is one. `os` has no axis `axis`: 0.
void limn_argmax_f32(int rank, limn_dims shape, int axis, int least, const float *x, limn_dims xs, int64_t *out, limn_dims os);
// out[…, i, …] = x[…, index[…, i, …], …], or with `put` out[…, index[…, i, …], …] = x[…, i, …].
void limn_take_f32(int rank, limn_dims shape, int axis, int put, const float *x, limn_dims xs, const int64_t *index, limn_dims is, float *out,
                   limn_dims os);

#endif
