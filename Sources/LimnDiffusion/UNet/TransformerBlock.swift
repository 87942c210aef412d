import LimnNN
import LimnTensor

/// Self-attention, cross-attention and a gated feed-forward network, each normalized before and added after.
///
/// - Shape: `x [N, H·W, C]`, `context [N, T, D]` → `[N, H·W, C]`.
/// - Source: keys as in diffusers' `BasicTransformerBlock`.
struct TransformerBlock: Sendable {
  let norm1: LayerNorm
  let own: MultiHeadAttention
  let norm2: LayerNorm
  let cross: MultiHeadAttention
  let norm3: LayerNorm
  let expand: Linear
  let contract: Linear

  init(
    _ weights: WeightReader, name: String, block: AttentionLayer.Block, index: Int, sizes: SpatialTransformer.Sizes
  ) throws {
    let features = sizes.channels
    func attention(_ key: String, _ kind: AttentionLayer.Kind, at index: Int, looksAt width: Int) throws -> MultiHeadAttention {
      let layer = AttentionLayer(name: "\(name).\(key)", block: block, kind: kind, index: index, heads: sizes.heads)
      return try MultiHeadAttention(weights.scoped(key), layer: layer, features: features, contextFeatures: width)
    }
    norm1 = try LayerNorm(weights.scoped("norm1"), features: features)
    own = try attention("attn1", .own, at: index, looksAt: features)
    norm2 = try LayerNorm(weights.scoped("norm2"), features: features)
    cross = try attention("attn2", .cross, at: index + 1, looksAt: sizes.contextFeatures)
    norm3 = try LayerNorm(weights.scoped("norm3"), features: features)
    expand = try Linear(weights.scoped("ff.net.0.proj"), inputs: features, outputs: features * 8)
    contract = try Linear(weights.scoped("ff.net.2"), inputs: features * 4, outputs: features)
  }

  func callAsFunction(_ x: Tensor, context: Tensor, height: Int, width: Int, call: AttentionCall) throws -> Tensor {
    var x = x
    x = try own(norm1(x), context: nil, shortcut: x, height: height, width: width, call: call)
    x = try cross(norm2(x), context: context, shortcut: x, height: height, width: width, call: call)
    return contract(geglu(expand(norm3(x))), then: Epilogue(residual: x))
  }
}
