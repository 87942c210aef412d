import LimnNN

extension ModelFiles {
  /// Reads a model folder in diffusers layout, with or without its `model_index.json`.
  ///
  /// - Throws: ``FormatError`` when a part is missing (saying what is there) or the model is of a family Limn does not run.
  package init(folder tree: any FileTree, options: ModelOptions = ModelOptions()) throws(FormatError) {
    let names = tree.list("")
    try Self.checkFamily(tree, names: names)
    var notes: [String] = []
    let unet = try Self.component("unet", of: tree, options: options, notes: &notes)
    let text = try Self.component("text_encoder", of: tree, options: options, notes: &notes)
    let vae =
      if let path = options.vae {
        try VAEFiles.load(path)
      } else {
        try Self.component("vae", of: tree, options: options, notes: &notes).part
      }
    name = tree.name
    self.unet = unet.part
    self.vae = vae
    textEncoder = text.part
    hashed = unet.bytes
    family = Self.family(unet: unet.part, text: text.part)

    let positions = text.part.config["max_position_embeddings"]?.int
    if tree.hasFolder("tokenizer") {
      let own = try ClipTokenizer(tree.subtree("tokenizer"))
      // The table of positions bounds a row; a shorter row is a choice of the tokenizer's.
      tokenizer =
        if let positions, positions < own.maxLength {
          try ClipTokenizer(tree.subtree("tokenizer"), maxLength: positions)
        } else { own }
    } else {
      tokenizer = try .standard(for: family, maxLength: positions)
      notes.append("there is no tokenizer folder: CLIP's own vocabulary is used")
    }
    if let scheduler = try tree.json("scheduler/scheduler_config.json") {
      self.scheduler = scheduler
      // Absent means epsilon: that is the default of every scheduler class.
      let spelling = scheduler["prediction_type"]?.string ?? "epsilon"
      prediction = PredictionKind(spelling: spelling)
      if prediction == nil {
        throw FormatError(
          "is not a kind of prediction", file: "\(tree.name)/scheduler/scheduler_config.json", key: "prediction_type",
          found: "'\(spelling)'", expected: FormatError.listing(PredictionKind.allCases.map(\.rawValue)))
      }
    } else {
      scheduler = LDMCheckpoint.scheduler
      notes.append("there is no scheduler folder: the schedule of \(family) is used")
    }
    notes += try Self.safetyNotes(tree, names: names)
    self.notes = notes
    if let path = options.vae { self.notes.append("the VAE is that of '\(path)'") }
    if let prediction = options.prediction { self = deciding(prediction) }
    try checkParts()
  }

  /// Names a folder that is no Stable Diffusion model before any of it is opened.
  private static func checkFamily(_ tree: any FileTree, names: [String]) throws(FormatError) {
    let index = try tree.json("model_index.json")
    let expected = "a folder of a Stable Diffusion 1.x or 2.x model"
    if let name = index?["_class_name"]?.string, let family = ModelFamily(pipelineClass: name), !family.isSupported {
      throw FormatError(
        "is \(family.withArticle), which limn cannot run", file: tree.name, found: "'\(name)'", expected: expected)
    }
    if names.contains("text_encoder_2/") {
      throw FormatError(
        "is \(ModelFamily.sdxl.withArticle), which limn cannot run", file: tree.name, found: "'text_encoder_2'",
        expected: expected)
    }
    if names.contains("transformer/") && !names.contains("unet/") {
      throw FormatError(
        "is a model with a transformer in place of a UNet, which limn cannot run", file: tree.name,
        found: "'transformer'", expected: expected)
    }
    if names.contains("unet/") { return }
    // One part of a model, given in place of the whole.
    if let config = try tree.json("config.json") {
      let part = config["_class_name"]?.string ?? config["architectures"]?.array?.first?.string ?? "one part of a model"
      throw FormatError(
        "is one part of a model", file: tree.name, found: "'\(part)'", expected: expected,
        help: "give the folder above it")
    }
    var help: String?
    if let file = names.first(where: { $0.hasSuffix(".safetensors") }) ?? names.first(where: TorchFile.isName) {
      help = "a checkpoint in one file is given as that file: '\(tree.name)/\(file)'"
    }
    throw FormatError(
      "there is no 'unet' folder in it", file: tree.name,
      found: names.isEmpty ? "nothing" : FormatError.listing(names, first: 10),
      expected: expected, help: help)
  }

  private static func component(
    _ folder: String, of tree: any FileTree, options: ModelOptions, notes: inout [String]
  ) throws(FormatError) -> (part: ComponentFiles, bytes: [Bytes]) {
    guard tree.hasFolder(folder) else {
      throw FormatError(
        "there is no '\(folder)' folder in it", file: tree.name, found: FormatError.listing(tree.list(""), first: 10),
        help: folder == "vae" ? "'vae:' takes one from elsewhere" : nil)
    }
    guard let config = try tree.json("\(folder)/config.json") else {
      throw FormatError(
        "there is no 'config.json'", file: "\(tree.name)/\(folder)", found: FormatError.listing(tree.list(folder)))
    }
    let files = WeightFiles(tree, folder: folder)
    let opened = try files.open(variant: choose(options.variant, of: files, folder: folder, notes: &notes))
    return (ComponentFiles(name: "\(tree.name)/\(folder)", config: config, weights: opened.weights), opened.bytes)
  }

  /// The variant to open: the one asked for, else the plain files, else the only one there is.
  private static func choose(_ asked: String?, of files: WeightFiles, folder: String, notes: inout [String]) -> String?
  {
    let there = files.variants
    if there.isEmpty || there.contains(asked) { return asked }
    let taken = there.contains(nil) ? nil : there[0]
    let name = taken.map { "the '\($0)' files" } ?? "the plain files"
    notes.append(
      asked.map { "'\(folder)' has no variant '\($0)': \(name) are used" }
        ?? "'\(folder)' has only variants: \(name) are used")
    return taken
  }

  private static func family(unet: ComponentFiles, text: ComponentFiles) -> ModelFamily {
    let isSecond = unet.config["use_linear_projection"]?.bool == true || text.config["hidden_act"]?.string == "gelu"
    return isSecond ? .sd2 : .sd1
  }

  private static func safetyNotes(_ tree: any FileTree, names: [String]) throws(FormatError) -> [String] {
    let entry = try tree.json("model_index.json")?["safety_checker"]?.array
    let isNamed = entry?.contains { $0.string != nil } == true
    guard isNamed || names.contains("safety_checker/") else { return [] }
    return ["the model comes with a safety checker: it is not applied"]
  }
}
