// Elementwise kernels on float and int64 operands of any layout. Axes of stride 0 broadcast. `out` must not overlap an input except where
// it is that input, element for element.
#ifndef LIMN_ELEMENTWISE_H
#define LIMN_ELEMENTWISE_H
#include "limn_layout.h"
#include <stdint.h>

// y = f(x; p, q)
typedef enum {
  LIMN_NEG, LIMN_ABS, LIMN_EXP, LIMN_LOG, LIMN_SQRT, LIMN_SIN, LIMN_COS, LIMN_TANH, LIMN_ERF,
  LIMN_SIGMOID, LIMN_SILU, LIMN_GELU, LIMN_QUICK_GELU, LIMN_RELU, LIMN_FLOOR, LIMN_ROUND, LIMN_RECIPROCAL,
  LIMN_CLAMP,                                             // min(max(x, p), q)
  LIMN_ADD_NUMBER, LIMN_MUL_NUMBER, LIMN_SUB_FROM,        // x + p, x · p, p − x
  LIMN_DIV_NUMBER, LIMN_DIV_INTO,                         // x / p, p / x
  LIMN_POW_NUMBER, LIMN_POW_OF,                           // xᵖ, pˣ
  LIMN_MIN_NUMBER, LIMN_MAX_NUMBER, LIMN_REMAINDER_NUMBER, LIMN_REMAINDER_OF,   // x mod p, p mod x (floored)
  LIMN_UNARY_COUNT
} limn_unary;

// out = f(a, b; p, q). In the derivatives a is the upstream gradient.
typedef enum {
  LIMN_ADD, LIMN_SUB, LIMN_MUL, LIMN_DIV, LIMN_POW, LIMN_MIN, LIMN_MAX, LIMN_REMAINDER,
  LIMN_D_SQRT,                                            // a / (2 b), b = √x
  LIMN_D_TANH, LIMN_D_SIGMOID,                            // a (1 − b²), a b (1 − b): b is the result
  LIMN_D_SIN, LIMN_D_COS, LIMN_D_ERF,                     // a cos b, −a sin b, a · 2/√π · e^(−b²)
  LIMN_D_SILU, LIMN_D_GELU, LIMN_D_QUICK_GELU, LIMN_D_RELU, LIMN_D_ABS,
  LIMN_D_RECIPROCAL,                                      // −a b², b = 1/x
  LIMN_D_CLAMP,                                           // a where p ≤ b ≤ q
  LIMN_D_POW_NUMBER,                                      // a p b^(p−1)
  LIMN_D_MIN_FIRST, LIMN_D_MAX_FIRST,                     // 1 where a is the one taken, ½ where a = b, else 0
  LIMN_D_POW_BASE,                                        // b a^(b−1)
  LIMN_BINARY_COUNT
} limn_binary;

typedef enum { LIMN_LESS, LIMN_LESS_EQUAL, LIMN_EQUAL, LIMN_NOT_EQUAL, LIMN_COMPARISON_COUNT } limn_comparison;
typedef enum { LIMN_AND, LIMN_OR, LIMN_NOT } limn_logic;

void limn_unary_f32(limn_unary op, int rank, limn_dims shape, const float *x, limn_dims xs, float *y, limn_dims ys, float p, float q);
void limn_binary_f32(limn_binary op, int rank, limn_dims shape, const float *a, limn_dims as, const float *b, limn_dims bs, float *out,
                     limn_dims os, float p, float q);
// ADD … REMAINDER without DIV and POW; wraps.
void limn_binary_i64(limn_binary op, int rank, limn_dims shape, const int64_t *a, limn_dims as, const int64_t *b, limn_dims bs,
                     int64_t *out, limn_dims os);
void limn_compare_f32(limn_comparison op, int rank, limn_dims shape, const float *a, limn_dims as, const float *b, limn_dims bs,
                      uint8_t *out, limn_dims os);
void limn_compare_i64(limn_comparison op, int rank, limn_dims shape, const int64_t *a, limn_dims as, const int64_t *b, limn_dims bs,
                      uint8_t *out, limn_dims os);
// Bools are bytes 0 or 1. NOT reads a alone.
void limn_logic_u8(limn_logic op, int rank, limn_dims shape, const uint8_t *a, limn_dims as, const uint8_t *b, limn_dims bs,
                   uint8_t *out, limn_dims os);
// out = condition ? a : b, for elements of 4 bytes (f32) or 8 (i64).
void limn_select(int width, int rank, limn_dims shape, const uint8_t *condition, limn_dims cs, const void *a, limn_dims as, const void *b,
                 limn_dims bs, void *out, limn_dims os);

#endif
