// 3×3 convolution of stride 1 by F(4×4, 3×3) (Winograd 1980; Lavin and Gray 2015, arXiv:1509.09308): 36 multiplications a tile of
// 16 outputs instead of 144. Tiles are transformed into V [36, tiles, i], the weights into U [36, i, o], and for each of the
// 36 points M = V · U is a matrix product; M goes back to pixels.
//
// U would take four times the weights' memory, so it is made from the packed weights on the way, in each task for its own
// panels, and stays in cache while the task's tiles pass by.
#include <stdlib.h>
#include "gemm_tile.h"
#include "limn_isa.h"
#include "limn_memory.h"
#include "limn_pool.h"
#include "norm_rows.h"
#include "winograd.h"
#include "winograd_rows.h"

// Rows of V and U that meet at once: U of a panel is then 147 KB and, with the sums of 96 tiles, stays in the second-level cache.
// One panel at a time: with two, or more rows, the cache overflows (measured: 5 to 20 % slower).
enum { depth_limit = 64, task_tiles = 96 };
// V of one round: 12 MB.
enum { round_floats = 3 << 20 };
// Channels × tiles, and steps of 16 multiplications, that take some 20 µs: a task is at least that.
enum { task_channels = 6000, task_steps = 60000 };
// A cache line between the points: rows a power of two apart would push each other out of the first-level cache.
enum { gap = 16 };

static const limn_winograd_kernels *choice(void) {
  static const limn_winograd_kernels *const table[LIMN_ISA_COUNT] = {[LIMN_PORTABLE] = &limn_winograd_portable,
                                                                     [LIMN_AVX2] = &limn_winograd_avx2,
                                                                     [LIMN_AVX512] = &limn_winograd_avx512};
  return table[limn_isa_current()];
}

int limn_winograd_suits(const limn_conv_shape *shape) {
  if (shape->kh != 3 || shape->kw != 3 || shape->stride != 1 || shape->dilation != 1) return 0;
  // Cycles for each input channel and panel of outputs, as measured with AVX2. Here: products, their calls, both transforms of
  // a tile, and U; there: nine taps a pixel.
  const double tiles = (double)(parts(shape->oh, LIMN_TILE_SIDE) * parts(shape->ow, LIMN_TILE_SIDE));
  const double product = LIMN_POINTS * (1.1 + 6.0 / (double)smaller(shape->i, depth_limit));
  const double transforms = 20.0 / (double)parts(shape->o, LIMN_PANEL) + 200.0 / (double)shape->i;
  return tiles * (product + transforms) + 140 < 9 * (double)(shape->oh * shape->ow);
}

typedef struct {
  const limn_conv_shape *shape;
  const float *x;
  limn_pack_kind kind;
  const void *packed;
  float *y;
  const limn_epilogue *epilogue;
  long down, across;       // tiles of a picture
  long first, tiles;       // this round's
  long input_each, tile_each, panel_each, tile_tasks;  // of a task
  float *v;
  long v_point;            // floats between the points in a block of one row
} winograd_job;

/// The channels that meet at once: a part of a block of the packed weights, from i alone.
static long depth_at(long i, long from) {
  const long block = limn_cut_depth(9, i).depth, start = from / block * block, deep = smaller(block, i - start);
  const long each = parts(deep, parts(deep, depth_limit));
  return smaller(each, start + deep - from);
}

static long v_stride(const winograd_job *job, long depth) { return job->tiles * depth + gap; }
/// Where the block of channels from `from` on begins in V.
static long v_start(const winograd_job *job, long from, long blocks) {
  return LIMN_POINTS * (job->tiles * from + blocks * gap);
}

