// Matrix products: the cut into tasks. The arithmetic is in gemm_<instruction set>.c.
#include <string.h>
#include "gemm_tile.h"
#include "limn_pool.h"
#include "norm_rows.h"

enum { most_strips = 64 };

typedef struct {
  const limn_gemm_shape *shape;
  limn_cut cut;
  const float *a;
  limn_pack_kind kind;
  const char *packed;
  float *c;
  long a_batch, packed_batch, c_batch;  // packed_batch in bytes
  const limn_epilogue *epilogue;
} gemm_job;

/// Fills a table of row pointers. Rows along which k is not adjacent are gathered first: groups of six values for each k,
/// so that a column of A is read from as many cache lines as it fills rather than one line a value.
static long gather_rows(const gemm_job *job, const float *a, long row, long rows, const float **table,
                           float *gathered) {
  const limn_gemm_shape *shape = job->shape;
  const long groups = (rows + LIMN_ROWS - 1) / LIMN_ROWS;
  if (shape->a_column == 1) {
    for (long r = 0; r < rows; r++) table[r] = a + (row + r) * shape->a_row;
    return 1;
  }
  for (long p = 0; p < shape->k; p++) {
    const float *source = a + p * shape->a_column + row * shape->a_row;
    // A turned matrix, as the gradient of a weight has it: whole groups are adjacent.
    const long whole = shape->a_row == 1 ? rows / LIMN_ROWS : 0;
    for (long g = 0; g < whole; g++)
      memcpy(gathered + (g * shape->k + p) * LIMN_ROWS, source + g * LIMN_ROWS, LIMN_ROWS * sizeof(float));
    for (long r = whole * LIMN_ROWS; r < rows; r++)
      gathered[(r / LIMN_ROWS * shape->k + p) * LIMN_ROWS + r % LIMN_ROWS] = source[r * shape->a_row];
  }
  for (long g = 0; g < groups; g++)
    for (long r = 0; r < LIMN_ROWS; r++) table[g * LIMN_ROWS + r] = gathered + g * shape->k * LIMN_ROWS + r;
  return LIMN_ROWS;
}

static void gemm_task(void *context, long task) {
  const gemm_job *job = context;
  const limn_gemm_shape *shape = job->shape;
  const limn_cut *cut = &job->cut;
  const long tiles = cut->row_tiles * cut->panel_tiles;
  const long batch = task / tiles, tile = task % tiles;
  const long row = tile / cut->panel_tiles * cut->row_groups * LIMN_ROWS;
  const long panel = tile % cut->panel_tiles * cut->panels;
  const long all = (shape->n + LIMN_PANEL - 1) / LIMN_PANEL;
  const long most = cut->row_groups * LIMN_ROWS;
  const long rows = shape->m - row < most ? shape->m - row : most;
  const size_t table_bytes = (size_t)(most * (long)sizeof(float *) + 63) & ~(size_t)63;
  const size_t gathered_bytes = shape->a_column == 1 ? 0 : (size_t)(most * shape->k) * sizeof(float);
  char *scratch = limn_thread_scratch(table_bytes + gathered_bytes);
  const float **table = (const float **)scratch;
  const long step =
      gather_rows(job, job->a + batch * job->a_batch, row, rows, table, (float *)(scratch + table_bytes));
  const limn_share share = {
      .table = table, .taps = 1, .depth = shape->k, .step = step, .row = row, .rows = rows, .panel = panel,
      .panels = all - panel < cut->panels ? all - panel : cut->panels, .n = shape->n,
      .kind = job->kind, .packed = job->packed + batch * job->packed_batch, .c = job->c + batch * job->c_batch, .c_row = shape->c_row,
      .epilogue = job->epilogue};
  limn_multiply_share(&share);
}

static void multiply(const limn_gemm_shape *shape, long batch, gemm_job job) {
  if (shape->m == 0 || shape->n == 0 || batch == 0) return;
  job.shape = shape;
  job.cut = limn_cut_product(batch, shape->m, shape->n, shape->k);
  limn_run_worth(batch * shape->m * shape->n * shape->k, LIMN_LEAST_PRODUCTS, batch * job.cut.row_tiles * job.cut.panel_tiles,
                 gemm_task, &job);
}

