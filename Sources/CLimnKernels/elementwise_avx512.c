#include "elementwise_table.h"
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>
#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#define LANES 16
#define ROW limn_elementwise_avx512
#define LIMN_HAS_F16C

static __mmask16 first_lanes(long count) { return (__mmask16)((1u << count) - 1); }

static void widen_f16(const uint16_t *from, float *to, long n) {
  long i = 0;
  for (; i + 16 <= n; i += 16) _mm512_storeu_ps(to + i, _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(from + i))));
  if (i < n) {
    const __mmask16 mask = first_lanes(n - i);
    _mm512_mask_storeu_ps(to + i, mask, _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, from + i)));
  }
}
static void narrow_f16(const float *from, uint16_t *to, long n) {
  long i = 0;
  for (; i + 16 <= n; i += 16)
    _mm256_storeu_si256((__m256i *)(to + i), _mm512_cvtps_ph(_mm512_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
  if (i < n) {
    const __mmask16 mask = first_lanes(n - i);
    _mm256_mask_storeu_epi16(to + i, mask, _mm512_cvtps_ph(_mm512_maskz_loadu_ps(mask, from + i), _MM_FROUND_TO_NEAREST_INT));
  }
}
#include "elementwise_transpose.h"
#define LIMN_TRANSPOSE transpose
#include "elementwise_body.h"
#pragma clang attribute pop
#else
const limn_elementwise_row limn_elementwise_avx512 = {0};  // never chosen
#endif
