// The walk over one task's part of a product, the cut into tasks, and the memory a task works in.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "gemm_tile.h"
#include "limn_isa.h"
#include "norm_rows.h"

// 16 columns × 384 is 24 KB, so a panel's block stays in the first-level cache while the rows pass by.
enum { depth_limit = 384 };
// About 20 µs on one core: long enough to be worth waking a thread for.
static const long task_products = 1000000;
enum { most_row_groups = 24, most_tasks = 64 };
// 144 rows × 128 columns of C are 72 KB.
enum { panels_at_once = 8 };

const limn_gemm_kernels *limn_gemm_choice(void) {
  static const limn_gemm_kernels *const table[LIMN_ISA_COUNT] = {
      [LIMN_PORTABLE] = &limn_gemm_portable,
      [LIMN_AVX2] = &limn_gemm_avx2,
      [LIMN_AVX512] = &limn_gemm_avx512,
  };
  return table[limn_isa_current()];
}

limn_depth_cut limn_cut_depth(long taps, long depth) {
  if (depth > depth_limit) return (limn_depth_cut){1, parts(depth, parts(depth, depth_limit))};
  const long fitting = depth > 0 ? depth_limit / depth : 1;
  return (limn_depth_cut){parts(taps, parts(taps, fitting)), depth > 0 ? depth : 1};
}

limn_cut limn_cut_product(long batch, long m, long n, long k) {
  const long groups = parts(m, LIMN_ROWS), panels = parts(n, LIMN_PANEL);
  long wanted = batch * groups * LIMN_ROWS * panels * LIMN_PANEL * k / task_products;
  wanted = wanted > most_tasks ? most_tasks : wanted;
  limn_cut cut = {groups < most_row_groups ? groups : most_row_groups, panels, 0, 0};
  while (batch * parts(groups, cut.row_groups) * parts(panels, cut.panels) < wanted) {
    // Fewer columns first: rows cut short would have the weights read from memory more often.
    if (cut.panels > panels_at_once) cut.panels = (cut.panels + 1) / 2;
    else if (cut.row_groups >= 8) cut.row_groups = (cut.row_groups + 1) / 2;
    else if (cut.panels > 1) cut.panels = (cut.panels + 1) / 2;
    else if (cut.row_groups > 1) cut.row_groups = (cut.row_groups + 1) / 2;
    else break;
  }
  cut.row_tiles = parts(groups, cut.row_groups);
  cut.panel_tiles = parts(panels, cut.panels);
  cut.row_groups = parts(groups, cut.row_tiles);  // even shares
  cut.panels = parts(panels, cut.panel_tiles);
  cut.row_tiles = parts(groups, cut.row_groups);
  cut.panel_tiles = parts(panels, cut.panels);
  return cut;
}

int limn_has_more(const limn_epilogue *epilogue) {
  return epilogue && (epilogue->group_bias || epilogue->residual || epilogue->activation);
}

typedef struct {
  // Sums of several blocks meet in a tile of their own: in C, rows a power of two apart would push each other out of cache.
  _Alignas(64) float sums[most_row_groups * LIMN_ROWS * panels_at_once * LIMN_PANEL];
  // A half-width panel's block, made wide while its rows pass by: 2 % of their time at 144 rows.
  _Alignas(64) float widened[depth_limit * LIMN_PANEL];
} workspace;

/// This thread's. Not thread-local itself: such memory is cut out of every thread's stack, whether it multiplies or not.
static workspace *thread_workspace(void) {
  static _Thread_local workspace *mine;
  if (!mine) mine = aligned_alloc(_Alignof(workspace), sizeof(workspace));
  if (!mine) abort();
  return mine;
}

