// Attention in bf16: what goes on around its two products, one set of loops for each instruction set; private to this module.
//
// Scores are made transposed, keys · queriesᵀ, 32 by 32, and so is the result, valuesᵀ · weightsᵀ. Queries then lie in the lanes of vectors:
// their largest scores need no addition across lanes, and two rows of weights, rounded, are a row of pairs as the unit reads them.
// Behind the last feature of the values stands a one, so that the second product also sums the weights, as they were rounded.
#ifndef LIMN_BF16_ATTENTION_H
#define LIMN_BF16_ATTENTION_H
#include "bf16_tile.h"

enum { LIMN_BF16_TILE = LIMN_BF16_ROWS * LIMN_BF16_STEP };  // values in a tile of 16 by 32 or of 16 pairs by 16

/// The scores of 32 keys, and what becomes of them. Arrays over queries hold 32 floats.
typedef struct {
  float *scores;         // [32 keys, 32 queries], in powers of 2
  long keys;             // that are there
  long visible;          // query r sees keys 0 … visible + r
  float *top;            // receives the largest score of each query
  float *most;           // what powers of 2 are measured from
  uint16_t *weights[2];  // receives a tile for each 16 queries
} limn_bf16_scores;

typedef struct {
  /// `rows` queries up to 32, times `factor`, as tiles of pairs of features: those of the first 16 queries, then those of the others.
  void (*pack_queries)(long rows, long width, float factor, const float *q, long row, uint16_t *tiles);
  /// `rows` keys up to 32 as tiles of rows, likewise.
  void (*pack_keys)(long rows, long width, const float *k, long row, uint16_t *tiles);
  /// `rows` values up to 32, turned: for each 16 features a tile of 32 keys, `step` values apart. Feature `width` is one.
  void (*pack_values)(long rows, long width, const float *v, long row, uint16_t *tiles, long step);
  /// Takes away scores of keys that are not there or must not be seen, and finds the largest. Returns whether one has grown too large to be
  /// measured from `most`.
  int (*look)(const limn_bf16_scores *scores);
  /// Measures powers from the largest score in each lane where it has grown too large, and scales `rows` rows of sums [rows, 32] to that.
  void (*raise)(const limn_bf16_scores *scores, long rows, float *sums);
  /// weights = 2^(scores − most), rounded to bf16 (half way up: all are positive).
  void (*weigh)(const limn_bf16_scores *scores);
  /// out = sums / the sum of weights, for `rows` queries; sums [width + 1, 32].
  void (*finish)(long rows, long width, const float *sums, float *out, long row);
} limn_bf16_attention_kernels;

extern const limn_bf16_attention_kernels limn_bf16_attention_portable, limn_bf16_attention_avx2, limn_bf16_attention_avx512;

#endif
