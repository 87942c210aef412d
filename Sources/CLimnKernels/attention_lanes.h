// The loops of attention_rows.h over vectors of LANES floats. Each file that includes this is one row of the table: it defines
// LANES and LANES_NAME, and sets the instruction set around the include.
#include <math.h>
#include "attention_rows.h"
#include "lanes.h"
#if LANES == 8
#include "elementwise_transpose.h"
#endif

enum { sets = 2, step_keys = 4, step_queries = sets * LANES };

/// A weight may grow to 2 to this power before its query's powers are measured from a larger one: that is seldom, so the running
/// maximum of an online softmax costs next to nothing.
#define MOST_POWER 16.0f

ALWAYS vf larger(vf a, vf b) { return pick(a > b, a, b); }
#if LANES == 8
ALWAYS int any(vi mask) { return _mm256_movemask_ps((__m256)mask); }
#elif LANES == 16
ALWAYS int any(vi mask) { return _mm512_test_epi32_mask((__m512i)mask, (__m512i)mask); }
#else
ALWAYS int any(vi mask) { return mask[0] | mask[1] | mask[2] | mask[3]; }
#endif

/// a · b + c, in one rounding where the processor has that.
ALWAYS vf add_product(vf a, vf b, vf c) {
#if LANES == 4
  return a * b + c;
#else
  return fma_f(a, b, c);
#endif
}

/// One value in every lane. (`fill` adds to zero, which here would cost an addition each time.)
ALWAYS vf each(float x) {
  vf v;
#pragma clang loop unroll(full)
  for (int l = 0; l < LANES; l++) v[l] = x;
  return v;
}

/// 2ˢ for s up to 24, at most 1.5 units in the last place off; below -126 of no size, below -127 nothing.
ALWAYS vf power(vf x) {
  const vf s = pick(x < -127.0f, each(-127.0f), x);
  // The sum's lowest bits are s rounded to a whole number; shifted into the exponent, nothing else is left of it.
  const vf t = s + 12582912.0f, r = s - (t - 12582912.0f);
  vf p = each(1.326940721e-3f);
  p = fma_f(p, r, each(9.671294130e-3f));
  p = fma_f(p, r, each(5.550711229e-2f));
  p = fma_f(p, r, each(2.402224690e-1f));
  p = fma_f(p, r, each(6.931470037e-1f));
  p = fma_f(p, r, each(1));
  return (vf)((vi)p + ((vi)t << 23));
}

/// w[i][j] += Σ own · row, for the lanes' tokens and four rows.
ALWAYS void score(long width, const float *own, const float *const rows[step_keys], vf w[sets][step_keys]) {
  for (long c = 0; c < width; c++, own += step_queries) {
    const vf x0 = load(own), x1 = load(own + LANES);
#pragma clang loop unroll(full)
    for (int j = 0; j < step_keys; j++) {
      const vf one = each(rows[j][c]);
      w[0][j] = add_product(x0, one, w[0][j]);
      w[1][j] = add_product(x1, one, w[1][j]);
    }
  }
}

/// sums += Σ over four rows of w · row.
ALWAYS void collect(long width, const vf w[sets][step_keys], const float *const rows[step_keys], int first, float *sums) {
  for (long c = 0; c < width; c++, sums += step_queries) {
    vf y0 = first ? fill(0) : load(sums), y1 = first ? fill(0) : load(sums + LANES);
#pragma clang loop unroll(full)
    for (int j = 0; j < step_keys; j++) {
      const vf one = each(rows[j][c]);
      y0 = add_product(w[0][j], one, y0);
      y1 = add_product(w[1][j], one, y1);
    }
    store(sums, y0);
    store(sums + LANES, y1);
  }
}

/// Measures powers from the largest score, in each lane where that has grown too large (in the first step, in all).
static __attribute__((noinline)) void raise_powers(const limn_lane_block *block, int first, vf scores[sets][step_keys]) {
  for (int i = 0; i < sets; i++) {
    vf top = scores[i][0];
    for (int j = 1; j < step_keys; j++) top = larger(scores[i][j], top);
    const vf by = first ? top : pick(top > MOST_POWER, top, fill(0));
    float *most = block->most + i * LANES, *total = block->total + i * LANES;
    store(most, first ? by : load(most) + by);
    for (int j = 0; j < step_keys; j++) scores[i][j] -= by;
    if (first) continue;
    const vf factor = power(-by);  // 1 where nothing changed
    store(total, load(total) * factor);
    for (long c = 0; c < block->width; c++) {
      float *sums = block->sums + c * step_queries + i * LANES;
      store(sums, load(sums) * factor);
    }
  }
}

