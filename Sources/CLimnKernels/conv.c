// Convolution over channels-last pictures as a matrix product whose rows are looked up: output pixel q and window tap t
// read the channels of one input pixel, which lie side by side. A tap that falls outside reads a row of zeros.
#include <stdlib.h>
#include <string.h>
#include "gemm_tile.h"
#include "limn_pool.h"

enum { most_channels = 16384 };
static const float zeros[most_channels];

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/// The input pixel under window position `at` of a side with `size` pixels, or -1 where there is none.
static int64_t source(const limn_conv_shape *shape, int64_t at, int64_t size) {
  if (at < 0) return -1;
  if (shape->dilation > 1) return at % shape->dilation || at / shape->dilation >= size ? -1 : at / shape->dilation;
  if (shape->enlarge > 1) return at / shape->enlarge >= size ? -1 : at / shape->enlarge;
  return at >= size ? -1 : at;
}

/// Writes the row pointers of output pixels `first` … `first + count`, taps in order, as `limn_share` wants them.
/// `table` has LIMN_ROWS pointers for each tap of each group of six pixels; `columns` is scratch, [ow, kw].
static void look_up(const limn_conv_shape *shape, const float *x, int64_t first, int64_t count, const float **table,
                    int64_t *columns) {
  const int64_t taps = shape->kh * shape->kw;
  for (int64_t column = 0; column < shape->ow; column++)
    for (int64_t kx = 0; kx < shape->kw; kx++) {
      const int64_t c = source(shape, column * shape->stride + kx - shape->left, shape->w);
      columns[column * shape->kw + kx] = c < 0 ? -1 : c * shape->i;
    }
  int64_t column = first % shape->ow, line = first / shape->ow % shape->oh, picture = first / shape->ow / shape->oh;
  for (int64_t q = 0; q < count; line++, column = 0) {
    if (line == shape->oh) line = 0, picture++;
    const int64_t end = smaller(count, q + shape->ow - column);  // one line of output pixels at a time
    for (int64_t ky = 0; ky < shape->kh; ky++) {
      const int64_t y = source(shape, line * shape->stride + ky - shape->top, shape->h);
      const float *base = x + (picture * shape->h + (y < 0 ? 0 : y)) * shape->w * shape->i;
      const int64_t *offset = columns + column * shape->kw;
      const float **group = table + (q / LIMN_ROWS * taps + ky * shape->kw) * LIMN_ROWS;
      int64_t r = q % LIMN_ROWS;
      for (int64_t at = q; at < end; at++) {
        for (int64_t kx = 0; kx < shape->kw; kx++, offset++)
          group[kx * LIMN_ROWS + r] = (y | *offset) < 0 ? zeros : base + *offset;
        if (++r == LIMN_ROWS) r = 0, group += taps * LIMN_ROWS;
      }
    }
    q = end;
  }
}

typedef struct {
  const limn_conv_shape *shape;
  limn_cut cut;
  const float *x, *packed;
  float *y;
  const limn_epilogue *epilogue;
} conv_job;

static void conv_task(void *context, int64_t task) {
  const conv_job *job = context;
  const limn_conv_shape *shape = job->shape;
  const limn_cut *cut = &job->cut;
  const int64_t pixels = shape->n * shape->oh * shape->ow, taps = shape->kh * shape->kw;
  const int64_t row = task / cut->panel_tiles * cut->row_groups * LIMN_ROWS;
  const int64_t panel = task % cut->panel_tiles * cut->panels;
  const int64_t all = (shape->o + LIMN_PANEL - 1) / LIMN_PANEL;
  const int64_t rows = smaller(cut->row_groups * LIMN_ROWS, pixels - row);
  const int64_t pointers = cut->row_groups * taps * LIMN_ROWS;
  const float **table = limn_thread_scratch((size_t)pointers * sizeof(float *) + (size_t)(shape->ow * shape->kw) * 8);
  look_up(shape, job->x, row, rows, table, (int64_t *)(table + pointers));
  const limn_share share = {
      .table = table, .taps = taps, .depth = shape->i, .step = 1, .row = row, .rows = rows, .panel = panel,
      .panels = smaller(cut->panels, all - panel), .n = shape->o, .packed = job->packed, .c = job->y,
      .c_row = shape->o, .epilogue = job->epilogue};
  limn_multiply_share(&share);
}

void limn_conv_f32(const limn_conv_shape *shape, const float *x, const float *packed, float *y,
                   const limn_epilogue *epilogue) {
  if (shape->i > most_channels) abort();  // checked by the caller
  const int64_t pixels = shape->n * shape->oh * shape->ow;
  if (pixels == 0 || shape->o == 0) return;
  conv_job job = {shape, limn_cut_product(1, pixels, shape->o, shape->kh * shape->kw * shape->i), x, packed, y, epilogue};
  limn_pool_run(job.cut.row_tiles * job.cut.panel_tiles, conv_task, &job);
}

typedef struct {
  int64_t o, i, kh, kw, turned;
  const float *weight;
  float *packed;
} conv_pack_job;

/// One panel, 16 columns of the matrix [taps · depth, columns], in every block.
static void conv_pack_task(void *context, int64_t panel) {
  const conv_pack_job *job = context;
  const int64_t taps = job->kh * job->kw;
  const int64_t depth = job->turned ? job->o : job->i, columns = job->turned ? job->i : job->o;
  const int64_t panels = (columns + LIMN_PANEL - 1) / LIMN_PANEL;
  const limn_depth_cut cut = limn_cut_depth(taps, depth);
  for (int64_t first = 0; first < taps; first += cut.taps)
    for (int64_t from = 0; from < depth; from += cut.depth) {
      const int64_t end = smaller(first + cut.taps, taps), to = smaller(from + cut.depth, depth);
      float *out = job->packed +
                   ((first * depth + from) * panels + panel * (end - first) * (to - from)) * LIMN_PANEL;
      for (int64_t tap = first; tap < end; tap++)
        for (int64_t p = from; p < to; p++)
          for (int64_t j = 0; j < LIMN_PANEL; j++) {
            const int64_t column = panel * LIMN_PANEL + j;
            const int64_t o = job->turned ? p : column, i = job->turned ? column : p;
            const int64_t at = job->turned ? taps - 1 - tap : tap;
            *out++ = column < columns ? job->weight[(o * job->i + i) * taps + at] : 0;
          }
    }
}

void limn_conv_pack_f32(int64_t o, int64_t i, int64_t kh, int64_t kw, const float *weight, float *packed) {
  conv_pack_job job = {o, i, kh, kw, 0, weight, packed};
  limn_pool_run((o + LIMN_PANEL - 1) / LIMN_PANEL, conv_pack_task, &job);
}

void limn_conv_pack_turned_f32(int64_t o, int64_t i, int64_t kh, int64_t kw, const float *weight, float *packed) {
  conv_pack_job job = {o, i, kh, kw, 1, weight, packed};
  limn_pool_run((i + LIMN_PANEL - 1) / LIMN_PANEL, conv_pack_task, &job);
}
