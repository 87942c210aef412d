// Attention of narrow heads: the cut into tasks around the loops of attention_lanes.h.
#include <string.h>
#include "attention_blocks.h"
#include "attention_rows.h"
#include "limn_isa.h"

// Measured on a Zen 3: at 8 to 60 features 1.2 to 1.8 times as fast as panels (the gradient 2 to 1.15 times), at 80 the same.
enum { most_width = 64 };
// Tokens of one head lie a row of all heads apart: up to this many floats are read there, more would push each
// other out of cache.
enum { most_scattered = 6144 };
// A task has some 20 µs of work, in queries × keys × (features + 8): a weight costs its power, too.
enum { task_tokens = 64, task_work = 500000 };

static const float log2e = 1.44269504f;

static const limn_lane_kernels *choice(void) {
  static const limn_lane_kernels *const table[LIMN_ISA_COUNT] = {
      [LIMN_PORTABLE] = &limn_lanes_portable,
      [LIMN_AVX2] = &limn_lanes_avx2,
      [LIMN_AVX512] = &limn_lanes_avx512,
  };
  return table[limn_isa_current()];
}

/// Copies the tokens of each head of two tensors, so that they lie together.
typedef struct {
  const limn_attention_shape *shape;
  long tokens;
  const float *from[2];
  float *to[2];
} copy_job;

static void copy_task(void *context, long head) {
  const copy_job *job = context;
  const long width = job->shape->width, features = job->shape->heads * width;
  const long from = head_start(job->shape, job->tokens, head), to = head * job->tokens * width;
  for (int which = 0; which < 2; which++)
    for (long i = 0; i < job->tokens; i++)
      memcpy(job->to[which] + to + i * width, job->from[which] + from + i * features, (size_t)width * sizeof(float));
}

/// Two tensors that are read row by row: where they lie, or copied to `scratch` if too many rows lie apart.
typedef struct {
  const float *x[2];
  int copied;
} row_pair;

static row_pair lay_out(const limn_attention_shape *shape, long tokens, const float *first, const float *second, float *scratch) {
  if (shape->heads == 1 || tokens * shape->width <= most_scattered) return (row_pair){{first, second}, 0};
  const long heads = shape->b * shape->heads;
  copy_job job = {shape, tokens, {first, second}, {scratch, scratch + heads * tokens * shape->width}};
  limn_pool_run(heads, copy_task, &job);
  return (row_pair){{job.to[0], job.to[1]}, 1};
}

/// Where a head's rows begin, and how far they lie apart.
static long pair_start(const limn_attention_shape *shape, const row_pair *pair, long tokens, long head) {
  return pair->copied ? head * tokens * shape->width : head_start(shape, tokens, head);
}
static long pair_step(const limn_attention_shape *shape, const row_pair *pair) {
  return pair->copied ? shape->width : shape->heads * shape->width;
}

/// How many tokens a task has, a multiple of `task_tokens`, where each meets `others`.
static long tokens_each(const limn_attention_shape *shape, long others) {
  return (task_work / (task_tokens * others * (shape->width + 8)) + 1) * task_tokens;
}

typedef struct {
  const limn_attention_shape *shape;
  const float *q;
  row_pair keys;  // keys, values
  float *out, *lse;
  long queries, tasks;  // in a task, in a head
} lane_job;

static void lane_task(void *context, long task) {
  const lane_job *job = context;
  const limn_attention_shape *shape = job->shape;
  const limn_lane_kernels *kernels = choice();
  const long features = shape->heads * shape->width, width = shape->width, queries = kernels->queries;
  const long head = task / job->tasks, start = task % job->tasks * job->queries;
  const long end = smaller(shape->tq, start + job->queries), rows = head_start(shape, shape->tq, head);
  const long keys = pair_start(shape, &job->keys, shape->tk, head);
  float *q = limn_thread_scratch((size_t)((2 * width + 2) * queries) * sizeof(float)), *sums = q + width * queries;
  float *most = sums + width * queries, *total = most + queries;
  for (long query = start; query < end; query += queries) {
    const long count = smaller(queries, end - query), at = rows + query * features;
    kernels->spread(count, width, job->q + at, features, shape->scale * log2e, q);
    const limn_lane_block block = {
        .width = width, .keys = shape->causal ? smaller(shape->tk, query + count) : shape->tk, .k = job->keys.x[0] + keys,
        .v = job->keys.x[1] + keys, .key_row = pair_step(shape, &job->keys), .q = q, .sums = sums, .most = most, .total = total,
        .visible = shape->causal ? query : shape->tk};
    kernels->attend(&block);
    if (job->lse)
      for (long r = 0; r < count; r++)
        job->lse[head * shape->tq + query + r] = limn_rows_choice()->log_sum(most[r], total[r]);
    for (long r = 0; r < queries; r++) total[r] = 1 / total[r];
    kernels->gather(count, width, sums, total, job->out + at, features);
  }
}

