// Matrix products, convolutions and attention in bf16 with f32 sums: activations and weights are rounded to bf16 (to nearest even), products are exact,
// sums and the result are f32. A and C lie in memory as f32; A is rounded on the way in, B (the weights) is packed once.
//
// Three ways to compute, called units: AMX (tdpbf16ps), AVX-512 (vdpbf16ps), and none, where f32 kernels are faster and the caller should
// take those. Each unit adds in an order of its own, so bytes are promised for one unit and any number of threads, not across units. Both treat subnormal operands as zero and
// flush subnormal sums, as the processor does. The emulated units do the same arithmetic in the same order in plain C, slowly: for tests on
// any machine. All units read the same packed weights.
#ifndef LIMN_BF16_H
#define LIMN_BF16_H
#include <stddef.h>
#include <stdint.h>
#include "limn_attention.h"
#include "limn_gemm.h"
#include "limn_layout.h"

typedef enum {
  LIMN_BF16_NONE = 0,             // no unit: f32 kernels are faster here. The functions below then answer as the emulated AMX unit.
  LIMN_BF16_EMULATED_AVX512 = 1,
  LIMN_BF16_EMULATED_AMX = 2,
  LIMN_BF16_AVX512 = 3,
  LIMN_BF16_AMX = 4,              // also takes the system's permission, asked for once: early, before threads exist
  LIMN_BF16_UNIT_COUNT = 5
} limn_bf16_unit;

/// The unit in use: the best this machine has, none where LIMN_ISA chose less than avx512, or what LIMN_BF16 says
/// (none, avx512, amx, emulated-avx512, emulated-amx; emulated is the latter) if the machine has it.
limn_bf16_unit limn_bf16_current(void);
/// Whether this machine has `unit`. The emulated ones are everywhere.
int limn_bf16_available(limn_bf16_unit unit);
/// Uses `unit` from now on (for tests; call it while no kernel runs). Returns 0 if the machine lacks it.
int limn_bf16_use(limn_bf16_unit unit);
/// "none", "avx512", "amx", "emulated-avx512", "emulated-amx".
const char *limn_bf16_name(limn_bf16_unit unit);

/// Bytes that a packed B [k, n] takes: k goes up to a multiple of 32, n of 16. Best aligned to 64.
size_t limn_bf16_gemm_packed_bytes(long k, long n);
/// Packs B [k, n] of type f32, f16 or bf16, whose element (p, j) lies at `b[p * b_row + j * b_column]`. No wider copy is made.
void limn_bf16_gemm_pack(long k, long n, limn_dtype type, const void *b, long b_row, long b_column, void *packed);
/// C = A · B. A's strides are in floats and may be any.
void limn_bf16_gemm(const limn_gemm_shape *shape, const float *a, const void *packed, float *c, const limn_epilogue *epilogue);

/// Bytes that packed weights [o, i, kh, kw] take, `turned` or not.
size_t limn_bf16_conv_packed_bytes(long o, long i, long kh, long kw, int32_t turned);
/// Packs weights [o, i, kh, kw] of type f32, f16 or bf16; `turned` for the gradient in x: windows turned by half a turn, o and i changed over.
void limn_bf16_conv_pack(long o, long i, long kh, long kw, limn_dtype type, const void *weight, int32_t turned, void *packed);
/// y = x * weights over channels-last pictures. For turned weights `shape` is the gradient's: its i is the weights' o.
void limn_bf16_conv(const limn_conv_shape *shape, const float *x, const void *packed, float *y, const limn_epilogue *epilogue);

/// Whether the unit in use should compute this attention: by cycles counted, not timed. Heads of a few features or few keys stay in f32.
int limn_bf16_attention_suits(const limn_attention_shape *shape);
/// Bytes of scratch memory it needs.
size_t limn_bf16_attention_scratch(const limn_attention_shape *shape);
/// As limn_attention_f32, of q · scale, k, v and weights rounded to bf16; scores, the largest of them, and sums are f32, and weights are summed as they
/// were rounded, so that a row of `out` is a mean of rows of v. There must be a key.
void limn_bf16_attention(const limn_attention_shape *shape, const float *q, const float *k, const float *v, float *out, float *lse, void *scratch);

#endif
