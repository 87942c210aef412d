// Attention's gradients. With P the probabilities, delta = Σ dout · out of each query, and dS = P · (dout vᵀ − delta) · scale:
// dv = Pᵀ dout, dq = dS k, dk = dSᵀ q. P is made again from q, k and the saved lse, once for dq (tasks own queries) and once
// for dk and dv (tasks own keys), so that no two tasks add to the same place.
#include <string.h>
#include "attention_blocks.h"
#include "limn_pool.h"

// Scores in a block of the second pass: 96 × 64 twice is 48 KB.
enum { gradient_queries = 96, gradient_keys = 64 };

typedef struct {
  const limn_attention_shape *shape;
  const float *dout, *q, *k, *v, *out, *lse;
  float *dq, *dk, *dv;
  float *keys, *keys_turned, *values_turned, *queries, *upstream, *delta;  // packed, head by head
  long tasks;                                                           // in a head
} gradient_job;

/// P and dS of a block of queries and keys, both [rows, row_size].
static void block_gradients(const gradient_job *job, long head, long query, long rows, long key, long count,
                            float *probabilities, float *scores, long row_size) {
  const limn_attention_shape *shape = job->shape;
  const limn_row_kernels *kernels = limn_rows_choice();
  const long features = shape->heads * shape->width, width = shape->width;
  const long padded = (count + LIMN_PANEL - 1) / LIMN_PANEL * LIMN_PANEL, turned = packed_floats(width, shape->tk);
  const long start = head_start(shape, shape->tq, head) + query * features;
  limn_block_product(rows, padded, width, job->q + start, features, 1, job->keys_turned + head * turned + key * width, width,
                     0, probabilities, row_size, 1);
  if (shape->causal) limn_hide_later(query, rows, key, count, probabilities, row_size);
  limn_block_product(rows, padded, width, job->dout + start, features, 1, job->values_turned + head * turned + key * width,
                     width, 0, scores, row_size, 1);
  for (long r = 0; r < rows; r++) {
    const long at = head * shape->tq + query + r;
    kernels->attention_row_again(count, shape->scale, job->lse[at], probabilities + r * row_size);
    kernels->attention_row_backward(count, shape->scale, job->delta[at], probabilities + r * row_size,
                                    scores + r * row_size);
  }
}

static void query_task(void *context, long task) {
  const gradient_job *job = context;
  const limn_attention_shape *shape = job->shape;
  const long features = shape->heads * shape->width, width = shape->width;
  const long head = task / job->tasks, query = task % job->tasks * query_block;
  const long rows = smaller(query_block, shape->tq - query);
  float *probabilities = limn_thread_scratch(2 * query_block * key_block * sizeof(float));
  float *scores = probabilities + query_block * key_block;
  float *dq = job->dq + head_start(shape, shape->tq, head) + query * features;
  const float *keys = job->keys + head * packed_floats(shape->tk, width);
  for (long key = 0; key < shape->tk; key += key_block) {
    const long count = smaller(key_block, shape->tk - key);
    block_gradients(job, head, query, rows, key, count, probabilities, scores, key_block);
    limn_block_product(rows, width, count, scores, key_block, 1, keys, shape->tk, key, dq, features, key == 0);
  }
}

static void key_task(void *context, long task) {
  const gradient_job *job = context;
  const limn_attention_shape *shape = job->shape;
  const long features = shape->heads * shape->width, width = shape->width;
  const long head = task / job->tasks, key = task % job->tasks * gradient_keys;
  const long count = smaller(gradient_keys, shape->tk - key);
  float *probabilities = limn_thread_scratch(2 * gradient_queries * gradient_keys * sizeof(float));
  float *scores = probabilities + gradient_queries * gradient_keys;
  const long start = head_start(shape, shape->tk, head) + key * features, packed = packed_floats(shape->tq, width);
  for (long query = 0; query < shape->tq; query += gradient_queries) {
    const long rows = smaller(gradient_queries, shape->tq - query);
    block_gradients(job, head, query, rows, key, count, probabilities, scores, gradient_keys);
    limn_block_product(count, width, rows, probabilities, 1, gradient_keys, job->upstream + head * packed, shape->tq, query,
                       job->dv + start, features, query == 0);
    limn_block_product(count, width, rows, scores, 1, gradient_keys, job->queries + head * packed, shape->tq, query,
                       job->dk + start, features, query == 0);
  }
}

static void delta_task(void *context, long head) {
  const gradient_job *job = context;
  const limn_attention_shape *shape = job->shape;
  const long features = shape->heads * shape->width, start = head_start(shape, shape->tq, head);
  for (long query = 0; query < shape->tq; query++)
    job->delta[head * shape->tq + query] = limn_rows_choice()->dot(
        shape->width, job->dout + start + query * features, job->out + start + query * features);
}

void limn_attention_backward_f32(const limn_attention_shape *shape, const float *dout, const float *q, const float *k,
                                 const float *v, const float *out, const float *lse, float *dq, float *dk, float *dv,
                                 float *scratch) {
  const long heads = shape->b * shape->heads, features = shape->heads * shape->width;
  if (heads * shape->tq * shape->tk == 0) {
    memset(dq, 0, (size_t)(shape->b * shape->tq * features) * sizeof(float));
    memset(dk, 0, (size_t)(shape->b * shape->tk * features) * sizeof(float));
    memset(dv, 0, (size_t)(shape->b * shape->tk * features) * sizeof(float));
    return;
  }
  const long turned = packed_floats(shape->width, shape->tk), keys = packed_floats(shape->tk, shape->width);
  const long queries = packed_floats(shape->tq, shape->width);
  gradient_job job = {.shape = shape, .dout = dout, .q = q, .k = k, .v = v, .out = out, .lse = lse, .dq = dq, .dk = dk,
                      .dv = dv};
  job.keys = scratch;
  job.keys_turned = job.keys + heads * keys;
  job.values_turned = job.keys_turned + heads * turned;
  job.queries = job.values_turned + heads * turned;
  job.upstream = job.queries + heads * queries;
  job.delta = job.upstream + heads * queries;
  limn_pool_run(heads, delta_task, &job);
  if (limn_attention_gradient_in_lanes(shape, dout, q, k, v, lse, job.delta, dq, dk, dv, scratch)) return;
  limn_pack_heads(shape, k, shape->tk, 0, job.keys, keys);
  limn_pack_heads(shape, k, shape->tk, 1, job.keys_turned, turned);
  limn_pack_heads(shape, v, shape->tk, 1, job.values_turned, turned);
  limn_pack_heads(shape, q, shape->tq, 0, job.queries, queries);
  limn_pack_heads(shape, dout, shape->tq, 0, job.upstream, queries);
  job.tasks = (shape->tq + query_block - 1) / query_block;
  limn_pool_run(heads * job.tasks, query_task, &job);
  job.tasks = (shape->tk + gradient_keys - 1) / gradient_keys;
  limn_pool_run(heads * job.tasks, key_task, &job);
}
