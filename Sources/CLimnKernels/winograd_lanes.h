// The transforms of winograd_rows.h over vectors of LANES floats; see norm_lanes.h for how a row of the table is made.
#include "gemm_tile.h"
#include "lanes.h"
#include "winograd_rows.h"

#define A 0.625f
#define B 1.5f
#define A2 (A * A)
#define B2 (B * B)
#define SUM (A2 + B2)
#define PRODUCT (A2 * B2)

// Without the instruction, a multiply-add of one rounding is a call for each lane; bytes are promised per instruction set alone.
#if LANES == 4
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#else
#define MULTIPLY_ADD(a, b, c) fma_f(a, b, c)
#endif

/// Six values along one side of a patch, `step` apart, to the six points.
ALWAYS void spread(const vf *d, int step, vf *out, int out_step) {
  const vf d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
  const vf even_a = MULTIPLY_ADD(d2, fill(-B2), d4), odd_a = MULTIPLY_ADD(d1, fill(-B2), d3);
  const vf even_b = MULTIPLY_ADD(d2, fill(-A2), d4), odd_b = MULTIPLY_ADD(d1, fill(-A2), d3);
  out[0] = MULTIPLY_ADD(d0, fill(PRODUCT), MULTIPLY_ADD(d2, fill(-SUM), d4));
  out[out_step] = MULTIPLY_ADD(odd_a, fill(A), even_a);
  out[2 * out_step] = MULTIPLY_ADD(odd_a, fill(-A), even_a);
  out[3 * out_step] = MULTIPLY_ADD(odd_b, fill(B), even_b);
  out[4 * out_step] = MULTIPLY_ADD(odd_b, fill(-B), even_b);
  out[5 * out_step] = MULTIPLY_ADD(d1, fill(PRODUCT), MULTIPLY_ADD(d3, fill(-SUM), d5));
}

ALWAYS void input_lanes(const int count, const float *const *pixels, long at, float *v, long stride) {
  vf spread_down[LIMN_POINTS];
  for (int x = 0; x < LIMN_PATCH_SIDE; x++) {
    vf d[LIMN_PATCH_SIDE];
    for (int y = 0; y < LIMN_PATCH_SIDE; y++) {
      const float *p = pixels[y * LIMN_PATCH_SIDE + x] + at;
      if (count == LANES) d[y] = load(p);
      else d[y] = fill(0), memcpy(&d[y], p, (size_t)count * sizeof(float));
    }
    spread(d, 1, spread_down + x, LIMN_PATCH_SIDE);
  }
  for (int y = 0; y < LIMN_PATCH_SIDE; y++) {
    vf row[LIMN_PATCH_SIDE];
    spread(spread_down + y * LIMN_PATCH_SIDE, 1, row, 1);
    for (int x = 0; x < LIMN_PATCH_SIDE; x++) {
      float *out = v + (y * LIMN_PATCH_SIDE + x) * stride + at;
      if (count == LANES) store(out, row[x]);
      else memcpy(out, &row[x], (size_t)count * sizeof(float));
    }
  }
}

static void input(long channels, const float *const pixels[LIMN_POINTS], float *v, long stride) {
  long at = 0;
  for (; at + LANES <= channels; at += LANES) input_lanes(LANES, pixels, at, v, stride);
  for (; at < channels; at++) input_lanes(1, pixels, at, v, stride);
}

/// Three values along one side of a window to the six points.
ALWAYS void spread_window(const vf *g, int step, vf *out, int out_step) {
  const float na = 1 / (2 * A2 * (A2 - B2)), nb = 1 / (2 * B2 * (B2 - A2));
  const vf g0 = g[0], g1 = g[step], g2 = g[2 * step];
  const vf even_a = MULTIPLY_ADD(g2, fill(A2 * na), g0 * na), even_b = MULTIPLY_ADD(g2, fill(B2 * nb), g0 * nb);
  out[0] = g0 * (1 / PRODUCT);
  out[out_step] = MULTIPLY_ADD(g1, fill(A * na), even_a);
  out[2 * out_step] = MULTIPLY_ADD(g1, fill(-A * na), even_a);
  out[3 * out_step] = MULTIPLY_ADD(g1, fill(B * nb), even_b);
  out[4 * out_step] = MULTIPLY_ADD(g1, fill(-B * nb), even_b);
  out[5 * out_step] = g2;
}

static void weights(long rows, const float *const taps[9], float *u, long stride) {
  for (long at = 0; at < rows * LIMN_PANEL; at += LANES) {
    vf g[9], down[18];
    for (int tap = 0; tap < 9; tap++) g[tap] = load(taps[tap] + at);
    for (int x = 0; x < 3; x++) spread_window(g + x, 3, down + x, 3);
    for (int y = 0; y < LIMN_PATCH_SIDE; y++) {
      vf row[LIMN_PATCH_SIDE];
      spread_window(down + 3 * y, 1, row, 1);
      for (int x = 0; x < LIMN_PATCH_SIDE; x++) store(u + (y * LIMN_PATCH_SIDE + x) * stride + at, row[x]);
    }
  }
}

/// Sums at the six points to four values along one side of a tile.
ALWAYS void gather(const vf *m, int step, vf *out, int out_step) {
  const vf m1 = m[step], m2 = m[2 * step], m3 = m[3 * step], m4 = m[4 * step];
  const vf even_a = m1 + m2, odd_a = m1 - m2, even_b = m3 + m4, odd_b = m3 - m4;
  out[0] = m[0] + even_a + even_b;
  out[out_step] = MULTIPLY_ADD(odd_b, fill(B), odd_a * A);
  out[2 * out_step] = MULTIPLY_ADD(even_b, fill(B2), even_a * A2);
  out[3 * out_step] = MULTIPLY_ADD(odd_b, fill(B2 * B), MULTIPLY_ADD(odd_a, fill(A2 * A), m[5 * step]));
}

static void output(const float *m, long stride, long columns, const float *bias, float *y, long y_row, long y_column,
                   long height, long width) {
  for (long at = 0; at < columns; at += LANES) {
    const long count = columns - at < LANES ? columns - at : LANES;
    vf down[LIMN_TILE_SIDE * LIMN_PATCH_SIDE], add = fill(0);
    if (bias) memcpy(&add, bias + at, (size_t)count * sizeof(float));
    for (int x = 0; x < LIMN_PATCH_SIDE; x++) {
      vf sums[LIMN_PATCH_SIDE];
      for (int p = 0; p < LIMN_PATCH_SIDE; p++) sums[p] = load(m + (p * LIMN_PATCH_SIDE + x) * stride + at);
      gather(sums, 1, down + x, LIMN_PATCH_SIDE);
    }
    for (long r = 0; r < height; r++) {
      vf row[LIMN_TILE_SIDE];
      gather(down + r * LIMN_PATCH_SIDE, 1, row, 1);
      float *out = y + r * y_row + at;
      for (long c = 0; c < width; c++, out += y_column) {
        const vf value = row[c] + add;
        if (count == LANES) store(out, value);
        else memcpy(out, &value, (size_t)count * sizeof(float));
      }
    }
  }
}

const limn_winograd_kernels WINOGRAD_NAME = {input, weights, output};
