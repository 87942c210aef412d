// The gradient of a convolution in its weights: for each tap, dW[tap] = xᵀ · dy summed over all output pixels.
// The gradient in x is a convolution again (`limn_conv_f32` with turned weights), so it is not here.
#include <string.h>
#include "gemm_tile.h"
#include "limn_pool.h"

enum { most_groups = 8 };  // of six channels in one task

typedef struct {
  const limn_conv_shape *shape;
  const float *x, *panels;
  float *dweight;
  int64_t groups, tiles;  // of channels: groups in a task, tasks along the channels
} gradient_job;

/// Copies `count` pixels under one tap, channels first … first + channels, as groups of six channels for each pixel.
static void gather(const limn_conv_shape *shape, const float *x, int64_t tap, int64_t pixel, int64_t count, int64_t first,
                   int64_t channels, float *out) {
  const int64_t ky = tap / shape->kw, kx = tap % shape->kw;
  int64_t column = pixel % shape->ow, line = pixel / shape->ow % shape->oh, picture = pixel / shape->ow / shape->oh;
  for (int64_t q = 0; q < count; q++) {
    const int64_t y = line * shape->stride + ky - shape->top, c = column * shape->stride + kx - shape->left;
    const int inside = y >= 0 && y < shape->h * shape->enlarge && c >= 0 && c < shape->w * shape->enlarge;
    const float *row = x + ((picture * shape->h + y / shape->enlarge) * shape->w + c / shape->enlarge) * shape->i + first;
    for (int64_t k = 0; k < channels; k++)
      out[(k / LIMN_ROWS * count + q) * LIMN_ROWS + k % LIMN_ROWS] = inside ? row[k] : 0;
    if (++column < shape->ow) continue;
    column = 0;
    if (++line < shape->oh) continue;
    line = 0;
    picture++;
  }
}

/// One tap, some channels, all outputs.
static void gradient_task(void *context, int64_t task) {
  const gradient_job *job = context;
  const limn_conv_shape *shape = job->shape;
  const limn_gemm_kernels *kernels = limn_gemm_choice();
  const int64_t pixels = shape->n * shape->oh * shape->ow, taps = shape->kh * shape->kw;
  const int64_t tap = task / job->tiles, first = task % job->tiles * job->groups * LIMN_ROWS;
  const int64_t most = job->groups * LIMN_ROWS;
  const int64_t channels = shape->i - first < most ? shape->i - first : most;
  const int64_t depth = limn_cut_depth(1, pixels).depth, width = (shape->o + LIMN_PANEL - 1) / LIMN_PANEL * LIMN_PANEL;
  float *sums = limn_thread_scratch((size_t)(most * (width + depth)) * sizeof(float));  // [channels, width]
  float *gathered = sums + most * width;
  for (int64_t from = 0; from < pixels; from += depth) {
    const int64_t count = pixels - from < depth ? pixels - from : depth;
    gather(shape, job->x, tap, from, count, first, channels, gathered);
    const limn_tile tile = {.taps = 1, .from = 0, .depth = count, .step = LIMN_ROWS, .c_row = width,
                            .columns = LIMN_PANEL, .first = from == 0};
    for (int64_t column = 0; column < width; column += LIMN_PANEL) {
      const float *panel = job->panels + from * width + column * count;
      for (int64_t k = 0; k < channels; k += LIMN_ROWS) {
        const float *rows[LIMN_ROWS];
        for (int64_t r = 0; r < LIMN_ROWS; r++) rows[r] = gathered + k * count + r;
        const int64_t left = channels - k < LIMN_ROWS ? channels - k : LIMN_ROWS;
        kernels->rows[left - 1](&tile, rows, panel, sums + k * width + column);
      }
    }
  }
  for (int64_t o = 0; o < shape->o; o++)
    for (int64_t k = 0; k < channels; k++) job->dweight[(o * shape->i + first + k) * taps + tap] = sums[k * width + o];
}

void limn_conv_weight_gradient_f32(const limn_conv_shape *shape, const float *x, const float *dy, float *panels,
                                   float *dweight) {
  const int64_t pixels = shape->n * shape->oh * shape->ow, taps = shape->kh * shape->kw;
  if (pixels == 0) {
    memset(dweight, 0, (size_t)(shape->o * shape->i * taps) * sizeof(float));
    return;
  }
  limn_gemm_pack_f32(pixels, shape->o, dy, shape->o, 1, panels);
  const int64_t groups = (shape->i + LIMN_ROWS - 1) / LIMN_ROWS;
  const int64_t each = groups < most_groups ? groups : most_groups;
  gradient_job job = {shape, x, panels, dweight, each, (groups + each - 1) / each};
  limn_pool_run(taps * job.tiles, gradient_task, &job);
}
