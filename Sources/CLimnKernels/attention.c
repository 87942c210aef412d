#include "limn_attention.h"
#include <math.h>
#include "attention_blocks.h"
#include "limn_pool.h"

// Query blocks go to a task until it has about this many scores × features: some 20 µs of work.
static const long task_products = 500000;

void limn_block_product(long rows, long columns, long depth, const float *a, long a_row, long step,
                        const float *packed, long depth_all, long from, float *c, long c_row, int32_t first) {
  const limn_gemm_kernels *kernels = limn_gemm_choice();
  limn_tile tile = {.taps = 1, .from = 0, .depth = depth, .step = step, .c_row = c_row, .first = first};
  for (long column = 0; column < columns; column += LIMN_PANEL) {
    const float *panel = packed + column * depth_all + from * LIMN_PANEL;
    tile.columns = smaller(LIMN_PANEL, columns - column);
    for (long r = 0; r < rows; r += LIMN_ROWS) {
      const long count = smaller(LIMN_ROWS, rows - r);
      const float *pointers[LIMN_ROWS];
      for (long i = 0; i < count; i++) pointers[i] = a + (r + i) * a_row;
      kernels->rows[count - 1](&tile, pointers, panel, c + r * c_row + column);
    }
  }
}

typedef struct {
  const limn_attention_shape *shape;
  const float *x;
  long tokens, each;
  int32_t transposed;
  float *packed;
} pack_job;

static void pack_head(void *context, long head) {
  const pack_job *job = context;
  const long features = job->shape->heads * job->shape->width, width = job->shape->width;
  const float *x = job->x + head_start(job->shape, job->tokens, head);
  float *packed = job->packed + head * job->each;
  const long depth = job->transposed ? width : job->tokens, columns = job->transposed ? job->tokens : width;
  for (long column = 0; column < columns; column += LIMN_PANEL)
    limn_pack_panel(columns, x, job->transposed ? 1 : features, job->transposed ? features : 1, 0, depth, column,
                    packed + column * depth);
}

void limn_pack_heads(const limn_attention_shape *shape, const float *x, long tokens, int32_t transposed, float *packed,
                     long each) {
  pack_job job = {shape, x, tokens, each, transposed, packed};
  limn_pool_run(shape->b * shape->heads, pack_head, &job);
}

void limn_hide_later(long query, long rows, long key, long keys, float *scores, long scores_row) {
  for (long r = 0; r < rows; r++)
    for (long c = query + r - key + 1 > 0 ? query + r - key + 1 : 0; c < keys; c++)
      scores[r * scores_row + c] = -INFINITY;
}

long limn_attention_scratch(const limn_attention_shape *shape, int32_t backward) {
  const long heads = shape->b * shape->heads;
  const long forward = packed_floats(shape->width, shape->tk) + packed_floats(shape->tk, shape->width);
  if (!backward) return heads * forward;
  // k, kᵀ and vᵀ; q and dout; delta
  return heads * (packed_floats(shape->tk, shape->width) + 2 * packed_floats(shape->width, shape->tk) +
                  2 * packed_floats(shape->tq, shape->width) + shape->tq);
}

typedef struct {
  const limn_attention_shape *shape;
  const float *q, *keys, *values;  // keys: [width, tk] packed, values: [tk, width] packed, for each head
  float *out, *lse, *probabilities;
  long blocks, tasks;  // query blocks in a task, tasks in a head
} attention_job;

/// The attention of a block of queries.
static void attend(const attention_job *job, long head, long query, long rows) {
  const limn_attention_shape *shape = job->shape;
  const limn_row_kernels *kernels = limn_rows_choice();
  const long features = shape->heads * shape->width, width = shape->width;
  const float *keys = job->keys + head * packed_floats(width, shape->tk);
  const float *values = job->values + head * packed_floats(shape->tk, width);
  const float *q = job->q + head_start(shape, shape->tq, head) + query * features;
  float *out = job->out + head_start(shape, shape->tq, head) + query * features;
  float *scores = limn_thread_scratch(query_block * key_block * sizeof(float));
  float most[query_block], total[query_block];
  for (long r = 0; r < rows; r++) most[r] = -INFINITY, total[r] = 0;
  const long visible = shape->causal ? smaller(shape->tk, query + rows) : shape->tk;
  for (long key = 0; key < visible; key += key_block) {
    const long count = smaller(key_block, visible - key);
    const long padded = (count + LIMN_PANEL - 1) / LIMN_PANEL * LIMN_PANEL;
    limn_block_product(rows, padded, width, q, features, 1, keys + key * width, width, 0, scores, key_block, 1);
    if (shape->causal) limn_hide_later(query, rows, key, count, scores, key_block);
    for (long r = 0; r < rows; r++) {
      const float factor = kernels->attention_row(count, shape->scale, scores + r * key_block, &most[r], &total[r]);
      if (key > 0 && factor != 1) kernels->scale_row(width, factor, out + r * features);
    }
    limn_block_product(rows, width, count, scores, key_block, 1, values, shape->tk, key, out, features, key == 0);
  }
  for (long r = 0; r < rows; r++) {
    kernels->scale_row(width, 1 / total[r], out + r * features);
    if (job->lse) job->lse[head * shape->tq + query + r] = kernels->log_sum(most[r], total[r]);
  }
}

