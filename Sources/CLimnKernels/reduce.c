// Reductions. Outputs are numbered along the kept axes in the order of the input's memory, reduced elements likewise; a task is a group of
// outputs and a block of reduced elements, both cut by shape alone.
#include "limn_reduce.h"
#include "elementwise_table.h"
#include "limn_memory.h"
#include "limn_pool.h"
#include "walk.h"
#include <string.h>

enum { block = 32768, widest = 512 };  // reduced elements a task; outputs side by side

typedef enum { SUM, SQUARES, MAX, MIN } kind;
typedef struct {
  kind kind;
  const float *x;
  walk kept, reduced;         // kept: strides of x, then of the result; reduced: of x
  long outputs, elements;     // results, and elements behind each
  int side_by_side;           // the innermost kept axis is dense in x and the innermost reduced one is not
  long width;                 // outputs a task
  long groups, blocks, block; // tasks: groups of outputs × blocks of elements
  const double *centers;      // by output, for SQUARES
  double *partial;            // [blocks, outputs]
} pass;

static long first_of(const walk *w, long index, int operand) {
  long at = 0;
  for (int a = w->rank - 1; a >= 0; a--) { at += index % w->size[a] * w->stride[operand][a]; index /= w->size[a]; }
  return at;
}

static double start_of(kind k) { return k == MAX ? -__builtin_inf() : k == MIN ? __builtin_inf() : 0; }
static double joined(kind k, double a, double b) {
  switch (k) {
    case MAX: return a > b || a != a ? a : b;
    case MIN: return a < b || a != a ? a : b;
    default: return a + b;
  }
}

// A dense run of n elements.
static double run_of(kind k, const float *x, long n, double center) {
  switch (k) {
    case SUM: return limn_elementwise()->sum(x, n);
    case SQUARES: return limn_elementwise()->sum_of_squares(x, n, center);
    default: {
      float m = x[0];
      if (k == MAX) for (long i = 1; i < n; i++) m = m > x[i] || m != m ? m : x[i];
      else for (long i = 1; i < n; i++) m = m < x[i] || m != m ? m : x[i];
      return m;
    }
  }
}

// One output over the elements first ..< last.
static double one_output(const pass *p, long output, long first, long last) {
  const walk *r = &p->reduced;
  long n = r->size[r->rank - 1], step = r->stride[0][r->rank - 1];
  const float *x = p->x + first_of(&p->kept, output, 0);
  double center = p->centers ? p->centers[output] : 0, total = start_of(p->kind);
  float buffer[512];
  for (long i = first; i < last;) {
    long along = i % n, m = n - along < last - i ? n - along : last - i;
    const float *run = x + first_of(r, i, 0);
    if (step == 1) total = joined(p->kind, total, run_of(p->kind, run, m, center));
    else
      for (long c = 0; c < m; c += 512) {
        long k = m - c < 512 ? m - c : 512;
        for (long q = 0; q < k; q++) buffer[q] = run[(c + q) * step];
        total = joined(p->kind, total, run_of(p->kind, buffer, k, center));
      }
    i += m;
  }
  return total;
}

// `width` outputs that lie side by side, over the elements first ..< last.
static void many_outputs(const pass *p, long output, long width, long first, long last, double *into) {
  const float *x = p->x + first_of(&p->kept, output, 0);
  const limn_elementwise_row *row = limn_elementwise();
  for (long i = 0; i < width; i++) into[i] = start_of(p->kind);
  const walk *r = &p->reduced;
  long n = r->size[r->rank - 1], step = r->stride[0][r->rank - 1];
  for (long i = first; i < last;) {
    long along = i % n, m = n - along < last - i ? n - along : last - i;
    const float *at = x + first_of(r, i, 0);
    for (long q = 0; q < m; q++, at += step) switch (p->kind) {
        case SUM: row->add_to(into, at, width); break;
        case SQUARES: row->add_squares_to(into, at, p->centers + output, width); break;
        default: for (long k = 0; k < width; k++) into[k] = joined(p->kind, into[k], at[k]);
      }
    i += m;
  }
}

