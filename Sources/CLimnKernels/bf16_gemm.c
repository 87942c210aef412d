// bf16 products: the cut into tasks, and the walk over one task's blocks of C and of k.
#include <string.h>
#include "bf16_tile.h"
#include "limn_copy.h"
#include "limn_memory.h"
#include "limn_pool.h"
#include "norm_rows.h"

// A matrix unit does about this many products in 20 µs; a task of fewer is not worth another thread.
static const long task_products = 10000000;
enum {
  most_row_blocks = 8,   // of 32 rows in a task
  most_columns = 16,     // of 32 columns in a task: the sums of 256 × 512 are 512 KB
  few_columns = 5,       // fewer would read A too often
  many_tasks = 24, enough_tasks = 8,
  round_floats = 65536,  // rounded by one task
};

void limn_bf16_round(const float *from, long step, long count, uint16_t *to, long width) {
  if (step == 1) {
    limn_narrow_bf16(from, to, count);
  } else {
    float some[256];
    for (long at = 0; at < count; at += 256) {
      const long left = limn_least(256, count - at);
      for (long i = 0; i < left; i++) some[i] = from[(at + i) * step];
      limn_narrow_bf16(some, to + at, left);
    }
  }
  memset(to + count, 0, (size_t)(width - count) * sizeof(uint16_t));
}

typedef struct {
  long row_blocks, columns;      // in a task: blocks of 32 rows, of 32 columns
  long row_tiles, column_tiles;  // tasks along each side
} task_cut;


/// From the shape alone.
static task_cut cut_tasks(long rows, long n, long k) {
  const long blocks = parts(rows, LIMN_BF16_SIDE), columns = parts(n, LIMN_BF16_SIDE);
  const long worth = rows * n * k / task_products + 1;
  task_cut cut = {limn_least(blocks, most_row_blocks), limn_least(columns, most_columns), 0, 0};
#define TASKS (parts(blocks, cut.row_blocks) * parts(columns, cut.columns))
  const long many = limn_least(worth, many_tasks), enough = limn_least(worth, enough_tasks);
  while (TASKS < many && cut.columns > few_columns) cut.columns = parts(cut.columns, 2);
  while (TASKS < many && cut.row_blocks > 4) cut.row_blocks = parts(cut.row_blocks, 2);
  while (TASKS < enough && cut.columns > 1) cut.columns = parts(cut.columns, 2);
  while (TASKS < enough && cut.row_blocks > 1) cut.row_blocks = parts(cut.row_blocks, 2);
#undef TASKS
  cut.row_blocks = parts(blocks, parts(blocks, cut.row_blocks));  // even shares
  cut.columns = parts(columns, parts(columns, cut.columns));
  cut.row_tiles = parts(blocks, cut.row_blocks);
  cut.column_tiles = parts(columns, cut.columns);
  return cut;
}

typedef struct {
  const limn_bf16_product *product;
  task_cut cut;
} product_job;

/// The sums of one block of C are complete.
static void finish(const limn_bf16_product *product, long row, long column, const float *sums) {
  const long rows = limn_least(LIMN_BF16_SIDE, product->rows - row), columns = limn_least(LIMN_BF16_SIDE, product->n - column);
  const limn_patch patch = {
      .row = product->row + row, .rows = rows, .column = column, .columns = columns, .sums = sums, .sums_row = LIMN_BF16_SIDE,
      .c = product->c + row * product->c_row + column, .c_row = product->c_row,
      .bias = product->epilogue && product->epilogue->bias ? product->epilogue->bias + column : 0};
  limn_rows_choice()->finish(product->epilogue, &patch);
}

