// What the two bf16 units compute, in plain C and in their order of additions (Intel's manual, VDPBF16PS and TDPBF16PS). Both take subnormal
// operands for zero, flush subnormal results, and round each fused multiply-add and each addition to nearest even.
#include <string.h>
#include "bf16_tile.h"
#pragma STDC FP_CONTRACT OFF
#pragma clang diagnostic ignored "-Wpsabi"

typedef float row16 __attribute__((vector_size(64)));
typedef int32_t bits16 __attribute__((vector_size(64)));
#define INLINE static inline __attribute__((always_inline))

/// Subnormal values become zeros of their sign.
INLINE row16 flushed(row16 x) {
  const bits16 bits = (bits16)x, subnormal = (bits & 0x7f800000) == 0;
  return (row16)(bits & ~(subnormal & 0x7fffffff));
}
INLINE row16 multiply_add(row16 a, row16 b, row16 c) { return flushed(__builtin_elementwise_fma(a, b, c)); }

/// One of the two values of a pair of A, for all columns, and of sixteen pairs of B.
INLINE row16 value_of(const uint16_t *a, int second) {
  const int32_t bits = (int32_t)((uint32_t)a[second] << 16);
  const bits16 all = {0};
  return flushed((row16)(all + bits));
}
INLINE row16 values_of(const uint16_t *b, int second) {
  bits16 pairs;
  memcpy(&pairs, b, sizeof pairs);
  return flushed((row16)(second ? pairs & (int32_t)0xffff0000 : pairs << 16));
}

/// srcdest += a₁ · b₁, then += a₀ · b₀.
INLINE row16 as_avx512(row16 sum, const uint16_t *a, const uint16_t *b) {
  for (int p = 0; p < LIMN_BF16_STEP; p += 2, a += 2, b += 2 * LIMN_PANEL) {
    sum = multiply_add(value_of(a, 1), values_of(b, 1), sum);
    sum = multiply_add(value_of(a, 0), values_of(b, 0), sum);
  }
  return sum;
}

/// The even and the odd values of 32 summed apart from zero, the two sums added, then the sum added to the tile.
INLINE row16 as_amx(row16 sum, const uint16_t *a, const uint16_t *b) {
  row16 even = {0}, odd = {0};
  for (int p = 0; p < LIMN_BF16_STEP; p += 2, a += 2, b += 2 * LIMN_PANEL) {
    even = multiply_add(value_of(a, 0), values_of(b, 0), even);
    odd = multiply_add(value_of(a, 1), values_of(b, 1), odd);
  }
  return flushed(sum + flushed(even + odd));
}

INLINE void walk(const int amx, const limn_bf16_block *block) {
  for (int g = 0; g < block->group_count; g++)
    for (int p = 0; p < block->panel_count; p++)
      for (long r = 0; r < LIMN_BF16_ROWS; r++) {
        const limn_bf16_group *group = block->groups[g];
        float *out = block->sums + (g * LIMN_BF16_ROWS + r) * LIMN_BF16_SIDE + p * LIMN_PANEL;
        row16 sum = {0};
        if (!block->fresh) memcpy(&sum, out, sizeof sum);
        const uint16_t *b = block->panels[p];
        for (long tap = block->first; tap < block->first + block->taps; tap++) {
          const uint16_t *a = group->rows + group->offsets[tap] + block->from + r * group->row_step;
          for (long step = 0; step < block->steps; step++, a += LIMN_BF16_STEP, b += LIMN_BF16_STEP * LIMN_PANEL)
            sum = amx ? as_amx(sum, a, b) : as_avx512(sum, a, b);
        }
        memcpy(out, &sum, sizeof sum);
      }
}

// The compiler's multiply-adds where the processor has them, the C library's elsewhere: the same values.
#if defined(__x86_64__)
#include "processor.h"
static __attribute__((target("avx2,fma"))) void walk_fast(const limn_bf16_block *block, int amx) {
  if (amx) walk(1, block);
  else walk(0, block);
}
static int is_fast(void) { return (limn_processor() & LIMN_HAS_AVX2) != 0; }
#else
static void walk_fast(const limn_bf16_block *block, int amx) { (void)block, (void)amx; }
static int is_fast(void) { return 0; }
#endif

static void nothing(void) {}
static void multiply_as_avx512(const limn_bf16_block *block) {
  if (is_fast()) walk_fast(block, 0);
  else walk(0, block);
}
static void multiply_as_amx(const limn_bf16_block *block) {
  if (is_fast()) walk_fast(block, 1);
  else walk(1, block);
}

const limn_bf16_kernels limn_bf16_emulated_avx512 = {nothing, multiply_as_avx512, nothing};
const limn_bf16_kernels limn_bf16_emulated_amx = {nothing, multiply_as_amx, nothing};
