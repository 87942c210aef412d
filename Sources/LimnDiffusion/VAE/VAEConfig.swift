import LimnNN

/// What a checkpoint's `vae/config.json` says. Keys that older files lack have diffusers' defaults.
package struct VAEConfig: Sendable {
  package let inChannels: Int
  package let outChannels: Int
  /// Channels of each level, from the picture in.
  package let channels: [Int]
  package let layers: Int
  package let latentChannels: Int
  package let groups: Int
  /// What an encoded latent is multiplied with before diffusion, and divided by before decoding.
  package let scalingFactor: Float
  package let attendsInMiddle: Bool
  package let hasQuantConv: Bool
  package let hasPostQuantConv: Bool
  /// The side of the pictures it was trained at, in pixels; a wish, not a limit.
  package let sampleSize: Int

  /// Pixels a latent cell stands for, along one side.
  package var downscale: Int { 1 << (channels.count - 1) }

  /// - Throws: ``FormatError`` naming the key when a value has the wrong form or is not supported.
  package init(_ json: JSON, file: String = "vae/config.json") throws {
    let config = ModelConfig(json, file: file)
    try config.require("act_fn", "silu")
    for key in ["latents_mean", "latents_std"] { try config.require(key, .null) }
    try config.require("shift_factor", 0)
    channels = try config.counts("block_out_channels", default: [64])
    for (key, name) in [("down_block_types", "DownEncoderBlock2D"), ("up_block_types", "UpDecoderBlock2D")] {
      let types = try config.strings(key, default: channels.map { _ in name })
      guard types == channels.map({ _ in name }) else {
        throw config.wrong(key, config.json[key] ?? .null, expected: "\(channels.count) of '\(name)'")
      }
    }
    inChannels = try config.count("in_channels", default: 3)
    outChannels = try config.count("out_channels", default: 3)
    layers = try config.count("layers_per_block", default: 1)
    latentChannels = try config.count("latent_channels", default: 4)
    groups = try config.count("norm_num_groups", default: 32)
    scalingFactor = Float(try config.float("scaling_factor", default: 0.18215))
    attendsInMiddle = try config.bool("mid_block_add_attention", default: true)
    hasQuantConv = try config.bool("use_quant_conv", default: true)
    hasPostQuantConv = try config.bool("use_post_quant_conv", default: true)
    sampleSize = try config.int("sample_size", default: 32)
    if let width = channels.first(where: { $0 % groups != 0 }) {
      throw FormatError(
        "channels do not divide into groups", file: file, key: "block_out_channels", found: "\(width)",
        expected: "a multiple of norm_num_groups, \(groups)")
    }
  }
}
