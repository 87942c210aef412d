#include "walk.h"
#include "limn_pool.h"

int walk_make(walk *w, int rank, limn_dims shape, int operands, const limn_dims *strides) {
  int axes[6], n = 0;
  for (int i = 0; i < rank; i++) {
    if (shape.v[i] == 0) return 0;
    if (shape.v[i] != 1) axes[n++] = i;
  }
  // Insertion sort, stable: the result's largest stride outermost.
  for (int i = 1; i < n; i++)
    for (int j = i; j > 0; j--) {
      long a = strides[0].v[axes[j - 1]], b = strides[0].v[axes[j]];
      if ((a < 0 ? -a : a) >= (b < 0 ? -b : b)) break;
      int t = axes[j]; axes[j] = axes[j - 1]; axes[j - 1] = t;
    }
  w->operands = operands;
  w->rank = 0;
  for (int i = 0; i < n; i++) {
    int axis = axes[i], last = w->rank - 1, merge = w->rank > 0;
    for (int k = 0; k < operands && merge; k++) merge = w->stride[k][last] == strides[k].v[axis] * shape.v[axis];
    if (!merge) {
      last = w->rank++;
      w->size[last] = 1;
    }
    w->size[last] *= shape.v[axis];
    for (int k = 0; k < operands; k++) w->stride[k][last] = strides[k].v[axis];
  }
  if (w->rank == 0) {
    w->rank = 1;
    w->size[0] = 1;
    for (int k = 0; k < operands; k++) w->stride[k][0] = 1;
  }
  return 1;
}

typedef struct {
  const walk *w;
  walk_run_function run;
  void *context;
  long pieces, piece;  // how the innermost axis is cut, and how long a piece is
  long rows, rows_a_task;
} job;

static void do_task(void *context, long index) {
  const job *j = context;
  const walk *w = j->w;
  int inner = w->rank - 1;
  long step[walk_most], first_row, rows, start = 0, n = w->size[inner];
  if (j->pieces > 1) {
    first_row = index / j->pieces;
    rows = 1;
    start = index % j->pieces * j->piece;
    if (n - start > j->piece) n = j->piece; else n -= start;
  } else {
    first_row = index * j->rows_a_task;
    rows = j->rows - first_row < j->rows_a_task ? j->rows - first_row : j->rows_a_task;
  }
  long at[6] = {0}, offset[walk_most], rest = first_row;
  for (int a = inner - 1; a >= 0; a--) { at[a] = rest % w->size[a]; rest /= w->size[a]; }
  for (int k = 0; k < w->operands; k++) {
    step[k] = w->stride[k][inner];
    offset[k] = start * step[k];
    for (int a = 0; a < inner; a++) offset[k] += at[a] * w->stride[k][a];
  }
  for (long r = 0;;) {
    j->run(j->context, offset, step, n);
    if (++r == rows) return;
    for (int a = inner - 1; a >= 0; a--) {  // the next row
      if (++at[a] < w->size[a]) {
        for (int k = 0; k < w->operands; k++) offset[k] += w->stride[k][a];
        break;
      }
      at[a] = 0;
      for (int k = 0; k < w->operands; k++) offset[k] -= (w->size[a] - 1) * w->stride[k][a];
    }
  }
}

void walk_run(const walk *w, walk_run_function run, void *context) {
  long n = w->size[w->rank - 1], rows = 1;
  for (int a = 0; a < w->rank - 1; a++) rows *= w->size[a];
  job j = {w, run, context, 1, n, rows, rows};
  long tasks = 1;
  if (n >= 2 * walk_grain) {
    j.piece = walk_grain;
    j.pieces = (n + walk_grain - 1) / walk_grain;
    tasks = rows * j.pieces;
  } else {
    j.rows_a_task = (walk_grain + n - 1) / n;
    tasks = (rows + j.rows_a_task - 1) / j.rows_a_task;
  }
  if (tasks == 1) do_task(&j, 0);
  else limn_pool_run(tasks, do_task, &j);
}
