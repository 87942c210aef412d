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
  long groups, tiles;  // of channels: groups in a task, tasks along the channels
} gradient_job;

/// Copies `count` pixels under one tap, channels first … first + channels, as groups of six channels for each pixel.
static void gather(const limn_conv_shape *shape, const float *x, long tap, long pixel, long count, long first,
                   long channels, float *out) {
  const long ky = tap / shape->kw, kx = tap % shape->kw;
  long column = pixel % shape->ow, line = pixel / shape->ow % shape->oh, picture = pixel / shape->ow / shape->oh;
  for (long q = 0; q < count; q++) {
    const long y = line * shape->stride + ky - shape->top, c = column * shape->stride + kx - shape->left;
    const int inside = y >= 0 && y < shape->h && c >= 0 && c < shape->w;
    const float *row = x + ((picture * shape->h + y) * shape->w + c) * shape->i + first;
    // Whole groups have a size the compiler knows.
    float *to = out + q * LIMN_ROWS;
    long k = 0;
    for (; k + LIMN_ROWS <= channels; k += LIMN_ROWS, to += count * LIMN_ROWS) {
      if (inside) memcpy(to, row + k, LIMN_ROWS * sizeof(float));
      else memset(to, 0, LIMN_ROWS * sizeof(float));
    }
    for (long r = 0; k + r < channels; r++) to[r] = inside ? row[k + r] : 0;
    if (++column < shape->ow) continue;
    column = 0;
    if (++line < shape->oh) continue;
    line = 0;
    picture++;
  }
}

/// One tap, some channels, all outputs.
static void gradient_task(void *context, long task) {
  const gradient_job *job = context;
  const limn_conv_shape *shape = job->shape;
  const limn_gemm_kernels *kernels = limn_gemm_choice();
  const long pixels = shape->n * shape->oh * shape->ow, taps = shape->kh * shape->kw;
  const long tap = task / job->tiles, first = task % job->tiles * job->groups * LIMN_ROWS;
  const long most = job->groups * LIMN_ROWS;
  const long channels = shape->i - first < most ? shape->i - first : most;
  const long depth = limn_cut_depth(1, pixels).depth, width = (shape->o + LIMN_PANEL - 1) / LIMN_PANEL * LIMN_PANEL;
  float *sums = limn_thread_scratch((size_t)(most * (width + depth)) * sizeof(float));  // [channels, width]
  float *gathered = sums + most * width;
  for (long from = 0; from < pixels; from += depth) {
    const long count = pixels - from < depth ? pixels - from : depth;
    gather(shape, job->x, tap, from, count, first, channels, gathered);
    const limn_tile tile = {.taps = 1, .from = 0, .depth = count, .step = LIMN_ROWS, .c_row = width,
                            .columns = LIMN_PANEL, .first = from == 0};
    for (long column = 0; column < width; column += LIMN_PANEL) {
      const float *panel = job->panels + from * width + column * count;
      for (long k = 0; k < channels; k += LIMN_ROWS) {
        const float *rows[LIMN_ROWS];
        for (long r = 0; r < LIMN_ROWS; r++) rows[r] = gathered + k * count + r;
        const long left = channels - k < LIMN_ROWS ? channels - k : LIMN_ROWS;
        kernels->rows[left - 1](&tile, rows, panel, sums + k * width + column);
      }
    }
  }
  for (long o = 0; o < shape->o; o++)
    for (long k = 0; k < channels; k++) job->dweight[(o * shape->i + first + k) * taps + tap] = sums[k * width + o];
}

void limn_conv_weight_gradient_f32(const limn_conv_shape *shape, const float *x, const float *dy, float *panels,
                                   float *dweight) {
  const long pixels = shape->n * shape->oh * shape->ow, taps = shape->kh * shape->kw;
  if (pixels == 0) {
    memset(dweight, 0, (size_t)(shape->o * shape->i * taps) * sizeof(float));
    return;
  }
  limn_gemm_pack_f32(pixels, shape->o, dy, shape->o, 1, panels);
  const long groups = (shape->i + LIMN_ROWS - 1) / LIMN_ROWS;
  const long each = groups < most_groups ? groups : most_groups;
  gradient_job job = {shape, x, panels, dweight, each, (groups + each - 1) / each};
  limn_pool_run(taps * job.tiles, gradient_task, &job);
}
