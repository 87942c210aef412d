// The bf16 product on tile registers: four tiles of sums, two of A, two of B, so that each tile read is used twice. With two groups and two
// panels a step reads 4 KB for 64 cycles of multiplying.
#include "bf16_tile.h"
#if defined(__x86_64__)
#include <immintrin.h>

#define AMX __attribute__((target("amx-tile,amx-bf16")))
#define INLINE static inline __attribute__((always_inline)) AMX

// The tile registers' shapes as ldtilecfg reads them: all eight have 16 rows of 64 bytes.
static const struct {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} shapes __attribute__((aligned(64))) = {1, 0, {0}, {64, 64, 64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16, 16, 16, 16}};
_Static_assert(sizeof shapes == 64, "ldtilecfg reads 64 bytes");

static AMX void begin(void) { _tile_loadconfig(&shapes); }
static AMX void end(void) { _tile_release(); }

// Tiles 0 … 3: sums (group · 2 + panel); 4, 5: groups; 6, 7: panels.
INLINE void sums_of(const int groups, const int panels, const limn_bf16_block *block) {
  enum { row_bytes = LIMN_BF16_SIDE * sizeof(float), below = LIMN_BF16_ROWS * LIMN_BF16_SIDE };
  float *sums = block->sums;
  if (block->fresh) {
    _tile_zero(0);
    if (panels == 2) _tile_zero(1);
    if (groups == 2) _tile_zero(2);
    if (groups == 2 && panels == 2) _tile_zero(3);
  } else {
    _tile_loadd(0, sums, row_bytes);
    if (panels == 2) _tile_loadd(1, sums + 16, row_bytes);
    if (groups == 2) _tile_loadd(2, sums + below, row_bytes);
    if (groups == 2 && panels == 2) _tile_loadd(3, sums + below + 16, row_bytes);
  }
  const limn_bf16_group *upper = block->groups[0], *lower = block->groups[groups - 1];
  const size_t upper_bytes = (size_t)upper->row_step * 2, lower_bytes = (size_t)lower->row_step * 2;
  const uint16_t *left = block->panels[0], *right = block->panels[panels - 1];
  const long steps = block->steps;
  for (long tap = block->first; tap < block->first + block->taps; tap++) {
    const uint16_t *a = upper->rows + upper->offsets[tap] + block->from;
    const uint16_t *b = lower->rows + lower->offsets[tap] + block->from;
    for (long step = 0; step < steps; step++) {
      _tile_loadd(6, left, 64);
      _tile_loadd(4, a, upper_bytes);
      _tile_dpbf16ps(0, 4, 6);
      if (panels == 2) {
        _tile_loadd(7, right, 64);
        _tile_dpbf16ps(1, 4, 7);
      }
      if (groups == 2) {
        _tile_loadd(5, b, lower_bytes);
        _tile_dpbf16ps(2, 5, 6);
        if (panels == 2) _tile_dpbf16ps(3, 5, 7);
      }
      a += LIMN_BF16_STEP, b += LIMN_BF16_STEP;
      left += LIMN_BF16_STEP * LIMN_PANEL, right += LIMN_BF16_STEP * LIMN_PANEL;
    }
  }
  _tile_stored(0, sums, row_bytes);
  if (panels == 2) _tile_stored(1, sums + 16, row_bytes);
  if (groups == 2) _tile_stored(2, sums + below, row_bytes);
  if (groups == 2 && panels == 2) _tile_stored(3, sums + below + 16, row_bytes);
}

static AMX void multiply(const limn_bf16_block *block) {
  if (block->group_count == 2) {
    if (block->panel_count == 2) sums_of(2, 2, block);
    else sums_of(2, 1, block);
  } else {
    if (block->panel_count == 2) sums_of(1, 2, block);
    else sums_of(1, 1, block);
  }
}

const limn_bf16_kernels limn_bf16_amx = {begin, multiply, end};
#else
const limn_bf16_kernels limn_bf16_amx = {0};  // never chosen
#endif