static void attention_task(void *context, long task) {
  const attention_job *job = context;
  const long head = task / job->tasks, first = task % job->tasks * job->blocks * query_block;
  const long end = smaller(job->shape->tq, first + job->blocks * query_block);
  for (long query = first; query < end; query += query_block)
    attend(job, head, query, smaller(query_block, end - query));
}

static void cut_queries(attention_job *job) {
  const limn_attention_shape *shape = job->shape;
  const long blocks = (shape->tq + query_block - 1) / query_block;
  // A score costs its exponential, too: as much as some 24 features.
  const long work = query_block * shape->tk * (shape->width + 24);
  job->blocks = smaller(blocks, work > 0 ? task_products / work + 1 : blocks);
  job->tasks = (blocks + job->blocks - 1) / job->blocks;
}

void limn_attention_f32(const limn_attention_shape *shape, const float *q, const float *k, const float *v, float *out,
                        float *lse, float *scratch) {
  if (shape->b * shape->heads * shape->tq == 0) return;
  if (limn_attention_in_lanes(shape, q, k, v, out, lse, scratch)) return;
  const long heads = shape->b * shape->heads;
  float *values = scratch + heads * packed_floats(shape->width, shape->tk);
  limn_pack_heads(shape, k, shape->tk, 1, scratch, packed_floats(shape->width, shape->tk));
  limn_pack_heads(shape, v, shape->tk, 0, values, packed_floats(shape->tk, shape->width));
  attention_job job = {.shape = shape, .q = q, .keys = scratch, .values = values, .out = out, .lse = lse};
  cut_queries(&job);
  limn_pool_run(heads * job.tasks, attention_task, &job);
}

static void probability_task(void *context, long task) {
  const attention_job *job = context;
  const limn_attention_shape *shape = job->shape;
  const limn_row_kernels *kernels = limn_rows_choice();
  const long features = shape->heads * shape->width, width = shape->width;
  const long head = task / job->tasks, first = task % job->tasks * job->blocks * query_block;
  const long rows = smaller(shape->tq - first, job->blocks * query_block);
  const float *q = job->q + head_start(shape, shape->tq, head) + first * features;
  float *scores = job->probabilities + (head * shape->tq + first) * shape->tk;
  limn_block_product(rows, shape->tk, width, q, features, 1, job->keys + head * packed_floats(width, shape->tk), width, 0,
                     scores, shape->tk, 1);
  if (shape->causal) limn_hide_later(first, rows, 0, shape->tk, scores, shape->tk);
  for (long r = 0; r < rows; r++) {
    float *row = scores + r * shape->tk, most = -INFINITY, total = 0;
    kernels->attention_row(shape->tk, shape->scale, row, &most, &total);
    kernels->scale_row(shape->tk, 1 / total, row);
  }
}

void limn_attention_probabilities_f32(const limn_attention_shape *shape, const float *q, const float *k,
                                      float *probabilities, float *scratch) {
  if (shape->b * shape->heads * shape->tq * shape->tk == 0) return;
  limn_pack_heads(shape, k, shape->tk, 1, scratch, packed_floats(shape->width, shape->tk));
  attention_job job = {.shape = shape, .q = q, .keys = scratch, .probabilities = probabilities};
  cut_queries(&job);
  limn_pool_run(shape->b * shape->heads * job.tasks, probability_task, &job);
}

typedef struct {
  const limn_attention_shape *shape;
  const float *q, *k, *lse;
  long count;
  const long *keys;
  float *probabilities;
} column_job;

static void column_task(void *context, long head) {
  const column_job *job = context;
  const limn_attention_shape *shape = job->shape;
  const limn_row_kernels *kernels = limn_rows_choice();
  const long features = shape->heads * shape->width;
  const float *q = job->q + head_start(shape, shape->tq, head), *k = job->k + head_start(shape, shape->tk, head);
  for (long query = 0; query < shape->tq; query++) {
    float *out = job->probabilities + (head * shape->tq + query) * job->count;
    for (long c = 0; c < job->count; c++)
      out[c] = shape->causal && job->keys[c] > query
                   ? -INFINITY
                   : kernels->dot(shape->width, q + query * features, k + job->keys[c] * features);
    kernels->attention_row_again(job->count, shape->scale, job->lse[head * shape->tq + query], out);
  }
}

void limn_attention_columns_f32(const limn_attention_shape *shape, const float *q, const float *k, const float *lse,
                                long count, const long *keys, float *probabilities) {
  column_job job = {shape, q, k, lse, count, keys, probabilities};
  limn_pool_run(shape->b * shape->heads, column_task, &job);
}
