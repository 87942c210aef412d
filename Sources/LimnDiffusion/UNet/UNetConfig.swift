import LimnNN

/// What a checkpoint's `unet/config.json` says, for the UNets of Stable Diffusion 1 and 2.
///
/// Defaults are diffusers'. A setting that would change the arithmetic and is not implemented is an error that names it.
package struct UNetConfig: Sendable {
  package let inChannels: Int
  package let outChannels: Int
  /// Channels of each level, from the outermost in.
  package let channels: [Int]
  /// Whether each level attends, in the order of `channels`, on the way down and on the way up.
  package let downAttends: [Bool]
  package let upAttends: [Bool]
  package let hasMidBlock: Bool
  package let layers: [Int]
  package let transformerLayers: [Int]
  /// Heads of each level. The key is called `attention_head_dim`: an old mix-up that every checkpoint carries.
  package let heads: [Int]
  package let contextFeatures: Int
  package let groups: Int
  package let epsilon: Float
  package let cosineFirst: Bool
  package let frequencyShift: Double
  package let downsamplePadding: Int
  package let centersInput: Bool
  /// The side of the latent the model was trained at, in latent cells; a wish, not a limit.
  package let sampleSize: Int

  /// - Throws: ``FormatError`` naming the key when a value has the wrong form or is not supported.
  package init(_ json: JSON, file: String = "unet/config.json") throws {
    let config = ModelConfig(json, file: file)
    try Self.refuseUnsupported(config)
    channels = try config.counts("block_out_channels", default: [320, 640, 1280, 1280])
    let levels = channels.count
    downAttends = try Self.attends(
      config, "down_block_types", names: ("CrossAttnDownBlock2D", "DownBlock2D"), levels: levels, plain: levels - 1)
    upAttends = try Self.attends(
      config, "up_block_types", names: ("CrossAttnUpBlock2D", "UpBlock2D"), levels: levels, plain: 0)
    switch config.json["mid_block_type"] {
    case nil, .string("UNetMidBlock2DCrossAttn"): hasMidBlock = true
    case .null: hasMidBlock = false
    case .some(let other):
      throw config.wrong("mid_block_type", other, expected: "'UNetMidBlock2DCrossAttn' or null")
    }
    inChannels = try config.count("in_channels", default: 4)
    outChannels = try config.count("out_channels", default: 4)
    layers = try config.perBlock("layers_per_block", blocks: levels, default: 2)
    transformerLayers = try config.perBlock("transformer_layers_per_block", blocks: levels, default: 1)
    let headsKey = config.value("num_attention_heads") == nil ? "attention_head_dim" : "num_attention_heads"
    heads = try config.perBlock(headsKey, blocks: levels, default: 8)
    let widths = try config.perBlock("cross_attention_dim", blocks: levels, default: 1280)
    guard let width = widths.first, widths.allSatisfy({ $0 == width }) else {
      throw config.wrong("cross_attention_dim", config.json["cross_attention_dim"]!, expected: "one width for all blocks")
    }
    contextFeatures = width
    groups = try config.count("norm_num_groups", default: 32)
    epsilon = Float(try config.float("norm_eps", default: 1e-5))
    cosineFirst = try config.bool("flip_sin_to_cos", default: true)
    frequencyShift = try config.float("freq_shift", default: 0)
    downsamplePadding = try config.int("downsample_padding", default: 1)
    centersInput = try config.bool("center_input_sample", default: false)
    sampleSize = try config.int("sample_size", default: 64)
    try checkDivisions(config)
  }

  /// Features of the time embedding.
  package var timeFeatures: Int { channels[0] * 4 }

  private static func attends(
    _ config: ModelConfig, _ key: String, names: (attending: String, plain: String), levels: Int, plain: Int
  ) throws -> [Bool] {
    let types = try config.strings(
      key, default: (0..<levels).map { $0 == plain ? names.plain : names.attending })
    guard types.count == levels else {
      throw config.wrong(key, config.json[key] ?? .null, expected: "\(levels) blocks, as 'block_out_channels' has")
    }
    return try types.map { type in
      guard type == names.attending || type == names.plain else {
        throw config.wrong(key, .string(type), expected: "'\(names.attending)' or '\(names.plain)'")
      }
      return type == names.attending
    }
  }

  private func checkDivisions(_ config: ModelConfig) throws {
    for (level, width) in channels.enumerated() {
      guard width % groups == 0 else {
        throw FormatError(
          "channels do not divide into groups", file: config.file, key: "block_out_channels", found: "\(width)",
          expected: "a multiple of norm_num_groups, \(groups)")
      }
      guard width % heads[level] == 0 else {
        throw FormatError(
          "channels do not divide into heads", file: config.file, key: "block_out_channels", found: "\(width)",
          expected: "a multiple of \(heads[level])")
      }
    }
  }

  private static func refuseUnsupported(_ config: ModelConfig) throws {
    if config.value("addition_embed_type") == "text_time" {
      throw FormatError(
        "this is a UNet of Stable Diffusion XL", file: config.file, key: "addition_embed_type", found: "\"text_time\"",
        expected: "null, as Stable Diffusion 1 and 2 have")
    }
    for key in [
      "addition_embed_type", "class_embed_type", "num_class_embeds", "encoder_hid_dim", "encoder_hid_dim_type",
      "time_cond_proj_dim", "time_embedding_dim", "time_embedding_act_fn", "timestep_post_act", "cross_attention_norm",
      "mid_block_only_cross_attention", "reverse_transformer_layers_per_block",
    ] { try config.require(key, .null) }
    try config.require("act_fn", "silu")
    try config.require("attention_type", "default")
    try config.require("time_embedding_type", "positional")
    try config.require("resnet_time_scale_shift", "default")
    for key in ["dual_cross_attention", "only_cross_attention", "resnet_skip_time_act", "class_embeddings_concat"] {
      try config.require(key, false)
    }
    for key in ["mid_block_scale_factor", "resnet_out_scale_factor"] { try config.require(key, 1) }
    for key in ["conv_in_kernel", "conv_out_kernel"] { try config.require(key, 3) }
  }
}
