// The loops of bf16_attention.h over vectors of 16 floats, which the compiler splits where registers are narrower: the same bytes everywhere.
// Each file that includes this is one row of the table: it defines LANES_NAME, sets the instruction set around the include, and may define
// MASKED where that can load and store a part of a vector.
#include <math.h>
#include <string.h>
#include "bf16_attention.h"

#pragma clang diagnostic ignored "-Wpsabi"
typedef float row16 __attribute__((vector_size(64)));
typedef int32_t bits16 __attribute__((vector_size(64)));
typedef uint32_t words16 __attribute__((vector_size(64)));

#define ALWAYS static inline __attribute__((always_inline))
#define EACH _Pragma("clang loop unroll(full)")

/// A weight may grow to 2 to this power before its query's powers are measured from a larger score.
#define MOST_POWER 16.0f

ALWAYS row16 load(const float *p) { row16 x; memcpy(&x, p, sizeof x); return x; }
ALWAYS void store(void *p, row16 x) { memcpy(p, &x, sizeof x); }
ALWAYS row16 all(float x) { return (row16){0} + x; }
ALWAYS row16 pick(bits16 mask, row16 yes, row16 no) { return (row16)((mask & (bits16)yes) | (~mask & (bits16)no)); }
/// The second where one is no number: so such scores stay what they are.
ALWAYS row16 larger(row16 a, row16 b) { return pick(a > b, a, b); }
ALWAYS row16 add_product(row16 a, row16 b, row16 c) { return __builtin_elementwise_fma(a, b, c); }

/// `count` floats, fewer than 16, and zeros.
ALWAYS row16 some(const float *from, long count) {
#ifdef MASKED
  return (row16)_mm512_maskz_loadu_ps((__mmask16)((1 << count) - 1), from);
#else
  row16 x = {0};
  memcpy(&x, from, (size_t)count * sizeof(float));
  return x;
#endif
}
ALWAYS void put(float *to, row16 x, long count) {
#ifdef MASKED
  _mm512_mask_storeu_ps(to, (__mmask16)((1 << count) - 1), (__m512)x);
#else
  memcpy(to, &x, (size_t)count * sizeof(float));
#endif
}

/// 2ˢ, at most 1.02e-4 of it off: a twentieth of what rounding to bf16 may do. Below -126 of no size, below -127 nothing.
ALWAYS row16 power(row16 x) {
  const row16 s = larger(all(-127), x);
  // The sum's lowest bits are s rounded to a whole number; shifted into the exponent, nothing else is left of it.
  const row16 t = s + 12582912.0f, r = s - (t - 12582912.0f);
  row16 p = all(5.500892922e-2f);
  p = add_product(p, r, all(2.422109544e-1f));
  p = add_product(p, r, all(6.932829022e-1f));
  p = add_product(p, r, all(1));
  return (row16)((bits16)p + ((bits16)t << 23));
}

/// To bf16, to nearest even, in the upper halves; the lower ones are cleared.
ALWAYS words16 rounded(row16 x) {
  const words16 bits = (words16)x, near = bits + 0x7fff + (bits >> 16 & 1);
  const words16 number = (words16)(x == x);
  return ((number & near) | (~number & (bits | 0x400000))) & 0xffff0000;
}

/// Up to 32 floats as sixteen pairs of bf16 in their order.
ALWAYS words16 pairs(const float *from, long left, float factor) {
  const row16 a = left >= 16 ? load(from) : some(from, left);
  const row16 b = left >= 32 ? load(from + 16) : left > 16 ? some(from + 16, left - 16) : all(0);
  const row16 even = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const row16 odd = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  return rounded(even * factor) >> 16 | rounded(odd * factor);
}

