// The kernels of one instruction set against those of another: elementwise kernels, sums in double, random numbers and f32 products byte for
// byte; normalizations and attention, whose sums in single precision depend on the vectors' width, to rounding.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"

enum { most = 4096 };
static limn_dims along(long n) { return (limn_dims){{n}}; }

/// Runs `body` with `isa` and the one before it that is available, and compares what they leave in `out` [n].
typedef struct {
  void (*run)(const void *context, float *out);
  const void *context;
  long n;
  double tolerance;  // 0: equal bytes
  const char *what;
} trial;
static void compare(const trial *t, limn_isa isa, limn_isa other) {
  float *first = space((size_t)t->n * 4), *second = space((size_t)t->n * 4);
  memset(first, 0, (size_t)t->n * 4), memset(second, 0, (size_t)t->n * 4);
  limn_isa_use(other);
  t->run(t->context, first);
  limn_isa_use(isa);
  for (int threads = 1; threads <= 2; threads++) {
    limn_pool_set_threads(threads);
    t->run(t->context, second);
    long at = -1;
    if (t->tolerance == 0) at = difference(first, second, t->n);
    else
      for (long i = 0; i < t->n && at < 0; i++)
        if (!(fabs((double)first[i] - second[i]) <= t->tolerance * (1 + fabs(first[i])))) at = i;
    check(at < 0, "%s: %s on %d threads, element %ld: %a, %s has %a", t->what, limn_isa_name(isa), threads, at, at < 0 ? 0 : second[at],
          limn_isa_name(other), at < 0 ? 0 : first[at]);
  }
  limn_pool_set_threads(1);
  check(kept(first) & kept(second), "%s: wrote beside", t->what);
}

typedef struct {
  int op;
  long n;
  const float *a, *b;
} element_case;
static void run_unary(const void *context, float *out) {
  const element_case *c = context;
  limn_unary_f32((limn_unary)c->op, 1, along(c->n), c->a, along(1), out, along(1), 0.75f, 1.5f);
}
static void run_binary(const void *context, float *out) {
  const element_case *c = context;
  limn_binary_f32((limn_binary)c->op, 1, along(c->n), c->a, along(1), c->b, along(1), out, along(1), 0.75f, 1.5f);
}
static void run_compare(const void *context, float *out) {
  const element_case *c = context;
  limn_compare_f32((limn_comparison)c->op, 1, along(c->n), c->a, along(1), c->b, along(1), (uint8_t *)out, along(1));
}
static void run_halves(const void *context, float *out) {
  const element_case *c = context;
  uint16_t *half = (uint16_t *)out + (c->n + 1) / 2 * 2;  // beyond the widened ones
  if (c->op == 0) limn_narrow_f16(c->a, half, c->n), limn_widen_f16((const uint16_t *)c->b, out, c->n / 2);
  else limn_narrow_bf16(c->a, half, c->n), limn_widen_bf16((const uint16_t *)c->b, out, c->n / 2);
}
static void run_sums(const void *context, float *out) {
  const element_case *c = context;
  limn_reduce_f32(LIMN_REDUCE_SUM, 1, along(c->n), c->a, along(1), 1, out, along(0), 1);
  limn_reduce_f32(LIMN_REDUCE_VARIANCE, 1, along(c->n), c->a, along(1), 1, out + 1, along(0), (double)c->n);
  limn_reduce_f32(LIMN_REDUCE_MAX, 1, along(c->n), c->a, along(1), 1, out + 2, along(0), 1);
  const long rows = c->n / 7;
  limn_reduce_f32(LIMN_REDUCE_VARIANCE, 2, (limn_dims){{rows, 7}}, c->a, (limn_dims){{7, 1}}, 1, out + 3, (limn_dims){{0, 1}}, 3);
}
static void run_normals(const void *context, float *out) {
  const element_case *c = context;
  limn_twister g;
  limn_twister_seed(&g, (uint32_t)c->n);
  limn_randn_f32(&g, out, c->n);
}
static void run_turn(const void *context, float *out) {
  const element_case *c = context;
  limn_copy(4, 2, (limn_dims){{37, 29}}, c->a, (limn_dims){{1, 37}}, out, (limn_dims){{29, 1}});
}

