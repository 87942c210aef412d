// The loops of norm_rows.h over vectors of LANES floats. Each file that includes this is one row of the table: it defines
// LANES and ROWS_NAME, and sets the instruction set around the include. `lanes.h` holds the vectors and our functions.
#include <math.h>
#include "lanes.h"
#include "norm_rows.h"

/// The first `count` of LANES floats; the others are `other`.
ALWAYS vf load_some(const float *p, long count, float other);
ALWAYS void store_some(float *p, vf v, long count);
#if LANES == 16
ALWAYS __mmask16 first_lanes(long count) { return (__mmask16)((1u << count) - 1); }
ALWAYS vf load_some(const float *p, long count, float other) {
  return (vf)_mm512_mask_loadu_ps((__m512)fill(other), first_lanes(count), p);
}
ALWAYS void store_some(float *p, vf v, long count) { _mm512_mask_storeu_ps(p, first_lanes(count), (__m512)v); }
#elif LANES == 8
ALWAYS __m256i first_lanes(long count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
ALWAYS vf load_some(const float *p, long count, float other) {
  const __m256i mask = first_lanes(count);
  return pick((vi)mask, (vf)_mm256_maskload_ps(p, mask), fill(other));
}
ALWAYS void store_some(float *p, vf v, long count) { _mm256_maskstore_ps(p, first_lanes(count), (__m256)v); }
#else
ALWAYS vf load_some(const float *p, long count, float other) {
  vf v = fill(other);
  memcpy(&v, p, (size_t)count * sizeof(float));
  return v;
}
ALWAYS void store_some(float *p, vf v, long count) { memcpy(p, &v, (size_t)count * sizeof(float)); }
#endif

/// Runs the body for each whole vector, then once for what is left; `at` is where it stands, `count` how many lanes it has.
#define OVER(width, ...)                             \
  do {                                               \
    long at = 0;                                     \
    for (; at + LANES <= (width); at += LANES) {     \
      enum { count = LANES };                        \
      __VA_ARGS__                                    \
    }                                                \
    if (at < (width)) {                              \
      const long count = (width) - at;               \
      __VA_ARGS__                                    \
    }                                                \
  } while (0)
#define GET_OR(p, other) (count == LANES ? load((p) + at) : load_some((p) + at, count, other))
#define GET(p) GET_OR(p, 0)
#define PUT(p, v) (count == LANES ? store((p) + at, v) : store_some((p) + at, v, count))

#if LANES == 16
#define HALVES(v, op)                                                                                                   \
  v = op(v, __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15)),                   \
  v = op(v, __builtin_shufflevector(v, v, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7)),                               \
  v = op(v, __builtin_shufflevector(v, v, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3)),                               \
  v = op(v, __builtin_shufflevector(v, v, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1))
#elif LANES == 8
#define HALVES(v, op)                                                                                                   \
  v = op(v, __builtin_shufflevector(v, v, 4, 5, 6, 7, 4, 5, 6, 7)), v = op(v, __builtin_shufflevector(v, v, 2, 3, 2, 3, 2, 3, 2, 3)), \
  v = op(v, __builtin_shufflevector(v, v, 1, 1, 1, 1, 1, 1, 1, 1))
#else
#define HALVES(v, op) \
  v = op(v, __builtin_shufflevector(v, v, 2, 3, 2, 3)), v = op(v, __builtin_shufflevector(v, v, 1, 1, 1, 1))
#endif
ALWAYS vf sum_f(vf a, vf b) { return a + b; }
ALWAYS vf larger(vf a, vf b) { return pick(a > b, a, b); }
/// Lanes added in halves: the same tree for every row.
ALWAYS float sum_of(vf v) { HALVES(v, sum_f); return v[0]; }
ALWAYS float largest_of(vf v) { HALVES(v, larger); return v[0]; }

