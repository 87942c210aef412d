// bf16 convolution without im2col: pictures are rounded once into a padded copy, [pictures, lines, columns, channels], in which the window's taps lie
// a fixed way from each other. Sixteen neighbouring output pixels of one line are then a group of rows at a constant distance, read
// where they lie. Sixteen that go over a line's end (sides that are no multiple of 16: small pictures, as a rule) are gathered into rows of all taps.
#include <string.h>
#include "bf16_tile.h"
#include "limn_memory.h"
#include "limn_pool.h"

// A slab's copies take about this much: several pictures, or some lines of one.
static const long most_slab_bytes = 16 << 20;
enum { round_floats = 65536, gather_values = 65536 };

/// Some whole pictures, or some lines of one.
typedef struct {
  const limn_conv_shape *shape;
  const float *x;
  long picture, pictures, line, lines;    // of the output
  long channels, columns, padded_lines;   // of the padded copy: channels a multiple of 32
  long pixels, groups;                    // of the output: 16 pixels a group
  uint16_t *padded, *gathered;
  limn_bf16_group *table;
  long *padded_offsets, *gathered_offsets;  // where each tap begins
  long lines_each, groups_each;             // in one task
} conv_slab;

/// The input pixel at position `at` of a side of `size` pixels with inserted zeros, or -1 where there is none.
static long source(long at, long dilation, long size) {
  return at < 0 || at % dilation || at / dilation >= size ? -1 : at / dilation;
}

/// Some lines of the padded copy.
static void pad_lines(void *context, long task) {
  const conv_slab *slab = context;
  const limn_conv_shape *shape = slab->shape;
  const long half = shape->doubled != 0, all = slab->pictures * slab->padded_lines, end = limn_least(all, (task + 1) * slab->lines_each);
  for (long at = task * slab->lines_each; at < end; at++) {
    const long picture = slab->picture + at / slab->padded_lines;
    const long y = source(slab->line * shape->stride + at % slab->padded_lines - shape->top, shape->dilation, shape->h);
    uint16_t *to = slab->padded + at * slab->columns * slab->channels;
    if (y < 0) {
      memset(to, 0, (size_t)(slab->columns * slab->channels) * sizeof(uint16_t));
      continue;
    }
    const float *line = slab->x + (picture * (shape->h >> half) + (y >> half)) * (shape->w >> half) * shape->i;
    for (long column = 0; column < slab->columns; column++, to += slab->channels) {
      const long x = source(column - shape->left, shape->dilation, shape->w);
      if (x < 0) memset(to, 0, (size_t)slab->channels * sizeof(uint16_t));
      else limn_bf16_round(line + (x >> half) * shape->i, 1, shape->i, to, slab->channels);
    }
  }
}

/// Where the window of output pixel `pixel` of the slab begins in the padded copy.
static const uint16_t *window(const conv_slab *slab, long pixel) {
  const limn_conv_shape *shape = slab->shape;
  const long column = pixel % shape->ow, line = pixel / shape->ow % slab->lines, picture = pixel / shape->ow / slab->lines;
  return slab->padded + ((picture * slab->padded_lines + line * shape->stride) * slab->columns + column * shape->stride) * slab->channels;
}

/// Whether the sixteen pixels of a group lie on one line.
static int lies_straight(const conv_slab *slab, long group) {
  const long pixel = group * LIMN_BF16_ROWS, width = slab->shape->ow;
  return pixel % width + LIMN_BF16_ROWS <= width && pixel + LIMN_BF16_ROWS <= slab->pixels;
}

/// Copies the windows of the groups that go over a line's end; rows past the last pixel are zero.
static void gather_groups(void *context, long task) {
  const conv_slab *slab = context;
  const limn_conv_shape *shape = slab->shape;
  const long taps = shape->kh * shape->kw, end = limn_least(slab->groups, (task + 1) * slab->groups_each);
  for (long group = task * slab->groups_each; group < end; group++) {
    const limn_bf16_group *entry = slab->table + group;
    if (entry->offsets == slab->padded_offsets) continue;
    uint16_t *to = slab->gathered + (entry->rows - slab->gathered);
    for (long pixel = group * LIMN_BF16_ROWS; pixel < (group + 1) * LIMN_BF16_ROWS; pixel++, to += entry->row_step) {
      if (pixel >= slab->pixels) {
        memset(to, 0, (size_t)(taps * slab->channels) * sizeof(uint16_t));
        continue;
      }
      const uint16_t *from = window(slab, pixel);
      for (long ky = 0; ky < shape->kh; ky++)  // a window's line lies in one piece in both
        memcpy(to + ky * shape->kw * slab->channels, from + ky * slab->columns * slab->channels,
               (size_t)(shape->kw * slab->channels) * sizeof(uint16_t));
    }
  }
}

/// Fills the table of groups and returns how many are gathered.
static long lay_out(conv_slab *slab, long row_step) {
  long crossing = 0;
  for (long group = 0; group < slab->groups; group++) {
    limn_bf16_group *entry = slab->table + group;
    if (lies_straight(slab, group))
      *entry = (limn_bf16_group){window(slab, group * LIMN_BF16_ROWS), slab->shape->stride * slab->channels, slab->padded_offsets};
    else
      *entry = (limn_bf16_group){slab->gathered + crossing++ * LIMN_BF16_ROWS * row_step, row_step, slab->gathered_offsets};
  }
  return crossing;
}

static long padded_lines(const limn_conv_shape *shape, long lines) { return (lines - 1) * shape->stride + shape->kh; }