/// The same for a run of panels few enough that their part of C stays in cache while k passes by.
static void multiply_panels(const limn_share *share, long first, long end) {
  workspace *work = thread_workspace();
  float *const sums = work->sums, *const widened = work->widened;
  const size_t width = limn_pack_width(share->kind);
  const limn_gemm_kernels *kernels = limn_gemm_choice();
  const limn_depth_cut cut = limn_cut_depth(share->taps, share->depth);
  const long panels = parts(share->n, LIMN_PANEL);
  const int direct = cut.taps >= share->taps && cut.depth >= share->depth;
  float *c = share->c + share->row * share->c_row + first * LIMN_PANEL;
  float *target = direct ? c : sums;
  const long target_row = direct ? share->c_row : panels_at_once * LIMN_PANEL;
  for (long tap = 0; tap < share->taps; tap += cut.taps) {
    for (long from = 0; from < share->depth; from += cut.depth) {
      limn_tile tile = {.taps = smaller(cut.taps, share->taps - tap), .from = from,
                        .depth = smaller(cut.depth, share->depth - from), .step = share->step, .c_row = target_row,
                        .group_step = share->taps * LIMN_ROWS, .first = tap == 0 && from == 0};
      const int last = tap + cut.taps >= share->taps && from + cut.depth >= share->depth;
      const long count = tile.taps * tile.depth * LIMN_PANEL;
      const char *block = (const char *)share->packed + (size_t)((tap * share->depth + from) * panels * LIMN_PANEL) * width;
      for (long p = first; p < end; p++) {
        const void *stored = block + (size_t)(p * count) * width;
        const float *panel = stored;
        if (share->kind != LIMN_PACK_F32) {
          limn_pack_widen(share->kind, stored, widened, count);
          panel = widened;
        }
        const float *const *rows = share->table + tap * LIMN_ROWS;
        tile.columns = smaller(LIMN_PANEL, share->n - p * LIMN_PANEL);
        if (last && share->epilogue && share->epilogue->bias) tile.bias = share->epilogue->bias + p * LIMN_PANEL;
        float *out = target + (p - first) * LIMN_PANEL;
        long r = 0;
        if (kernels->twelve)
          for (; r + 2 * LIMN_ROWS <= share->rows; r += 2 * LIMN_ROWS, rows += 2 * tile.group_step)
            kernels->twelve(&tile, rows, panel, out + r * target_row);
        for (; r < share->rows; r += LIMN_ROWS, rows += tile.group_step)
          kernels->rows[smaller(LIMN_ROWS, share->rows - r) - 1](&tile, rows, panel, out + r * target_row);
      }
    }
  }
  if (direct && !limn_has_more(share->epilogue)) return;
  const long column = first * LIMN_PANEL, columns = smaller(end * LIMN_PANEL, share->n) - column;
  const limn_patch patch = {share->row, share->rows, column, columns, target, target_row, c, share->c_row};
  limn_rows_choice()->finish(share->epilogue, &patch);
}

void limn_multiply_share(const limn_share *share) {
  const long end = share->panel + share->panels;
  for (long p = share->panel; p < end; p += panels_at_once)
    multiply_panels(share, p, smaller(end, p + panels_at_once));
}

static _Thread_local void *scratch;
static _Thread_local size_t scratch_size;

// The key's only purpose is to free a thread's scratch when the thread ends.
static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
static void free_scratch(void *memory) {
  free(memory);
  scratch = 0, scratch_size = 0;  // should another destructor of the thread compute
}
static void make_scratch_key(void) {
  if (pthread_key_create(&scratch_key, free_scratch)) abort();
}

void *limn_thread_scratch(size_t bytes) {
  static const size_t scattered = 256 << 10, huge_page = 2 << 20;
  if (bytes > scratch_size) {
    pthread_once(&scratch_once, make_scratch_key);
    free(scratch);
    // From a huge page where it is large: scattered small pages would fall on the same sets of the second-level cache.
    const size_t page = bytes < scattered ? 4096 : huge_page;
    scratch_size = (bytes + page - 1) & ~(page - 1);
    scratch = aligned_alloc(page, scratch_size);
    if (!scratch) abort();
    pthread_setspecific(scratch_key, scratch);
    if (page == huge_page) madvise(scratch, scratch_size, MADV_HUGEPAGE);
  }
  return scratch;
}
