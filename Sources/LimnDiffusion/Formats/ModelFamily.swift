import LimnNN

/// What a file of weights is, told from the names of its arrays before anything is computed.
package enum ModelFamily: String, CaseIterable, Sendable, CustomStringConvertible {
  case sd1 = "Stable Diffusion 1.x"
  case sd2 = "Stable Diffusion 2.x"
  case sdxl = "Stable Diffusion XL"
  case sd3 = "Stable Diffusion 3"
  case flux = "Flux"
  case controlNet = "ControlNet"
  case lora = "LoRA"
  case textualInversion = "textual-inversion embedding"
  case vae = "VAE"
  case unet = "UNet"
  case textEncoder = "CLIP text encoder"
  case clip = "CLIP"
  case unknown = "file of unknown kind"

  package var description: String { rawValue }

  /// The kind with its article: `a LoRA`, `an SDXL…`.
  package var withArticle: String {
    switch self {
    case .flux: "a Flux model"
    case .sd1, .sd2, .sdxl, .sd3: "a \(rawValue) checkpoint"
    case .unet: "a UNet alone"
    case .vae: "a VAE alone"
    case .textEncoder: "a CLIP text encoder alone"
    default: "a \(rawValue)"
    }
  }

  /// Whether Limn samples pictures from such a model.
  package var isSupported: Bool { self == .sd1 || self == .sd2 }

  /// Tells the kind of a file from its keys and their shapes. The most telling signs come first.
  package init(keys: some Collection<String>, shape: (String) -> [Int]?) {
    func any(_ test: (String) -> Bool) -> Bool { keys.contains(where: test) }
    func anyPrefix(_ prefixes: String...) -> Bool { any { key in prefixes.contains { key.hasPrefix($0) } } }
    func anyPart(_ parts: String...) -> Bool { any { key in parts.contains { key.contains($0) } } }

    if anyPart(".lora_down.", ".lora_up.", ".lora_A.", ".lora_B.", ".lora.down.", ".lora.up.", "_lora.down.", "_lora.up.", "hada_w1", "lokr_w1")
      || anyPrefix("lora_unet_", "lora_te_", "lora_te1_")
    {
      self = .lora
    } else if anyPrefix("control_model.", "controlnet_cond_embedding.") || anyPart("zero_convs.", "input_hint_block.") {
      self = .controlNet
    } else if anyPart("joint_blocks.", "joint_transformer_blocks.")
      || any({ $0.hasPrefix("text_encoders.t5xxl.") }) && anyPart("joint")
    {
      self = .sd3
    } else if anyPart("double_blocks.", "single_transformer_blocks.") {
      self = .flux
    } else if anyPrefix("conditioner.embedders.", "model.diffusion_model.label_emb.", "add_embedding.") {
      self = .sdxl
    } else if anyPrefix("model.diffusion_model.") {
      self = Self.checkpoint(keys: keys, shape: shape)
    } else if anyPrefix("vision_model.") {
      self = .clip
    } else if anyPrefix(
      "first_stage_model.", "encoder.down.", "decoder.up.", "encoder.down_blocks.", "decoder.up_blocks.")
    {
      self = .vae
    } else if anyPrefix("down_blocks.", "input_blocks.") {
      self = .unet
    } else if anyPrefix("text_model.", "embeddings.token_embedding.", "transformer.resblocks.") {
      self = .textEncoder
    } else if Self.looksLikeEmbedding(keys: keys, shape: shape) {
      self = .textualInversion
    } else {
      self = .unknown
    }
  }

  /// An LDM checkpoint: the text encoder tells the version, else the width the UNet attends to.
  private static func checkpoint(keys: some Collection<String>, shape: (String) -> [Int]?) -> ModelFamily {
    if keys.contains(where: { $0.hasPrefix("cond_stage_model.model.") }) { return .sd2 }
    if keys.contains(where: { $0.hasPrefix("cond_stage_model.transformer.") }) { return .sd1 }
    let projection = keys.first { $0.hasSuffix(".1.proj_in.weight") }
    return projection.flatMap(shape)?.count == 2 ? .sd2 : .sd1  // SD 2 projects with matrices, SD 1 with 1×1 convolutions
  }

  private static func looksLikeEmbedding(keys: some Collection<String>, shape: (String) -> [Int]?) -> Bool {
    if keys.contains("emb_params") || keys.contains("string_to_param") { return true }
    if keys.contains("clip_l") && keys.count <= 2 { return true }
    return !keys.isEmpty && keys.count <= 16
      && keys.allSatisfy { (1...2).contains(shape($0)?.count ?? 0) && !$0.hasSuffix(".weight") }
  }

  package init(of file: SafetensorsFile) {
    self.init(keys: file.entries.keys, shape: { file.entries[$0]?.shape })
  }

  /// The kind a `model_index.json` names by its pipeline class, nil when the class says nothing known.
  package init?(pipelineClass name: String) {
    if name.contains("StableDiffusionXL") {
      self = .sdxl
    } else if name.contains("StableDiffusion3") {
      self = .sd3
    } else if name.hasPrefix("Flux") {
      self = .flux
    } else {
      return nil
    }
  }
}
