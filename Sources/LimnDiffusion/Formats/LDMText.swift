import LimnNN

/// The text encoder of an LDM checkpoint: CLIP in transformers' naming (1.x) or OpenCLIP in its own (2.x).
struct LDMText {
  private(set) var weights: [String: Weight] = [:]
  private(set) var unused: [String] = []
  private(set) var config: JSON = .null

  static let clipPrefix = "cond_stage_model.transformer."
  static let openPrefix = "cond_stage_model.model."

  init(_ file: SafetensorsFile, family: ModelFamily) throws(FormatError) {
    if family == .sd2 { try readOpenCLIP(file) } else { try readCLIP(file) }
    unused.sort()
  }

  private mutating func readCLIP(_ file: SafetensorsFile) throws(FormatError) {
    for key in file.entries.keys where key.hasPrefix(Self.clipPrefix) && !key.hasSuffix("position_ids") {
      var name = String(key.dropFirst(Self.clipPrefix.count))
      if !name.hasPrefix("text_model.") { name = "text_model." + name }
      weights[name] = try file.weight(key, as: name)
    }
    try makeConfig(file, activation: "quick_gelu")
  }

  private mutating func makeConfig(_ file: SafetensorsFile, activation: String) throws(FormatError) {
    var layers = 0
    while weights["text_model.encoder.layers.\(layers).layer_norm1.weight"] != nil { layers += 1 }
    guard let table = weights["text_model.embeddings.token_embedding.weight"]?.shape, table.rank == 2, layers > 0,
      let positions = weights["text_model.embeddings.position_embedding.weight"]?.shape, positions.rank == 2,
      let inner = weights["text_model.encoder.layers.0.mlp.fc1.weight"]?.shape, inner.rank == 2
    else {
      throw FormatError("the text encoder is not whole: its embeddings or first layer are missing", file: file.name)
    }
    config = [
      "architectures": ["CLIPTextModel"], "bos_token_id": 0, "eos_token_id": 2, "hidden_act": .string(activation),
      "hidden_size": .int(table[1]), "intermediate_size": .int(inner[0]), "layer_norm_eps": 1e-5,
      "max_position_embeddings": .int(positions[0]), "model_type": "clip_text_model",
      // Every CLIP text encoder has heads of 64 channels; the file does not say.
      "num_attention_heads": .int(max(1, table[1] / 64)), "num_hidden_layers": .int(layers), "pad_token_id": 1,
      "vocab_size": .int(table[0]),
    ]
  }

  private static let top = [
    "token_embedding.weight": "embeddings.token_embedding.weight",
    "positional_embedding": "embeddings.position_embedding.weight",
    "ln_final.weight": "final_layer_norm.weight", "ln_final.bias": "final_layer_norm.bias",
  ]
  private static let layer = [
    "ln_1": "layer_norm1", "ln_2": "layer_norm2", "attn.out_proj": "self_attn.out_proj", "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
  ]

  private mutating func readOpenCLIP(_ file: SafetensorsFile) throws(FormatError) {
    let blocks = "transformer.resblocks."
    let names = file.entries.keys.filter { $0.hasPrefix(Self.openPrefix) }.map {
      String($0.dropFirst(Self.openPrefix.count))
    }
    var layers = 0
    while file.entries["\(Self.openPrefix)\(blocks)\(layers).ln_1.weight"] != nil { layers += 1 }
    // 2.x conditions on the output before the last layer, so that layer is left out. ViT-H has 24; a file pruned to the
    // 23 in use is taken as it is.
    let width = file.entries["\(Self.openPrefix)token_embedding.weight"]?.shape.last
    let used = width == 1024 && layers == 23 ? layers : layers - 1
    for name in names {
      if let top = Self.top[name] {
        weights["text_model.\(top)"] = try file.weight(Self.openPrefix + name, as: "text_model.\(top)")
      } else if name.hasPrefix(blocks) {
        try addLayer(name.dropFirst(blocks.count), key: Self.openPrefix + name, used: used, file)
      } else if !["text_projection", "logit_scale", "attn_mask"].contains(name) {  // parts of CLIP that conditioning does not use
        unused.append(Self.openPrefix + name)
      }
    }
    try makeConfig(file, activation: "gelu")
  }

  private mutating func addLayer(_ name: Substring, key: String, used: Int, _ file: SafetensorsFile) throws(FormatError)
  {
    guard let dot = name.firstIndex(of: "."), let number = Int(name[..<dot]) else { return unused.append(key) }
    if number >= used { return }
    let rest = name[name.index(after: dot)...]
    let start = "text_model.encoder.layers.\(number)"
    if rest == "attn.in_proj_weight" || rest == "attn.in_proj_bias" {
      let kind = rest.hasSuffix("weight") ? "weight" : "bias"
      let rows = file.entries[key]!.shape.first ?? 0
      guard rows % 3 == 0 else {
        throw FormatError(
          "is not the joined projection of queries, keys and values", file: file.name, key: key, found: "\(rows) rows")
      }
      for (part, letter) in ["q", "k", "v"].enumerated() {
        let name = "\(start).self_attn.\(letter)_proj.\(kind)"
        weights[name] = try file.weight(key, as: name, rows: part * rows / 3..<(part + 1) * rows / 3)
      }
      return
    }
    for (open, hugging) in Self.layer where rest.hasPrefix(open + ".") {
      let name = "\(start).\(hugging)\(rest.dropFirst(open.count))"
      weights[name] = try file.weight(key, as: name)
      return
    }
    unused.append(key)
  }
}
