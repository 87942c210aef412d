// Attention in bf16: against softmax in double of the rounded factors, each row of it within what rounding the weights may do; against
// attention in f32; and byte for byte each unit against its emulation, each instruction set and one thread against two and three.
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "check.h"

static const limn_bf16_unit pairs[2][2] = {{LIMN_BF16_EMULATED_AVX512, LIMN_BF16_AVX512}, {LIMN_BF16_EMULATED_AMX, LIMN_BF16_AMX}};

static double rounded(float x) { return limn_reference_from_bf16(limn_reference_to_bf16(x)); }

typedef struct {
  limn_attention_shape shape;
  float climb;  // how much each key is larger than the one before
} attention_case;

/// 2⁻⁸ is half a step of bf16 next to a power of two, 1.02e-4 what the power of 2 may be off.
static const double weight_error = 0x1p-8 + 1.02e-4;

/// One query: `out` [width] and `lse`, what the kernel and attention in f32 made of them. Adds to the mean of the squared errors over what is usual.
static void check_query(const attention_case *c, const char *what, const float *q, const float *k, const float *v, long query, const float *out,
                        float lse, const float *exact, double *squares, long *count) {
  const limn_attention_shape *s = &c->shape;
  const long features = s->heads * s->width, keys = s->causal && query + 1 < s->tk ? query + 1 : s->tk;
  double *weights = space((size_t)keys * sizeof(double)), most = -INFINITY, total = 0, largest = 0;
  for (long j = 0; j < keys; j++) {
    double sum = 0, size = 0;
    for (long d = 0; d < s->width; d++) {
      const double term = rounded(q[d] * (s->scale * 1.44269504f)) * rounded(k[j * features + d]);
      sum += term, size += fabs(term);
    }
    weights[j] = sum;
    if (sum > most) most = sum;
    if (size > largest) largest = size;
  }
  for (long j = 0; j < keys; j++) total += weights[j] = exp2(weights[j] - most);
  const double off = weight_error + 4e-6 * largest;  // sums of f32
  const double moved = exp(0x1.02p-7 * largest * M_LN2) - 1;  // by rounding both factors of a score
  check(fabs(lse - (log(total) + most * M_LN2)) <= off + 1e-6 * fabs(most), "%s: query %ld: sum of weights", what, query);
  for (long d = 0; d < s->width; d++) {
    double mean = 0, spread = 0, square = 0, size = 0;
    for (long j = 0; j < keys; j++) mean += weights[j] / total * rounded(v[j * features + d]);
    for (long j = 0; j < keys; j++) {
      const double weight = weights[j] / total, value = rounded(v[j * features + d]), distance = weight * fabs(value - mean);
      spread += distance, square += distance * distance, size += weight * fabs(value);
    }
    const double error = fabs(out[d] - mean), allowed = off / (1 - off) * spread + 2e-6 * size;
    check(error <= allowed, "%s: query %ld, feature %ld: %a, expected %a ± %a", what, query, d, out[d], mean, allowed);
    // Half a step, evenly spread over it and over sizes of weights, is 0.41 of the largest.
    const double usual = 0.41 * 0x1p-8 * sqrt(square) + 2e-6 * size;
    *squares += error * error / (usual * usual), ++*count;
    check(fabs(out[d] - exact[d]) <= (off + moved) / (1 - off) * 2 * spread + 0x1p-7 * size + 1e-5, "%s: query %ld, feature %ld: %a, in f32 %a",
          what, query, d, out[d], exact[d]);
  }
  kept(weights);
}

static void check_against_double(const attention_case *c, const char *what, const float *q, const float *k, const float *v, const float *out) {
  const limn_attention_shape *s = &c->shape;
  const long features = s->heads * s->width, queries = s->b * s->tq * features;
  float *exact = space((size_t)queries * 4), *scratch = space((size_t)limn_attention_scratch(s, 0) * 4);
  limn_attention_f32(s, q, k, v, exact, 0, scratch);
  double squares = 0;
  long count = 0;
  for (long head = 0; head < s->b * s->heads; head++)
    for (long query = 0; query < s->tq; query++) {
      const long at = (head / s->heads * s->tq + query) * features + head % s->heads * s->width;
      const long keys = head / s->heads * s->tk * features + head % s->heads * s->width;
      check_query(c, what, q + at, k + keys, v + keys, query, out + at, out[queries + head * s->tq + query], exact + at, &squares, &count);
    }
  check(count < 500 || squares / (double)count < 2, "%s: errors are %.2f times what rounding makes", what, sqrt(squares / (double)count));
  check(kept(exact) & kept(scratch), "%s: f32 wrote beside", what);
}

static void run(const limn_attention_shape *s, const float *q, const float *k, const float *v, float *out) {
  void *scratch = space(limn_bf16_attention_scratch(s));
  memset(out, 0x7f, (size_t)(s->b * s->tq * s->heads * (s->width + 1)) * 4);
  limn_bf16_attention(s, q, k, v, out, out + s->b * s->tq * s->heads * s->width, scratch);
  check(kept(scratch), "attention in bf16: wrote beside its scratch");
}

