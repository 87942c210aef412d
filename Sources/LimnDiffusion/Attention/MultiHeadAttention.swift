import LimnNN
import LimnTensor

/// What the attention layers of one evaluation share.
struct AttentionCall {
  let observer: AttentionObserver?
  let cache: ContextCache?
}

/// Multi-head attention with its four projections, on the picture itself or on the words.
///
/// - Shape: `x`, `shortcut [N, H·W, C]`, words `[N, T, D]` → `[N, H·W, C]`. `x` may have fewer rows
///   than the words, a divisor of N.
/// - Source: Vaswani et al. 2017, arXiv:1706.03762; keys as in Stable Diffusion 1 in diffusers' naming.
struct MultiHeadAttention: Sendable {
  let layer: AttentionLayer
  let query: Linear
  let key: Linear
  let value: Linear
  let output: Linear

  /// - Parameter contextFeatures: The width of what is looked at; the own width for self-attention.
  /// - Throws: `FormatError` when a tensor is missing or has another shape.
  init(_ weights: WeightReader, layer: AttentionLayer, features: Int, contextFeatures: Int) throws {
    self.layer = layer
    query = try Linear(weights.scoped("to_q"), inputs: features, outputs: features, bias: false)
    key = try Linear(weights.scoped("to_k"), inputs: contextFeatures, outputs: features, bias: false)
    value = try Linear(weights.scoped("to_v"), inputs: contextFeatures, outputs: features, bias: false)
    output = try Linear(weights.scoped("to_out.0"), inputs: features, outputs: features)
  }

  /// - Parameters:
  ///   - context: What is looked at; nil for `x` itself.
  ///   - shortcut: Added to the result.
  func callAsFunction(
    _ x: Tensor, context: Tensor?, shortcut: Tensor, height: Int, width: Int, call: AttentionCall
  ) throws -> Tensor {
    let rows = context?.shape[0] ?? x.shape[0]
    let finish = Epilogue(residual: shortcut.repeated(rows: rows))
    let q = query(x).repeated(rows: rows)
    let k: Tensor, v: Tensor
    if let context, let cache = call.cache {
      (k, v) = cache.projected(context, layer: layer.index, key: key, value: value)
    } else {
      (k, v) = (key(context ?? x), value(context ?? x))
    }
    guard let observer = call.observer else { return output(attention(q, k, v, heads: layer.heads, precision: query.precision), then: finish) }
    var layer = layer
    (layer.height, layer.width) = (height, width)
    return output(try observer.attend(layer, q, k, v, precision: query.precision), then: finish)
  }
}
