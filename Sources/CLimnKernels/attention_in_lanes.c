// Attention of narrow heads: the cut into tasks around the loops of attention_lanes.h.
#include <string.h>
#include "attention_blocks.h"
#include "attention_rows.h"
#include "limn_isa.h"

// Measured on a Zen 3: at 8 to 64 features 1.2 to 1.8 times as fast as panels, at 80 the same.
enum { most_width = 64 };
// Keys of one head lie a row of all heads apart. Up to this many are read where they lie; more would push each other out of cache.
enum { most_scattered_keys = 256 };
// A task has some 20 µs of work, in queries × keys × (features + 8): a weight costs its power, too.
enum { task_queries = 64, task_work = 500000 };

static const limn_lane_kernels *choice(void) {
  static const limn_lane_kernels *const table[LIMN_ISA_COUNT] = {
      [LIMN_PORTABLE] = &limn_lanes_portable,
      [LIMN_AVX2] = &limn_lanes_avx2,
      [LIMN_AVX512] = &limn_lanes_avx512,
  };
  return table[limn_isa_current()];
}

typedef struct {
  const limn_attention_shape *shape;
  const float *q, *k, *v;
  float *out, *lse;
  float *keys, *values;         // where copies go
  long queries, tasks;          // in a task, in a head
} lane_job;

static void copy_task(void *context, long head) {
  const lane_job *job = context;
  const limn_attention_shape *shape = job->shape;
  const long features = shape->heads * shape->width, from = head_start(shape, shape->tk, head);
  for (long i = 0; i < shape->tk; i++) {
    const long to = (head * shape->tk + i) * shape->width, size = shape->width * (long)sizeof(float);
    memcpy(job->keys + to, job->k + from + i * features, (size_t)size);
    memcpy(job->values + to, job->v + from + i * features, (size_t)size);
  }
}

static void lane_task(void *context, long task) {
  const lane_job *job = context;
  const limn_attention_shape *shape = job->shape;
  const limn_lane_kernels *kernels = choice();
  const long features = shape->heads * shape->width, width = shape->width, queries = kernels->queries;
  const long head = task / job->tasks, start = task % job->tasks * job->queries;
  const long end = fewer(shape->tq, start + job->queries), rows = head_start(shape, shape->tq, head);
  const long keys = job->keys ? head * shape->tk * width : head_start(shape, shape->tk, head);
  const float *k = (job->keys ? job->keys : job->k) + keys, *v = (job->keys ? job->values : job->v) + keys;
  float *q = limn_thread_scratch((size_t)((2 * width + 2) * queries) * sizeof(float)), *sums = q + width * queries;
  float *most = sums + width * queries, *total = most + queries;
  for (long query = start; query < end; query += queries) {
    const long count = fewer(queries, end - query), at = rows + query * features;
    kernels->spread(count, width, job->q + at, features, shape->scale * 1.44269504f, q);
    const limn_lane_block block = {
        .width = width, .keys = shape->causal ? fewer(shape->tk, query + count) : shape->tk, .k = k, .v = v,
        .key_row = job->keys ? width : features, .q = q, .sums = sums, .most = most, .total = total,
        .visible = shape->causal ? query : shape->tk};
    kernels->attend(&block);
    kernels->gather(count, width, sums, total, job->out + at, features);
    if (!job->lse) continue;
    for (long r = 0; r < count; r++)
      job->lse[head * shape->tq + query + r] = limn_rows_choice()->log_sum(most[r], total[r]);
  }
}

int limn_attention_in_lanes(const limn_attention_shape *shape, const float *q, const float *k, const float *v, float *out,
                            float *lse, float *scratch) {
  if (shape->width > most_width || shape->tk == 0) return 0;
  const long heads = shape->b * shape->heads, each = shape->tk * (shape->width + 8);
  lane_job job = {.shape = shape, .q = q, .k = k, .v = v, .out = out, .lse = lse};
  if (shape->heads > 1 && shape->tk > most_scattered_keys) {
    job.keys = scratch;
    job.values = scratch + heads * shape->tk * shape->width;
    limn_pool_run(heads, copy_task, &job);
  }
  job.queries = (task_work / (task_queries * each) + 1) * task_queries;
  job.tasks = (shape->tq + job.queries - 1) / job.queries;
  limn_run_worth(heads * shape->tq * each, task_work, heads * job.tasks, lane_task, &job);
  return 1;
}