static void multiply_task(void *context, long task) {
  const product_job *job = context;
  const limn_bf16_product *product = job->product;
  const limn_bf16_kernels *kernels = limn_bf16_choice();
  const long first_row = task % job->cut.row_tiles * job->cut.row_blocks * LIMN_BF16_SIDE;
  const long first_column = task / job->cut.row_tiles * job->cut.columns * LIMN_BF16_SIDE;
  const long end_row = limn_least(product->rows, first_row + job->cut.row_blocks * LIMN_BF16_SIDE);
  const long end_column = limn_least(product->n, first_column + job->cut.columns * LIMN_BF16_SIDE);
  const long panels = parts(product->n, LIMN_PANEL), groups = parts(product->rows, LIMN_BF16_ROWS);
  const limn_bf16_depth cut = limn_bf16_cut_depth(product->taps, product->depth);
  const int whole = cut.taps >= product->taps && cut.depth >= product->depth;
  enum { block_floats = LIMN_BF16_SIDE * LIMN_BF16_SIDE };
  const long blocks = whole ? 1 : job->cut.row_blocks * job->cut.columns;
  float *memory = limn_thread_scratch((size_t)(blocks * block_floats) * sizeof(float));
  kernels->begin();
  // A part of k at a time: all of A's rows stay in the second-level cache while the panels are read from front to back.
  for (long tap = 0; tap < product->taps; tap += cut.taps)
    for (long from = 0; from == 0 || from < product->depth; from += cut.depth) {
      const long taps = limn_least(cut.taps, product->taps - tap), depth = limn_least(cut.depth, product->depth - from);
      const uint16_t *packed = product->packed + (tap * product->depth + from) * panels * LIMN_PANEL;
      const int last = tap + taps >= product->taps && from + depth >= product->depth;
      float *sums = memory;
      for (long column = first_column; column < end_column; column += LIMN_BF16_SIDE)
        for (long row = first_row; row < end_row; row += LIMN_BF16_SIDE) {
          const long group = row / LIMN_BF16_ROWS, panel = column / LIMN_PANEL;
          const uint16_t *left = packed + panel * taps * depth * LIMN_PANEL;
          const limn_bf16_block block = {
              .groups = {product->groups + group, product->groups + group + 1},
              .group_count = (int32_t)limn_least(2, groups - group), .panel_count = (int32_t)limn_least(2, panels - panel),
              .first = tap, .taps = taps, .from = from, .steps = depth / LIMN_BF16_STEP,
              .panels = {left, left + taps * depth * LIMN_PANEL}, .fresh = tap == 0 && from == 0, .sums = sums};
          kernels->multiply(&block);
          if (last) finish(product, row, column, sums);
          if (!whole) sums += block_floats;
        }
    }
  kernels->end();
}

void limn_bf16_multiply(const limn_bf16_product *product) {
  product_job job = {product, cut_tasks(product->rows, product->n, product->taps * product->depth)};
  limn_pool_run(job.cut.row_tiles * job.cut.column_tiles, multiply_task, &job);
}

typedef struct {
  const limn_gemm_shape *shape;
  const float *a;
  long rows, width, each;  // rows that A has here, values a rounded row takes, rows a task
  uint16_t *rounded;
} round_job;

static void round_rows(void *context, long task) {
  const round_job *job = context;
  const long all = limn_up(job->rows, LIMN_BF16_ROWS), end = limn_least(all, (task + 1) * job->each);
  for (long row = task * job->each; row < end; row++) {
    uint16_t *to = job->rounded + row * job->width;
    if (row < job->rows) limn_bf16_round(job->a + row * job->shape->a_row, job->shape->a_column, job->shape->k, to, job->width);
    else memset(to, 0, (size_t)job->width * sizeof(uint16_t));
  }
}

// A's rounded copy is made some rows at a time, so that it stays near and small.
static const long most_rounded_bytes = 16 << 20;

void limn_bf16_gemm(const limn_gemm_shape *shape, const float *a, const void *packed, float *c, const limn_epilogue *epilogue) {
  if (shape->m == 0 || shape->n == 0) return;
  const long depth = limn_up(shape->k, LIMN_BF16_STEP);
  // Rows a multiple of 512 bytes apart would push each other out of the first-level cache.
  const long width = depth > 0 && depth % 256 == 0 ? depth + LIMN_BF16_STEP : depth;
  const long fitting = most_rounded_bytes / (width * 2 + 1) / LIMN_BF16_SIDE * LIMN_BF16_SIDE;
  const long slab = limn_least(limn_up(shape->m, LIMN_BF16_ROWS), fitting > 0 ? fitting : LIMN_BF16_SIDE);
  const long groups = parts(slab, LIMN_BF16_ROWS);
  const size_t table_bytes = (size_t)limn_up(groups * (long)sizeof(limn_bf16_group), 64);
  const size_t bytes = table_bytes + (size_t)(slab * width) * sizeof(uint16_t);
  char *memory = limn_memory_take(bytes);
  limn_bf16_group *table = (limn_bf16_group *)memory;
  uint16_t *rounded = (uint16_t *)(memory + table_bytes);
  static const long no_offset = 0;
  for (long g = 0; g < groups; g++) table[g] = (limn_bf16_group){rounded + g * LIMN_BF16_ROWS * width, width, &no_offset};
  for (long row = 0; row < shape->m; row += slab) {
    const long rows = limn_least(slab, shape->m - row);
    round_job job = {shape, a + row * shape->a_row, rows, width, round_floats / (width + 1) + 1, rounded};
    limn_pool_run(parts(limn_up(rows, LIMN_BF16_ROWS), job.each), round_rows, &job);
    const limn_bf16_product product = {.groups = table, .rows = rows, .taps = 1, .depth = depth, .n = shape->n, .packed = packed,
                                       .c = c + row * shape->c_row, .c_row = shape->c_row, .row = row, .epilogue = epilogue};
    limn_bf16_multiply(&product);
  }
  limn_memory_give(memory, bytes);
}
