// OpenBLAS, if the machine has it: opened by name at the first large product and called on one thread inside our tasks.
#ifndef LIMN_BLAS_H
#define LIMN_BLAS_H
#include <stdint.h>

/// "libopenblas.so.0 (Zen)", or why it is not in use; for `limn doctor`.
const char *limn_blas_description(void);

/// Whether a product [m, k] × [k, n] goes to OpenBLAS: from the shape and the processor alone.
int32_t limn_blas_suits(int64_t m, int64_t n, int64_t k);

/// C = A · B, row-major; a transposed operand lies as its transpose, its rows `a_row` (`b_row`) apart. Cut into tasks by shape.
void limn_blas_gemm_f32(int64_t m, int64_t n, int64_t k, const float *a, int64_t a_row, int32_t a_transposed,
                        const float *b, int64_t b_row, int32_t b_transposed, float *c, int64_t c_row);

#endif
