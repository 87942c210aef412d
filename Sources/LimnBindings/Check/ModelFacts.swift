import LimnDiffusion
import LimnNN
import LimnRuntime
import LimnTensor

/// What the files of a model say before its networks are built: enough to check sizes, samplers and prompts.
struct ModelFacts: Sendable {
  let name: String
  let tokenizer: ClipTokenizer
  let scheduler: JSON
  /// Cells of the latent along one side, for the size it was trained at.
  let latentSide: Int?
  let latentChannels: Int
  /// Pixels of a cell along one side.
  let cell: Int
  /// Numbers a token is encoded to, and the UNet attends to.
  let width: Int?
  let isInpainting: Bool

  init(_ files: ModelFiles) throws {
    name = files.name
    tokenizer = files.tokenizer
    scheduler = files.scheduler
    let vae = try VAEConfig(files.vae.config)
    (latentChannels, cell) = (vae.latentChannels, vae.downscale)
    latentSide = files.unet.config["sample_size"]?.int
    width = files.unet.config["cross_attention_dim"]?.int
    isInpainting = (files.unet.config["in_channels"]?.int ?? latentChannels) != latentChannels
  }

  /// The latent's shape for sizes in pixels, nil for those of training.
  func latent(rows: Int?, width: Known, height: Known) -> [Int?] {
    func side(_ pixels: Known) -> Int? { pixels.isNil ? latentSide : pixels.int.map { $0 / cell } }
    return [rows, latentChannels, side(height), side(width)]
  }
}

/// What is known of a condition: the width of the model that encoded it.
struct ConditionFacts: Sendable {
  let width: Int
  let model: String
}

extension KnownCall {
  /// The facts of a model argument; nil if they are not known.
  func model(_ parameter: String = "model") -> ModelFacts? { self[parameter].facts as? ModelFacts }

  /// The prompts of an argument: a string, or a list of them.
  func prompts(_ parameter: String) -> [String]? {
    let value = self[parameter]
    if let text = value.string { return [text] }
    guard let items = value.items else { return nil }
    let texts = items.compactMap(\.string)
    return texts.count == items.count && !texts.isEmpty ? texts : nil
  }

  /// Prompts with their syntax read off; none where the dialect is not known yet.
  ///
  /// - Throws: A fault at `parameter` for one that its dialect does not allow.
  func weighted(_ prompts: [String], _ parameter: String = "prompt") throws -> [WeightedPrompt] {
    guard let dialect = isGiven("dialect") ? self["dialect"].string.flatMap(PromptDialect.init) : .limn else { return [] }
    do { return try prompts.map { try WeightedPrompt($0, dialect: dialect) } } catch let error as PromptSyntaxError {
      throw fault(.value, error.description, at: parameter)
    }
  }

  /// Tells of prompts that are longer than the text encoder takes.
  func checkLength(_ parameter: String, for model: ModelFacts) throws {
    guard let prompts = prompts(parameter) else { return }
    for prompt in try weighted(prompts, parameter) where self["long"].string != "chunk" {
      let tokenized = model.tokenizer.tokenize(prompt, long: .cut)
      guard let cut = tokenized.cutText else { continue }
      warn(
        "the prompt has \(tokenized.pieces.count) tokens and \(tokenized.kept) fit: '\(cut)' falls off", at: parameter,
        help: "long: \"chunk\" keeps it")
    }
  }

  /// Throws for a captured word that is in none of the prompts.
  func checkCapture(in prompts: [String], for model: ModelFacts) throws {
    let words: [String]
    if let word = self["capture"].string { words = [word] } else {
      guard let items = self["capture"].items else { return }
      words = items.compactMap(\.string)
    }
    let long = LongPrompt(rawValue: self["long"].string ?? "cut") ?? .cut
    let tokenized = try weighted(prompts).map { model.tokenizer.tokenize($0, long: long) }
    guard !tokenized.isEmpty else { return }
    for word in words where !tokenized.contains(where: { (try? $0.positions(of: word)) != nil }) {
      do { _ = try tokenized.first?.positions(of: word) } catch {
        throw fault(.value, error.description, at: "capture")
      }
    }
  }

  /// Throws for a sampler that there is not.
  func checkSampler(for model: ModelFacts) throws {
    guard let name = self["sampler"].string else { return }
    do { _ = try Samplers.settings(name, config: model.scheduler) } catch let error as SamplerError {
      throw fault(.value, error.description, at: "sampler")
    }
  }
}

