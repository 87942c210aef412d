import LimnNN

/// What LDM checkpoints have in common, and what their files do not say.
enum LDMCheckpoint {
  /// The noise schedule every 1.x and 2.x checkpoint was trained with, spelled as a diffusers scheduler config.
  static let scheduler: JSON = [
    "_class_name": "DDIMScheduler", "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085,
    "clip_sample": false, "num_train_timesteps": 1000, "set_alpha_to_one": false, "skip_prk_steps": true,
    "steps_offset": 1,
    "timestep_spacing": "leading",
  ]

  /// Buffers of the training schedule and of LDM's wrappers: worked out anew, so their keys are passed over.
  static func isBuffer(_ key: String) -> Bool {
    let names = [
      "betas", "alphas_cumprod", "alphas_cumprod_prev", "sqrt_alphas_cumprod", "sqrt_one_minus_alphas_cumprod",
      "log_one_minus_alphas_cumprod", "sqrt_recip_alphas_cumprod", "sqrt_recipm1_alphas_cumprod", "posterior_variance",
      "posterior_log_variance_clipped", "posterior_mean_coef1", "posterior_mean_coef2", "logvar", "lvlb_weights",
      "scale_factor", "v_pred", "ztsnr", "global_step",
    ]
    return names.contains(key) || key.hasPrefix("cond_stage_model.") && key.hasSuffix("position_ids")
  }
}

extension ModelFiles {
  /// Reads a checkpoint in one `.safetensors` file, in LDM naming.
  ///
  /// Configs come from `options.config`, else from a diffusers folder the file lies in when that fits it, else from the
  /// shapes of the weights. What the UNet predicts comes from the options, a yaml file of the same name, the file's own
  /// metadata, or that config; when none says, ``prediction`` stays nil.
  ///
  /// - Throws: ``FormatError`` that says what the file is, when it is no 1.x or 2.x checkpoint.
  package init(singleFile path: String, options: ModelOptions = ModelOptions()) throws(FormatError) {
    let bytes = try Bytes.mapping(path)
    let file = try SafetensorsFile.weights(bytes, name: path)
    family = ModelFamily(of: file)
    try Self.checkFamily(family, file)
    name = path
    hashed = [bytes]
    isInferred = true
    notes = []

    let unet = try LDMUNet(file, prefix: "model.diffusion_model.")
    let text = try LDMText(file, family: family)
    self.unet = ComponentFiles(name: "\(path) (unet)", config: unet.config, weights: unet.weights)
    textEncoder = ComponentFiles(name: "\(path) (text encoder)", config: text.config, weights: text.weights)
    var unused = unet.unused + text.unused
    if let other = options.vae {
      vae = try VAEFiles.load(other)
      notes.append("the VAE is that of '\(other)'")
    } else if file.entries.keys.contains(where: { $0.hasPrefix("first_stage_model.") }) {
      let own = try LDMVAE(file, prefix: "first_stage_model.")
      vae = ComponentFiles(name: "\(path) (vae)", config: own.config, weights: own.weights)
      unused += own.unused
    } else {
      throw FormatError(
        "holds no VAE", file: path, expected: "keys such as 'first_stage_model.…'",
        help: "'vae:' takes one from elsewhere")
    }
    scheduler = LDMCheckpoint.scheduler
    let configs = try Self.configs(for: path, options: options, unet: unet.config, text: text.config)
    if let configs, configs.tree.hasFolder("tokenizer") {
      tokenizer = try ClipTokenizer(configs.tree.subtree("tokenizer"))
    } else {
      tokenizer = try .standard(for: family, maxLength: text.config["max_position_embeddings"]?.int)
    }
    if let configs { try take(configs.tree, ownVAE: options.vae == nil) }
    noteKeys(file, unused: unused)
    try decidePrediction(file, options: options)
    try checkParts()
  }

  /// The configs a checkpoint in one file would get from its shapes alone.
  package static func inferredConfigs(singleFile path: String) throws(FormatError) -> (
    unet: JSON, vae: JSON, text: JSON
  ) {
    let file = try SafetensorsFile(path: path)
    let family = ModelFamily(of: file)
    try checkFamily(family, file)
    return (
      try LDMUNet(file, prefix: "model.diffusion_model.").config, try LDMVAE(file, prefix: "first_stage_model.").config,
      try LDMText(file, family: family).config
    )
  }

  private static func checkFamily(_ family: ModelFamily, _ file: SafetensorsFile) throws(FormatError) {
    let folder = file.name.splitLastComponent.folder
    func wrong(_ problem: String, help: String? = nil) -> FormatError {
      FormatError(problem, file: file.name, expected: "a Stable Diffusion 1.x or 2.x checkpoint", help: help)
    }
    switch family {
    case .sd1, .sd2:
      guard file.entries.keys.contains(where: { $0.hasPrefix("cond_stage_model.") }) else {
        throw wrong("holds a UNet but no text encoder")
      }
    case .vae: throw wrong("is a VAE alone", help: "it can be given as 'vae:' of a model")
    case .unet, .textEncoder:
      let isPart = FileKind(at: "\(folder)/config.json") == .file
      throw wrong(
        "is \(family.withArticle)",
        help: isPart ? "give the model's folder, '\(folder.splitLastComponent.folder)'" : nil)
    case .unknown:
      throw wrong("holds no model limn knows: its keys are such as \(FormatError.listing(file.keys, first: 3))")
    default: throw wrong("is \(family.withArticle)")
    }
  }

  // MARK: Configs from a folder

