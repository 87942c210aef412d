#include "limn_random.h"
#include "random_rows.h"
#include <math.h>
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

static uint32_t mixed(uint32_t high, uint32_t low, uint32_t far) {
  uint32_t y = (high & 0x80000000u) | (low & 0x7fffffffu);
  return far ^ y >> 1 ^ (-(y & 1) & 0x9908b0dfu);
}
static void refill(limn_twister *g) {
  uint32_t *w = g->words;
  for (int i = 0; i < size - middle; i++) w[i] = mixed(w[i], w[i + 1], w[i + middle]);
  for (int i = size - middle; i < size - 1; i++) w[i] = mixed(w[i], w[i + 1], w[i + middle - size]);
  w[size - 1] = mixed(w[size - 1], w[0], w[middle - 1]);
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

void limn_randn_f32(limn_twister *g, float *out, long n) {
  if (n < 16) {
    for (long i = 0; i < n; i++) out[i] = one_normal(g);
    return;
  }
  // 16 values and more: all uniforms first, for the whole tensor, then groups of sixteen become normal.
  // A group is eight pairs: AVX-512 would only halve its vectors.
  static void (*const rows[LIMN_ISA_COUNT])(float *, long) = {
      [LIMN_PORTABLE] = limn_normals_portable, [LIMN_AVX2] = limn_normals_avx2, [LIMN_AVX512] = limn_normals_avx2};
  limn_rand_f32(g, out, n);
  rows[limn_isa_current()](out, n / 16);
  if (n % 16) {  // the last sixteen are drawn anew
    limn_rand_f32(g, out + n - 16, 16);
    rows[limn_isa_current()](out + n - 16, 1);
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
