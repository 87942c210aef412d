// What attention's forward and backward passes share; private to this module.
#ifndef LIMN_ATTENTION_BLOCKS_H
#define LIMN_ATTENTION_BLOCKS_H
#include "gemm_tile.h"
#include "limn_attention.h"
#include "norm_rows.h"

// Queries and keys in one block of scores: 24 × 256 floats are 24 KB, the first-level cache. 24 is four groups of six rows.
enum { query_block = 24, key_block = 256 };

/// Floats of a packed [rows, columns] matrix.
static inline int64_t packed_floats(int64_t rows, int64_t columns) {
  return rows * ((columns + LIMN_PANEL - 1) / LIMN_PANEL * LIMN_PANEL);
}

static inline int64_t fewer(int64_t a, int64_t b) { return a < b ? a : b; }

/// Where the features of one head of one picture begin in [b, tokens, heads · width].
static inline int64_t head_start(const limn_attention_shape *shape, int64_t tokens, int64_t head) {
  const int64_t features = shape->heads * shape->width;
  return head / shape->heads * tokens * features + head % shape->heads * shape->width;
}

/// c [rows, columns] (+)= a · b for a few rows: a's rows lie `a_row` apart, its columns `step`; `packed` holds panels of
/// `depth_all` rows, of which rows from … from + depth are used with a's columns 0 … depth.
void limn_block_product(int64_t rows, int64_t columns, int64_t depth, const float *a, int64_t a_row, int64_t step,
                        const float *packed, int64_t depth_all, int64_t from, float *c, int64_t c_row, int32_t first);

/// Packs the matrix [tokens, width] (or its transpose) of each head of each picture, `each` floats apart, panel after panel.
void limn_pack_heads(const limn_attention_shape *shape, const float *x, int64_t tokens, int32_t transposed, float *packed,
                     int64_t each);

/// Puts −∞ where a query must not look: keys after it. Rows are queries from `query` on, columns keys from `key` on.
void limn_hide_later(int64_t query, int64_t rows, int64_t key, int64_t keys, float *scores, int64_t scores_row);

#endif
