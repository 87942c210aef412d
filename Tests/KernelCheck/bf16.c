// The bf16 products: each unit in the processor against its emulation byte for byte, the emulations against sums in double, one thread against
// two and three.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"

static const limn_bf16_unit pairs[2][2] = {{LIMN_BF16_EMULATED_AVX512, LIMN_BF16_AVX512}, {LIMN_BF16_EMULATED_AMX, LIMN_BF16_AMX}};

static float rounded(float x) { return limn_reference_from_bf16(limn_reference_to_bf16(x)); }

/// As type: f32, f16 or bf16; `values` become what was stored.
static void *stored(limn_dtype type, float *values, long count) {
  if (type == LIMN_F32) return values;
  uint16_t *memory = space((size_t)count * 2);
  for (long i = 0; i < count; i++) {
    memory[i] = type == LIMN_F16 ? limn_reference_to_f16(values[i]) : limn_reference_to_bf16(values[i]);
    values[i] = type == LIMN_F16 ? limn_reference_from_f16(memory[i]) : limn_reference_from_bf16(memory[i]);
  }
  return memory;
}

/// Runs `body` into `out` [n] on each unit there is and 1, 2, 3 threads; the first unit's result ends in `out`.
typedef struct {
  void (*run)(const void *context, float *out);
  const void *context;
  long n;
  const char *what;
} trial;
static void compare(const trial *t, float *out) {
  const limn_bf16_unit before = limn_bf16_current();
  const int threads = limn_pool_threads();
  float *first = space((size_t)t->n * sizeof(float)), *again = space((size_t)t->n * sizeof(float));
  for (int kind = 0; kind < 2; kind++) {
    limn_bf16_use(pairs[kind][0]);
    limn_pool_set_threads(1);
    memset(first, 0x7f, (size_t)t->n * sizeof(float));
    t->run(t->context, first);
    if (kind == 0) memcpy(out, first, (size_t)t->n * sizeof(float));
    for (int unit = 0; unit < 2; unit++) {
      if (!limn_bf16_use(pairs[kind][unit])) continue;
      for (int count = unit == 0 ? 2 : 1; count <= 3 - (unit == 0); count++) {
        limn_pool_set_threads(count);
        memset(again, 0x7f, (size_t)t->n * sizeof(float));
        t->run(t->context, again);
        const long at = difference(first, again, t->n);
        check(at < 0, "%s: %s on %d threads, element %ld: %a, expected %a", t->what, limn_bf16_name(pairs[kind][unit]), count, at,
              at < 0 ? 0 : again[at], at < 0 ? 0 : first[at]);
      }
    }
    if (kind == 1)  // the units differ in order alone
      for (long i = 0; i < t->n; i++)
        if (fabsf(out[i] - first[i]) > 1e-3f * (1 + fabsf(out[i]))) check(0, "%s: units differ by much at %ld", t->what, i);
  }
  check(kept(first) && kept(again), "%s: wrote beside the result", t->what);
  limn_pool_set_threads(threads);
  limn_bf16_use(before);
}

static float silu(double x) { return (float)(x / (1 + exp(-x))); }

/// What follows the sums, for (row, column) of C [m, n].
static double finished(const limn_epilogue *e, long row, long column, double sum) {
  if (!e) return sum;
  if (e->bias) sum += e->bias[column];
  if (e->group_bias) sum += e->group_bias[row / e->group_rows * e->group_bias_stride + column];
  if (e->residual) sum += e->residual[row * e->residual_stride + column];
  return e->activation == LIMN_THEN_SILU ? silu(sum) : sum;
}

typedef struct {
  limn_gemm_shape shape;
  const float *a;
  const void *packed;
  const limn_epilogue *epilogue;
} gemm_case;
static void run_gemm(const void *context, float *out) {
  const gemm_case *c = context;
  limn_bf16_gemm(&c->shape, c->a, c->packed, out, c->epilogue);
}