/// Most groups that may have to be gathered: of each line those over its end, and the last.
static long most_crossing(const limn_conv_shape *shape, long pixels, long lines) {
  const long groups = (pixels + LIMN_BF16_ROWS - 1) / LIMN_BF16_ROWS;
  return shape->ow % LIMN_BF16_ROWS == 0 ? 0 : limn_least(groups, lines + 1);
}

static void convolve_slab(conv_slab *slab, const void *packed, float *y, const limn_epilogue *epilogue) {
  const limn_conv_shape *shape = slab->shape;
  const long taps = shape->kh * shape->kw, depth = taps * slab->channels;
  const long row_step = depth % 256 == 0 ? depth + LIMN_BF16_STEP : depth;  // see limn_bf16_gemm
  slab->padded_lines = padded_lines(shape, slab->lines);
  slab->pixels = slab->pictures * slab->lines * shape->ow;
  slab->groups = (slab->pixels + LIMN_BF16_ROWS - 1) / LIMN_BF16_ROWS;
  const long padded = slab->pictures * slab->padded_lines * slab->columns * slab->channels;
  const long crossing = most_crossing(shape, slab->pixels, slab->pictures * slab->lines);
  const size_t padded_bytes = (size_t)padded * sizeof(uint16_t);
  const size_t gathered_bytes = (size_t)(crossing * LIMN_BF16_ROWS * row_step) * sizeof(uint16_t);
  const size_t table_bytes = (size_t)slab->groups * sizeof(limn_bf16_group), offset_bytes = (size_t)(2 * taps) * sizeof(long);
  const size_t bytes = padded_bytes + gathered_bytes + table_bytes + offset_bytes;
  char *memory = limn_memory_take(bytes);
  slab->padded = (uint16_t *)memory;
  slab->gathered = (uint16_t *)(memory + padded_bytes);
  slab->table = (limn_bf16_group *)(memory + padded_bytes + gathered_bytes);
  slab->padded_offsets = (long *)(memory + padded_bytes + gathered_bytes + table_bytes);
  slab->gathered_offsets = slab->padded_offsets + taps;
  for (long tap = 0; tap < taps; tap++) {
    slab->padded_offsets[tap] = (tap / shape->kw * slab->columns + tap % shape->kw) * slab->channels;
    slab->gathered_offsets[tap] = tap * slab->channels;
  }
  slab->lines_each = round_floats / (slab->columns * slab->channels) + 1;
  limn_pool_run((slab->pictures * slab->padded_lines + slab->lines_each - 1) / slab->lines_each, pad_lines, slab);
  if (lay_out(slab, row_step) > 0) {
    slab->groups_each = gather_values / (LIMN_BF16_ROWS * depth) + 1;
    limn_pool_run((slab->groups + slab->groups_each - 1) / slab->groups_each, gather_groups, slab);
  }
  const long row = (slab->picture * shape->oh + slab->line) * shape->ow;
  const limn_bf16_product product = {.groups = slab->table, .rows = slab->pixels, .taps = taps, .depth = slab->channels, .n = shape->o,
                                     .packed = packed, .c = y + row * shape->o, .c_row = shape->o, .row = row, .epilogue = epilogue};
  limn_bf16_multiply(&product);
  limn_memory_give(memory, bytes);
}

void limn_bf16_conv(const limn_conv_shape *shape, const float *x, const void *packed, float *y, const limn_epilogue *epilogue) {
  if (shape->n * shape->oh * shape->ow == 0 || shape->o == 0) return;
  if (shape->kh == 1 && shape->kw == 1 && shape->stride == 1 && shape->dilation == 1 && !shape->doubled && shape->top == 0 && shape->left == 0 &&
      shape->oh == shape->h && shape->ow == shape->w) {  // pixels are rows
    const limn_gemm_shape rows = {shape->n * shape->h * shape->w, shape->o, shape->i, shape->i, 1, shape->o};
    limn_bf16_gemm(&rows, x, packed, y, epilogue);
    return;
  }
  conv_slab slab = {.shape = shape, .x = x, .channels = limn_up(shape->i, LIMN_BF16_STEP), .columns = (shape->ow - 1) * shape->stride + shape->kw};
  const long line_bytes = slab.columns * slab.channels * (long)sizeof(uint16_t);
  const long gathered_bytes = most_crossing(shape, shape->ow, 1) * LIMN_BF16_ROWS * shape->kh * shape->kw * slab.channels * 2;
  const long picture_bytes = padded_lines(shape, shape->oh) * line_bytes + shape->oh * gathered_bytes;
  const long pictures = limn_least(shape->n, most_slab_bytes / (picture_bytes + 1));
  if (pictures > 0) {
    for (slab.picture = 0; slab.picture < shape->n; slab.picture += pictures) {
      slab.pictures = limn_least(pictures, shape->n - slab.picture);
      slab.line = 0, slab.lines = shape->oh;
      convolve_slab(&slab, packed, y, epilogue);
    }
    return;
  }
  const long fitting = most_slab_bytes / (shape->stride * line_bytes + gathered_bytes + 1);
  const long lines = limn_least(shape->oh, fitting > 16 ? fitting : 16);
  slab.pictures = 1;
  for (slab.picture = 0; slab.picture < shape->n; slab.picture++)
    for (slab.line = 0; slab.line < shape->oh; slab.line += lines) {
      slab.lines = limn_least(lines, shape->oh - slab.line);
      convolve_slab(&slab, packed, y, epilogue);
    }
}
