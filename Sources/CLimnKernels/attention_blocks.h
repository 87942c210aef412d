// What attention's forward and backward passes share; private to this module.
#ifndef LIMN_ATTENTION_BLOCKS_H
#define LIMN_ATTENTION_BLOCKS_H
#include "gemm_tile.h"
#include "limn_attention.h"
#include "norm_rows.h"

// Queries and keys in one block of scores: 48 × 256 floats are 48 KB, eight groups of six rows. With 24 queries the keys and values of
// wide heads are read too often (measured, one head of 512: 1.1 times as long); with 96, the scores leave the cache.
enum { query_block = 48, key_block = 256 };

/// Floats of a packed [rows, columns] matrix.
static inline long packed_floats(long rows, long columns) {
  return rows * ((columns + LIMN_PANEL - 1) / LIMN_PANEL * LIMN_PANEL);
}

/// Where the features of one head of one picture begin in [b, tokens, heads · width].
static inline long head_start(const limn_attention_shape *shape, long tokens, long head) {
  const long features = shape->heads * shape->width;
  return head / shape->heads * tokens * features + head % shape->heads * shape->width;
}

/// c [rows, columns] (+)= a · b for a few rows: a's rows lie `a_row` apart, its columns `step`; `packed` holds panels of
/// `depth_all` rows, of which rows from … from + depth are used with a's columns 0 … depth.
void limn_block_product(long rows, long columns, long depth, const float *a, long a_row, long step,
                        const float *packed, long depth_all, long from, float *c, long c_row, int32_t first);

/// Packs the matrix [tokens, width] (or its transpose) of each head of each picture, `each` floats apart, panel after panel.
void limn_pack_heads(const limn_attention_shape *shape, const float *x, long tokens, int32_t transposed, float *packed,
                     long each);

/// Puts −∞ where a query must not look: keys after it. Rows are queries from `query` on, columns keys from `key` on.
void limn_hide_later(long query, long rows, long key, long keys, float *scores, long scores_row);

/// The whole attention with queries in lanes (attention_rows.h); false, and nothing done, where panels are faster.
int limn_attention_in_lanes(const limn_attention_shape *shape, const float *q, const float *k, const float *v, float *out,
                            float *lse, float *scratch);

/// Likewise the gradients; `delta` [b, heads, tq] is Σ dout · out. `scratch` has room for both tensors of the longer side.
int limn_attention_gradient_in_lanes(const limn_attention_shape *shape, const float *dout, const float *q, const float *k,
                                     const float *v, const float *lse, const float *delta, float *dq, float *dk, float *dv,
                                     float *scratch);

#endif
