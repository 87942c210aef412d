// Brings operands of any layout to the dense vector kernels of the table, and holds the plain loops for integers and bools.
#include "limn_elementwise.h"
#include "elementwise_table.h"
#include "walk.h"
#include <string.h>

const limn_elementwise_row *limn_elementwise(void) {
  static const limn_elementwise_row *const rows[LIMN_ISA_COUNT] = {
      [LIMN_PORTABLE] = &limn_elementwise_portable, [LIMN_AVX2] = &limn_elementwise_avx2, [LIMN_AVX512] = &limn_elementwise_avx512};
  return rows[limn_isa_current()];
}

enum { chunk = 512 };  // values gathered at once: 2 KiB an operand

// A dense view of n values from p, in buffer if they do not lie side by side.
static const float *gather(const float *p, long step, long n, float *buffer) {
  if (step == 1) return p;
  if (step == 0) { float v = *p; for (long i = 0; i < n; i++) buffer[i] = v; }
  else for (long i = 0; i < n; i++) buffer[i] = p[i * step];
  return buffer;
}
static void scatter(const float *buffer, float *p, long step, long n) {
  for (long i = 0; i < n; i++) p[i * step] = buffer[i];
}

typedef struct {
  void (*unary)(const float *, float *, long, float, float);
  void (*binary)(const float *, const float *, float *, long, float, float);
  void (*comparison)(const float *, const float *, uint8_t *, long);
  int op, width;
  const void *a, *b, *c;
  void *out;
  float p, q;
} job;

static void run_unary(void *context, const long *offset, const long *step, long n) {
  const job *j = context;
  const float *x = (const float *)j->a + offset[1];
  float *y = (float *)j->out + offset[0];
  if (step[0] == 1 && step[1] == 1) { j->unary(x, y, n, j->p, j->q); return; }
  float in[chunk], out[chunk];
  for (long i = 0; i < n; i += chunk) {
    long m = n - i < chunk ? n - i : chunk;
    const float *from = gather(x + i * step[1], step[1], m, in);
    float *to = step[0] == 1 ? y + i : out;
    j->unary(from, to, m, j->p, j->q);
    if (to == out) scatter(out, y + i * step[0], step[0], m);
  }
}

static void run_binary(void *context, const long *offset, const long *step, long n) {
  const job *j = context;
  const float *a = (const float *)j->a + offset[1], *b = (const float *)j->b + offset[2];
  float *y = (float *)j->out + offset[0];
  if (step[0] == 1 && step[1] == 1 && step[2] == 1) { j->binary(a, b, y, n, j->p, j->q); return; }
  float in_a[chunk], in_b[chunk], out[chunk];
  for (long i = 0; i < n; i += chunk) {
    long m = n - i < chunk ? n - i : chunk;
    // A broadcast operand is spread out once, not for each chunk.
    const float *va = step[1] == 0 && i > 0 ? in_a : gather(a + i * step[1], step[1], m, in_a);
    const float *vb = step[2] == 0 && i > 0 ? in_b : gather(b + i * step[2], step[2], m, in_b);
    float *to = step[0] == 1 ? y + i : out;
    j->binary(va, vb, to, m, j->p, j->q);
    if (to == out) scatter(out, y + i * step[0], step[0], m);
  }
}

static void run_comparison(void *context, const long *offset, const long *step, long n) {
  const job *j = context;
  const float *a = (const float *)j->a + offset[1], *b = (const float *)j->b + offset[2];
  uint8_t *y = (uint8_t *)j->out + offset[0];
  float in_a[chunk], in_b[chunk];
  uint8_t out[chunk];
  for (long i = 0; i < n; i += chunk) {
    long m = n - i < chunk ? n - i : chunk;
    const float *va = gather(a + i * step[1], step[1], m, in_a), *vb = gather(b + i * step[2], step[2], m, in_b);
    uint8_t *to = step[0] == 1 ? y + i : out;
    j->comparison(va, vb, to, m);
    if (to == out) for (long k = 0; k < m; k++) y[(i + k) * step[0]] = out[k];
  }
}

void limn_unary_f32(limn_unary op, int rank, limn_dims shape, const float *x, limn_dims xs, float *y, limn_dims ys, float p, float q) {
  walk w;
  if (!walk_make(&w, rank, shape, 2, (limn_dims[]){ys, xs})) return;
  job j = {.unary = limn_elementwise()->unary[op], .a = x, .out = y, .p = p, .q = q};
  walk_run(&w, run_unary, &j);
}

void limn_binary_f32(limn_binary op, int rank, limn_dims shape, const float *a, limn_dims as, const float *b, limn_dims bs, float *out,
                     limn_dims os, float p, float q) {
  walk w;
  if (!walk_make(&w, rank, shape, 3, (limn_dims[]){os, as, bs})) return;
  job j = {.binary = limn_elementwise()->binary[op], .a = a, .b = b, .out = out, .p = p, .q = q};
  walk_run(&w, run_binary, &j);
}