static void check_elements(limn_isa isa, limn_isa other) {
  static const float special[] = {0, -0.0f, 1, -1, 0.5f, 2, 1e-40f, -1e-42f, 0x1p-126f, 1e30f, -1e30f, 3e38f, 88.7f, -88, -104, 100, 0.625f,
                                  0.92f, 4, INFINITY, -INFINITY, NAN, 65504, 65520, 65519.9f, 0x1p-24f, 0x1p-25f, 0x1.8p-25f, 2.5f, 3.5f,
                                  1.0039062f, 1.0117188f, 1e5f, 2147483648.0f};
  enum { kinds = sizeof special / sizeof *special };
  float *a = numbers(most), *b = numbers(most);
  for (long i = 0; i < most; i++) {
    a[i] = i < kinds * kinds ? special[i / kinds] : a[i] * (i % 3 ? 1 : i % 2 ? 20 : 1e4f);
    b[i] = i < kinds * kinds ? special[i % kinds] : b[i] * (i % 3 ? 1 : i % 2 ? 20 : 1e4f);
  }
  char what[60];
  static const long lengths[] = {most, 1, 15, 17, 33};
  for (int l = 0; l < 5; l++) {
    element_case c = {0, lengths[l], a + (l ? kinds * kinds : 0), b + (l ? kinds * kinds + 1 : 0)};
    trial t = {run_unary, &c, c.n, 0, what};
#define EACH(name, count)                                  \
  for (c.op = 0; c.op < (count); c.op++) {                 \
    snprintf(what, sizeof what, name " %d of %ld", c.op, c.n); \
    compare(&t, isa, other);                               \
  }
    EACH("unary", LIMN_UNARY_COUNT)
    t.run = run_binary;
    EACH("binary", LIMN_BINARY_COUNT)
    t.run = run_compare;
    EACH("comparison", LIMN_COMPARISON_COUNT)
    t.run = run_halves, t.n = 2 * c.n + 2;
    EACH("halves", 2)
    t.run = run_sums, t.n = 10, c.a = b + kinds * kinds;
    c.n = c.n == most ? most - kinds * kinds : c.n;
    EACH("sums", 1)
    t.run = run_normals, t.n = c.n;
    EACH("normals", 1)
  }
  element_case c = {0, 0, b, b};
  const trial t = {run_turn, &c, 37 * 29, 0, "transposition"};
  compare(&t, isa, other);
  kept(a), kept(b);
}

typedef struct {
  limn_gemm_shape shape;
  const float *a, *b, *packed;
  const limn_epilogue *epilogue;
} gemm_case;
static void run_gemm(const void *context, float *out) {
  const gemm_case *c = context;
  limn_gemm_f32(&c->shape, 1, c->a, 0, c->packed, 0, out, 0, c->epilogue);
}
static void run_unpacked(const void *context, float *out) {
  const gemm_case *c = context;
  limn_gemm_unpacked_f32(&c->shape, c->a, c->b, c->shape.n, 1, out, c->epilogue);
}

static void check_products(limn_isa isa, limn_isa other) {
  static const long sizes[][3] = {{1, 1, 1}, {6, 16, 16}, {12, 33, 32}, {13, 384, 17}, {37, 385, 40}, {150, 800, 50}, {30, 64, 150}};
  for (int i = 0; i < 14; i++) {
    const long m = sizes[i / 2][0], k = sizes[i / 2][1], n = sizes[i / 2][2];
    float *a = numbers(m * k), *b = numbers(k * n), *packed = space((size_t)limn_gemm_packed_floats(k, n) * 4);
    float *bias = numbers(n), *residual = numbers(m * n);
    const limn_epilogue epilogue = {bias, 0, 1, 0, residual, n, LIMN_THEN_SILU};
    limn_gemm_pack_f32(k, n, b, n, 1, packed);
    const gemm_case c = {{m, n, k, i % 4 == 2 ? 1 : k, i % 4 == 2 ? m : 1, n}, a, b, packed, i % 2 ? &epilogue : 0};
    char what[60];
    snprintf(what, sizeof what, "product %ldx%ldx%ld", m, k, n);
    const double tolerance = other == LIMN_PORTABLE ? 1e-4 : 0;  // plain C rounds the product before it adds
    compare(&(trial){run_gemm, &c, m * n, tolerance, what}, isa, other);
    compare(&(trial){run_unpacked, &c, m * n, tolerance, what}, isa, other);
    check(kept(a) & kept(b) & kept(packed) & kept(bias) & kept(residual), "%s: wrote beside", what);
  }
}

