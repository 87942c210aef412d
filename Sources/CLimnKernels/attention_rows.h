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

typedef struct {
  long queries;  // in one call
  /// lanes [width, queries] = factor · x, where x is `rows` queries `row` floats apart; the last one fills up.
  void (*spread)(long rows, long width, const float *x, long row, float factor, float *lanes);
  /// x = sums / total, in rows again.
  void (*gather)(long rows, long width, float *sums, const float *total, float *x, long row);
  void (*attend)(const limn_lane_block *block);
} limn_lane_kernels;

extern const limn_lane_kernels limn_lanes_portable, limn_lanes_avx2, limn_lanes_avx512;

#endif
