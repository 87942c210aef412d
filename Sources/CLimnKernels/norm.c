// Normalizations and softmax: the cut into tasks, and how blocks' statistics become a group's. The loops are in
// norm_lanes.h.
#include <math.h>
#include <string.h>
#include "limn_isa.h"
#include "limn_memory.h"
#include "limn_norm.h"
#include "limn_pool.h"
#include "norm_rows.h"

// Floats in one block of a group norm: 64 KB, read twice for its statistics while it is in the second-level cache.
enum { block_floats = 16384 };

const limn_row_kernels *limn_rows_choice(void) {
  static const limn_row_kernels *const table[LIMN_ISA_COUNT] = {[LIMN_PORTABLE] = &limn_rows_portable,
                                                                [LIMN_AVX2] = &limn_rows_avx2,
                                                                [LIMN_AVX512] = &limn_rows_avx512};
  return table[limn_isa_current()];
}

static long larger(long a, long b) { return a > b ? a : b; }

/// A group norm under way. `partial` holds what each block of each picture found.
typedef struct {
  const limn_group_norm_shape *shape;
  long block, blocks;  // pixels in a block, blocks in a picture
  const float *dy, *x, *weight, *bias;
  float *y, *statistics;
  double *moments;  // [n, blocks, groups, 2]: mean, sum of squares about it
  float *sums;      // [n, blocks, 2, channels], of a gradient
  float *terms;     // [n, 5, channels]: limn_channel_terms
} group_job;

static group_job group_start(const limn_group_norm_shape *shape) {
  group_job job = {.shape = shape};
  job.block = smaller(larger(1, block_floats / larger(shape->channels, 1)), larger(shape->pixels, 1));
  job.blocks = (shape->pixels + job.block - 1) / job.block;
  return job;
}

static long block_pixels(const group_job *job, long block) {
  return smaller(job->block, job->shape->pixels - block * job->block);
}

static void find_moments(void *context, long task) {
  const group_job *job = context;
  const limn_group_norm_shape *shape = job->shape;
  const limn_row_kernels *kernels = limn_rows_choice();
  const long picture = task / job->blocks, block = task % job->blocks, each = shape->channels / shape->groups;
  const long pixels = block_pixels(job, block);
  const float *x = job->x + (picture * shape->pixels + block * job->block) * shape->channels;
  float *sums = limn_thread_scratch((size_t)(2 * shape->channels) * sizeof(float)), *centers = sums + shape->channels;
  double *moments = job->moments + task * shape->groups * 2;
  kernels->column_sums(pixels, shape->channels, x, sums);
  for (long g = 0; g < shape->groups; g++) {
    double total = 0;
    for (long c = 0; c < each; c++) total += sums[g * each + c];
    moments[2 * g] = (float)(total / (double)(pixels * each));
    for (long c = 0; c < each; c++) centers[g * each + c] = (float)moments[2 * g];
  }
  kernels->column_squares(pixels, shape->channels, x, centers, sums);
  for (long g = 0; g < shape->groups; g++) {
    double total = 0;
    for (long c = 0; c < each; c++) total += sums[g * each + c];
    moments[2 * g + 1] = total;
  }
}

/// Merges the blocks of one picture in order (Chan, Golub and LeVeque 1979) and writes mean and rstd, then z = x · scale +
/// shift for each channel.
static void merge_moments(const group_job *job, long picture) {
  const limn_group_norm_shape *shape = job->shape;
  for (long g = 0; g < shape->groups && job->moments; g++) {
    double count = 0, mean = 0, squares = 0;
    for (long block = 0; block < job->blocks; block++) {
      const double *found = job->moments + ((picture * job->blocks + block) * shape->groups + g) * 2;
      const double more = (double)(block_pixels(job, block) * (shape->channels / shape->groups));
      const double apart = found[0] - mean, whole = count + more;
      mean += apart * more / whole;
      squares += found[1] + apart * apart * count * more / whole;
      count = whole;
    }
    job->statistics[(picture * shape->groups + g) * 2] = (float)mean;
    job->statistics[(picture * shape->groups + g) * 2 + 1] = (float)(1 / sqrt(squares / count + shape->eps));
  }
  float *scale = job->terms + picture * 5 * shape->channels, *shift = scale + shape->channels;
  for (long c = 0; c < shape->channels; c++) {
    const float *found = job->statistics + (picture * shape->groups + c / (shape->channels / shape->groups)) * 2;
    scale[c] = found[1] * (job->weight ? job->weight[c] : 1);
    shift[c] = (job->bias ? job->bias[c] : 0) - found[0] * scale[c];
  }
}

static void apply_norm(void *context, long task) {
  const group_job *job = context;
  const limn_group_norm_shape *shape = job->shape;
  const long picture = task / job->blocks, block = task % job->blocks;
  const long at = (picture * shape->pixels + block * job->block) * shape->channels;
  const float *scale = job->terms + picture * 5 * shape->channels;
  limn_rows_choice()->scale_columns(block_pixels(job, block), shape->channels, job->x + at, scale,
                                    scale + shape->channels, shape->silu, job->y + at);
}

/// A picture that is one block: everything while it is in cache.
static void norm_picture(void *context, long picture) {
  find_moments(context, picture);
  merge_moments(context, picture);
  apply_norm(context, picture);
}

