import LimnNN

/// A VAE taken from elsewhere: a folder, or a file in diffusers or LDM naming.
enum VAEFiles {
  static func load(_ path: String) throws(FormatError) -> ComponentFiles {
    switch FileKind(at: path) {
    case .folder: return try load(FolderTree(path))
    case .file: return try loadFile(path)
    case .missing:
      guard HubCache.isRepository(path), path.contains("/"), !path.hasSuffix(".safetensors") else {
        throw FormatError("there is no such VAE", file: path, expected: "a folder or a file of weights")
      }
      return try load(try HubCache().tree(path))
    }
  }

  /// The folder of a VAE, or a model folder that has one.
  private static func load(_ tree: any FileTree) throws(FormatError) -> ComponentFiles {
    let folder = tree.hasFolder("vae") ? "vae" : ""
    let part = folder.isEmpty ? tree : tree.subtree(folder)
    guard let config = try part.json("config.json") else {
      throw FormatError(
        "is not the folder of a VAE", file: tree.name, found: FormatError.listing(part.list("")),
        expected: "'config.json' and weights")
    }
    if let name = config["_class_name"]?.string, name != "AutoencoderKL" {
      throw FormatError("is not a VAE", file: tree.name, found: "'\(name)'", expected: "'AutoencoderKL'")
    }
    let files = WeightFiles(tree, folder: folder)
    let variants = files.variants
    let opened = try files.open(variant: variants.isEmpty || variants.contains(nil) ? nil : variants[0])
    return ComponentFiles(name: part.name, config: config, weights: opened.weights)
  }

  private static func loadFile(_ path: String) throws(FormatError) -> ComponentFiles {
    let file = try SafetensorsFile.weights(try Bytes.mapping(path), name: path)
    let family = ModelFamily(of: file)
    guard family == .vae || family.isSupported else {
      throw FormatError("is \(family.withArticle)", file: path, expected: "a VAE")
    }
    if file.entries.keys.contains(where: { $0.hasPrefix("encoder.down_blocks.") }) {
      let (folder, _) = path.splitLastComponent
      var weights: [String: Weight] = [:]
      for key in file.entries.keys { weights[key] = try file.weight(key) }
      let beside = try FolderTree(folder.isEmpty ? "." : folder).json("config.json")
      let isItsConfig = beside?["_class_name"]?.string == "AutoencoderKL"
      let config = isItsConfig ? beside! : try LDMVAE.config(diffusersKeysOf: file)
      return ComponentFiles(name: path, config: config, weights: weights)
    }
    let prefix =
      family == .vae && !file.entries.keys.contains { $0.hasPrefix("first_stage_model.") } ? "" : "first_stage_model."
    let vae = try LDMVAE(file, prefix: prefix)
    return ComponentFiles(name: path, config: vae.config, weights: vae.weights)
  }
}