void limn_compare_f32(limn_comparison op, int rank, limn_dims shape, const float *a, limn_dims as, const float *b, limn_dims bs,
                      uint8_t *out, limn_dims os) {
  walk w;
  if (!walk_make(&w, rank, shape, 3, (limn_dims[]){os, as, bs})) return;
  job j = {.comparison = limn_elementwise()->comparison[op], .a = a, .b = b, .out = out};
  walk_run(&w, run_comparison, &j);
}

// MARK: integers, bools, choice

#define EACH(expression) for (long i = 0; i < n; i++) out[i * step[0]] = (expression); break
static int64_t floored_remainder(int64_t a, int64_t b) {
  if (b == -1 || b == 0) return 0;  // −2⁶³ mod −1 traps in the CPU; a zero divisor is the caller's to refuse
  int64_t m = a % b;
  return m != 0 && (m < 0) != (b < 0) ? m + b : m;
}
static void run_binary_i64(void *context, const long *offset, const long *step, long n) {
  const job *j = context;
  const int64_t *a = (const int64_t *)j->a + offset[1], *b = (const int64_t *)j->b + offset[2];
  int64_t *out = (int64_t *)j->out + offset[0];
#define A a[i * step[1]]
#define B b[i * step[2]]
  switch ((limn_binary)j->op) {
    case LIMN_ADD: EACH((int64_t)((uint64_t)A + (uint64_t)B));
    case LIMN_SUB: EACH((int64_t)((uint64_t)A - (uint64_t)B));
    case LIMN_MUL: EACH((int64_t)((uint64_t)A * (uint64_t)B));
    case LIMN_MIN: EACH(A < B ? A : B);
    case LIMN_MAX: EACH(A > B ? A : B);
    case LIMN_REMAINDER: EACH(floored_remainder(A, B));
    default: break;
  }
}
static void run_compare_i64(void *context, const long *offset, const long *step, long n) {
  const job *j = context;
  const int64_t *a = (const int64_t *)j->a + offset[1], *b = (const int64_t *)j->b + offset[2];
  uint8_t *out = (uint8_t *)j->out + offset[0];
  switch ((limn_comparison)j->op) {
    case LIMN_LESS: EACH(A < B);
    case LIMN_LESS_EQUAL: EACH(A <= B);
    case LIMN_EQUAL: EACH(A == B);
    case LIMN_NOT_EQUAL: EACH(A != B);
    default: break;
  }
}
static void run_logic(void *context, const long *offset, const long *step, long n) {
  const job *j = context;
  const uint8_t *a = (const uint8_t *)j->a + offset[1], *b = (const uint8_t *)j->b + offset[2];
  uint8_t *out = (uint8_t *)j->out + offset[0];
  switch ((limn_logic)j->op) {
    case LIMN_AND: EACH(A & B);
    case LIMN_OR: EACH(A | B);
    case LIMN_NOT: EACH(!A);
  }
}
static void run_select(void *context, const long *offset, const long *step, long n) {
  const job *j = context;
  const uint8_t *c = (const uint8_t *)j->c + offset[1];
#define CHOOSE(type)                                                                                    \
  const type *a = (const type *)j->a + offset[2], *b = (const type *)j->b + offset[3];                  \
  type *out = (type *)j->out + offset[0];                                                               \
  for (long i = 0; i < n; i++) out[i * step[0]] = c[i * step[1]] ? a[i * step[2]] : b[i * step[3]];
  if (j->width == 8) { CHOOSE(uint64_t) } else { CHOOSE(uint32_t) }
}

void limn_binary_i64(limn_binary op, int rank, limn_dims shape, const int64_t *a, limn_dims as, const int64_t *b, limn_dims bs,
                     int64_t *out, limn_dims os) {
  walk w;
  if (!walk_make(&w, rank, shape, 3, (limn_dims[]){os, as, bs})) return;
  job j = {.op = op, .a = a, .b = b, .out = out};
  walk_run(&w, run_binary_i64, &j);
}
void limn_compare_i64(limn_comparison op, int rank, limn_dims shape, const int64_t *a, limn_dims as, const int64_t *b, limn_dims bs,
                      uint8_t *out, limn_dims os) {
  walk w;
  if (!walk_make(&w, rank, shape, 3, (limn_dims[]){os, as, bs})) return;
  job j = {.op = op, .a = a, .b = b, .out = out};
  walk_run(&w, run_compare_i64, &j);
}
void limn_logic_u8(limn_logic op, int rank, limn_dims shape, const uint8_t *a, limn_dims as, const uint8_t *b, limn_dims bs,
                   uint8_t *out, limn_dims os) {
  walk w;
  if (!walk_make(&w, rank, shape, 3, (limn_dims[]){os, as, bs})) return;
  job j = {.op = op, .a = a, .b = b, .out = out};
  walk_run(&w, run_logic, &j);
}
void limn_select(int width, int rank, limn_dims shape, const uint8_t *condition, limn_dims cs, const void *a, limn_dims as, const void *b,
                 limn_dims bs, void *out, limn_dims os) {
  walk w;
  if (!walk_make(&w, rank, shape, 4, (limn_dims[]){os, cs, as, bs})) return;
  job j = {.width = width, .a = a, .b = b, .c = condition, .out = out};
  walk_run(&w, run_select, &j);
}
