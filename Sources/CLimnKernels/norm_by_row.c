// Layer norm, softmax and GEGLU: kernels whose rows know nothing of each other, some rows a task.
#include <string.h>
#include "limn_memory.h"
#include "limn_norm.h"
#include "limn_pool.h"
#include "norm_rows.h"

// Floats in one task; also where a sum over rows is broken, so that it is the same for any number of threads.
enum { task_floats = 16384, least_values = 20000 };

enum row_kind { layer, layer_backward, softmax, softmax_backward, geglu, geglu_backward };

typedef struct {
  enum row_kind kind;
  long rows, width, each;  // each: rows in a task
  float eps;
  const float *dy, *x, *weight, *bias, *saved;
  float *y, *statistics, *sums;  // sums [tasks, 2, width]: dweight and dbias of each task
} row_job;

static void run_rows(void *context, long task) {
  const row_job *job = context;
  const limn_row_kernels *kernels = limn_rows_choice();
  const long width = job->width;
  long end = (task + 1) * job->each;
  if (end > job->rows) end = job->rows;
  float *sums = job->sums ? job->sums + task * 2 * width : 0;
  if (sums) memset(sums, 0, (size_t)(2 * width) * sizeof(float));
  for (long row = task * job->each; row < end; row++) {
    const long at = row * width;
    switch (job->kind) {
      case layer: {
        float own[2], *statistics = job->statistics ? job->statistics + 2 * row : own;
        kernels->row_moments(width, job->eps, job->x + at, statistics);
        kernels->layer_row(width, job->x + at, statistics, job->weight, job->bias, job->y + at);
        break;
      }
      case layer_backward:
        kernels->layer_row_backward(width, job->dy + at, job->x + at, job->saved + 2 * row, job->weight, job->y + at, sums,
                                    sums + width);
        break;
      case softmax: kernels->softmax_row(width, job->x + at, job->y + at); break;
      case softmax_backward: kernels->softmax_row_backward(width, job->dy + at, job->x + at, job->y + at); break;
      case geglu: kernels->geglu_row(width, job->x + 2 * at, job->y + at); break;
      case geglu_backward: kernels->geglu_row_backward(width, job->dy + at, job->x + 2 * at, job->y + 2 * at); break;
    }
  }
}

static long start_rows(row_job *job) {
  job->each = task_floats / (job->width > 0 ? job->width : 1);
  if (job->each < 1) job->each = 1;
  return (job->rows + job->each - 1) / job->each;
}

/// One value takes about a nanosecond, with an exponential or an error function two.
static void run_all(row_job *job) {
  const long tasks = start_rows(job), cost = job->kind == layer ? 1 : 2;
  limn_run_worth(job->rows * job->width * cost, least_values, tasks, run_rows, job);
}

void limn_layer_norm_f32(long rows, long width, float eps, const float *x, const float *weight, const float *bias,
                         float *y, float *statistics) {
  row_job job = {.kind = layer, .rows = rows, .width = width, .eps = eps, .x = x, .weight = weight, .bias = bias, .y = y,
                 .statistics = statistics};
  run_all(&job);
}

void limn_layer_norm_backward_f32(long rows, long width, const float *dy, const float *x, const float *weight,
                                  const float *statistics, float *dx, float *dweight, float *dbias) {
  row_job job = {.kind = layer_backward, .rows = rows, .width = width, .dy = dy, .x = x, .weight = weight,
                 .saved = statistics, .y = dx};
  const long tasks = start_rows(&job);
  const size_t bytes = (size_t)(tasks * 2 * width) * sizeof(float);
  job.sums = limn_memory_take(bytes);
  limn_pool_run(tasks, run_rows, &job);
  for (long c = 0; c < width; c++) {
    double weights = 0, biases = 0;
    for (long task = 0; task < tasks; task++) {
      weights += job.sums[task * 2 * width + c];
      biases += job.sums[(task * 2 + 1) * width + c];
    }
    if (dweight) dweight[c] = (float)weights;
    if (dbias) dbias[c] = (float)biases;
  }
  limn_memory_give(job.sums, bytes);
}

void limn_softmax_f32(long rows, long width, const float *x, float *y) {
  row_job job = {.kind = softmax, .rows = rows, .width = width, .x = x, .y = y};
  run_all(&job);
}

void limn_softmax_backward_f32(long rows, long width, const float *dy, const float *y, float *dx) {
  row_job job = {.kind = softmax_backward, .rows = rows, .width = width, .dy = dy, .x = y, .y = dx};
  run_all(&job);
}

void limn_geglu_f32(long rows, long width, const float *x, float *y) {
  row_job job = {.kind = geglu, .rows = rows, .width = width, .x = x, .y = y};
  run_all(&job);
}

void limn_geglu_backward_f32(long rows, long width, const float *dy, const float *x, float *dx) {
  row_job job = {.kind = geglu_backward, .rows = rows, .width = width, .dy = dy, .x = x, .y = dx};
  run_all(&job);
}

static void sum_rows(void *context, long task) {
  const row_job *job = context;
  const long first = task * job->each;
  const long rows = job->rows - first < job->each ? job->rows - first : job->each;
  limn_rows_choice()->column_sums(rows, job->width, job->x + first * job->width, job->sums + task * job->width);
}

void limn_column_sums_f32(long rows, long width, const float *x, float *sums) {
  row_job job = {.rows = rows, .width = width, .x = x};
  const long tasks = start_rows(&job);
  const size_t bytes = (size_t)(tasks * width) * sizeof(float);
  job.sums = limn_memory_take(bytes);
  limn_pool_run(tasks, sum_rows, &job);
  for (long c = 0; c < width; c++) {
    double total = 0;
    for (long task = 0; task < tasks; task++) total += job.sums[task * width + c];
    sums[c] = (float)total;
  }
  limn_memory_give(job.sums, bytes);
}