int limn_attention_in_lanes(const limn_attention_shape *shape, const float *q, const float *k, const float *v, float *out,
                            float *lse, float *scratch) {
  if (shape->width > most_width || shape->tk == 0) return 0;
  const long heads = shape->b * shape->heads;
  lane_job job = {.shape = shape, .q = q, .out = out, .lse = lse};
  job.keys = lay_out(shape, shape->tk, k, v, scratch);
  job.queries = tokens_each(shape, shape->tk);
  job.tasks = (shape->tq + job.queries - 1) / job.queries;
  limn_run_worth(heads * shape->tq * shape->tk * (shape->width + 8), task_work, heads * job.tasks, lane_task, &job);
  return 1;
}

typedef struct {
  const limn_attention_shape *shape;
  const float *own, *upstream;  // of the tokens in lanes
  long tokens, others;          // in lanes, in rows
  row_pair rows;
  const float *lse, *delta;
  float *sums, *weighted;       // dq; or dk and dv
  int32_t owns_keys;
  long each, tasks;
} gradient_job;

static void gradient_task(void *context, long task) {
  const gradient_job *job = context;
  const limn_attention_shape *shape = job->shape;
  const limn_lane_kernels *kernels = choice();
  const long features = shape->heads * shape->width, width = shape->width, lanes = kernels->queries, all = width * lanes;
  const long head = task / job->tasks, start = task % job->tasks * job->each, end = smaller(job->tokens, start + job->each);
  const long rows = pair_start(shape, &job->rows, job->others, head);
  const long logs = job->owns_keys ? shape->tq : 0;
  float *own = limn_thread_scratch((size_t)(4 * all + 4 * lanes + logs) * sizeof(float));
  float *upstream = own + all, *sums = upstream + all, *weighted = sums + all;
  float *scale = weighted + all, *one = scale + lanes, *log = one + lanes, *delta = log + lanes, *all_logs = delta + lanes;
  for (long r = 0; r < lanes; r++) scale[r] = shape->scale, one[r] = 1;
  for (long r = 0; r < logs; r++) all_logs[r] = job->lse[head * shape->tq + r] * log2e;
  for (long token = start; token < end; token += lanes) {
    const long count = smaller(lanes, end - token), at = head_start(shape, job->tokens, head) + token * features;
    kernels->spread(count, width, job->own + at, features, shape->scale * log2e, own);
    kernels->spread(count, width, job->upstream + at, features, 1, upstream);
    for (long r = 0; r < lanes && !job->owns_keys; r++) {
      const long query = head * shape->tq + token + smaller(r, count - 1);
      log[r] = job->lse[query] * log2e, delta[r] = job->delta[query];
    }
    const limn_gradient_block block = {
        .width = width, .rows = shape->causal && !job->owns_keys ? smaller(job->others, token + count) : job->others,
        .row_step = pair_step(shape, &job->rows), .row = job->rows.x[0] + rows,
        .other = job->rows.x[1] + rows, .own = own, .upstream = upstream, .log = job->owns_keys ? all_logs : log,
        .delta = job->owns_keys ? job->delta + head * shape->tq : delta, .sums = sums, .weighted = weighted,
        .rows_are_queries = job->owns_keys, .causal = shape->causal, .first = token};
    kernels->gradient(&block);
    kernels->gather(count, width, sums, scale, job->sums + at, features);
    if (job->owns_keys) kernels->gather(count, width, weighted, one, job->weighted + at, features);
  }
}

int limn_attention_gradient_in_lanes(const limn_attention_shape *shape, const float *dout, const float *q, const float *k,
                                     const float *v, const float *lse, const float *delta, float *dq, float *dk, float *dv,
                                     float *scratch) {
  if (shape->width > most_width) return 0;
  const long heads = shape->b * shape->heads, work = heads * shape->tq * shape->tk * (3 * shape->width + 8);
  gradient_job job = {.shape = shape, .own = q, .upstream = dout, .tokens = shape->tq, .others = shape->tk, .lse = lse,
                      .delta = delta, .sums = dq};
  job.rows = lay_out(shape, shape->tk, k, v, scratch);
  job.each = tokens_each(shape, 2 * shape->tk);
  job.tasks = (job.tokens + job.each - 1) / job.each;
  limn_run_worth(work, task_work, heads * job.tasks, gradient_task, &job);
  gradient_job keys = {.shape = shape, .own = k, .upstream = v, .tokens = shape->tk, .others = shape->tq, .lse = lse,
                       .delta = delta, .sums = dk, .weighted = dv, .owns_keys = 1};
  keys.rows = lay_out(shape, shape->tq, q, dout, scratch);
  keys.each = tokens_each(shape, 2 * shape->tq);
  keys.tasks = (keys.tokens + keys.each - 1) / keys.each;
  limn_run_worth(work, task_work, heads * keys.tasks, gradient_task, &keys);
  return 1;
}