void limn_gemm_f32(const limn_gemm_shape *shape, long batch, const float *a, long a_batch, const float *packed,
                   long packed_batch, float *c, long c_batch, const limn_epilogue *epilogue) {
  multiply(shape, batch,
           (gemm_job){.a = a, .kind = LIMN_PACK_F32, .packed = (const char *)packed, .c = c, .a_batch = a_batch,
                      .packed_batch = packed_batch * (long)sizeof(float), .c_batch = c_batch, .epilogue = epilogue});
}

void limn_gemm_packed(const limn_gemm_shape *shape, const float *a, limn_pack_kind kind, const void *packed, float *c,
                      const limn_epilogue *epilogue) {
  multiply(shape, 1, (gemm_job){.a = a, .kind = kind, .packed = packed, .c = c, .epilogue = epilogue});
}

typedef struct {
  const limn_gemm_shape *shape;
  const float *a;
  limn_dtype type;
  const void *b;
  float *c;
  long b_row, b_column, panels_each;
  const limn_epilogue *epilogue;
} strip_job;

static void strip_task(void *context, long task) {
  const strip_job *job = context;
  const limn_gemm_shape *shape = job->shape;
  const limn_gemm_kernels *kernels = limn_gemm_choice();
  const long depth = limn_cut_depth(1, shape->k).depth, all = (shape->n + LIMN_PANEL - 1) / LIMN_PANEL;
  const long first = task * job->panels_each;
  const long end = first + job->panels_each < all ? first + job->panels_each : all;
  float *block = limn_thread_scratch((size_t)(depth * LIMN_PANEL) * sizeof(float));
  for (long panel = first; panel < end; panel++) {
    const long column = panel * LIMN_PANEL, left = shape->n - column;
    limn_tile tile = {.taps = 1, .step = shape->a_column, .c_row = shape->c_row,
                      .columns = left < LIMN_PANEL ? left : LIMN_PANEL};
    for (long from = 0; from == 0 || from < shape->k; from += depth) {
      tile.from = from;
      tile.depth = shape->k - from < depth ? shape->k - from : depth;
      tile.first = from == 0;
      if (from + tile.depth >= shape->k && job->epilogue && job->epilogue->bias) tile.bias = job->epilogue->bias + column;
      limn_pack_typed_panel(LIMN_PACK_F32, job->type, shape->n, job->b, job->b_row, job->b_column, from, tile.depth, column,
                            block);
      for (long r = 0; r < shape->m; r += LIMN_ROWS) {
        const long count = shape->m - r < LIMN_ROWS ? shape->m - r : LIMN_ROWS;
        const float *rows[LIMN_ROWS];
        for (long i = 0; i < count; i++) rows[i] = job->a + (r + i) * shape->a_row;
        kernels->rows[count - 1](&tile, rows, block, job->c + r * shape->c_row + column);
      }
    }
    if (limn_has_more(job->epilogue)) {
      float *c = job->c + column;
      const limn_patch patch = {0, shape->m, column, tile.columns, c, shape->c_row, c, shape->c_row};
      limn_rows_choice()->finish(job->epilogue, &patch);
    }
  }
}

void limn_gemm_unpacked(const limn_gemm_shape *shape, const float *a, limn_dtype type, const void *b, long b_row,
                        long b_column, float *c, const limn_epilogue *epilogue) {
  if (shape->m == 0 || shape->n == 0) return;
  const long panels = (shape->n + LIMN_PANEL - 1) / LIMN_PANEL;
  const long wanted = shape->n * shape->k / 65536 + 1;  // B is what is read: a quarter of a megabyte a task
  const long tasks = wanted < most_strips ? wanted : most_strips;
  strip_job job = {shape, a, type, b, c, b_row, b_column, (panels + tasks - 1) / tasks, epilogue};
  limn_pool_run((panels + job.panels_each - 1) / job.panels_each, strip_task, &job);
}

void limn_gemm_unpacked_f32(const limn_gemm_shape *shape, const float *a, const float *b, long b_row, long b_column,
                            float *c, const limn_epilogue *epilogue) {
  limn_gemm_unpacked(shape, a, LIMN_F32, b, b_row, b_column, c, epilogue);
}
