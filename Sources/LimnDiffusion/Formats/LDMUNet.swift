import LimnNN

/// The UNet of an LDM checkpoint: its keys renamed to diffusers', its config worked out from which keys there are.
///
/// LDM numbers its blocks through (`input_blocks.1`, `.2`, …), a downsampler taking a number of its own; diffusers
/// counts blocks, and layers within them. Inside an attention block the names agree.
struct LDMUNet {
  private(set) var weights: [String: Weight] = [:]
  /// Keys below the prefix that are no part of a UNet.
  private(set) var unused: [String] = []
  private(set) var config: JSON = .null
  /// `input_blocks.4.0` → `down_blocks.1.resnets.0`: the place each LDM block takes.
  private var places: [String: String] = [:]
  private var channels: [Int] = []
  private var hasAttention: [Bool] = []

  private static let resnet = [
    "in_layers.0": "norm1", "in_layers.2": "conv1", "emb_layers.1": "time_emb_proj", "out_layers.0": "norm2",
    "out_layers.3": "conv2", "skip_connection": "conv_shortcut",
  ]

  /// - Parameter prefix: What the keys of the UNet begin with, `model.diffusion_model.`.
  init(_ file: SafetensorsFile, prefix: String) throws(FormatError) {
    let names = Set(file.entries.keys.lazy.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) })
    func shape(_ name: String) -> [Int]? { file.entries[prefix + name]?.shape }
    func wrong(_ problem: String) -> FormatError { FormatError(problem, file: file.name) }

    let layers = try placeDown(names, shape, wrong)
    places["input_blocks.0.0"] = "conv_in"
    places["time_embed.0"] = "time_embedding.linear_1"
    places["time_embed.2"] = "time_embedding.linear_2"
    places["out.0"] = "conv_norm_out"
    places["out.2"] = "conv_out"
    places["middle_block.0"] = "mid_block.resnets.0"
    places["middle_block.1"] = "mid_block.attentions.0"
    places["middle_block.2"] = "mid_block.resnets.1"
    try placeUp(names, layers: layers, wrong)
    try makeConfig(names, layers: layers, shape, wrong)

    for name in names {
      if let renamed = renamed(name) {
        weights[renamed] = try file.weight(prefix + name, as: renamed)
      } else {
        unused.append(prefix + name)
      }
    }
    unused.sort()
  }

  /// Walks the input blocks; returns how many layers a block has.
  private mutating func placeDown(
    _ names: Set<String>, _ shape: (String) -> [Int]?, _ wrong: (String) -> FormatError
  ) throws(FormatError) -> Int {
    var counts: [Int] = [0]
    hasAttention = [false]
    var number = 1
    while true {
      let block = "input_blocks.\(number)"
      let at = counts.count - 1
      if names.contains("\(block).0.op.weight") {
        places["\(block).0.op"] = "down_blocks.\(at).downsamplers.0.conv"
        counts.append(0)
        hasAttention.append(false)
      } else if let width = shape("\(block).0.out_layers.3.weight")?.first {
        places["\(block).0"] = "down_blocks.\(at).resnets.\(counts[at])"
        if names.contains("\(block).1.proj_in.weight") {
          places["\(block).1"] = "down_blocks.\(at).attentions.\(counts[at])"
          hasAttention[at] = true
        }
        if counts[at] == 0 { channels.append(width) }
        counts[at] += 1
      } else {
        break
      }
      number += 1
    }
    guard let layers = counts.first, layers > 0, counts.allSatisfy({ $0 == layers }), channels.count == counts.count
    else {
      throw wrong("the UNet's input blocks are not those of Stable Diffusion: found \(counts) layers a block")
    }
    return layers
  }

  private mutating func placeUp(_ names: Set<String>, layers: Int, _ wrong: (String) -> FormatError) throws(FormatError)
  {
    let perBlock = layers + 1
    for number in 0..<channels.count * perBlock {
      let block = "output_blocks.\(number)"
      let (at, layer) = number.quotientAndRemainder(dividingBy: perBlock)
      guard names.contains("\(block).0.out_layers.3.weight") else { throw wrong("the UNet has no '\(block)'") }
      places["\(block).0"] = "up_blocks.\(at).resnets.\(layer)"
      for part in 1...2 {
        if names.contains("\(block).\(part).proj_in.weight") {
          places["\(block).\(part)"] = "up_blocks.\(at).attentions.\(layer)"
        } else if names.contains("\(block).\(part).conv.weight") {
          places["\(block).\(part).conv"] = "up_blocks.\(at).upsamplers.0.conv"
        }
      }
    }
  }

  private mutating func makeConfig(
    _ names: Set<String>, layers: Int, _ shape: (String) -> [Int]?, _ wrong: (String) -> FormatError
  ) throws(FormatError) {
    guard let first = shape("input_blocks.0.0.weight"), first.count == 4, let last = shape("out.2.weight")?.first else {
      throw wrong("the UNet has no first or last convolution")
    }
    guard let projection = names.first(where: { $0.hasSuffix(".1.proj_in.weight") }).flatMap(shape),
      let key = names.first(where: { $0.hasSuffix(".attn2.to_k.weight") }).flatMap(shape), key.count == 2
    else { throw wrong("the UNet has no cross-attention") }
    if names.contains(where: { $0.contains(".transformer_blocks.1.") }) {
      throw wrong("the UNet has more than one transformer layer a block, which Stable Diffusion 1.x and 2.x do not")
    }
    let isLinear = projection.count == 2
    // The checkpoint does not hold how many heads there are: 1.x has 8 everywhere, 2.x heads of 64 channels.
    let heads: JSON = isLinear ? .array(channels.map { .int(max(1, $0 / 64)) }) : 8
    func types(_ flags: some Sequence<Bool>, _ side: String) -> JSON {
      .array(flags.map { .string($0 ? "CrossAttn\(side)Block2D" : "\(side)Block2D") })
    }
    config = [
      "_class_name": "UNet2DConditionModel", "act_fn": "silu", "attention_head_dim": heads,
      "block_out_channels": .array(channels.map { .int($0) }), "center_input_sample": false,
      "cross_attention_dim": .int(key[1]), "down_block_types": types(hasAttention, "Down"), "downsample_padding": 1,
      "flip_sin_to_cos": true, "freq_shift": 0, "in_channels": .int(first[1]), "layers_per_block": .int(layers),
      "mid_block_scale_factor": 1, "norm_eps": 1e-5, "norm_num_groups": 32, "out_channels": .int(last),
      "sample_size": 64,
      "up_block_types": types(hasAttention.reversed(), "Up"), "use_linear_projection": .bool(isLinear),
    ]
  }

  /// The diffusers name of a key below the prefix, nil when it has no place in a UNet.
  private func renamed(_ name: String) -> String? {
    let parts = name.split(separator: ".").map(String.init)
    // The longest start that has a place: `input_blocks.3.0.op` before `input_blocks.3.0`.
    for count in [4, 3, 2] where parts.count > count {
      guard let place = places[parts[..<count].joined(separator: ".")] else { continue }
      let rest = parts[count...].joined(separator: ".")
      guard place.contains(".resnets.") else { return "\(place).\(rest)" }
      for (ldm, diffusers) in Self.resnet where rest.hasPrefix(ldm + ".") {
        return "\(place).\(diffusers)\(rest.dropFirst(ldm.count))"
      }
      return nil
    }
    return nil
  }
}
