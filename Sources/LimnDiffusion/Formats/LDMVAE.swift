import LimnNN

/// The autoencoder of an LDM checkpoint: its keys renamed to diffusers', its config worked out from their shapes.
struct LDMVAE {
  private(set) var weights: [String: Weight] = [:]
  private(set) var unused: [String] = []
  let config: JSON

  /// - Parameter prefix: `first_stage_model.` in a checkpoint, nothing in a file that holds only the VAE.
  init(_ file: SafetensorsFile, prefix: String) throws(FormatError) {
    let names = file.entries.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    var levels = 0
    while file.entries["\(prefix)decoder.up.\(levels).block.0.conv1.weight"] != nil { levels += 1 }
    config = try Self.config(file) {
      "\(prefix)encoder.down.\($0).block.\($1).conv1.weight"
    } conv: {
      "\(prefix)\($0)"
    }
    for name in names {
      guard let renamed = Self.renamed(name, levels: levels) else {
        // The discriminator and the perceptual loss of the autoencoder's own training.
        if !name.hasPrefix("loss.") { unused.append(prefix + name) }
        continue
      }
      // Attention was once a 1×1 convolution: [C, C, 1, 1] is read as the matrix it is.
      let shape = file.entries[prefix + name]!.shape
      let isPoint = renamed.contains(".attentions.") && shape.count == 4 && shape[2] == 1 && shape[3] == 1
      weights[renamed] = try file.weight(prefix + name, as: renamed, shape: isPoint ? Array(shape[..<2]) : nil)
    }
    unused.sort()
  }

  /// The config of a VAE file in diffusers naming that has none beside it.
  static func config(diffusersKeysOf file: SafetensorsFile) throws(FormatError) -> JSON {
    try config(file) {
      "encoder.down_blocks.\($0).resnets.\($1).conv1.weight"
    } conv: {
      $0
    }
  }

  private static func config(
    _ file: SafetensorsFile, block: (Int, Int) -> String, conv: (String) -> String
  ) throws(FormatError) -> JSON {
    func shape(_ key: String) -> [Int]? { file.entries[key]?.shape }
    var channels: [Int] = []
    while let width = shape(block(channels.count, 0))?.first { channels.append(width) }
    var layers = 0
    while shape(block(0, layers)) != nil { layers += 1 }
    guard !channels.isEmpty, let first = shape(conv("encoder.conv_in.weight")), first.count == 4,
      let latent = shape(conv("decoder.conv_in.weight")), latent.count == 4,
      let last = shape(conv("decoder.conv_out.weight"))?.first
    else { throw FormatError("the VAE is not whole: its first or last convolutions are missing", file: file.name) }
    func types(_ name: String) -> JSON { .array(channels.map { _ in .string(name) }) }
    return [
      "_class_name": "AutoencoderKL", "act_fn": "silu", "block_out_channels": .array(channels.map { .int($0) }),
      "down_block_types": types("DownEncoderBlock2D"), "in_channels": .int(first[1]),
      "latent_channels": .int(latent[1]),
      "layers_per_block": .int(layers), "norm_num_groups": 32, "out_channels": .int(last), "sample_size": 512,
      "scaling_factor": 0.18215, "up_block_types": types("UpDecoderBlock2D"),
    ]
  }

  /// The diffusers name of a key, nil when it is no part of a VAE.
  private static func renamed(_ name: String, levels: Int) -> String? {
    let parts = name.split(separator: ".").map(String.init)
    if ["quant_conv", "post_quant_conv"].contains(parts[0]) { return name }
    guard parts.count >= 3, ["encoder", "decoder"].contains(parts[0]) else { return nil }
    let side = parts[0]
    switch parts[1] {
    case "conv_in", "conv_out": return name
    case "norm_out": return "\(side).conv_norm_out.\(parts[2])"
    case "down", "up": return level(parts, levels: levels)
    case "mid": return middle(parts)
    default: return nil
    }
  }

  /// `decoder.up.3.block.0.nin_shortcut.weight` → `decoder.up_blocks.0.resnets.0.conv_shortcut.weight`.
  private static func level(_ parts: [String], levels: Int) -> String? {
    guard parts.count >= 5, let number = Int(parts[2]) else { return nil }
    // LDM counts the decoder's levels from the finest, diffusers in the order they run.
    let block = parts[1] == "down" ? "down_blocks.\(number)" : "up_blocks.\(levels - 1 - number)"
    let start = "\(parts[0]).\(block)"
    switch parts[3] {
    case "downsample": return "\(start).downsamplers.0.\(parts[4...].joined(separator: "."))"
    case "upsample": return "\(start).upsamplers.0.\(parts[4...].joined(separator: "."))"
    case "block" where parts.count == 7:
      return "\(start).resnets.\(parts[4]).\(parts[5] == "nin_shortcut" ? "conv_shortcut" : parts[5]).\(parts[6])"
    default: return nil
    }
  }

  private static let attention = ["norm": "group_norm", "q": "to_q", "k": "to_k", "v": "to_v", "proj_out": "to_out.0"]

  private static func middle(_ parts: [String]) -> String? {
    guard parts.count == 5 else { return nil }
    switch parts[2] {
    case "block_1": return "\(parts[0]).mid_block.resnets.0.\(parts[3]).\(parts[4])"
    case "block_2": return "\(parts[0]).mid_block.resnets.1.\(parts[3]).\(parts[4])"
    case "attn_1": return attention[parts[3]].map { "\(parts[0]).mid_block.attentions.0.\($0).\(parts[4])" }
    default: return nil
    }
  }
}
