// Resampling along one axis by a list of weighted sources for each result: every filter, size and its gradient alike.
#ifndef LIMN_RESIZE_H
#define LIMN_RESIZE_H
#include <stdint.h>

/// y [outer, out, inner]: y[·, j, ·] = Σ weight[t] · x[·, source[t], ·] for first[j] ≤ t < first[j + 1], in that order.
/// x is [outer, in, inner]; `first` has out + 1 entries.
void limn_resample_f32(long outer, long in, long out, long inner, const int32_t *first, const int32_t *source,
                       const float *weight, const float *x, float *y);

/// y [n, height, width, c] from x [n, h, w, c]: each pixel copied from (rows[y], columns[x]).
void limn_pick_pixels_f32(long n, long h, long w, long c, long height, long width, const int32_t *rows,
                          const int32_t *columns, const float *x, float *y);

/// Rows of a table [rows, width] for each id: y [count, width].
void limn_gather_rows_f32(long count, long width, const long *ids, const float *table, float *y);
/// dtable [rows, width] = 0, then dtable[id] += dy for each id, in order.
void limn_scatter_rows_f32(long count, long rows, long width, const long *ids, const float *dy, float *dtable);

#endif
