#include "limn_random.h"
#include "elementwise_table.h"
#include <math.h>
#include <string.h>
#pragma STDC FP_CONTRACT OFF

enum { size = 624, middle = 397 };

void limn_twister_seed(limn_twister *g, uint32_t seed) {
  g->words[0] = seed;
  for (uint32_t i = 1; i < size; i++) g->words[i] = 1812433253u * (g->words[i - 1] ^ g->words[i - 1] >> 30) + i;
  g->position = size;
  g->has_normal = 0;
  g->normal = 0;
}

void limn_twister_seed_words(limn_twister *g, const uint32_t *key, long count) {
  limn_twister_seed(g, 19650218u);
  uint32_t *w = g->words;
  long i = 1, j = 0;
  for (long k = size > count ? size : count; k > 0; k--) {
    w[i] = (w[i] ^ (w[i - 1] ^ w[i - 1] >> 30) * 1664525u) + key[j] + (uint32_t)j;
    if (++i >= size) { w[0] = w[size - 1]; i = 1; }
    if (++j >= count) j = 0;
  }
  for (long k = size - 1; k > 0; k--) {
    w[i] = (w[i] ^ (w[i - 1] ^ w[i - 1] >> 30) * 1566083941u) - (uint32_t)i;
    if (++i >= size) { w[0] = w[size - 1]; i = 1; }
  }
  w[0] = 0x80000000u;
}

static void refill(limn_twister *g) {
  uint32_t *w = g->words;
  for (int i = 0; i < size; i++) {
    uint32_t y = (w[i] & 0x80000000u) | (w[(i + 1) % size] & 0x7fffffffu);
    w[i] = w[(i + middle) % size] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
  }
  g->position = 0;
}

uint32_t limn_twister_next(limn_twister *g) {
  if (g->position >= size) refill(g);
  uint32_t y = g->words[g->position++];
  y ^= y >> 11;
  y ^= y << 7 & 0x9d2c5680u;
  y ^= y << 15 & 0xefc60000u;
  return y ^ y >> 18;
}

uint64_t limn_twister_next64(limn_twister *g) {
  uint64_t high = limn_twister_next(g);
  return high << 32 | limn_twister_next(g);
}

static float uniform(limn_twister *g) { return (float)(limn_twister_next(g) & 0xffffff) * 0x1p-24f; }
static double uniform64(limn_twister *g) { return (double)(limn_twister_next64(g) & (((uint64_t)1 << 53) - 1)) * 0x1p-53; }

void limn_rand_f32(limn_twister *g, float *out, long n) {
  for (long i = 0; i < n; i++) out[i] = uniform(g);
}

// Fewer than 16 values: Box and Muller in double, a pair at a time; the second of a pair is kept for the next draw.
static float one_normal(limn_twister *g) {
  if (g->has_normal) {
    g->has_normal = 0;
    return (float)g->normal;
  }
  double u = uniform64(g), v = uniform64(g);
  double radius = sqrt(-2.0 * log1p(-v)), angle = 2.0 * 3.141592653589793238462643383279502 * u;
  g->normal = radius * sin(angle);
  g->has_normal = 1;
  return (float)(radius * cos(angle));
}

// MARK: 16 values and more: Box and Muller in float, with the polynomials of torch's vector path (Cephes). Each fmaf is one rounding.

static float from_bits(uint32_t u) { float x; memcpy(&x, &u, 4); return x; }
static uint32_t bits_of(float x) { uint32_t u; memcpy(&u, &x, 4); return u; }

// ln x for x in (0, 1]
static inline __attribute__((always_inline)) float natural_log(float x) {
  x = x < from_bits(0x00800000) ? from_bits(0x00800000) : x;
  float e = (float)((int)(bits_of(x) >> 23) - 127) + 1;
  x = from_bits((bits_of(x) & ~0x7f800000u) | 0x3f000000u);
  if (x < 0.707106781186547524f) { e -= 1; x = (x - 1) + x; } else x -= 1;
  static const float p[9] = {7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f,
                             -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f};
  float z = x * x, y = p[0];
  for (int i = 1; i < 9; i++) y = __builtin_fmaf(y, x, p[i]);
  y = __builtin_fmaf(y * x, z, e * -2.12194440e-4f);
  y = __builtin_fmaf(-z, 0.5f, y);
  return __builtin_fmaf(e, 0.693359375f, x + y);
}

