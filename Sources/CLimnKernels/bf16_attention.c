// Attention in bf16: the choice, the packing of keys and values, and the walk of 128 queries at a time through the keys.
#include "bf16_attention.h"
#include "attention_blocks.h"
#include <string.h>
#include "limn_isa.h"

enum {
  key_steps = 8,                   // of 32 keys, weighed before values are summed: 16 KB of weights
  most_blocks = 4,                 // of 32 queries that meet the same 256 keys while these lie in the second-level cache
  block_floats = LIMN_BF16_SIDE * LIMN_BF16_SIDE,
  panel_weights = key_steps * LIMN_BF16_TILE,
};
// Scores × (features + 64) of some 20 µs of work: the powers cost as much as 64 features.
static const long task_work = 10000000;
static const float log2e = 1.44269504f;

static const limn_bf16_attention_kernels *row_choice(void) {
  static const limn_bf16_attention_kernels *const table[LIMN_ISA_COUNT] = {
      [LIMN_PORTABLE] = &limn_bf16_attention_portable,
      [LIMN_AVX2] = &limn_bf16_attention_avx2,
      [LIMN_AVX512] = &limn_bf16_attention_avx512,
  };
  return table[limn_isa_current()];
}

/// A head in tiles.
typedef struct {
  long steps;                     // of 32 features
  long keys;                      // steps of 32 keys
  long groups;                    // of 16 features and the one behind them
  long key_values, value_values;  // of packed keys and values
} tiling;

static tiling cut_head(const limn_attention_shape *shape) {
  tiling t = {.steps = parts(shape->width, LIMN_BF16_STEP), .keys = parts(shape->tk, LIMN_BF16_STEP), .groups = shape->width / 16 + 1};
  t.key_values = 2 * t.keys * t.steps * LIMN_BF16_TILE, t.value_values = t.groups * t.keys * LIMN_BF16_TILE;
  return t;
}

int limn_bf16_attention_suits(const limn_attention_shape *shape) {
  // Cycles of a core for a product of 16 × 16 × 32, and whether vectors are free meanwhile. Against f32 with two multiply-adds of AVX-512 a cycle.
  static const struct { double tile; int beside; } units[LIMN_BF16_UNIT_COUNT] = {
      [LIMN_BF16_EMULATED_AVX512] = {128, 0}, [LIMN_BF16_EMULATED_AMX] = {16, 1}, [LIMN_BF16_AVX512] = {128, 0}, [LIMN_BF16_AMX] = {16, 1}};
  // Of 256 weights, of a query packed and unpacked, of a key and its value packed: vector instructions, two a cycle.
  enum { weigh = 104, f32_weigh = 112, query_step = 11, query_group = 6, key_step = 11, key_group = 10 };
  const double tile = units[limn_bf16_current()].tile;
  if (tile == 0 || shape->tk == 0 || shape->width == 0) return 0;
  const tiling t = cut_head(shape);
  const double products = tile * ((double)t.steps + 0.5 * (double)t.groups), tq = (double)shape->tq, tk = (double)shape->tk;
  const double both = !units[limn_bf16_current()].beside ? products + weigh : products > weigh ? products : weigh;
  const double bf16 = (double)(limn_up(shape->tq, LIMN_BF16_SIDE) * t.keys * LIMN_BF16_STEP) / 256 * both +
                      tq * (double)(query_step * t.steps + query_group * t.groups) + tk * (double)(key_step * t.steps + key_group * t.groups);
  const double f32 = tq * tk / 256 * (16 * (double)shape->width + f32_weigh);
  return bf16 <= 0.75 * f32;  // a quarter, because this was counted and not timed
}

size_t limn_bf16_attention_scratch(const limn_attention_shape *shape) {
  const tiling t = cut_head(shape);
  const size_t offsets = (size_t)limn_up((t.steps > t.keys ? t.steps : t.keys) * (long)sizeof(long), 64);
  return offsets + (size_t)(shape->b * shape->heads * (t.key_values + t.value_values)) * sizeof(uint16_t);
}

/// Tiles of a row lie one behind another: the products take them as taps of one step.
typedef struct {
  const limn_attention_shape *shape;
  tiling cut;
  const float *q, *k, *v;
  float *out, *lse;
  const long *offsets;  // of tiles
  uint16_t *keys, *values;
  long queries, tasks;  // in a task, in a head
} attention_job;