  /// The diffusers folder whose configs are taken: the one asked for, or the one the file lies in when it fits.
  private static func configs(
    for path: String, options: ModelOptions, unet: JSON, text: JSON
  ) throws(FormatError) -> (tree: any FileTree, isAsked: Bool)? {
    let folder = path.splitLastComponent.folder
    let isAsked = options.config != nil
    let tree: any FileTree
    if let config = options.config {
      guard case .tree(let found) = try ModelSource(config, revision: options.revision) else {
        throw FormatError("is not a folder of configs", file: config, expected: "a folder in diffusers layout")
      }
      tree = found
    } else {
      tree = FolderTree(folder.isEmpty ? "." : folder)
    }
    let pairs = [
      (
        "unet/config.json", unet,
        ["block_out_channels", "in_channels", "out_channels", "cross_attention_dim", "layers_per_block"]
      ),
      ("text_encoder/config.json", text, ["hidden_size", "num_hidden_layers", "vocab_size", "intermediate_size"]),
    ]
    for (part, inferred, keys) in pairs {
      guard let config = try tree.json(part) else {
        if isAsked {
          throw FormatError("there is no '\(part)' in it", file: tree.name, found: FormatError.listing(tree.list("")))
        }
        return nil
      }
      if let key = keys.first(where: { config[$0] != inferred[$0] }) {
        if !isAsked { return nil }  // a file that happens to lie in another model's folder
        throw FormatError(
          "the config is for another model", file: "\(tree.name)/\(part)", key: key,
          found: config[key].map { "\($0)" }, expected: inferred[key].map { "\($0)" })
      }
    }
    return (tree, isAsked)
  }

  private mutating func take(_ tree: any FileTree, ownVAE: Bool) throws(FormatError) {
    unet.config = try tree.json("unet/config.json") ?? unet.config
    textEncoder.config = try tree.json("text_encoder/config.json") ?? textEncoder.config
    if ownVAE, let config = try tree.json("vae/config.json"),
      config["block_out_channels"] == vae.config["block_out_channels"]
    {
      vae.config = config
    }
    if let schedule = try tree.json("scheduler/scheduler_config.json") {
      scheduler = schedule
      prediction = PredictionKind(spelling: schedule["prediction_type"]?.string ?? "epsilon")
    }
    isInferred = false
    notes.append("the configs are those of '\(tree.name)'")
  }

  // MARK: What the UNet predicts

  private mutating func decidePrediction(_ file: SafetensorsFile, options: ModelOptions) throws(FormatError) {
    let stem = name.hasSuffix(".safetensors") ? String(name.dropLast(".safetensors".count)) : name
    for path in ["\(stem).yaml", "\(stem).yml"] where FileKind(at: path) == .file {
      let yaml = try Bytes.mapping(path).text(file: path)
      if let start = FlatYAML.value(of: "linear_start", in: yaml).flatMap(Double.init),
        let end = FlatYAML.value(of: "linear_end", in: yaml).flatMap(Double.init)
      {
        scheduler = scheduler.with("beta_start", .number(start)).with("beta_end", .number(end))
      }
      // LDM's default is epsilon, so a yaml without the line says that.
      let spelling = FlatYAML.value(of: "parameterization", in: yaml) ?? "eps"
      guard let said = PredictionKind(spelling: spelling) else {
        throw FormatError(
          "is not a kind of prediction", file: path, key: "parameterization", found: "'\(spelling)'",
          expected: "'eps' or 'v'")
      }
      self = deciding(said)
      notes.append(
        "'\(path.splitLastComponent.name)' says that the model predicts \(said == .velocity ? "v" : said.rawValue)")
    }
    if prediction == nil, let said = file.metadata("modelspec.prediction_type").flatMap(PredictionKind.init(spelling:))
    {
      self = deciding(said)
    }
    if file.entries["v_pred"] != nil { self = deciding(.velocity) }  // the mark webui and ComfyUI look for
    if file.entries["ztsnr"] != nil { scheduler = scheduler.with("rescale_betas_zero_snr", true) }
    if let asked = options.prediction { self = deciding(asked) }
    if let prediction { self = deciding(prediction) }
  }

  private mutating func noteKeys(_ file: SafetensorsFile, unused: [String]) {
    let parts = ["model.diffusion_model.", "first_stage_model.", LDMText.clipPrefix, LDMText.openPrefix]
    var strangers = unused
    var averages = 0
    for key in file.entries.keys {
      if key.hasPrefix("model_ema.") {
        averages += 1
      } else if !LDMCheckpoint.isBuffer(key), !parts.contains(where: { key.hasPrefix($0) }) {
        strangers.append(key)
      }
    }
    if averages > 0 {
      notes.append("\(averages) keys of an averaged copy ('model_ema.…') are skipped: the plain weights are used")
    }
    if !strangers.isEmpty {
      notes.append("\(strangers.count) keys are not used: \(FormatError.listing(strangers.sorted()))")
    }
  }
}

/// Reads single values out of LDM's yaml files, which nest plain `key: value` lines.
enum FlatYAML {
  /// The first value of `key` at any depth, without quotes and comment.
  static func value(of key: String, in text: String) -> String? {
    for line in text.split(whereSeparator: \.isNewline) {
      let line = line.drop { $0 == " " || $0 == "\t" || $0 == "-" }
      guard line.hasPrefix(key + ":") else { continue }
      let value = line.dropFirst(key.count + 1).prefix { $0 != "#" }
      return String(value.filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" })
    }
    return nil
  }
}

extension ClipTokenizer {
  /// CLIP's own vocabulary, which checkpoints in one file do not hold. 2.x pads with the id 0 (`!`), 1.x with the end mark.
  static func standard(for family: ModelFamily, maxLength: Int?) throws(FormatError) -> ClipTokenizer {
    try ClipTokenizer(EmbeddedTree("clip-tokenizer"), maxLength: maxLength, pad: family == .sd2 ? "!" : nil)
  }
}
