// One row of kernels for each instruction set: what they do with dense vectors of n values, on the calling thread.
#ifndef LIMN_ELEMENTWISE_TABLE_H
#define LIMN_ELEMENTWISE_TABLE_H
#include "limn_elementwise.h"
#include "limn_isa.h"

typedef struct {
  void (*unary[LIMN_UNARY_COUNT])(const float *x, float *y, long n, float p, float q);
  void (*binary[LIMN_BINARY_COUNT])(const float *a, const float *b, float *out, long n, float p, float q);
  void (*comparison[LIMN_COMPARISON_COUNT])(const float *a, const float *b, uint8_t *out, long n);
  void (*widen_f16)(const uint16_t *from, float *to, long n);
  void (*narrow_f16)(const float *from, uint16_t *to, long n);
  void (*widen_bf16)(const uint16_t *from, float *to, long n);
  void (*narrow_bf16)(const float *from, uint16_t *to, long n);
  // An 8 × 8 tile of 4-byte elements, turned: to[r, c] = from[c, r], rows `from_step` and `to_step` apart. NULL if plain loops do as well.
  void (*transpose)(const float *from, long from_step, float *to, long to_step);
  // Sums in double with 16 partial sums a run (see reduce.c): x, and (x − center)².
  double (*sum)(const float *x, long n);
  double (*sum_of_squares)(const float *x, long n, double center);
  // into[i] += x[i], and into[i] += (x[i] − center[i])².
  void (*add_to)(double *into, const float *x, long n);
  void (*add_squares_to)(double *into, const float *x, const double *center, long n);
} limn_elementwise_row;

extern const limn_elementwise_row limn_elementwise_portable, limn_elementwise_avx2, limn_elementwise_avx512;
const limn_elementwise_row *limn_elementwise(void);

#endif