static void pack_task(void *context, long task) {
  const attention_job *job = context;
  const limn_attention_shape *shape = job->shape;
  const tiling *cut = &job->cut;
  const limn_bf16_attention_kernels *rows = row_choice();
  const long tasks = parts(cut->keys, key_steps), head = task / tasks, first = task % tasks * key_steps;
  const long features = shape->heads * shape->width, start = head_start(shape, shape->tk, head);
  uint16_t *keys = job->keys + head * cut->key_values, *values = job->values + head * cut->value_values;
  for (long step = first; step < smaller(cut->keys, first + key_steps); step++) {
    const long key = step * LIMN_BF16_STEP, count = smaller(LIMN_BF16_STEP, shape->tk - key), at = start + key * features;
    rows->pack_keys(count, shape->width, job->k + at, features, keys + 2 * step * cut->steps * LIMN_BF16_TILE);
    rows->pack_values(count, shape->width, job->v + at, features, values + step * LIMN_BF16_TILE, cut->keys * LIMN_BF16_TILE);
  }
}

/// 32 queries on their way through the keys.
typedef struct {
  long query, rows, key_steps;  // the steps of keys that they see
  uint16_t *q;                  // tiles
  float *sums, *most;           // [features, 32], [32]
} query_set;

/// What a task has in hand beside its queries.
typedef struct {
  float *scores[2], *top;
  uint16_t *weights;  // for each 16 queries, key_steps tiles
} workspace;

/// scores [32 keys, 32 queries] of a step of keys.
static void score(const attention_job *job, long head, const query_set *own, long step, float *scores) {
  const long group = job->cut.steps * LIMN_BF16_TILE;
  const uint16_t *keys = job->keys + head * job->cut.key_values + 2 * step * group;
  const limn_bf16_group groups[2] = {{keys, LIMN_BF16_STEP, job->offsets}, {keys + group, LIMN_BF16_STEP, job->offsets}};
  const int two = job->shape->tk - step * LIMN_BF16_STEP > LIMN_BF16_ROWS;
  const limn_bf16_block block = {.groups = {groups, groups + 1}, .group_count = two ? 2 : 1, .panel_count = 2, .taps = job->cut.steps,
                                 .steps = 1, .panels = {own->q, own->q + group}, .fresh = 1, .sums = scores};
  limn_bf16_choice()->multiply(&block);
}

/// sums += values of steps first … end · their weights; the first of all sets them.
static void collect(const attention_job *job, long head, const query_set *own, long first, long end, const uint16_t *weights) {
  const uint16_t *values = job->values + head * job->cut.value_values;
  const long row = job->cut.keys * LIMN_BF16_TILE;
  for (long group = 0; group < job->cut.groups; group += 2) {
    const limn_bf16_group groups[2] = {{values + group * row, LIMN_BF16_STEP, job->offsets},
                                       {values + (group + 1) * row, LIMN_BF16_STEP, job->offsets}};
    const limn_bf16_block block = {.groups = {groups, groups + 1}, .group_count = (int32_t)smaller(2, job->cut.groups - group),
                                   .panel_count = 2, .first = first, .taps = end - first, .steps = 1,
                                   .panels = {weights, weights + panel_weights}, .fresh = first == 0,
                                   .sums = own->sums + group * LIMN_BF16_ROWS * LIMN_BF16_SIDE};
    limn_bf16_choice()->multiply(&block);
  }
}

/// Some queries meet steps first … end of the keys. The next scores are asked for before these are weighed, so that the unit has work while
/// the vectors have theirs.
static void meet(const attention_job *job, long head, const query_set *own, long first, long end, const workspace *space) {
  const limn_bf16_attention_kernels *rows = row_choice();
  const limn_attention_shape *shape = job->shape;
  if (first < end) score(job, head, own, first, space->scores[first % 2]);
  long from = first;
  for (long step = first; step < end; step++) {
    if (step + 1 < end) score(job, head, own, step + 1, space->scores[(step + 1) % 2]);
    const long key = step * LIMN_BF16_STEP;
    uint16_t *weights = space->weights + (step - from) * LIMN_BF16_TILE;
    limn_bf16_scores scores = {.scores = space->scores[step % 2], .keys = shape->tk - key, .visible = shape->causal ? own->query - key : shape->tk,
                               .top = space->top, .most = own->most, .weights = {weights, weights + panel_weights}};
    const int large = rows->look(&scores);
    if (step == 0) {
      memcpy(own->most, space->top, LIMN_BF16_SIDE * sizeof(float));
    } else if (large) {
      if (step > from) collect(job, head, own, from, step, space->weights);
      rows->raise(&scores, job->cut.groups * LIMN_BF16_ROWS, own->sums);
      from = step;
      scores.weights[0] = space->weights, scores.weights[1] = space->weights + panel_weights;
    }
    rows->weigh(&scores);
  }
  if (from < end) collect(job, head, own, from, end, space->weights);
}