/// Takes away the scores of keys that are not there or that a query must not see.
static __attribute__((noinline)) void hide(const limn_lane_block *block, long key, vf scores[sets][step_keys]) {
  for (int i = 0; i < sets; i++)
    for (int j = 0; j < step_keys; j++)
      for (int l = 0; l < LANES; l++)
        if (key + j >= block->keys || key + j > block->visible + i * LANES + l) scores[i][j][l] = -INFINITY;
}

ALWAYS void attend_step(const limn_lane_block *block, long key, const int first) {
  const long width = block->width, left = block->keys - key;
  const float *k[step_keys], *v[step_keys];
#pragma clang loop unroll(full)
  for (int j = 0; j < step_keys; j++) {
    const long at = (j < left ? key + j : key) * block->key_row;
    k[j] = block->k + at, v[j] = block->v + at;
  }
  vf w[sets][step_keys];
#pragma clang loop unroll(full)
  for (int i = 0; i < sets; i++) {
    const vf start = first ? fill(0) : -load(block->most + i * LANES);
#pragma clang loop unroll(full)
    for (int j = 0; j < step_keys; j++) w[i][j] = start;
  }
  score(width, block->q, k, w);
  // Called on a copy, so that the scores themselves stay in registers.
#define ON_COPY(call)                                \
  do {                                               \
    vf copy[sets][step_keys];                        \
    memcpy(copy, w, sizeof w);                       \
    call;                                            \
    memcpy(w, copy, sizeof w);                       \
  } while (0)
  if (left < step_keys || key + step_keys > block->visible + 1) ON_COPY(hide(block, key, copy));
  vi large = {0};
#pragma clang loop unroll(full)
  for (int i = 0; i < sets; i++) {
    vf top = w[i][0];
#pragma clang loop unroll(full)
    for (int j = 1; j < step_keys; j++) top = larger(w[i][j], top);
    large |= top > MOST_POWER;
  }
  if (first || any(large)) ON_COPY(raise_powers(block, first, copy));
  vf total[sets];
#pragma clang loop unroll(full)
  for (int i = 0; i < sets; i++) {
    total[i] = first ? fill(0) : load(block->total + i * LANES);
#pragma clang loop unroll(full)
    for (int j = 0; j < step_keys; j++) {
      w[i][j] = power(w[i][j]);
      total[i] += w[i][j];
    }
    store(block->total + i * LANES, total[i]);
  }
  collect(width, (const vf(*)[step_keys])w, v, first, block->sums);
}

static void attend(const limn_lane_block *block) {
  attend_step(block, 0, 1);
  for (long key = step_keys; key < block->keys; key += step_keys) attend_step(block, key, 0);
}

/// Rows and columns exchanged, LANES by LANES at a time where there is a fast way.
ALWAYS void turn(long rows, long columns, const float *from, long from_row, float *to, long to_row) {
#if LANES == 8
  if (columns % 8 == 0 && rows % 8 == 0) {
    for (long r = 0; r < rows; r += 8)
      for (long c = 0; c < columns; c += 8) transpose(from + r * from_row + c, from_row, to + c * to_row + r, to_row);
    return;
  }
#endif
  for (long c = 0; c < columns; c++)
    for (long r = 0; r < rows; r++) to[c * to_row + r] = from[r * from_row + c];
}

static void spread(long rows, long width, const float *x, long row, float factor, float *lanes) {
  turn(rows, width, x, row, lanes, step_queries);
  for (long c = 0; c < width; c++) {
    float *to = lanes + c * step_queries;
    for (long r = rows; r < step_queries; r++) to[r] = to[rows - 1];
    for (int i = 0; i < sets; i++) store(to + i * LANES, load(to + i * LANES) * factor);
  }
}

static void gather(long rows, long width, float *sums, const float *factors, float *x, long row) {
  for (int i = 0; i < sets; i++) {
    const vf by = load(factors + i * LANES);
    for (long c = 0; c < width; c++) {
      float *at = sums + c * step_queries + i * LANES;
      store(at, load(at) * by);
    }
  }
  turn(width, rows, sums, step_queries, x, row);
}

#include "attention_lanes_gradient.h"

const limn_lane_kernels LANES_NAME = {step_queries, spread, gather, attend, gradient};