/// Rows and columns exchanged: four times, row i and row i + 8 become one of twice the length, element by element.
ALWAYS void turn(words16 r[16]) {
  EACH for (int stage = 0; stage < 4; stage++) {
    words16 t[16];
    EACH for (int i = 0; i < 8; i++) {
      t[2 * i] = __builtin_shufflevector(r[i], r[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      t[2 * i + 1] = __builtin_shufflevector(r[i], r[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    memcpy(r, t, sizeof t);
  }
}

static void pack_queries(long rows, long width, float factor, const float *q, long row, uint16_t *tiles) {
  for (long first = 0; first < LIMN_BF16_SIDE; first += 16)
    for (long feature = 0; feature < width; feature += LIMN_BF16_STEP, tiles += LIMN_BF16_TILE) {
      words16 r[16];
      for (long i = 0; i < 16; i++)
        r[i] = first + i < rows ? pairs(q + (first + i) * row + feature, width - feature, factor) : (words16){0};
      turn(r);
      memcpy(tiles, r, sizeof r);
    }
}

static void pack_keys(long rows, long width, const float *k, long row, uint16_t *tiles) {
  for (long first = 0; first < LIMN_BF16_SIDE; first += 16)
    for (long feature = 0; feature < width; feature += LIMN_BF16_STEP, tiles += LIMN_BF16_TILE)
      for (long i = 0; i < 16; i++) {
        const words16 line = first + i < rows ? pairs(k + (first + i) * row + feature, width - feature, 1) : (words16){0};
        memcpy(tiles + i * LIMN_BF16_STEP, &line, sizeof line);
      }
}

static void pack_values(long rows, long width, const float *v, long row, uint16_t *tiles, long step) {
  for (long feature = 0; feature <= width; feature += 16, tiles += step) {
    const long left = width - feature;
    words16 r[16];
    for (long i = 0; i < 16; i++) {
      row16 x[2];
      for (long j = 0; j < 2; j++) {
        const float *from = v + (2 * i + j) * row + feature;
        x[j] = 2 * i + j >= rows ? all(0) : left >= 16 ? load(from) : some(from, left);
        if (left < 16) x[j][left] = 1;
      }
      r[i] = rounded(x[0]) >> 16 | rounded(x[1]);
    }
    turn(r);
    memcpy(tiles, r, sizeof r);
  }
}

/// Scores of minus infinity, which weigh nothing.
static __attribute__((noinline)) void hide(const limn_bf16_scores *s) {
  const row16 lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, nothing = all(-INFINITY);
  for (long key = 0; key < LIMN_BF16_SIDE; key++)
    for (int p = 0; p < 2; p++) {
      float *at = s->scores + key * LIMN_BF16_SIDE + p * 16;
      const bits16 later = lanes < (float)(key - s->visible - p * 16);
      store(at, key >= s->keys ? nothing : pick(later, nothing, load(at)));
    }
}

static int look(const limn_bf16_scores *s) {
  if (s->keys < LIMN_BF16_SIDE || s->visible < LIMN_BF16_SIDE - 1) hide(s);
  row16 top[2][4];  // of every fourth key: a chain of 32 would take longer than the weights
  EACH for (int i = 0; i < 8; i++) top[i % 2][i / 2] = load(s->scores + i / 2 * LIMN_BF16_SIDE + i % 2 * 16);
  for (int key = 4; key < LIMN_BF16_SIDE; key += 4)
    EACH for (int i = 0; i < 8; i++)
      top[i % 2][i / 2] = larger(load(s->scores + (key + i / 2) * LIMN_BF16_SIDE + i % 2 * 16), top[i % 2][i / 2]);
  bits16 large = {0};
  EACH for (int p = 0; p < 2; p++) {
    const row16 most = larger(larger(top[p][0], top[p][1]), larger(top[p][2], top[p][3]));
    store(s->top + p * 16, most);
    large |= most - load(s->most + p * 16) > MOST_POWER;
  }
  return __builtin_reduce_or(large) != 0;
}

static void raise(const limn_bf16_scores *s, long rows, float *sums) {
  for (int p = 0; p < 2; p++) {
    const row16 most = load(s->most + p * 16), by = load(s->top + p * 16) - most;
    const row16 raised = pick(by > MOST_POWER, by, all(0)), factor = power(-raised);  // 1 where nothing changed
    store(s->most + p * 16, most + raised);
    for (long r = 0; r < rows; r++) {
      float *at = sums + r * LIMN_BF16_SIDE + p * 16;
      store(at, load(at) * factor);
    }
  }
}

static void weigh(const limn_bf16_scores *s) {
  for (int p = 0; p < 2; p++) {
    const row16 most = load(s->most + p * 16);
    const float *from = s->scores + p * 16;
    uint16_t *to = s->weights[p];
    for (int pair = 0; pair < 16; pair++, from += 2 * LIMN_BF16_SIDE, to += LIMN_BF16_STEP) {
      const words16 first = (words16)power(load(from) - most) + 0x8000;
      const words16 second = (words16)power(load(from + LIMN_BF16_SIDE) - most) + 0x8000;
      store(to, (row16)(first >> 16 | (second & 0xffff0000)));
    }
  }
}

static void finish(long rows, long width, const float *sums, float *out, long row) {
  for (long first = 0; first < rows; first += 16) {
    const row16 factor = 1 / load(sums + width * LIMN_BF16_SIDE + first);
    for (long feature = 0; feature < width; feature += 16) {
      words16 r[16];
      EACH for (int i = 0; i < 16; i++) r[i] = (words16)(load(sums + (feature + i) * LIMN_BF16_SIDE + first) * factor);
      turn(r);
      const long left = width - feature;
      for (long i = 0; i < 16 && first + i < rows; i++) {
        float *to = out + (first + i) * row + feature;
        if (left >= 16) store(to, (row16)r[i]);
        else put(to, (row16)r[i], left);
      }
    }
  }
}

const limn_bf16_attention_kernels LANES_NAME = {pack_queries, pack_keys, pack_values, look, raise, weigh, finish};