/// eˣ where x is at most a rounding error above 0, or 0 below -87: what a softmax needs.
ALWAYS vf exp_below(vf x) {
  const vi low = x < -87.0f;
  return pick(low, fill(0), exp_near(pick(low, fill(0), x)));
}
/// 2ˣ, at most 1.5 units in the last place off, where x is at most a rounding error above 0; 0 below -126.
ALWAYS vf power_below(vf x) {
  const vf n = round_even(x), r = x - n;
  vf p = fill(1.326940721e-3f);
  p = fma_s(p, r, 9.671294130e-3f);
  p = fma_s(p, r, 5.550711229e-2f);
  p = fma_s(p, r, 2.402224690e-1f);
  p = fma_s(p, r, 6.931470037e-1f);
  p = fma_s(p, r, 1);
  return (vf)(((vi)p + (__builtin_convertvector(n, vi) << 23)) & ~(x < -126.0f));
}
/// 1 / (1 + e⁻ˣ), to some 10⁻³⁸ of sigmoid_f.
ALWAYS vf sigmoid_near(vf x) {
  return 1.0f / (exp_near(pick(x > 87.0f, fill(-87.0f), pick(x < -87.0f, fill(87.0f), -x))) + 1.0f);
}
ALWAYS vf silu_f(vf x) { return x * sigmoid_near(x); }
/// d silu / dx
ALWAYS vf silu_slope(vf x) {
  const vf s = sigmoid_near(x);
  return s * fma_f(x, 1.0f - s, fill(1));
}

/// Φ(x) to 5·10⁻⁸: erfc t = e^(−t Q(t)) with t = |x| / √2 ≤ 4.2, and half of it is the smaller of Φ(x) and Φ(−x).
ALWAYS vf cdf_near(vf x) {
  const vf whole = magnitude(x) * 0.70710678f;
  const vi far = whole > 4.2f;
  const vf t = pick(far, fill(4.2f), whole);
  vf q = fill(3.076429130e-05f);
  q = fma_s(q, t, -3.039864532e-04f);
  q = fma_s(q, t, 1.018972951e-03f);
  q = fma_s(q, t, 5.556331598e-04f);
  q = fma_s(q, t, -1.959770359e-02f);
  q = fma_s(q, t, 1.029247791e-01f);
  q = fma_s(q, t, 6.365968585e-01f);
  q = fma_s(q, t, 1.128380299e+00f);
  const vf tail = (vf)((vi)exp_near(-(q * t)) & ~far) * 0.5f;
  return pick(x < 0.0f, tail, 1.0f - tail);
}

// Group norm: columns are channels, rows are pixels. Four vectors of columns go down the rows together, so that their sums
// stay in registers and do not wait for each other.
#define COLUMNS(width, BODY)                                                       \
  do {                                                                             \
    long at = 0;                                                                \
    for (; at + 4 * LANES <= (width); at += 4 * LANES) BODY(4, LANES)              \
    for (; at + LANES <= (width); at += LANES) BODY(1, LANES)                      \
    if (at < (width)) BODY(1, (width) - at)                                        \
  } while (0)

ALWAYS void add_columns(const int vectors, long count, long rows, long width, const float *x, const float *center,
                        float *sums) {
  vf total[4], middle[4];
  for (int v = 0; v < vectors; v++) {
    total[v] = fill(0);
    middle[v] = center ? load_some(center + v * LANES, count, 0) : fill(0);
  }
  for (long r = 0; r < rows; r++, x += width)
    for (int v = 0; v < vectors; v++) {
      const vf value = count == LANES ? load(x + v * LANES) : load_some(x + v * LANES, count, 0);
      const vf apart = value - middle[v];
      total[v] = center ? fma_f(apart, apart, total[v]) : total[v] + value;
    }
  for (int v = 0; v < vectors; v++) store_some(sums + v * LANES, total[v], count);
}

static void column_sums(long rows, long width, const float *x, float *sums) {
#define BODY(vectors, count) add_columns(vectors, count, rows, width, x + at, 0, sums + at);
  COLUMNS(width, BODY);
#undef BODY
}

static void column_squares(long rows, long width, const float *x, const float *center, float *sums) {
#define BODY(vectors, count) add_columns(vectors, count, rows, width, x + at, center + at, sums + at);
  COLUMNS(width, BODY);
#undef BODY
}

