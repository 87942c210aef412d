import LimnNN
import LimnTensor

/// The middle of encoder and decoder: a resnet, one-headed attention, a resnet.
struct VAEMiddle: Sendable {
  /// The autoencoder's norms have their own constant, whatever the config says.
  static let epsilon: Float = 1e-6

  let first: ResnetBlock
  /// nil when `mid_block_add_attention` is false.
  let attention: VAEAttention?
  let second: ResnetBlock

  init(config: VAEConfig, weights: WeightReader) throws {
    let channels = config.channels.last!
    func resnet(_ index: Int) throws -> ResnetBlock {
      try ResnetBlock(
        weights.scoped("resnets.\(index)"), inputs: channels, outputs: channels, timeFeatures: nil,
        groups: config.groups, epsilon: Self.epsilon)
    }
    first = try resnet(0)
    attention =
      config.attendsInMiddle
      ? try VAEAttention(weights.scoped("attentions.0"), channels: channels, groups: config.groups) : nil
    second = try resnet(1)
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    let hidden = first(x)
    return second(attention.map { $0(hidden) } ?? hidden)
  }
}

/// Self-attention over all cells with one head, beside a shortcut.
///
/// Checkpoints before diffusers 0.12 call the projections `query`, `key`, `value` and `proj_attn`.
///
/// - Shape: `x [N, C, H, W]` → the same.
struct VAEAttention: Sendable {
  let norm: GroupNorm
  let query: Linear
  let key: Linear
  let value: Linear
  let output: Linear

  init(_ weights: WeightReader, channels: Int, groups: Int) throws {
    norm = try GroupNorm(weights.scoped("group_norm"), channels: channels, groups: groups, epsilon: VAEMiddle.epsilon)
    func projection(_ name: String, before oldName: String) throws -> Linear {
      let isOld = !weights.has("\(name).weight") && weights.has("\(oldName).weight")
      return try Linear(weights.scoped(isOld ? oldName : name), inputs: channels, outputs: channels)
    }
    query = try projection("to_q", before: "query")
    key = try projection("to_k", before: "key")
    value = try projection("to_v", before: "value")
    output = try projection("to_out.0", before: "proj_attn")
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    let rows = norm(x).pixelRows  // [N, H·W, C]
    let mixed = attention(query(rows), key(rows), value(rows), heads: 1, precision: query.precision)
    return output(mixed, then: Epilogue(residual: x.pixelRows)).asPicture(height: x.shape[2], width: x.shape[3])
  }
}
