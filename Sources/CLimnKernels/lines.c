// What goes along one axis, a line at a time: running sums, order, choice by index. A task is a group of lines.
#include "limn_memory.h"
#include "limn_pool.h"
#include "limn_reduce.h"
#include "walk.h"

typedef enum { CUMSUM, ARGSORT, ARGMAX, TAKE, PUT } kind;
typedef struct {
  kind kind;
  walk others;      // the other axes; operands: out, x, index
  long n, xs, os, is;
  int flag;         // reverse, least
  const float *x;
  const int64_t *index;
  float *out;
  int64_t *positions;
  long lines, lines_a_task;
} job;

static int before(float a, float b) { return a < b || (b != b && a == a); }

// Bottom-up merge sort of positions: stable, so that equal values have one order.
static void sort_line(const float *x, long step, long n, int64_t *out, long os) {
  int64_t *from = limn_memory_take((size_t)n * 16), *to = from + n, *start = from;
  if (!from) __builtin_trap();
  for (long i = 0; i < n; i++) from[i] = i;
  for (long width = 1; width < n; width *= 2) {
    for (long low = 0; low < n; low += 2 * width) {
      long middle = low + width < n ? low + width : n, high = low + 2 * width < n ? low + 2 * width : n, a = low, b = middle;
      for (long k = low; k < high; k++)
        to[k] = a < middle && (b >= high || !before(x[from[b] * step], x[from[a] * step])) ? from[a++] : from[b++];
    }
    int64_t *t = from; from = to; to = t;
  }
  for (long i = 0; i < n; i++) out[i * os] = from[i];
  limn_memory_give(start, (size_t)n * 16);
}

static void do_line(const job *j, const float *x, long out, long index) {
  switch (j->kind) {
    case CUMSUM: {
      double sum = 0;
      for (long k = 0; k < j->n; k++) {
        long i = j->flag ? j->n - 1 - k : k;
        sum += x[i * j->xs];
        j->out[out + i * j->os] = (float)sum;
      }
      break;
    }
    case ARGSORT: sort_line(x, j->xs, j->n, j->positions + out, j->os); break;
    case ARGMAX: {
      long best = 0;
      for (long i = 1; i < j->n; i++) {
        float a = x[i * j->xs], b = x[best * j->xs];
        if (b == b && (a != a || (j->flag ? a < b : a > b))) best = i;
      }
      j->positions[out] = best;
      break;
    }
    case TAKE: for (long i = 0; i < j->n; i++) j->out[out + i * j->os] = x[j->index[index + i * j->is] * j->xs]; break;
    case PUT: for (long i = 0; i < j->n; i++) j->out[out + j->index[index + i * j->is] * j->os] = x[i * j->xs]; break;
  }
}

static void lines_task(void *context, long task) {
  const job *j = context;
  const walk *w = &j->others;
  long end = (task + 1) * j->lines_a_task < j->lines ? (task + 1) * j->lines_a_task : j->lines;
  for (long line = task * j->lines_a_task; line < end; line++) {
    long at[3] = {0}, rest = line;
    for (int a = w->rank - 1; a >= 0; a--) {
      for (int k = 0; k < w->operands; k++) at[k] += rest % w->size[a] * w->stride[k][a];
      rest /= w->size[a];
    }
    do_line(j, j->x + at[1], at[0], at[2]);
  }
}

static void run(job *j, int rank, limn_dims shape, int axis, limn_dims xs, limn_dims os, limn_dims is) {
  j->n = shape.v[axis];
  j->xs = xs.v[axis];
  j->os = os.v[axis];
  j->is = is.v[axis];
  if (j->n == 0) return;
  shape.v[axis] = 1;
  if (!walk_make(&j->others, rank, shape, 3, (limn_dims[]){os, xs, is})) return;
  j->lines = 1;
  for (int a = 0; a < j->others.rank; a++) j->lines *= j->others.size[a];
  j->lines_a_task = (walk_grain + j->n - 1) / j->n;
  limn_pool_run((j->lines + j->lines_a_task - 1) / j->lines_a_task, lines_task, j);
}

void limn_cumsum_f32(int rank, limn_dims shape, int axis, int reverse, const float *x, limn_dims xs, float *out, limn_dims os) {
  job j = {.kind = CUMSUM, .flag = reverse, .x = x, .out = out};
  run(&j, rank, shape, axis, xs, os, os);
}
void limn_argsort_f32(int rank, limn_dims shape, int axis, const float *x, limn_dims xs, int64_t *out, limn_dims os) {
  job j = {.kind = ARGSORT, .x = x, .positions = out};
  run(&j, rank, shape, axis, xs, os, os);
}
void limn_argmax_f32(int rank, limn_dims shape, int axis, int least, const float *x, limn_dims xs, int64_t *out, limn_dims os) {
  job j = {.kind = ARGMAX, .flag = least, .x = x, .positions = out};
  run(&j, rank, shape, axis, xs, os, os);
}
void limn_take_f32(int rank, limn_dims shape, int axis, int put, const float *x, limn_dims xs, const int64_t *index, limn_dims is, float *out,
                   limn_dims os) {
  job j = {.kind = put ? PUT : TAKE, .x = x, .index = index, .out = out};
  run(&j, rank, shape, axis, xs, os, is);
}