static void scale_columns(long rows, long width, const float *x, const float *scale, const float *shift, int32_t silu,
                          float *y) {
  for (long r = 0; r < rows; r++, x += width, y += width)
    OVER(width, {
      const vf z = fma_f(GET(x), GET(scale), GET(shift));
      PUT(y, silu ? silu_f(z) : z);
    });
}

ALWAYS void add_gradients(const int vectors, long count, long rows, long width, const float *dy, const float *x,
                          const float *scale, const float *shift, int32_t silu, float *first, float *second) {
  vf sum[4], product[4], gain[4], offset[4];
  for (int v = 0; v < vectors; v++) {
    sum[v] = product[v] = fill(0);
    gain[v] = load_some(scale + v * LANES, count, 0);
    offset[v] = load_some(shift + v * LANES, count, 0);
  }
  for (long r = 0; r < rows; r++, x += width, dy += width)
    for (int v = 0; v < vectors; v++) {
      const vf value = load_some(x + v * LANES, count, 0);
      vf up = load_some(dy + v * LANES, count, 0);
      if (silu) up *= silu_slope(fma_f(value, gain[v], offset[v]));
      sum[v] += up;
      product[v] = fma_f(up, value, product[v]);
    }
  for (int v = 0; v < vectors; v++) {
    store_some(first + v * LANES, sum[v], count);
    store_some(second + v * LANES, product[v], count);
  }
}

static void gradient_sums(long rows, long width, const float *dy, const float *x, const float *scale,
                          const float *shift, int32_t silu, float *first, float *second) {
#define BODY(vectors, count) \
  add_gradients(vectors, count, rows, width, dy + at, x + at, scale + at, shift + at, silu, first + at, second + at);
  COLUMNS(width, BODY);
#undef BODY
}

static void gradient(long rows, long width, const float *dy, const float *x, const limn_channel_terms *terms,
                     int32_t silu, float *dx) {
  for (long r = 0; r < rows; r++, x += width, dy += width, dx += width)
    OVER(width, {
      const vf value = GET(x);
      vf up = GET(dy);
      if (silu) up *= silu_slope(fma_f(value, GET(terms->scale), GET(terms->shift)));
      PUT(dx, fma_f(up, GET(terms->gain), fma_f(value, GET(terms->slope), GET(terms->offset))));
    });
}

static void row_moments(long width, float eps, const float *x, float *statistics) {
  vf total = fill(0), squares = fill(0);
  OVER(width, total += GET(x););
  const float mean = sum_of(total) / (float)width;
  OVER(width, {
    const vf apart = GET_OR(x, mean) - mean;
    squares = fma_f(apart, apart, squares);
  });
  statistics[0] = mean;
  statistics[1] = 1.0f / sqrtf(sum_of(squares) / (float)width + eps);
}

static void layer_row(long width, const float *x, const float *statistics, const float *weight, const float *bias,
                      float *y) {
  const float mean = statistics[0], rstd = statistics[1];
  OVER(width, {
    vf value = (GET(x) - mean) * rstd;
    if (weight) value *= GET(weight);
    if (bias) value += GET(bias);
    PUT(y, value);
  });
}

static void layer_row_backward(long width, const float *dy, const float *x, const float *statistics,
                               const float *weight, float *dx, float *dweight, float *dbias) {
  const float mean = statistics[0], rstd = statistics[1];
  vf sum = fill(0), product = fill(0);
  OVER(width, {
    const vf up = GET(dy), scaled = weight ? up * GET(weight) : up;
    const vf unit = (GET_OR(x, mean) - mean) * rstd;
    sum += scaled;
    product = fma_f(scaled, unit, product);
    PUT(dweight, fma_f(up, unit, GET(dweight)));
    PUT(dbias, GET(dbias) + up);
  });
  const float middle = sum_of(sum) / (float)width, slope = sum_of(product) / (float)width;
  OVER(width, {
    const vf scaled = weight ? GET(dy) * GET(weight) : GET(dy);
    PUT(dx, rstd * (scaled - middle - (GET(x) - mean) * rstd * slope));
  });
}

