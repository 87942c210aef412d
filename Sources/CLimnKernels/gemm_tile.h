// What the two halves of a matrix product share: the inner loops, one set for each instruction set, and the walk over one
// task's rows and panels. Private to this module.
#ifndef LIMN_GEMM_TILE_H
#define LIMN_GEMM_TILE_H
#include <stddef.h>
#include <stdint.h>
#include "limn_gemm.h"
#include "limn_pool.h"

static inline long smaller(long a, long b) { return a < b ? a : b; }
/// How many parts a whole is cut into, the last perhaps shorter.
static inline long parts(long whole, long part) { return (whole + part - 1) / part; }

/// What lies outside of a picture; as many channels as a convolution may have.
enum { LIMN_MOST_CHANNELS = 16384 };
extern const float limn_zeros[LIMN_MOST_CHANNELS];

/// Which part of k a call sums: columns from … from + depth of the rows, for each of `taps` sets of rows.
typedef struct {
  long taps, from, depth, step;  // step: floats between neighbours along k in a row
  long c_row, columns;           // floats between rows of C, and how many of the panel's 16 columns C has
  long group_step;               // pointers between two groups of rows; `twelve` reads it
  int32_t first;       // set: C = sum; else C += sum
  const float *bias;   // added to each row of C after the sum, one value a column; null: nothing
} limn_tile;

/// Multiplies r rows by one panel. `rows` holds LIMN_ROWS pointers for each tap, of which the first r are used.
typedef void (*limn_tile_function)(const limn_tile *tile, const float *const *rows, const float *panel, float *c);

/// A part of C whose sums are complete: `sums`, which may be C itself, become C's elements.
typedef struct {
  long row, rows, column, columns;
  const float *sums;  // the element (row, column)
  long sums_row;
  float *c;           // likewise
  long c_row;
  const float *bias;  // of the patch's columns, added first; null: nothing
} limn_patch;

typedef struct {
  limn_tile_function rows[LIMN_ROWS];  // rows[r - 1] computes r rows
  /// Two whole groups at once, where six sums are too few to hide a multiply-add's latency; null: group by group.
  limn_tile_function twelve;
} limn_gemm_kernels;

extern const limn_gemm_kernels limn_gemm_portable, limn_gemm_avx2, limn_gemm_avx512;

/// The kernels for this processor.
const limn_gemm_kernels *limn_gemm_choice(void);

/// How a sum over k = taps · depth is cut into blocks, from k alone: a block is a run of whole taps, or a part of one tap.
/// A packed matrix stores block after block, in each the panels side by side, so that a product reads it from front to
/// back: panel p of the block that begins at k₀ and has d rows starts at float (k₀ · panels + p · d) · 16.
typedef struct {
  long taps, depth;
} limn_depth_cut;
limn_depth_cut limn_cut_depth(long taps, long depth);

/// Packs rows from … from + depth of columns column … column + 16 (those past n are zero) into one panel of one block.
void limn_pack_panel(long n, const float *b, long b_row, long b_column, long from, long depth,
                     long column, float *out);
/// The same from any float type to any kind.
void limn_pack_typed_panel(limn_pack_kind kind, limn_dtype type, long n, const void *b, long b_row, long b_column,
                           long from, long depth, long column, void *out);

/// Bytes of one value.
static inline size_t limn_pack_width(limn_pack_kind kind) { return kind == LIMN_PACK_F32 ? 4 : 2; }
/// Dense conversions between floats and a kind.
void limn_pack_widen(limn_pack_kind kind, const void *from, float *to, long count);
void limn_pack_narrow(limn_pack_kind kind, const float *from, void *to, long count);

/// Where row `row` of tap `tap` of a panel begins in a convolution's packed weights, in values.
long limn_conv_panel_start(long taps, long depth, long columns, long panel, long tap, long row);

/// How a product is cut into tasks: rows in groups of 6, columns in panels of 16.
typedef struct {
  long row_groups, panels;            // in one task
  long row_tiles, panel_tiles;        // tasks along each side
} limn_cut;
limn_cut limn_cut_product(long batch, long m, long n, long k);

/// One task's share of a product: some rows, some panels, all of k.
typedef struct {
  const float *const *table;  // [row groups, taps, 6] pointers to rows
  long taps, depth, step;  // k = taps · depth
  long row, rows;          // first row and how many
  long panel, panels;      // first panel and how many
  long n;                  // columns of C
  limn_pack_kind kind;
  const void *packed;
  float *c;                   // C's element (0, 0)
  long c_row;
  const limn_epilogue *epilogue;
} limn_share;
void limn_multiply_share(const limn_share *share);

/// Whether anything but a bias follows the sums: what `finish` does.
int limn_has_more(const limn_epilogue *epilogue);

/// Runs the tasks of a job on the pool, or on this thread alone where it is less than `least` of the same unit: there another
/// thread comes too late to help.
static inline void limn_run_worth(long work, long least, long count, limn_task task, void *context) {
  if (work >= least) limn_pool_run(count, task, context);
  else for (long i = 0; i < count; i++) task(context, i);
}
/// Multiplications of a product that take some 20 µs on one core.
enum { LIMN_LEAST_PRODUCTS = 1000000 };

/// This thread's scratch memory, at least `bytes` long, 64-byte aligned; the next call invalidates it.
void *limn_thread_scratch(size_t bytes);

#endif