typedef struct {
  limn_conv_shape shape;
  const float *x, *packed, *bias;
} conv_case;
static void run_conv(const void *context, float *out) {
  const conv_case *c = context;
  const limn_epilogue epilogue = {.bias = c->bias, .activation = LIMN_THEN_SILU};
  limn_conv_f32(&c->shape, c->x, c->packed, out, &epilogue);
}
static void run_conv_gradient(const void *context, float *out) {
  const conv_case *c = context;
  const limn_conv_shape *s = &c->shape;
  float *panels = space((size_t)limn_gemm_packed_floats(s->n * s->oh * s->ow, s->o) * 4);
  limn_conv_weight_gradient_f32(s, c->x, c->packed, panels, out);  // any numbers will do for the gradient
  kept(panels);
}

static void check_convolutions(limn_isa isa, limn_isa other) {
  static const limn_conv_shape shapes[] = {{1, 8, 8, 20, 24, 8, 8, 3, 3, 1, 1, 1, 1}, {2, 7, 5, 3, 17, 4, 3, 3, 3, 2, 1, 1, 1},
                                           {1, 4, 4, 130, 8, 8, 8, 3, 3, 1, 2, 1, 1}, {1, 9, 9, 64, 40, 9, 9, 3, 3, 1, 1, 1, 1},
                                           {2, 17, 30, 70, 33, 17, 30, 3, 3, 1, 1, 1, 1}, {1, 48, 48, 20, 9, 48, 48, 3, 3, 1, 1, 1, 1},
                                           {2, 6, 4, 12, 20, 6, 4, 3, 3, 1, 1, 1, 1, 1}, {1, 24, 20, 40, 16, 24, 20, 3, 3, 1, 1, 1, 1, 1}};
  for (int i = 0; i < 8; i++) {
    const limn_conv_shape s = shapes[i];
    const long weights = s.o * s.i * 9, pixels = s.n * s.oh * s.ow, floats = limn_gemm_packed_floats(9 * s.i, s.o);
    float *x = numbers(s.n * s.h * s.w * s.i), *w = numbers(weights), *bias = numbers(s.o), *packed = numbers(floats + pixels * s.o);
    limn_conv_pack_f32(s.o, s.i, 3, 3, w, packed);
    const conv_case c = {s, x, packed, bias};
    char what[60];
    snprintf(what, sizeof what, "convolution %d", i);
    const double tolerance = other == LIMN_PORTABLE ? 1e-4 : 0;
    compare(&(trial){run_conv, &c, pixels * s.o, tolerance, what}, isa, other);
    if (s.dilation == 1 && !s.doubled) compare(&(trial){run_conv_gradient, &c, weights, tolerance, "convolution's gradient"}, isa, other);
    check(kept(x) & kept(w) & kept(bias) & kept(packed), "%s: wrote beside", what);
  }
}

typedef struct {
  long rows, width;
  const float *x, *dy, *weight, *bias;
} norm_case;
static void run_norms(const void *context, float *out) {
  const norm_case *c = context;
  const long n = c->rows * c->width, groups = c->width % 4 ? 1 : 4;
  float *statistics = out + 9 * n, *sums = statistics + 2 * c->rows + 2 * groups;
  const limn_group_norm_shape shape = {1, c->rows, c->width, groups, 1e-5f, 1};
  limn_group_norm_f32(&shape, c->x, c->weight, c->bias, out, statistics);
  limn_group_norm_backward_f32(&shape, c->dy, c->x, c->weight, c->bias, statistics, out + n, sums, sums + c->width);
  limn_layer_norm_f32(c->rows, c->width, 1e-5f, c->x, c->weight, c->bias, out + 2 * n, statistics + 2 * groups);
  limn_layer_norm_backward_f32(c->rows, c->width, c->dy, c->x, c->weight, statistics + 2 * groups, out + 3 * n, sums, sums + c->width);
  limn_softmax_f32(c->rows, c->width, c->x, out + 4 * n);
  limn_softmax_backward_f32(c->rows, c->width, c->dy, out + 4 * n, out + 5 * n);
  if (c->rows % 2 == 0) limn_geglu_f32(c->rows / 2, c->width, c->x, out + 6 * n);
  if (c->rows % 2 == 0) limn_geglu_backward_f32(c->rows / 2, c->width, c->dy, c->x, out + 7 * n);
  limn_column_sums_f32(c->rows, c->width, c->x, out + 8 * n);
}

