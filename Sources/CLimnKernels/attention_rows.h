// Attention with queries in the lanes of vectors, one set for each instruction set; private to this module.
//
// A step takes two vectors of queries and four keys: eight vectors of scores, summed from queries in lanes and features of keys read
// one by one, become weights 2ˢ, which stay in registers while the features of values are summed. Nothing is packed, stored
// between the two products or added across lanes, so a head of few features costs what its multiplications cost.
#ifndef LIMN_ATTENTION_ROWS_H
#define LIMN_ATTENTION_ROWS_H
#include <stdint.h>

/// Some queries and all keys of a head. Arrays over queries hold `limn_lane_kernels.queries` floats for each feature.
typedef struct {
  long width, keys;
  long key_row;         // floats between two keys
  const float *k, *v;   // [keys, width]
  const float *q;       // [width, queries], times scale / ln 2
  float *sums;          // [width, queries]: Σ weight · v
  float *most, *total;  // [queries]: what powers of 2 are measured from, Σ weight
  long visible;         // lane r sees keys 0 … visible + r; at least `keys`: all
} limn_lane_block;

/// One side of the gradient: tokens in lanes against all rows of the other side, in the words of the pass that owns queries.
/// Weights are 2^(Σ own · row − log), their gradients weight · (Σ upstream · other − delta).
typedef struct {
  long width, rows, row_step;        // rows lie `row_step` floats apart
  const float *row, *other;          // [rows, width]: keys and values; or queries and upstream
  const float *own, *upstream;       // [width, queries]: queries · scale / ln 2 and upstream; or keys, likewise, and values
  const float *log, *delta;          // of queries, in powers of 2: [queries], or [rows] where rows are queries
  float *sums, *weighted;            // [width, queries]: Σ gradient · row; and Σ weight · other where rows are queries
  int32_t rows_are_queries, causal;  // a query sees no key after it
  long first;                        // the token in lane 0
} limn_gradient_block;

typedef struct {
  long queries;  // in one call
  /// lanes [width, queries] = factor · x, where x is `rows` queries `row` floats apart; the last one fills up.
  void (*spread)(long rows, long width, const float *x, long row, float factor, float *lanes);
  /// x = sums · factors [queries], in rows again.
  void (*gather)(long rows, long width, float *sums, const float *factors, float *x, long row);
  void (*attend)(const limn_lane_block *block);
  void (*gradient)(const limn_gradient_block *block);
} limn_lane_kernels;

extern const limn_lane_kernels limn_lanes_portable, limn_lanes_avx2, limn_lanes_avx512;

#endif
