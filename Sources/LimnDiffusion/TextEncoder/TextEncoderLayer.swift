import LimnNN
import LimnTensor

/// One layer of CLIP's text encoder: each token looks at itself and those before it, then a two-layer network.
///
/// - Shape: `x [N, T, D]` → the same.
struct TextEncoderLayer: Sendable {
  let heads: Int
  let norm1: LayerNorm
  let query: Linear
  let key: Linear
  let value: Linear
  let output: Linear
  let norm2: LayerNorm
  let expand: Linear
  let activation: Activation
  let contract: Linear

  init(_ weights: WeightReader, config: TextEncoderConfig) throws {
    let features = config.features
    func projection(_ name: String) throws -> Linear {
      try Linear(weights.scoped("self_attn.\(name)"), inputs: features, outputs: features)
    }
    heads = config.heads
    norm1 = try LayerNorm(weights.scoped("layer_norm1"), features: features, epsilon: config.epsilon)
    query = try projection("q_proj")
    key = try projection("k_proj")
    value = try projection("v_proj")
    output = try projection("out_proj")
    norm2 = try LayerNorm(weights.scoped("layer_norm2"), features: features, epsilon: config.epsilon)
    expand = try Linear(weights.scoped("mlp.fc1"), inputs: features, outputs: config.innerFeatures)
    activation = config.activation
    contract = try Linear(weights.scoped("mlp.fc2"), inputs: config.innerFeatures, outputs: features)
  }

  /// - Parameter keep: 0 where nobody looks at a token, `[N, T]`; the first of each row is looked at by all.
  func callAsFunction(_ x: Tensor, keep: Tensor? = nil) -> Tensor {
    let y = norm1(x)
    let mixed = keep.map { masked(y, keep: $0) } ?? attention(query(y), key(y), value(y), heads: heads, causal: true)
    let x = output(mixed, then: Epilogue(residual: x))
    return contract(activation(expand(norm2(x))), then: Epilogue(residual: x))
  }

  /// Attention to the kept tokens only: probabilities of the others are taken away and the rest brought back to a sum of 1, which is the
  /// softmax without them.
  private func masked(_ y: Tensor, keep: Tensor) -> Tensor {
    let kept = attentionProbabilities(query(y), key(y), heads: heads, causal: true) * keep.reshaped([keep.shape[0], 1, 1, keep.shape[1]])
    return applyAttention(kept / kept.sum(axes: [3], keepDims: true), value(y), heads: heads)
  }
}