extension Inference {
  /// `model("…")`: what its files say. A name that is neither bundled nor a path is surely wrong; a file may come later.
  static let model = Inference { call in
    var known = Known(type: "model")
    guard let name = call["name"].string else { return known }
    var options = ModelOptions(variant: call["variant"].string, config: call["config"].string, revision: call["revision"].string ?? "main")
    if let spelling = call["prediction"].string {
      guard let prediction = PredictionKind(spelling: spelling) else {
        throw call.fault(.value, "unknown prediction '\(spelling)', expected \"epsilon\" or \"v\"", at: "prediction")
      }
      options.prediction = prediction
    }
    try call.check("precision", in: ["auto"] + Precision.allCases.map(\.rawValue))
    let path = NativeCall.modelPath(name, folder: call.folder)
    do { known.facts = try ModelFacts(try ModelFiles.load(path, options: options)) } catch let error as FormatError {
      if !name.contains("/"), !name.hasSuffix(".safetensors"), !TorchFile.isName(name) { throw call.fault(.model, error.description, at: "name") }
    } catch {}
    return known
  }

  static let encoded = Inference { call in
    var known = Known(type: "condition")
    try call.check("long", in: LongPrompt.allCases.map(\.rawValue))
    try call.check("dialect", in: PromptDialect.allCases.map(\.rawValue))
    guard let model = call.model() else { return known }
    try call.checkLength("prompt", for: model)
    known.facts = model.width.map { ConditionFacts(width: $0, model: model.name) }
    return known
  }

  static let noise = Inference { call in
    guard let model = call.model() else { return Known(type: "tensor") }
    for side in ["width", "height"] {
      if let pixels = call[side].int, pixels > 0, pixels % model.cell != 0 {
        throw call.fault(.value, "the side is \(pixels) pixels, expected a multiple of \(model.cell)", at: side)
      }
    }
    return .tensor(model.latent(rows: call["count"].int, width: call["width"], height: call["height"]))
  }

  static let decoded = Inference { call in
    guard let shape = call["latent"].shape else { return .anything }
    if let model = call.model(), let latent = KnownShape.full(shape), latent.rank != 4 || latent[1] != model.latentChannels {
      throw call.fault(.shape, "decode: the latent is \(latent), expected [N, \(model.latentChannels), h, w]", at: "latent")
    }
    return shape.count == 4 && shape[0] == 1 ? Known(type: "image") : .anything
  }

  static let denoised = Inference { call in
    let known = Known(type: "prediction")
    guard let model = call.model() else { return known }
    if let condition = call["cond"].facts as? ConditionFacts, let width = model.width, condition.width != width {
      throw call.fault(
        .value, "the condition is of '\(condition.model)', of width \(condition.width), and '\(model.name)' attends at width \(width)", at: "cond",
        help: "encode the prompt with the model that denoises")
    }
    if !model.isInpainting, let latent = KnownShape.full(call["z"].shape), latent.rank != 4 || latent[1] != model.latentChannels {
      throw call.fault(.shape, "unet: the latent is \(latent), expected [N, \(model.latentChannels), H, W]", at: "z")
    }
    return known
  }

  /// `sample` and `start`.
  static let sampled = Inference { call in
    try call.check("long", in: LongPrompt.allCases.map(\.rawValue))
    try call.check("dialect", in: PromptDialect.allCases.map(\.rawValue))
    guard let model = call.model() else { return Known(type: "run") }
    try call.checkSampler(for: model)
    if call["image"].isNil {
      let size = call["size"].ints
      let width = size?.first ?? call["width"].int, height = size?.last ?? call["height"].int
      for (side, name) in [(width, "width"), (height, "height")] {
        guard let side, (1...65536).contains(side), side % model.cell != 0 else { continue }
        let near = max(model.cell, (side + model.cell / 2) / model.cell * model.cell)
        throw call.fault(
          .value, "the \(name) is \(side) pixels, expected a multiple of \(model.cell)", at: size == nil ? name : "size",
          help: "use \(near)")
      }
    }
    try call.checkLength("prompt", for: model)
    if let prompts = call.prompts("prompt"), let negatives = call.prompts("negative") {
      try call.checkCapture(in: prompts + negatives, for: model)
    }
    return Known(type: "run")
  }

  static let scheduler = Inference { call in
    if let model = call.model() { try call.checkSampler(for: model) }
    return Known(type: "scheduler")
  }
}
