// What the parts of the bf16 products share. Private to this module.
//
// Everything is counted in tiles: 16 rows of A (a group) by 32 of k, and 32 of k by 16 columns of B (a panel). A tile of B is 1,024
// bytes side by side: for each pair of k, 16 columns of two neighbours, as both vdpbf16ps and tdpbf16ps read it.
#ifndef LIMN_BF16_TILE_H
#define LIMN_BF16_TILE_H
#include <stddef.h>
#include <stdint.h>
#include "limn_bf16.h"

enum {
  LIMN_BF16_ROWS = 16,   // in a group
  LIMN_BF16_STEP = 32,   // along k
  LIMN_BF16_SIDE = 32,   // rows and columns of a block of C: two groups by two panels
};

static inline long limn_up(long value, long multiple) { return (value + multiple - 1) / multiple * multiple; }
static inline long limn_least(long a, long b) { return a < b ? a : b; }

/// Sixteen rows of A: row r of tap t begins at rows[offsets[t] + r · row_step]. All sixteen can be read, 32 values at a time.
typedef struct {
  const uint16_t *rows;
  long row_step;
  const long *offsets;
} limn_bf16_group;

/// One or two groups by one or two panels over a part of k: taps first … first + taps, of each the values from … from + 32 · steps.
typedef struct {
  const limn_bf16_group *groups[2];
  int32_t group_count, panel_count;
  long first, taps, from, steps;
  const uint16_t *panels[2];
  int32_t fresh;   // set: sums = product; else sums += product
  float *sums;     // [32, 32], aligned to 64
} limn_bf16_block;

typedef struct {
  void (*begin)(void);  // on a thread that takes a task, and when it is done
  void (*multiply)(const limn_bf16_block *block);
  void (*end)(void);
} limn_bf16_kernels;

extern const limn_bf16_kernels limn_bf16_emulated_avx512, limn_bf16_emulated_amx, limn_bf16_avx512, limn_bf16_amx;
/// The kernels of the unit in use.
const limn_bf16_kernels *limn_bf16_choice(void);

/// How k = taps · depth (a multiple of 32) is cut into blocks: runs of whole taps, or parts of one tap. A packed matrix stores block
/// after block, in each the panels side by side: panel p of the block that begins at k₀ and has d rows starts at (k₀ · panels + p · d) · 16.
typedef struct {
  long taps, depth;
} limn_bf16_depth;
limn_bf16_depth limn_bf16_cut_depth(long taps, long depth);

/// A product of groups of rows with packed weights: C's rows 0 … rows.
typedef struct {
  const limn_bf16_group *groups;
  long rows, taps, depth, n;
  const uint16_t *packed;
  float *c;
  long c_row;
  long row;  // of the first row, for the epilogue
  const limn_epilogue *epilogue;
} limn_bf16_product;
void limn_bf16_multiply(const limn_bf16_product *product);

/// Rounds `count` floats, `step` apart, and writes zeros up to `width`.
void limn_bf16_round(const float *from, long step, long count, uint16_t *to, long width);

#endif
