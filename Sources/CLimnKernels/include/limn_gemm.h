// Matrix products and convolutions in single precision: C = A · B, with B (the weights, as a rule) packed into panels of
// 16 columns. A convolution is the same product with the rows of A looked up through pointers, one set for each tap of
// its window, so that no im2col matrix is ever written.
//
// Every element of C is the sum over k in blocks of fixed size (a function of k alone), each block added in order, the
// block sums added in order. So an element's bytes depend neither on the threads, nor on how the work is cut, nor on how
// many other rows are computed with it.
#ifndef LIMN_GEMM_H
#define LIMN_GEMM_H
#include <stddef.h>
#include <stdint.h>
#include "limn_layout.h"

/// Columns in a packed panel, and rows in the largest micro-kernel.
enum { LIMN_PANEL = 16, LIMN_ROWS = 6 };

/// What happens to an element after its sum is complete, in this order; a null pointer leaves a step out.
typedef struct {
  const float *bias;        // [n], added to each row
  const float *group_bias;  // [m / group_rows, n], added to the rows of its group: a time embedding to each picture
  long group_rows, group_bias_stride;
  const float *residual;    // [m, n] with rows residual_stride apart
  long residual_stride;
  int32_t activation;       // limn_activation
} limn_epilogue;

enum limn_activation { LIMN_THEN_NOTHING = 0, LIMN_THEN_SILU = 1 };

/// One product of a batch. Element (i, p) of A lies at `a[i * a_row + p * a_column]`; B is packed.
typedef struct {
  long m, n, k;
  long a_row, a_column;  // one of them is 1, as a rule
  long c_row;            // C's columns are adjacent
} limn_gemm_shape;

/// How a packed matrix holds its values. Half-width ones are widened block by block inside the product; that is exact, so
/// every kind gives the bytes that f32 gives for the same values. ORDER: limn_dtype.
typedef enum { LIMN_PACK_F32 = LIMN_F32, LIMN_PACK_BF16 = LIMN_BF16, LIMN_PACK_F16 = LIMN_F16 } limn_pack_kind;

/// Floats that a packed B [k, n] takes as f32, and bytes as any kind.
long limn_gemm_packed_floats(long k, long n);
size_t limn_gemm_packed_bytes(limn_pack_kind kind, long k, long n);

/// Packs B [k, n] of type f32, f16 or bf16, whose element (p, j) lies at `b[p * b_row + j * b_column]`. Columns past n are zero.
/// No wider copy is made on the way; a kind narrower than the type rounds to nearest even.
void limn_gemm_pack(limn_pack_kind kind, long k, long n, limn_dtype type, const void *b, long b_row, long b_column,
                    void *packed);

/// Packs B [k, n], whose element (p, j) lies at `b[p * b_row + j * b_column]`. Columns past n are zero.
void limn_gemm_pack_f32(long k, long n, const float *b, long b_row, long b_column, float *packed);

/// C = A · B with B packed as `kind`.
void limn_gemm_packed(const limn_gemm_shape *shape, const float *a, limn_pack_kind kind, const void *packed, float *c,
                      const limn_epilogue *epilogue);

/// C = A · B for `batch` matrices; strides are in floats, 0 repeats an operand. `packed` matrices lie `packed_batch` apart.
void limn_gemm_f32(const limn_gemm_shape *shape, long batch, const float *a, long a_batch, const float *packed,
                   long packed_batch, float *c, long c_batch, const limn_epilogue *epilogue);

/// C = A · B with B as it lies, for a few rows: packs each panel on the way, so that B is read once and nothing is kept.
/// Gives the same bytes as packing first. B is f32, f16 or bf16.
void limn_gemm_unpacked(const limn_gemm_shape *shape, const float *a, limn_dtype type, const void *b, long b_row,
                        long b_column, float *c, const limn_epilogue *epilogue);
void limn_gemm_unpacked_f32(const limn_gemm_shape *shape, const float *a, const float *b, long b_row, long b_column,
                            float *c, const limn_epilogue *epilogue);

/// The plain meaning of the product, in double precision: what the fast paths are tested against.
void limn_gemm_reference(const limn_gemm_shape *shape, const float *a, const float *b, long b_row, long b_column,
                         float *c);

/// A convolution over channels-last pictures: x [n, h, w, i] to y [n, oh, ow, o].
typedef struct {
  long n, h, w, i;
  long o, oh, ow;
  long kh, kw;
  long stride;          // of the window over x
  long dilation;        // of x itself: zeros that stand between its rows and columns (1: none); a gradient uses it
  long top, left;       // padding
  int32_t doubled;      // x is [n, h / 2, w / 2, i], each pixel standing for four: enlarging without a copy
} limn_conv_shape;

/// y = x * weights. `packed` is the packed matrix [kh · kw · i, o].
void limn_conv_f32(const limn_conv_shape *shape, const float *x, const float *packed, float *y,
                   const limn_epilogue *epilogue);

/// The same with weights packed as `kind`.
void limn_conv_packed(const limn_conv_shape *shape, const float *x, limn_pack_kind kind, const void *packed, float *y,
                      const limn_epilogue *epilogue);

/// Packs weights [o, i, kh, kw] of type f32, f16 or bf16 as the convolution reads them, the matrix [kh · kw · i, o]; `turned` for
/// the gradient in x: windows turned by half a turn, the matrix [kh · kw · o, i]. Take `limn_gemm_packed_bytes` of that.
void limn_conv_pack(limn_pack_kind kind, long o, long i, long kh, long kw, limn_dtype type, const void *weight,
                    int32_t turned, void *packed);

/// Packs f32 weights [o, i, kh, kw] as `limn_conv_f32` reads them: the matrix [kh · kw · i, o].
void limn_conv_pack_f32(long o, long i, long kh, long kw, const float *weight, float *packed);

/// Packs weights [o, i, kh, kw] for the gradient in x: windows turned by half a turn, the matrix [kh · kw · o, i].
void limn_conv_pack_turned_f32(long o, long i, long kh, long kw, const float *weight, float *packed);

/// The gradient in the weights, [o, i, kh, kw], from x and the upstream gradient `dy` [n, oh, ow, o].
/// `panels` is scratch of `limn_gemm_packed_floats(n · oh · ow, o)` floats.
void limn_conv_weight_gradient_f32(const limn_conv_shape *shape, const float *x, const float *dy, float *panels,
                                   float *dweight);

/// The plain meaning of the convolution, in double precision, from weights [o, i, kh, kw].
void limn_conv_reference(const limn_conv_shape *shape, const float *x, const float *weight, const float *bias, float *y);

#endif