/// The 36 values of every channel of some tiles.
static void input_task(void *context, long index) {
  const winograd_job *job = context;
  const limn_conv_shape *shape = job->shape;
  const limn_winograd_kernels *kernels = choice();
  const long first = index * job->input_each, end = smaller(first + job->input_each, job->tiles);
  const long half = shape->doubled != 0, height = shape->h >> half, width = shape->w >> half;
  for (long t = first; t < end; t++) {
    const long tile = job->first + t, picture = tile / (job->down * job->across);
    const long top = tile / job->across % job->down * LIMN_TILE_SIDE - shape->top;
    const long left = tile % job->across * LIMN_TILE_SIDE - shape->left;
    const float *pixels[LIMN_POINTS];
    for (long y = 0; y < LIMN_PATCH_SIDE; y++)
      for (long x = 0; x < LIMN_PATCH_SIDE; x++) {
        const long line = top + y, column = left + x;
        const int inside = line >= 0 && line < shape->h && column >= 0 && column < shape->w;
        pixels[y * LIMN_PATCH_SIDE + x] =
            inside ? job->x + ((picture * height + (line >> half)) * width + (column >> half)) * shape->i : limn_zeros;
      }
    for (long from = 0, blocks = 0, depth; from < shape->i; from += depth, blocks++) {
      depth = depth_at(shape->i, from);
      kernels->input(depth, pixels, job->v + v_start(job, from, blocks) + t * depth, v_stride(job, depth));
      for (long p = 0; p < LIMN_POINTS; p++) pixels[p] += depth;
    }
  }
}

/// U of some rows of one panel. `wide` has room for nine times as many.
static void make_weights(const winograd_job *job, long panel, long from, long depth, float *u, long u_point, float *wide) {
  const float *taps[9];
  for (long tap = 0; tap < 9; tap++) {
    const long at = limn_conv_panel_start(9, job->shape->i, job->shape->o, panel, tap, from);
    if (job->kind == LIMN_PACK_F32) {
      taps[tap] = (const float *)job->packed + at;
    } else {
      taps[tap] = wide + tap * depth * LIMN_PANEL;
      limn_pack_widen(job->kind, (const uint16_t *)job->packed + at, wide + tap * depth * LIMN_PANEL, depth * LIMN_PANEL);
    }
  }
  choice()->weights(depth, taps, u, u_point);
}

/// What follows the sums, for tiles `first` … `end` of this round, which lie in one line of tiles.
static void finish_tiles(const winograd_job *job, long first, long end, long panel, const float *m, long m_point) {
  const limn_conv_shape *shape = job->shape;
  const limn_winograd_kernels *kernels = choice();
  const long tile = job->first + first, picture = tile / (job->down * job->across);
  const long line = tile / job->across % job->down * LIMN_TILE_SIDE, left = tile % job->across * LIMN_TILE_SIDE;
  const long height = smaller(LIMN_TILE_SIDE, shape->oh - line);
  const long pixel = (picture * shape->oh + line) * shape->ow + left;
  const long column = panel * LIMN_PANEL, columns = smaller(LIMN_PANEL, shape->o - column);
  const float *bias = job->epilogue && job->epilogue->bias ? job->epilogue->bias + column : 0;
  for (long t = first; t < end; t++, m += LIMN_PANEL) {
    const long at = (t - first) * LIMN_TILE_SIDE, width = smaller(LIMN_TILE_SIDE, shape->ow - left - at);
    kernels->output(m, m_point, columns, bias, job->y + (pixel + at) * shape->o + column, shape->ow * shape->o, shape->o,
                    height, width);
  }
  if (!limn_has_more(job->epilogue)) return;
  const long width = smaller((end - first) * LIMN_TILE_SIDE, shape->ow - left);
  for (long r = 0; r < height; r++) {
    const long row = pixel + r * shape->ow;
    float *y = job->y + row * shape->o + column;
    const limn_patch patch = {row, width, column, columns, y, shape->o, y, shape->o};
    limn_rows_choice()->finish(job->epilogue, &patch);
  }
}

/// The 36 products of some tiles and one panel, from some rows of V and U.
static void multiply_points(const limn_tile *tile, const float *v, long v_point, const float *u, long u_point, float *m,
                            long m_point, long tiles) {
  const limn_gemm_kernels *kernels = limn_gemm_choice();
  const long calls = parts(tiles, LIMN_ROWS), ahead = parts(parts(tiles * tile->depth * 4, 64), calls) * 64;
  for (long point = 0; point < LIMN_POINTS; point++, v += v_point, u += u_point, m += m_point) {
    // The next point's rows come from far: they are called for while this point's are multiplied (measured: a third faster).
    const char *next = (const char *)(v + v_point);
    const float *rows[2 * LIMN_ROWS];
    for (long r = 0; r < 2 * LIMN_ROWS; r++) rows[r] = v + r * tile->depth;
    for (long t = 0, count; t < tiles; t += count) {
      const int two = kernels->twelve && tiles - t >= 2 * LIMN_ROWS;
      count = two ? 2 * LIMN_ROWS : smaller(LIMN_ROWS, tiles - t);
      for (const char *end = next + (two ? 2 : 1) * ahead; next < end; next += 64) __builtin_prefetch(next, 0, 2);
      (two ? kernels->twelve : kernels->rows[count - 1])(tile, rows, u, m + t * LIMN_PANEL);
      for (long r = 0; r < 2 * LIMN_ROWS; r++) rows[r] += count * tile->depth;
    }
  }
}