static void pass_task(void *context, long index) {
  const pass *p = context;
  long group = index % p->groups, b = index / p->groups;
  long first = b * p->block, last = first + p->block < p->elements ? first + p->block : p->elements;
  double *partial = p->partial + b * p->outputs;
  if (p->side_by_side) {
    long line = p->kept.size[p->kept.rank - 1], pieces = (line + p->width - 1) / p->width;
    long start = group % pieces * p->width, width = line - start < p->width ? line - start : p->width;
    long output = group / pieces * line + start;
    many_outputs(p, output, width, first, last, partial + output);
    return;
  }
  long start = group * p->width, end = start + p->width < p->outputs ? start + p->width : p->outputs;
  for (long o = start; o < end; o++) partial[o] = one_output(p, o, first, last);
}

// Leaves the totals in partial[0 ..< outputs].
static void run_pass(pass *p) {
  long tasks = p->groups * p->blocks;
  if (p->outputs * p->elements < 2 * walk_grain) for (long i = 0; i < tasks; i++) pass_task(p, i);
  else limn_pool_run(tasks, pass_task, p);
  for (long b = 1; b < p->blocks; b++)
    for (long o = 0; o < p->outputs; o++) p->partial[o] = joined(p->kind, p->partial[o], p->partial[b * p->outputs + o]);
}

void limn_reduce_f32(limn_reduction op, int rank, limn_dims shape, const float *x, limn_dims xs, unsigned axes, float *out, limn_dims os,
                     double divisor) {
  limn_dims ks = {{0}}, kx = {{0}}, ko = {{0}}, rs = {{0}}, rx = {{0}};
  int k = 0, r = 0;
  for (int i = 0; i < rank; i++)
    if (axes >> i & 1) { rs.v[r] = shape.v[i]; rx.v[r++] = xs.v[i]; }
    else { ks.v[k] = shape.v[i]; kx.v[k] = xs.v[i]; ko.v[k++] = os.v[i]; }
  pass p = {.x = x};
  if (!walk_make(&p.kept, k, ks, 2, (limn_dims[]){kx, ko})) return;
  int some = walk_make(&p.reduced, r, rs, 1, (limn_dims[]){rx});
  p.outputs = 1;
  for (int i = 0; i < p.kept.rank; i++) p.outputs *= p.kept.size[i];
  if (!some) {  // nothing behind each output: a sum of nothing is 0, its mean and variance are 0 / 0
    for (long o = 0; o < p.outputs; o++) out[first_of(&p.kept, o, 1)] = (float)(0 / divisor);
    return;
  }
  p.elements = 1;
  for (int i = 0; i < p.reduced.rank; i++) p.elements *= p.reduced.size[i];
  long line = p.kept.size[p.kept.rank - 1];
  p.side_by_side = p.kept.stride[0][p.kept.rank - 1] == 1 && line > 1 && p.reduced.stride[0][p.reduced.rank - 1] != 1;
  if (p.side_by_side) {
    p.width = line < widest ? line : widest;
    p.block = (block + p.width - 1) / p.width;
    p.groups = p.outputs / line * ((line + p.width - 1) / p.width);
  } else {
    p.block = block;
    p.width = p.elements < block ? (block + p.elements - 1) / p.elements : 1;
    p.groups = (p.outputs + p.width - 1) / p.width;
  }
  p.blocks = (p.elements + p.block - 1) / p.block;
  size_t bytes = (size_t)(p.outputs * (p.blocks + 1)) * sizeof(double);
  double small[64], *scratch = bytes <= sizeof small ? small : limn_memory_take(bytes);
  if (!scratch) __builtin_trap();
  p.partial = scratch + p.outputs;
  switch (op) {
    case LIMN_REDUCE_MAX: p.kind = MAX; break;
    case LIMN_REDUCE_MIN: p.kind = MIN; break;
    default: p.kind = SUM;
  }
  run_pass(&p);
  if (op == LIMN_REDUCE_VARIANCE) {
    for (long o = 0; o < p.outputs; o++) scratch[o] = p.partial[o] / (double)p.elements;
    p.kind = SQUARES;
    p.centers = scratch;
    run_pass(&p);
  }
  for (long o = 0; o < p.outputs; o++) {
    double y = p.partial[o];
    out[first_of(&p.kept, o, 1)] = (float)(p.kind == SUM || p.kind == SQUARES ? y / divisor : y);
  }
  if (scratch != small) limn_memory_give(scratch, bytes);
}
