#include "elementwise_table.h"
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>
#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define LANES 8
#define ROW limn_elementwise_avx2
#define LIMN_HAS_F16C

static void widen_f16(const uint16_t *from, float *to, long n) {
  long i = 0;
  for (; i + 8 <= n; i += 8) _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(from + i))));
  if (i < n) {
    uint16_t rest[8] = {0};
    float wide[8];
    memcpy(rest, from + i, (size_t)(n - i) * 2);
    _mm256_storeu_ps(wide, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)rest)));
    memcpy(to + i, wide, (size_t)(n - i) * 4);
  }
}
static void narrow_f16(const float *from, uint16_t *to, long n) {
  long i = 0;
  for (; i + 8 <= n; i += 8) _mm_storeu_si128((__m128i *)(to + i), _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
  if (i < n) {
    float rest[8] = {0};
    uint16_t narrow[8];
    memcpy(rest, from + i, (size_t)(n - i) * 4);
    _mm_storeu_si128((__m128i *)narrow, _mm256_cvtps_ph(_mm256_loadu_ps(rest), _MM_FROUND_TO_NEAREST_INT));
    memcpy(to + i, narrow, (size_t)(n - i) * 2);
  }
}
#include "elementwise_transpose.h"
#define LIMN_TRANSPOSE transpose
#include "elementwise_body.h"
#pragma clang attribute pop
#else
const limn_elementwise_row limn_elementwise_avx2 = {0};  // never chosen
#endif