/// Some tiles, some panels one after another: U on the way, the products, and back to pixels.
static void product_task(void *context, long index) {
  const winograd_job *job = context;
  const limn_conv_shape *shape = job->shape;
  const long first = index % job->tile_tasks * job->tile_each, tiles = smaller(job->tile_each, job->tiles - first);
  const long start = index / job->tile_tasks * job->panel_each;
  const long stop = smaller(start + job->panel_each, parts(shape->o, LIMN_PANEL));
  const long m_point = tiles * LIMN_PANEL + gap, u_most = depth_limit * LIMN_PANEL + gap;
  float *u = limn_thread_scratch((size_t)(LIMN_POINTS * (u_most + m_point) + 9 * depth_limit * LIMN_PANEL) * sizeof(float));
  float *m = u + LIMN_POINTS * u_most, *wide = m + LIMN_POINTS * m_point;
  for (long panel = start; panel < stop; panel++) {
    limn_tile tile = {.taps = 1, .step = 1, .c_row = LIMN_PANEL, .columns = LIMN_PANEL, .group_step = LIMN_ROWS};
    for (long from = 0, blocks = 0; from < shape->i; from += tile.depth, blocks++) {
      tile.depth = depth_at(shape->i, from);
      tile.first = from == 0;
      const long u_point = tile.depth * LIMN_PANEL + gap;
      make_weights(job, panel, from, tile.depth, u, u_point, wide);
      multiply_points(&tile, job->v + v_start(job, from, blocks) + first * tile.depth, v_stride(job, tile.depth), u, u_point,
                      m, m_point, tiles);
    }
    for (long t = 0, end; t < tiles; t = end) {
      end = smaller(tiles, t + job->across - (job->first + first + t) % job->across);  // to the end of the line
      finish_tiles(job, first + t, first + end, panel, m + t * LIMN_PANEL, m_point);
    }
  }
}

void limn_winograd_conv(const limn_conv_shape *shape, const float *x, limn_pack_kind kind, const void *packed, float *y,
                        const limn_epilogue *epilogue) {
  winograd_job job = {.shape = shape, .x = x, .kind = kind, .packed = packed, .y = y, .epilogue = epilogue};
  job.down = parts(shape->oh, LIMN_TILE_SIDE), job.across = parts(shape->ow, LIMN_TILE_SIDE);
  const long all = shape->n * job.down * job.across, panels = parts(shape->o, LIMN_PANEL);
  const long round = parts(round_floats, LIMN_POINTS * shape->i * task_tiles) * task_tiles;
  const long most = parts(all, parts(all, round));
  long blocks = 0;
  for (long from = 0; from < shape->i; from += depth_at(shape->i, from)) blocks++;
  const size_t bytes = (size_t)(LIMN_POINTS * (most * shape->i + blocks * gap)) * sizeof(float);
  job.v = limn_memory_take(bytes);
  if (!job.v) abort();
  for (; job.first < all; job.first += job.tiles) {
    job.tiles = smaller(most, all - job.first);
    job.input_each = parts(task_channels, shape->i);
    limn_pool_run(parts(job.tiles, job.input_each), input_task, &job);
    job.tile_each = parts(parts(job.tiles, parts(job.tiles, task_tiles)), LIMN_ROWS) * LIMN_ROWS;
    job.tile_tasks = parts(job.tiles, job.tile_each);
    job.panel_each = smaller(panels, parts(task_steps, LIMN_POINTS * shape->i * smaller(job.tile_each, job.tiles)));
    limn_run_worth(LIMN_POINTS * job.tiles * shape->i * shape->o, LIMN_LEAST_PRODUCTS,
                   job.tile_tasks * parts(panels, job.panel_each), product_task, &job);
  }
  limn_memory_give(job.v, bytes);
}