static void check_case(const attention_case *c) {
  const limn_attention_shape *s = &c->shape;
  const long features = s->heads * s->width, results = s->b * s->tq * (features + s->heads);
  float *q = numbers(s->b * s->tq * features), *k = numbers(s->b * s->tk * features), *v = numbers(s->b * s->tk * features);
  for (long i = 0; i < s->b * s->tk * features; i++) k[i] *= 1 + c->climb * (float)(i / features % s->tk);
  float *first = space((size_t)results * 4), *again = space((size_t)results * 4);
  char what[120];
  snprintf(what, sizeof what, "attention in bf16, %ld×%ld heads of %ld, %ld queries, %ld keys, scale %g%s", s->b, s->heads, s->width, s->tq, s->tk,
           s->scale, s->causal ? ", causal" : "");
  const limn_isa isa = limn_isa_current();
  for (int kind = 0; kind < 2; kind++) {
    limn_bf16_use(pairs[kind][0]);
    limn_pool_set_threads(1);
    run(s, q, k, v, first);
    check_against_double(c, what, q, k, v, first);
    for (int other = 0; other < LIMN_ISA_COUNT; other++) {
      if (!limn_isa_use((limn_isa)other)) continue;
      run(s, q, k, v, again);
      check(difference(first, again, results) < 0, "%s: %s, %s: other bytes", what, limn_bf16_name(pairs[kind][0]), limn_isa_name((limn_isa)other));
    }
    limn_isa_use(isa);
    for (int unit = 0; unit < 2; unit++)
      for (int threads = 1; threads <= 3; threads++) {
        if (!limn_bf16_use(pairs[kind][unit])) continue;
        limn_pool_set_threads(threads);
        run(s, q, k, v, again);
        const long at = difference(first, again, results);
        check(at < 0, "%s: %s on %d threads, element %ld: %a, expected %a", what, limn_bf16_name(pairs[kind][unit]), threads, at,
              at < 0 ? 0 : again[at], at < 0 ? 0 : first[at]);
      }
  }
  check(kept(q) & kept(k) & kept(v) & kept(first) & kept(again), "%s: wrote beside", what);
}

/// A mean of equal values is that value, whatever the weights.
static void check_equal_values(void) {
  const limn_attention_shape s = {1, 1, 3, 90, 20, 0.5f, 0};
  float *q = numbers(60), *k = numbers(1800), *v = numbers(1800), *out = space(63 * 4);
  for (int i = 0; i < 1800; i++) v[i] = 1.5f;
  run(&s, q, k, v, out);
  for (int i = 0; i < 60; i++) check(fabsf(out[i] - 1.5f) <= 1e-6f, "equal values: %a", out[i]);
  check(kept(q) & kept(k) & kept(v) & kept(out), "equal values: wrote beside");
}

void check_attention(int full) {
  const limn_bf16_unit before = limn_bf16_current();
  const int threads = limn_pool_threads();
  static const attention_case cases[] = {
      {{1, 1, 1, 1, 1, 1, 0}, 0},           {{2, 1, 3, 1, 40, 0.16f, 0}, 0},     {{1, 2, 33, 17, 40, 0.16f, 0}, 0},
      {{1, 1, 40, 77, 64, 0.125f, 0}, 0},   {{1, 2, 50, 50, 16, 0.25f, 1}, 0},   {{1, 1, 20, 290, 80, 0.11f, 0}, 0},
      {{1, 1, 9, 48, 160, 0.08f, 0}, 0},    {{1, 1, 5, 33, 512, 0.04f, 0}, 0},   {{1, 3, 40, 70, 8, 0.35f, 1}, 0},
      {{1, 1, 129, 31, 24, 0.2f, 0}, 0},    {{1, 1, 70, 300, 31, 0.18f, 1}, 0},  {{1, 1, 35, 530, 15, 2, 0}, 0},
      {{1, 1, 33, 300, 20, 0.5f, 0}, 0.3f}, {{1, 2, 40, 290, 40, 1, 1}, 1},      {{1, 1, 64, 20, 33, 0.17f, 1}, 0},
  };
  for (int i = 0; i < (int)(sizeof cases / sizeof *cases); i++) check_case(cases + i);
  if (full) {
    check_case(&(attention_case){{2, 8, 400, 77, 40, 0.158f, 0}, 0});
    check_case(&(attention_case){{1, 2, 300, 1100, 64, 0.125f, 1}, 0.01f});
  }
  for (int kind = 0; kind < 2; kind++) {
    limn_bf16_use(pairs[kind][0]);
    check_equal_values();
  }
  limn_bf16_use(before);
  limn_pool_set_threads(threads);
}
