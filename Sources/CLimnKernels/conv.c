// Convolution over channels-last pictures as a matrix product whose rows are looked up: output pixel q and window tap t
// read the channels of one input pixel, which lie side by side. A tap that falls outside reads a row of zeros.
#include <stdlib.h>
#include <string.h>
#include "gemm_tile.h"
#include "limn_pool.h"
#include "winograd.h"

const float limn_zeros[LIMN_MOST_CHANNELS];

/// The pixel of x under window position `at` of a side with `size` pixels, or -1 where there is none.
static long source(const limn_conv_shape *shape, long at, long size) {
  if (at < 0) return -1;
  if (shape->dilation > 1) return at % shape->dilation || at / shape->dilation >= size ? -1 : at / shape->dilation;
  return at >= size ? -1 : shape->doubled ? at / 2 : at;
}

/// Writes the row pointers of output pixels `first` … `first + count`, taps in order, as `limn_share` wants them.
/// `table` has LIMN_ROWS pointers for each tap of each group of six pixels; `columns` is scratch, [ow, kw].
static void look_up(const limn_conv_shape *shape, const float *x, long first, long count, const float **table,
                    long *columns) {
  const long taps = shape->kh * shape->kw;
  for (long column = 0; column < shape->ow; column++)
    for (long kx = 0; kx < shape->kw; kx++) {
      const long c = source(shape, column * shape->stride + kx - shape->left, shape->w);
      columns[column * shape->kw + kx] = c < 0 ? -1 : c * shape->i;
    }
  const long half = shape->doubled != 0, height = shape->h >> half, width = shape->w >> half;
  long column = first % shape->ow, line = first / shape->ow % shape->oh, picture = first / shape->ow / shape->oh;
  for (long q = 0; q < count; line++, column = 0) {
    if (line == shape->oh) line = 0, picture++;
    const long end = smaller(count, q + shape->ow - column);  // one line of output pixels at a time
    for (long ky = 0; ky < shape->kh; ky++) {
      const long y = source(shape, line * shape->stride + ky - shape->top, shape->h);
      const float *base = x + (picture * height + (y < 0 ? 0 : y)) * width * shape->i;
      const long *offset = columns + column * shape->kw;
      const float **group = table + (q / LIMN_ROWS * taps + ky * shape->kw) * LIMN_ROWS;
      long r = q % LIMN_ROWS;
      for (long at = q; at < end; at++) {
        for (long kx = 0; kx < shape->kw; kx++, offset++)
          group[kx * LIMN_ROWS + r] = (y | *offset) < 0 ? limn_zeros : base + *offset;
        if (++r == LIMN_ROWS) r = 0, group += taps * LIMN_ROWS;
      }
    }
    q = end;
  }
}

typedef struct {
  const limn_conv_shape *shape;
  limn_cut cut;
  const float *x;
  limn_pack_kind kind;
  const void *packed;
  float *y;
  const limn_epilogue *epilogue;
} conv_job;

static void conv_task(void *context, long task) {
  const conv_job *job = context;
  const limn_conv_shape *shape = job->shape;
  const limn_cut *cut = &job->cut;
  const long pixels = shape->n * shape->oh * shape->ow, taps = shape->kh * shape->kw;
  const long row = task / cut->panel_tiles * cut->row_groups * LIMN_ROWS;
  const long panel = task % cut->panel_tiles * cut->panels;
  const long all = (shape->o + LIMN_PANEL - 1) / LIMN_PANEL;
  const long rows = smaller(cut->row_groups * LIMN_ROWS, pixels - row);
  const long pointers = cut->row_groups * taps * LIMN_ROWS;
  const float **table = limn_thread_scratch((size_t)pointers * sizeof(float *) + (size_t)(shape->ow * shape->kw) * 8);
  look_up(shape, job->x, row, rows, table, (long *)(table + pointers));
  const limn_share share = {
      .table = table, .taps = taps, .depth = shape->i, .step = 1, .row = row, .rows = rows, .panel = panel,
      .panels = smaller(cut->panels, all - panel), .n = shape->o, .kind = job->kind, .packed = job->packed, .c = job->y,
      .c_row = shape->o, .epilogue = job->epilogue};
  limn_multiply_share(&share);
}

void limn_conv_packed(const limn_conv_shape *shape, const float *x, limn_pack_kind kind, const void *packed, float *y,
                      const limn_epilogue *epilogue) {
  if (shape->i > LIMN_MOST_CHANNELS) abort();  // checked by the caller
  const long pixels = shape->n * shape->oh * shape->ow;
  if (pixels == 0 || shape->o == 0) return;
  if (limn_winograd_suits(shape)) return limn_winograd_conv(shape, x, kind, packed, y, epilogue);
  limn_direct_conv(shape, x, kind, packed, y, epilogue);
}

void limn_direct_conv(const limn_conv_shape *shape, const float *x, limn_pack_kind kind, const void *packed, float *y,
                      const limn_epilogue *epilogue) {
  const long pixels = shape->n * shape->oh * shape->ow;
  const limn_cut cut = limn_cut_product(1, pixels, shape->o, shape->kh * shape->kw * shape->i);
  conv_job job = {shape, cut, x, kind, packed, y, epilogue};
  limn_run_worth(pixels * shape->o * shape->i * shape->kh * shape->kw, LIMN_LEAST_PRODUCTS,
                 job.cut.row_tiles * job.cut.panel_tiles, conv_task, &job);
}

void limn_conv_f32(const limn_conv_shape *shape, const float *x, const float *packed, float *y,
                   const limn_epilogue *epilogue) {
  limn_conv_packed(shape, x, LIMN_PACK_F32, packed, y, epilogue);
}