/// `form`: 0 B [n, k] as a linear layer has it, 1 B [k, n]; bit 1: A turned; bit 2: an epilogue.
static void check_gemm(long m, long k, long n, limn_dtype type, int form) {
  const int by_row = form & 1, turned = form >> 1 & 1, more = form >> 2 & 1;
  float *a = numbers(m * k + 1), *b = numbers(k * n + 1);
  void *source = stored(type, b, k * n);
  const size_t bytes = limn_bf16_gemm_packed_bytes(k, n);
  void *packed = space(bytes);
  const long b_row = by_row ? n : 1, b_column = by_row ? 1 : k;
  limn_bf16_gemm_pack(k, n, type, source, b_row, b_column, packed);
  float *bias = numbers(n), *group = numbers((m / 3 + 1) * n), *residual = numbers(m * n);
  const limn_epilogue epilogue = {bias, group, 3, n, residual, n, LIMN_THEN_SILU};
  const gemm_case c = {{m, n, k, turned ? 1 : k, turned ? m : 1, n}, a, packed, more ? &epilogue : 0};
  char what[100];
  snprintf(what, sizeof what, "gemm %ldx%ldx%ld type %d form %d", m, k, n, (int)type, form);
  float *out = space((size_t)(m * n) * sizeof(float));
  const trial t = {run_gemm, &c, m * n, what};
  compare(&t, out);
  long worst = -1;
  for (long i = 0; i < m; i++)
    for (long j = 0; j < n; j++) {
      double sum = 0, size = 1;
      for (long p = 0; p < k; p++) {
        const double term = (double)rounded(a[i * c.shape.a_row + p * c.shape.a_column]) * rounded(b[p * b_row + j * b_column]);
        sum += term, size += fabs(term);
      }
      if (!(fabs(finished(c.epilogue, i, j, sum) - out[i * n + j]) <= 4e-6 * size)) worst = i * n + j;
    }
  check(worst < 0, "%s: far from the sum in double at %ld", what, worst);
  check(kept(packed) & kept(out) & kept(a) & kept(bias) & kept(group) & kept(residual), "%s: wrote beside", what);
  if (source != b) kept(source);
  kept(b);
}

typedef struct {
  limn_conv_shape shape;
  const float *x;
  const void *packed;
  const limn_epilogue *epilogue;
} conv_case;
static void run_conv(const void *context, float *out) {
  const conv_case *c = context;
  limn_bf16_conv(&c->shape, c->x, c->packed, out, c->epilogue);
}

static void check_conv(limn_conv_shape s, int turned, int more) {
  const long pixels = s.n * s.oh * s.ow, taps = s.kh * s.kw, weights = s.o * s.i * taps;
  float *x = numbers(s.n * s.h * s.w * s.i), *w = numbers(weights);
  for (long i = 0; i < s.n * s.h * s.w * s.i; i++) x[i] = rounded(x[i]);
  for (long i = 0; i < weights; i++) w[i] = rounded(w[i]);
  void *packed = space(limn_bf16_conv_packed_bytes(s.o, s.i, s.kh, s.kw, 0));
  if (turned) {  // weights [i, o] turned about are the same matrix
    float *other = numbers(weights);
    for (long o = 0; o < s.o; o++)
      for (long i = 0; i < s.i; i++)
        for (long t = 0; t < taps; t++) other[(i * s.o + o) * taps + taps - 1 - t] = w[(o * s.i + i) * taps + t];
    limn_bf16_conv_pack(s.i, s.o, s.kh, s.kw, LIMN_F32, other, 1, packed);
    kept(other);
  } else {
    limn_bf16_conv_pack(s.o, s.i, s.kh, s.kw, LIMN_F32, w, 0, packed);
  }
  float *bias = numbers(s.o), *group = numbers(s.n * s.o), *residual = numbers(pixels * s.o), *out = space((size_t)(pixels * s.o) * 4);
  const limn_epilogue epilogue = {bias, group, s.oh * s.ow, s.o, residual, s.o, LIMN_THEN_SILU};
  const conv_case c = {s, x, packed, more ? &epilogue : 0};
  char what[120];
  snprintf(what, sizeof what, "conv n%ld %ldx%ldx%ld to %ldx%ldx%ld window %ldx%ld stride %ld dilation %ld pad %ld,%ld turned %d", s.n, s.h, s.w,
           s.i, s.oh, s.ow, s.o, s.kh, s.kw, s.stride, s.dilation, s.top, s.left, turned);
  const trial t = {run_conv, &c, pixels * s.o, what};
  compare(&t, out);
  float *expected = space((size_t)(pixels * s.o) * 4);
  limn_conv_reference(&s, x, w, 0, expected);
  long worst = -1;
  for (long i = 0; i < pixels * s.o; i++)
    if (!(fabs(finished(c.epilogue, i / s.o, i % s.o, expected[i]) - out[i]) <= 4e-6 * (double)(4 + taps * s.i))) worst = i;
  check(worst < 0, "%s: far from the sum in double at %ld", what, worst);
  check(kept(packed) & kept(out) & kept(x) & kept(expected) & kept(bias) & kept(group) & kept(residual), "%s: wrote beside", what);
  kept(w);
}