/// Up to 128 queries of a head.
static void attend(const attention_job *job, long head, long query, long count) {
  const limn_attention_shape *shape = job->shape;
  const tiling *cut = &job->cut;
  const limn_bf16_attention_kernels *rows = row_choice();
  const long features = shape->heads * shape->width, at = head_start(shape, shape->tq, head);
  const long q_values = 2 * cut->steps * LIMN_BF16_TILE, sums_floats = limn_up(cut->groups, 2) * LIMN_BF16_ROWS * LIMN_BF16_SIDE;
  const long blocks = parts(count, LIMN_BF16_SIDE);
  const size_t each = (size_t)q_values * sizeof(uint16_t) + (size_t)(sums_floats + LIMN_BF16_SIDE) * sizeof(float);
  char *memory = limn_thread_scratch((size_t)blocks * each + (2 * block_floats + LIMN_BF16_SIDE) * sizeof(float) +
                                     2 * panel_weights * sizeof(uint16_t));
  query_set own[most_blocks];
  for (long b = 0; b < blocks; b++, memory += each) {
    const long first = query + b * LIMN_BF16_SIDE, some = smaller(LIMN_BF16_SIDE, count - b * LIMN_BF16_SIDE);
    float *sums = (float *)(memory + (size_t)q_values * sizeof(uint16_t));
    own[b] = (query_set){.query = first, .rows = some, .q = (uint16_t *)memory, .sums = sums, .most = sums + sums_floats,
                           .key_steps = shape->causal ? parts(smaller(shape->tk, first + some), LIMN_BF16_STEP) : cut->keys};
    rows->pack_queries(some, shape->width, shape->scale * log2e, job->q + at + first * features, features, own[b].q);
  }
  float *scores = (float *)memory;
  const workspace space = {{scores, scores + block_floats}, scores + 2 * block_floats, (uint16_t *)(scores + 2 * block_floats + LIMN_BF16_SIDE)};
  for (long step = 0; step < own[blocks - 1].key_steps; step += key_steps)
    for (long b = 0; b < blocks; b++) meet(job, head, own + b, step, smaller(own[b].key_steps, step + key_steps), &space);
  for (long b = 0; b < blocks; b++) {
    const float *total = own[b].sums + shape->width * LIMN_BF16_SIDE;
    rows->finish(own[b].rows, shape->width, own[b].sums, job->out + at + own[b].query * features, features);
    for (long r = 0; job->lse && r < own[b].rows; r++)
      job->lse[head * shape->tq + own[b].query + r] = limn_rows_choice()->log_sum(own[b].most[r], total[r]);
  }
}

static void attention_task(void *context, long task) {
  const attention_job *job = context;
  const long head = task / job->tasks, first = task % job->tasks * job->queries, end = smaller(job->shape->tq, first + job->queries);
  limn_bf16_choice()->begin();
  for (long query = first; query < end; query += most_blocks * LIMN_BF16_SIDE)
    attend(job, head, query, smaller(most_blocks * LIMN_BF16_SIDE, end - query));
  limn_bf16_choice()->end();
}

void limn_bf16_attention(const limn_attention_shape *shape, const float *q, const float *k, const float *v, float *out, float *lse,
                         void *scratch) {
  const long heads = shape->b * shape->heads, together = most_blocks * LIMN_BF16_SIDE;
  if (heads * shape->tq == 0) return;
  attention_job job = {.shape = shape, .cut = cut_head(shape), .q = q, .k = k, .v = v, .out = out, .lse = lse, .offsets = scratch};
  const long offsets = job.cut.steps > job.cut.keys ? job.cut.steps : job.cut.keys;
  for (long i = 0; i < offsets; i++) ((long *)scratch)[i] = i * LIMN_BF16_TILE;
  job.keys = (uint16_t *)((char *)scratch + limn_up(offsets * (long)sizeof(long), 64));
  job.values = job.keys + heads * job.cut.key_values;
  const long work = shape->tk * (shape->width + 64);
  limn_run_worth(heads * work, task_work / 64, heads * parts(job.cut.keys, key_steps), pack_task, &job);
  job.queries = together * (task_work / (together * work) + 1);
  job.tasks = parts(shape->tq, job.queries);
  limn_run_worth(heads * shape->tq * work, task_work, heads * job.tasks, attention_task, &job);
}