/// row = exp(scale · row − m) with m the row's maximum; returns the sum, and m in `*most`.
ALWAYS float exponentials(long width, float scale, const float *x, float *most, float *y) {
  vf peak = fill(*most), total = fill(0);
  OVER(width, peak = larger(GET_OR(x, x[at]) * scale, peak););
  const float m = largest_of(peak);
  OVER(width, {
    const vf value = exp_below(fma_f(GET_OR(x, -INFINITY), fill(scale), fill(-m)));
    PUT(y, value);
    total += value;
  });
  *most = m;
  return sum_of(total);
}

static void scale_row(long width, float factor, float *row) {
  OVER(width, PUT(row, GET(row) * factor););
}

static float dot(long width, const float *a, const float *b) {
  vf total = fill(0);
  OVER(width, total = fma_f(GET(a), GET(b), total););
  return sum_of(total);
}

static void softmax_row(long width, const float *x, float *y) {
  float most = -INFINITY;
  const float total = exponentials(width, 1, x, &most, y);
  OVER(width, PUT(y, GET(y) / total););
}

static void softmax_row_backward(long width, const float *dy, const float *y, float *dx) {
  const float delta = dot(width, dy, y);
  OVER(width, PUT(dx, GET(y) * (GET(dy) - delta)););
}

static void geglu_row(long width, const float *x, float *y) {
  OVER(width, {
    const vf gate = GET(x + width);
    PUT(y, GET(x) * (gate * cdf_near(gate)));
  });
}

static void geglu_row_backward(long width, const float *dy, const float *x, float *dx) {
  OVER(width, {
    const vf up = GET(dy), value = GET(x), gate = GET(x + width), cdf = normal_cdf(gate);
    const vf density = exp_f(gate * gate * -0.5f) * 0.3989422804f;  // 1 / √(2π)
    PUT(dx, up * (gate * cdf));
    PUT(dx + width, up * value * fma_f(gate, density, cdf));
  });
}

static float attention_row(long width, float scale, float *row, float *m, float *l) {
  const float before = *m;
  const vf factor = fill(scale * 1.44269504f);  // powers of two: no reduction, one rounding less
  vf peak = fill(before), total = fill(0);
  OVER(width, peak = larger(GET_OR(row, row[at]) * factor, peak););
  *m = largest_of(peak);
  OVER(width, {
    const vf value = power_below(fma_f(GET_OR(row, -INFINITY), factor, fill(-*m)));
    PUT(row, value);
    total += value;
  });
  const float earlier = before == -INFINITY ? 0 : power_below(fill(before - *m))[0];
  *l = *l * earlier + sum_of(total);
  return earlier;
}

static void attention_row_again(long width, float scale, float lse, float *row) {
  OVER(width, PUT(row, exp_below(fma_f(GET(row), fill(scale), fill(-lse)))););
}

static void attention_row_backward(long width, float scale, float delta, const float *probabilities, float *scores) {
  OVER(width, PUT(scores, GET(probabilities) * (GET(scores) - delta) * scale););
}

static float log_sum(float m, float l) { return m * 0.69314718f + log_f(fill(l))[0]; }

static void finish(const limn_epilogue *epilogue, const limn_patch *patch) {
  for (long r = 0; r < patch->rows; r++) {
    const long row = patch->row + r;
    const float *sums = patch->sums + r * patch->sums_row, *group = 0, *residual = 0;
    float *c = patch->c + r * patch->c_row;
    if (epilogue && epilogue->group_bias)
      group = epilogue->group_bias + row / epilogue->group_rows * epilogue->group_bias_stride + patch->column;
    if (epilogue && epilogue->residual)
      residual = epilogue->residual + row * epilogue->residual_stride + patch->column;
    const int silu = epilogue && epilogue->activation == LIMN_THEN_SILU;
    OVER(patch->columns, {
      vf value = GET(sums);
      if (patch->bias) value += GET(patch->bias);
      if (group) value += GET(group);
      if (residual) value += GET(residual);
      if (silu) value = silu_f(value);
      PUT(c, value);
    });
  }
}

const limn_row_kernels ROWS_NAME = {
    column_sums, column_squares, scale_columns, gradient_sums, gradient, row_moments, layer_row, layer_row_backward,
    softmax_row, softmax_row_backward, geglu_row, geglu_row_backward, attention_row, attention_row_again,
    attention_row_backward, scale_row, dot, log_sum, finish};