// sin x and cos x for x in [0, 2π)
static inline __attribute__((always_inline)) void sine_cosine(float x, float *sine, float *cosine) {
  int j = ((int)(x * 1.27323954473516f) + 1) & ~1;
  float k = (float)j;
  x = __builtin_fmaf(k, -0.78515625f, x);
  x = __builtin_fmaf(k, -2.4187564849853515625e-4f, x);
  x = __builtin_fmaf(k, -3.77489497744594108e-8f, x);
  float z = x * x;
  float a = __builtin_fmaf(__builtin_fmaf(2.443315711809948e-5f, z, -1.388731625493765e-3f), z, 4.166664568298827e-2f);
  a = __builtin_fmaf(a * z, z, -(z * 0.5f)) + 1;
  float b = __builtin_fmaf(__builtin_fmaf(-1.9515295891e-4f, z, 8.3321608736e-3f), z, -1.6666654611e-1f);
  b = __builtin_fmaf(b * z, x, x);
  float s = j & 2 ? a : b, c = j & 2 ? b : a;
  *sine = j & 4 ? -s : s;
  *cosine = (j - 2) & 4 ? c : -c;
}

// Sixteen uniforms become sixteen normals: value i and value i + 8 are a pair.
static inline __attribute__((always_inline)) void sixteen(float *d) {
  for (int i = 0; i < 8; i++) {
    float radius = __builtin_sqrtf(-2 * natural_log(1 - d[i])), s, c;
    sine_cosine(6.283185307179586f * d[i + 8], &s, &c);
    d[i] = radius * c;
    d[i + 8] = radius * s;
  }
}
static void groups_portable(float *d, long n) { for (long i = 0; i + 16 <= n; i += 16) sixteen(d + i); }
#if defined(__x86_64__)
// The same lines; with fused multiply-adds as instructions instead of calls it is ten times faster.
__attribute__((target("avx2,fma"))) static void groups_avx2(float *d, long n) { for (long i = 0; i + 16 <= n; i += 16) sixteen(d + i); }
#else
#define groups_avx2 groups_portable
#endif

void limn_randn_f32(limn_twister *g, float *out, long n) {
  if (n < 16) {
    for (long i = 0; i < n; i++) out[i] = one_normal(g);
    return;
  }
  static void (*const rows[LIMN_ISA_COUNT])(float *, long) = {[LIMN_PORTABLE] = groups_portable, [LIMN_AVX2] = groups_avx2};
  limn_rand_f32(g, out, n);
  rows[limn_isa_current()](out, n);
  if (n % 16) {  // the last sixteen are drawn anew
    limn_rand_f32(g, out + n - 16, 16);
    rows[limn_isa_current()](out + n - 16, 16);
  }
}

// Ranges from 2²⁸ take 64 bits, lest the low numbers be likelier (older versions of torch did so from 2³²).
void limn_randint_i64(limn_twister *g, int64_t low, uint64_t range, int64_t *out, long n) {
  for (long i = 0; i < n; i++) {
    uint64_t draw = range >> 28 ? limn_twister_next64(g) % range : limn_twister_next(g) % (uint32_t)range;
    out[i] = (int64_t)((uint64_t)low + draw);
  }
}

void limn_randperm_i64(limn_twister *g, int64_t *out, long n) {
  for (long i = 0; i < n; i++) out[i] = i;
  for (long i = 0; i + 1 < n; i++) {
    long k = i + (long)(limn_twister_next(g) % (uint64_t)(n - i));
    int64_t t = out[i];
    out[i] = out[k];
    out[k] = t;
  }
}
