/// What the keys of a LoRA file say: which layer, and which of its parts. One place for the spellings of all tools.
struct AdapterKey: Equatable {
  enum Part { case down, up, alpha }

  /// How the layer is named.
  enum Layer: Hashable {
    /// `unet.mid_block.attentions.0.….to_q`, or without its part where the tool leaves that out.
    case path(String)
    /// kohya's, dots as underscores: `unet_mid_block_attentions_0_…_to_q`.
    case joined(String)
  }

  let layer: Layer
  let part: Part

  /// Ends of keys that are the matrices, in the spellings of PEFT, of diffusers before and of kohya.
  private static let ends: [(end: String, part: Part)] = [
    (".lora_A.weight", .down), (".lora_B.weight", .up), (".lora_A.default.weight", .down), (".lora_B.default.weight", .up),
    (".lora_linear_layer.down.weight", .down), (".lora_linear_layer.up.weight", .up),
    (".lora.down.weight", .down), (".lora.up.weight", .up), (".lora_down.weight", .down), (".lora_up.weight", .up),
    ("_lora.down.weight", .down), ("_lora.up.weight", .up), (".alpha", .alpha),
  ]

  /// - Returns: nil for a key that is no part of a low-rank layer.
  init?(_ key: String) {
    guard let (end, part) = Self.ends.first(where: { key.hasSuffix($0.end) }) else { return nil }
    self.part = part
    var path = String(key.dropLast(end.count))
    if let start = ["lora_unet_", "lora_te_", "lora_te1_"].first(where: { path.hasPrefix($0) }) {
      guard !path.contains(".") else { return nil }
      layer = .joined((start == "lora_unet_" ? "unet_" : "text_encoder_") + path.dropFirst(start.count))
      return
    }
    if path.hasPrefix("base_model.model.") { path = String(path.dropFirst("base_model.model.".count)) }
    if path.hasSuffix(".lora") { path = String(path.dropLast(".lora".count)) }  // `….lora.alpha`
    // diffusers of 2023 kept them in attention processors: `attn1.processor.to_out_lora`.
    if let range = path.lastRange(of: ".processor.") {
      let name = path[range.upperBound...]
      path = path[..<range.lowerBound] + "." + (name == "to_out" || name == "to_out_lora" ? "to_out.0" : name.hasSuffix("_lora") ? String(name.dropLast(5)) : String(name))
    }
    layer = .path(path)
  }
}

extension String {
  /// The last place of a text in this one.
  fileprivate func lastRange(of text: String) -> Range<String.Index>? {
    let all = Array(utf8), wanted = Array(text.utf8)
    guard wanted.count <= all.count, let first = (0...(all.count - wanted.count)).last(where: { all[$0..<$0 + wanted.count].elementsEqual(wanted) }) else { return nil }
    return utf8.index(startIndex, offsetBy: first)..<utf8.index(startIndex, offsetBy: first + wanted.count)
  }
}

/// Finds the weight that a layer of a LoRA file stands beside.
struct AdapterPlaces {
  /// Full names of weights, by their paths as files may spell them.
  private var weights: [AdapterKey.Layer: String] = [:]

  init(_ model: Model) {
    for part in [ModelPart.textEncoder, .unet] {
      for name in model.parameterNames(of: part) where name.hasSuffix(".weight") {
        let path = String(name.dropLast(".weight".count))
        for spelling in Self.spellings(path, layers: model.unet.config.layers[0]) {
          weights[.path(spelling)] = name
          weights[.joined(Self.joined(spelling))] = name
        }
        if part == .unet { weights[.path(String(path.dropFirst("unet.".count)))] = name }
      }
    }
  }

  subscript(_ layer: AdapterKey.Layer) -> String? { weights[layer] }

  /// The path as files spell it: with `text_model.`, which only models of 2026 leave out.
  static func written(_ path: String) -> String {
    let start = "text_encoder."
    guard path.hasPrefix(start), !path.hasPrefix(start + "text_model.") else { return path }
    return start + "text_model." + path.dropFirst(start.count)
  }

  /// The path in a part without `text_model.`.
  static func bare(_ path: String) -> String { path.hasPrefix("text_model.") ? String(path.dropFirst("text_model.".count)) : path }

  static func joined(_ path: String) -> String { String(path.map { $0 == "." ? "_" : $0 }) }

  /// The path, without `text_model.` and with it, and of the UNet's blocks as LDM numbers them, which some trainers use.
  private static func spellings(_ path: String, layers: Int) -> [String] {
    let start = "text_encoder."
    if path.hasPrefix(start) {
      let rest = path.dropFirst(start.count)
      return [path, rest.hasPrefix("text_model.") ? start + rest.dropFirst("text_model.".count) : start + "text_model." + rest]
    }
    return [path] + (ldm(path.split(separator: "."), layers: layers).map { [$0] } ?? [])
  }

  /// `unet.down_blocks.1.attentions.0.proj_in` → `unet.input_blocks.4.1.proj_in`, where each block has `layers` and one more for its sampler.
  private static func ldm(_ path: [Substring], layers: Int) -> String? {
    guard path.count >= 5 else { return nil }
    let rest = path[4...].joined(separator: ".")
    let isAttention = path[2] == "attentions" || path[3] == "attentions"
    if path[1] == "mid_block" {
      return isAttention ? "unet.middle_block.1.\(path[4...].joined(separator: "."))" : resnet(rest).map { "unet.middle_block.\(path[3] == "0" ? 0 : 2).\($0)" }
    }
    guard path.count >= 6, let block = Int(path[2]), let layer = Int(path[4]) else { return nil }
    let inner = path[5...].joined(separator: ".")
    switch (path[1], path[3]) {
    case ("down_blocks", "attentions"): return "unet.input_blocks.\(1 + block * (layers + 1) + layer).1.\(inner)"
    case ("down_blocks", "resnets"): return resnet(inner).map { "unet.input_blocks.\(1 + block * (layers + 1) + layer).0.\($0)" }
    case ("down_blocks", "downsamplers"): return "unet.input_blocks.\((block + 1) * (layers + 1)).0.op"
    case ("up_blocks", "attentions"): return "unet.output_blocks.\(block * (layers + 1) + layer).1.\(inner)"
    case ("up_blocks", "resnets"): return resnet(inner).map { "unet.output_blocks.\(block * (layers + 1) + layer).0.\($0)" }
    default: return nil
    }
  }

  private static func resnet(_ name: String) -> String? {
    ["conv1": "in_layers.2", "conv2": "out_layers.3", "time_emb_proj": "emb_layers.1", "conv_shortcut": "skip_connection"][name]
  }
}
