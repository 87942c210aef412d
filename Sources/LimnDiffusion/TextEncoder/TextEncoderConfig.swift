import LimnNN

/// What a checkpoint's `text_encoder/config.json` says. Defaults are those of transformers' `CLIPTextConfig`.
package struct TextEncoderConfig: Sendable {
  package let vocabulary: Int
  package let features: Int
  package let innerFeatures: Int
  package let layers: Int
  package let heads: Int
  /// The longest text, in tokens with both ends.
  package let positions: Int
  package let epsilon: Float
  package let activation: Activation
  /// 2 in files written by early tools, where it is wrong; see ``TextEncoder``.
  package let endToken: Int

  /// - Throws: ``FormatError`` naming the key when a value has the wrong form or is not supported.
  package init(_ json: JSON, file: String = "text_encoder/config.json") throws {
    // A whole CLIP model keeps the text half one level down.
    let inner = json["text_config"].flatMap { $0.object == nil ? nil : $0 }
    let config = ModelConfig(inner ?? json, file: file)
    vocabulary = try config.count("vocab_size", default: 49408)
    features = try config.count("hidden_size", default: 512)
    innerFeatures = try config.count("intermediate_size", default: 2048)
    layers = try config.count("num_hidden_layers", default: 12)
    heads = try config.count("num_attention_heads", default: 8)
    positions = try config.count("max_position_embeddings", default: 77)
    epsilon = Float(try config.float("layer_norm_eps", default: 1e-5))
    activation = try Activation(config, "hidden_act", default: "quick_gelu")
    endToken = try config.int("eos_token_id", default: 49407)
    guard features % heads == 0 else {
      throw FormatError(
        "features do not divide into heads", file: file, key: "hidden_size", found: "\(features)",
        expected: "a multiple of num_attention_heads, \(heads)")
    }
  }
}
