import LimnNN
import LimnTensor

/// Lets every cell of a picture look at the picture and at the words.
///
/// - Shape: `x [N, C, H, W]`, `context [N, T, D]` → `[N, C, H, W]`. `x` may have
///   fewer rows, a divisor of N: row r reads row r % M.
/// - Source: Rombach et al. 2022, arXiv:2112.10752, sec. 3.3; keys as in diffusers' `Transformer2DModel`.
struct SpatialTransformer: Sendable {
  let norm: GroupNorm
  let projectionIn: Linear
  let blocks: [TransformerBlock]
  let projectionOut: Linear

  /// Numbers that do not depend on the place in the UNet.
  struct Sizes {
    let channels: Int
    let heads: Int
    let layers: Int
    let contextFeatures: Int
    let groups: Int
  }

  /// - Parameters:
  ///   - name: The checkpoint's own name of this module.
  ///   - index: How many attention layers stand before it.
  init(
    _ weights: WeightReader, name: String, block: AttentionLayer.Block, index: Int, sizes: Sizes
  ) throws {
    let channels = sizes.channels
    norm = try GroupNorm(weights.scoped("norm"), channels: channels, groups: sizes.groups, epsilon: 1e-6)
    projectionIn = try Linear(weights.scoped("proj_in"), inputs: channels, outputs: channels)
    blocks = try (0..<sizes.layers).map { layer in
      try TransformerBlock(
        weights.scoped("transformer_blocks.\(layer)"), name: "\(name).transformer_blocks.\(layer)", block: block,
        index: index + 2 * layer, sizes: sizes)
    }
    projectionOut = try Linear(weights.scoped("proj_out"), inputs: channels, outputs: channels)
  }

  func callAsFunction(_ x: Tensor, context: Tensor, call: AttentionCall) throws -> Tensor {
    // What an observer sees is looked at besides the result, so it is seen once and kept.
    if call.observer != nil { return try computed(x, context, call) }
    return try checkpointed([x, context]) { try computed(x, context, call) }
  }

  private func computed(_ x: Tensor, _ context: Tensor, _ call: AttentionCall) throws -> Tensor {
    let (height, width) = (x.shape[2], x.shape[3])
    var hidden = projectionIn(norm(x).pixelRows)  // [N, H·W, C]
    for block in blocks { hidden = try block(hidden, context: context, height: height, width: width, call: call) }
    let shortcut = x.repeated(rows: hidden.shape[0]).pixelRows  // the words may have brought more rows
    return projectionOut(hidden, then: Epilogue(residual: shortcut)).asPicture(height: height, width: width)
  }
}