void limn_group_norm_f32(const limn_group_norm_shape *shape, const float *x, const float *weight, const float *bias,
                         float *y, float *statistics) {
  if (shape->n * shape->pixels * shape->channels == 0) return;
  group_job job = group_start(shape);
  job.x = x, job.weight = weight, job.bias = bias, job.y = y, job.statistics = statistics;
  const size_t moments = (size_t)(shape->n * job.blocks * shape->groups * 2) * sizeof(double);
  const size_t terms = (size_t)(shape->n * 5 * shape->channels) * sizeof(float);
  char *memory = limn_memory_take(moments + terms);
  job.moments = (double *)memory, job.terms = (float *)(memory + moments);
  if (job.blocks == 1) {
    limn_run_worth(shape->n * shape->pixels * shape->channels, 20000, shape->n, norm_picture, &job);
  } else {
    limn_pool_run(shape->n * job.blocks, find_moments, &job);
    for (long picture = 0; picture < shape->n; picture++) merge_moments(&job, picture);
    limn_pool_run(shape->n * job.blocks, apply_norm, &job);
  }
  limn_memory_give(memory, moments + terms);
}

static void find_gradient_sums(void *context, long task) {
  const group_job *job = context;
  const limn_group_norm_shape *shape = job->shape;
  const long picture = task / job->blocks, block = task % job->blocks;
  const long at = (picture * shape->pixels + block * job->block) * shape->channels;
  const float *scale = job->terms + picture * 5 * shape->channels;
  float *sums = job->sums + task * 2 * shape->channels;
  limn_rows_choice()->gradient_sums(block_pixels(job, block), shape->channels, job->dy + at, job->x + at, scale,
                                    scale + shape->channels, shape->silu, sums, sums + shape->channels);
}

static void apply_gradient(void *context, long task) {
  const group_job *job = context;
  const limn_group_norm_shape *shape = job->shape;
  const long picture = task / job->blocks, block = task % job->blocks, channels = shape->channels;
  const long at = (picture * shape->pixels + block * job->block) * channels;
  const float *own = job->terms + picture * 5 * channels;
  const limn_channel_terms terms = {own, own + channels, own + 2 * channels, own + 3 * channels, own + 4 * channels};
  limn_rows_choice()->gradient(block_pixels(job, block), channels, job->dy + at, job->x + at, &terms, shape->silu,
                               job->y + at);
}

/// From Σ dz and Σ dz · x of each channel: dweight, dbias, and dx = dz · gain + x · slope + offset, which is
/// rstd · (w dz − mean(w dz) − x̂ · mean(w dz · x̂)) with x̂ = (x − mean) · rstd.
static void merge_gradients(const group_job *job, long picture, double *totals, float *dweight, float *dbias) {
  const limn_group_norm_shape *shape = job->shape;
  const long channels = shape->channels, each = channels / shape->groups;
  memset(totals, 0, (size_t)(2 * channels) * sizeof(double));
  for (long block = 0; block < job->blocks; block++) {
    const float *found = job->sums + (picture * job->blocks + block) * 2 * channels;
    for (long c = 0; c < 2 * channels; c++) totals[c] += found[c];
  }
  float *gain = job->terms + (picture * 5 + 2) * channels, *slope = gain + channels, *offset = slope + channels;
  for (long g = 0; g < shape->groups; g++) {
    const double mean = job->statistics[(picture * shape->groups + g) * 2];
    const double rstd = job->statistics[(picture * shape->groups + g) * 2 + 1];
    double plain = 0, along = 0;  // Σ w dz, Σ w dz x̂
    for (long c = g * each; c < (g + 1) * each; c++) {
      const double w = job->weight ? job->weight[c] : 1, unit = (totals[channels + c] - mean * totals[c]) * rstd;
      plain += w * totals[c];
      along += w * unit;
      if (dweight) dweight[c] += (float)unit;
      if (dbias) dbias[c] += (float)totals[c];
    }
    plain /= (double)(shape->pixels * each);
    along /= (double)(shape->pixels * each);
    for (long c = g * each; c < (g + 1) * each; c++) {
      gain[c] = (float)(rstd * (job->weight ? job->weight[c] : 1));
      slope[c] = (float)(-rstd * rstd * along);
      offset[c] = (float)(-rstd * plain + rstd * rstd * along * mean);
    }
  }
}

void limn_group_norm_backward_f32(const limn_group_norm_shape *shape, const float *dy, const float *x,
                                  const float *weight, const float *bias, const float *statistics, float *dx,
                                  float *dweight, float *dbias) {
  const long channels = shape->channels;
  if (dweight) memset(dweight, 0, (size_t)channels * sizeof(float));
  if (dbias) memset(dbias, 0, (size_t)channels * sizeof(float));
  if (shape->n * shape->pixels * channels == 0) return;
  group_job job = group_start(shape);
  job.dy = dy, job.x = x, job.weight = weight, job.bias = bias, job.y = dx, job.statistics = (float *)statistics;
  const size_t terms = (size_t)(shape->n * 5 * channels) * sizeof(float), totals = (size_t)(2 * channels) * sizeof(double);
  const size_t sums = (size_t)(shape->n * job.blocks * 2 * channels) * sizeof(float);
  char *memory = limn_memory_take(totals + terms + sums);
  job.terms = (float *)(memory + totals), job.sums = (float *)(memory + totals + terms);
  for (long picture = 0; picture < shape->n; picture++) merge_moments(&job, picture);
  limn_pool_run(shape->n * job.blocks, find_gradient_sums, &job);
  for (long picture = 0; picture < shape->n; picture++)
    merge_gradients(&job, picture, (double *)memory, dweight, dbias);
  limn_pool_run(shape->n * job.blocks, apply_gradient, &job);
  limn_memory_give(memory, totals + terms + sums);
}