/// Subnormal operands and sums, infinities and NaN.
static void check_edges(void) {
  static const float values[] = {0x1p-126f, -0x1p-127f, 0x1p-133f, 0x1.8p-126f, 1e30f, -1e30f, INFINITY, NAN, 0x1p-63f, -0.0f, 1.5f, 0x1p-100f};
  enum { kinds = sizeof values / sizeof *values, m = 16, k = 32, n = 16 };
  for (int round = 0; round < 20; round++) {
    float a[m * k], b[k * n];
    for (int i = 0; i < m * k; i++) a[i] = any() > (round % 5 ? 0.5f : -1) ? values[(int)((any() + 1) * 0.5f * kinds)] : any();
    for (int i = 0; i < k * n; i++) b[i] = any() > 0.5f ? values[(int)((any() + 1) * 0.5f * (round % 4 ? kinds : 4))] : any() * 0x1p-60f;
    uint16_t *packed = space(limn_bf16_gemm_packed_bytes(k, n));
    limn_bf16_gemm_pack(k, n, LIMN_F32, b, n, 1, packed);
    const gemm_case c = {{m, n, k, k, 1, n}, a, packed, 0};
    for (int kind = 0; kind < 2; kind++) {
      float first[m * n], second[m * n];
      limn_bf16_use(pairs[kind][0]);
      run_gemm(&c, first);
      if (!limn_bf16_use(pairs[kind][1])) continue;
      run_gemm(&c, second);
      const long at = difference(first, second, m * n);
      check(at < 0, "edge values, round %d, %s: %a, emulated %a", round, limn_bf16_name(pairs[kind][1]), second[at < 0 ? 0 : at],
            first[at < 0 ? 0 : at]);
    }
    kept(packed);
  }
}

void check_bf16(int full) {
  const limn_bf16_unit before = limn_bf16_current();
  check_edges();
  limn_bf16_use(before);
  static const long sizes[][3] = {{1, 1, 1}, {16, 32, 16}, {17, 33, 17}, {3, 64, 40}, {33, 31, 33}, {32, 256, 32}, {70, 1537, 20},
                                  {300, 40, 50}, {5, 3100, 7}, {2, 0, 3}, {64, 320, 96}, {15, 100, 170}};
  const limn_dtype types[] = {LIMN_F32, LIMN_BF16, LIMN_F16};
  for (int i = 0; i < (int)(sizeof sizes / sizeof *sizes); i++)
    check_gemm(sizes[i][0], sizes[i][1], sizes[i][2], types[i % 3], i % 8);
  for (int form = 0; form < 8; form++) check_gemm(21, 70, 37, types[form % 3], form);
  printf("bf16 products done\n");
  static const limn_conv_shape shapes[] = {
      {1, 16, 16, 32, 32, 16, 16, 3, 3, 1, 1, 1, 1},  // one line a group
      {2, 8, 8, 40, 33, 8, 8, 3, 3, 1, 1, 1, 1},      // two lines a group, across pictures
      {1, 5, 24, 3, 20, 5, 24, 3, 3, 1, 1, 1, 1},     // straight and crossing groups
      {2, 7, 7, 33, 16, 4, 4, 3, 3, 2, 1, 1, 1},      // stride 2
      {1, 9, 33, 64, 17, 4, 16, 3, 3, 2, 1, 0, 0},    // stride 2, straight, no padding at the start
      {1, 4, 8, 32, 24, 8, 16, 3, 3, 1, 2, 1, 1},     // a gradient: zeros between the pixels
      {1, 6, 6, 20, 10, 6, 6, 1, 1, 1, 1, 0, 0},      // pixels are rows
      {1, 6, 7, 20, 10, 3, 4, 1, 1, 2, 1, 0, 0},
      {3, 1, 1, 70, 5, 1, 1, 3, 3, 1, 1, 1, 1},
      {1, 10, 20, 8, 8, 10, 20, 5, 2, 1, 1, 2, 1},
      {1, 3, 16, 600, 16, 3, 16, 3, 3, 1, 1, 1, 1},   // several parts of k
      {1, 2, 5, 1600, 3, 2, 5, 1, 3, 1, 1, 0, 1},
      {2, 6, 16, 40, 20, 6, 16, 3, 3, 1, 1, 1, 1, 1},  // doubled on the way
      {1, 4, 6, 33, 7, 4, 6, 1, 1, 1, 1, 0, 0, 1},
  };
  for (int i = 0; i < (int)(sizeof shapes / sizeof *shapes); i++) check_conv(shapes[i], i % 2, i % 3 == 0);
  if (!full) return;
  check_gemm(1000, 320, 330, LIMN_F16, 4);
  check_gemm(77, 768, 1280, LIMN_F32, 0);
  check_gemm(300, 30000, 5, LIMN_F32, 0);  // A's copy in several parts
  check_conv((limn_conv_shape){1, 64, 64, 64, 64, 64, 64, 3, 3, 1, 1, 1, 1}, 0, 1);
  check_conv((limn_conv_shape){2, 24, 24, 320, 100, 24, 24, 3, 3, 1, 1, 1, 1}, 1, 1);
  check_conv((limn_conv_shape){1, 20, 600, 512, 8, 20, 600, 3, 3, 1, 1, 1, 1}, 0, 1);  // lines of one picture at a time
}
