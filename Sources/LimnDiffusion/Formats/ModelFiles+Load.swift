import LimnNN

extension ModelFiles {
  /// Reads the files of the model that `name` means.
  ///
  /// In this order: a model inside the binary (`sticker`), a folder in diffusers layout, a `.safetensors` checkpoint in
  /// LDM naming, a repository of the Hugging Face cache (`org/name`).
  ///
  /// - Throws: ``FormatError`` that says what the file is and what was expected, when it is no model Limn runs.
  package static func load(_ name: String, options: ModelOptions = ModelOptions()) throws(FormatError) -> ModelFiles {
    var files = switch try ModelSource(name, revision: options.revision) {
    case .tree(let tree): try ModelFiles(folder: tree, options: options)
    case .file(let path): try ModelFiles(singleFile: path, options: options)
    }
    if let precision = options.precision { files.precision = precision }
    return files
  }

  /// Checks what can be checked without running anything: parts that cannot belong to one model.
  func checkParts() throws(FormatError) {
    let table = ["text_model.embeddings.token_embedding.weight", "embeddings.token_embedding.weight"]
      .lazy.compactMap { textEncoder.weights[$0] }.first
    if let table, table.shape.rank == 2, tokenizer.vocabularySize > table.shape[0] {
      throw FormatError(
        "the tokenizer and the text encoder do not belong together", file: textEncoder.name,
        found: "\(tokenizer.vocabularySize) words in the vocabulary and \(table.shape[0]) embeddings")
    }
    if let width = textEncoder.config["hidden_size"]?.int, let wanted = unet.config["cross_attention_dim"]?.int,
      width != wanted
    {
      throw FormatError(
        "the UNet and the text encoder do not belong together", file: name,
        found: "a UNet that attends at width \(wanted) and a text encoder of width \(width)")
    }
    let latents = vae.config["latent_channels"]?.int ?? 4
    if let out = unet.config["out_channels"]?.int, out != latents {
      throw FormatError(
        "the UNet and the VAE do not belong together", file: name,
        found: "a UNet of \(out) latent channels and a VAE of \(latents)")
    }
  }
}

/// Where the files of a model are.
enum ModelSource {
  case tree(any FileTree)
  case file(String)

  init(_ name: String, revision: String) throws(FormatError) {
    let isPlain = !name.contains("/") && !name.contains("\\")
    if isPlain, let bundled = EmbeddedTree(name).list("").isEmpty ? nil : EmbeddedTree(name),
      bundled.exists("model_index.json")
    {
      self = .tree(bundled)
      return
    }
    switch FileKind(at: name) {
    case .folder: self = .tree(FolderTree(name))
    case .file:
      let (folder, file) = name.splitLastComponent
      if file.hasSuffix(".json") || file.hasSuffix(".txt") || file.hasSuffix(".yaml") {
        throw FormatError(
          "is not a model", file: name, expected: "a model folder or a file of weights",
          help: file == "model_index.json" ? "give its folder, '\(folder.isEmpty ? "." : folder)'" : nil)
      }
      self = .file(name)
    case .missing:
      if HubCache.isRepository(name), !name.hasSuffix(".safetensors"), !isPlain {
        self = .tree(try HubCache().tree(name, revision: revision))
      } else {
        throw Self.notFound(name)
      }
    }
  }

  private static func notFound(_ name: String) -> FormatError {
    let bundled = EmbeddedTree.folders.filter { EmbeddedTree($0).exists("model_index.json") }
    let (folder, file) = name.splitLastComponent
    let there = FolderTree(folder.isEmpty ? (name.hasPrefix("/") ? "/" : ".") : folder).list("")
      .map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    let nearest = nearestName(to: file, in: bundled + there)
    return FormatError(
      "there is no such model", file: name,
      expected:
        "\(FormatError.listing(bundled)), a folder in diffusers layout, a '.safetensors' file, or a repository in the Hugging Face cache",
      help: nearest.map { "did you mean '\(folder.isEmpty ? $0 : "\(folder)/\($0)")'?" })
  }
}
