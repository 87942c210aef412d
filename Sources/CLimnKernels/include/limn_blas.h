// OpenBLAS, if the machine has it: opened by name at the first large product and called on one thread inside our tasks.
// It serves processors with AVX-512, for which we have no kernel of our own yet; with AVX2 ours is the faster at every size measured.
#ifndef LIMN_BLAS_H
#define LIMN_BLAS_H
#include "limn_gemm.h"

/// Whether weights [n, k] go to OpenBLAS, from the processor, the library and LIMN_BLAS (on, off) alone. Opens the library.
int limn_blas_suits(long n, long k);

/// The fewest rows for which it is worth calling.
enum { LIMN_BLAS_ROWS = 32 };

/// C = A · Bᵀ with A [m, k] and B [n, k] row-major, then the epilogue. Call it only where `limn_blas_suits` said yes.
void limn_blas_gemm_f32(const limn_gemm_shape *shape, const float *a, const float *b, float *c, const limn_epilogue *epilogue);

/// What is in use: "libopenblas.so.0 (Zen)", or why nothing is.
const char *limn_blas_description(void);

#endif
