// Scaled dot-product attention over heads that lie side by side in a token's features: q [b, tq, heads · width],
// k and v [b, tk, heads · width]. Scores are made and used block by block, with an online softmax (Milakov and Gimelshein
// 2018; Dao et al. 2022), so the matrix of scores is never stored.
#ifndef LIMN_ATTENTION_H
#define LIMN_ATTENTION_H
#include <stdint.h>

typedef struct {
  long b, heads, tq, tk, width;  // width: features of one head
  float scale;
  int32_t causal;                   // token i sees keys 0 … i
} limn_attention_shape;

/// Floats of scratch memory that the forward (and the backward) kernel needs.
long limn_attention_scratch(const limn_attention_shape *shape, int32_t backward);

/// out = softmax(scale · q kᵀ) v, [b, tq, heads · width]. `lse` [b, heads, tq], which may be null, receives the logarithm of each
/// softmax's denominator.
void limn_attention_f32(const limn_attention_shape *shape, const float *q, const float *k, const float *v, float *out,
                        float *lse, float *scratch);

/// The gradients in q, k and v.
void limn_attention_backward_f32(const limn_attention_shape *shape, const float *dout, const float *q, const float *k,
                                 const float *v, const float *out, const float *lse, float *dq, float *dk, float *dv,
                                 float *scratch);

/// probabilities [b, heads, tq, tk] = softmax(scale · q kᵀ)
void limn_attention_probabilities_f32(const limn_attention_shape *shape, const float *q, const float *k,
                                      float *probabilities, float *scratch);

/// The probabilities of some keys alone, [b, heads, tq, count], from the `lse` of a forward pass.
void limn_attention_columns_f32(const limn_attention_shape *shape, const float *q, const float *k, const float *lse,
                                long count, const long *keys, float *probabilities);

#endif