typedef struct {
  limn_attention_shape shape;
  const float *q, *k, *v;
} attention_case;
static void run_attention(const void *context, float *out) {
  const attention_case *c = context;
  const limn_attention_shape *s = &c->shape;
  const long features = s->heads * s->width, queries = s->b * s->tq * features, keys = s->b * s->tk * features;
  float *lse = out + 2 * queries + 2 * keys;
  float *scratch = space((size_t)(limn_attention_scratch(s, 0) + limn_attention_scratch(s, 1)) * 4);
  limn_attention_f32(s, c->q, c->k, c->v, out, lse, scratch);
  limn_attention_backward_f32(s, c->q, c->q, c->k, c->v, out, lse, out + queries, out + 2 * queries, out + 2 * queries + keys, scratch);
  limn_attention_probabilities_f32(s, c->q, c->k, lse + s->b * s->heads * s->tq, scratch);
  check(kept(scratch), "attention: wrote beside its scratch");
}

static void check_sums(limn_isa isa, limn_isa other) {
  static const long widths[] = {1, 5, 16, 17, 40, 64, 100, 320};
  for (int i = 0; i < 8; i++) {
    const long rows = i % 2 ? 9 : 10, width = widths[i], n = rows * width;
    float *x = numbers(2 * n), *dy = numbers(2 * n), *weight = numbers(width), *bias = numbers(width);
    const norm_case c = {rows, width, x, dy, weight, bias};
    char what[60];
    snprintf(what, sizeof what, "normalizations of %ld rows of %ld", rows, width);
    if (width > 1) compare(&(trial){run_norms, &c, 9 * n + 2 * rows + 8 + 2 * width, 1e-4, what}, isa, other);
    check(kept(x) & kept(dy) & kept(weight) & kept(bias), "%s: wrote beside", what);
  }
  static const limn_attention_shape shapes[] = {{1, 2, 30, 30, 8, 0.35f, 0}, {2, 1, 7, 77, 20, 0.2f, 0}, {1, 2, 50, 50, 40, 0.16f, 1},
                                                {1, 1, 1, 3, 16, 0.25f, 0},   {1, 2, 35, 270, 12, 2.0f, 0}, {1, 1, 9, 20, 80, 0.11f, 0}};
  for (int i = 0; i < 6; i++) {
    const limn_attention_shape s = shapes[i];
    const long queries = s.b * s.tq * s.heads * s.width, keys = s.b * s.tk * s.heads * s.width;
    float *q = numbers(queries), *k = numbers(keys), *v = numbers(keys);
    const attention_case c = {s, q, k, v};
    char what[60];
    snprintf(what, sizeof what, "attention %d", i);
    compare(&(trial){run_attention, &c, 2 * queries + 2 * keys + s.b * s.heads * s.tq * (1 + s.tk), 1e-4, what}, isa, other);
    check(kept(q) & kept(k) & kept(v), "%s: wrote beside", what);
  }
}

void check_rows(int full) {
  const limn_isa before = limn_isa_current();
  const int threads = limn_pool_threads();
  for (int isa = LIMN_PORTABLE + 1; isa < LIMN_ISA_COUNT; isa++) {
    if (!limn_isa_available((limn_isa)isa)) continue;
    for (int other = full ? 0 : isa - 1; other < isa; other++) {
      check_products((limn_isa)isa, (limn_isa)other);
      check_convolutions((limn_isa)isa, (limn_isa)other);
      check_sums((limn_isa)isa, (limn_isa)other);
      check_elements((limn_isa)isa, (limn_isa)other);
      printf("%s compared with %s\n", limn_isa_name((limn_isa)isa), limn_isa_name((limn_isa)other));
    }
  }
  limn_isa_use(before);
  limn_pool_set_threads(threads);
}
