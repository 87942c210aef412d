import LimnNN
import LimnTensor

extension Model {
  /// Where a model folder keeps the tokens its model learned: the name diffusers looks for.
  static let conceptsFile = "learned_embeds.safetensors"

  /// What a folder of ours holds.
  private static let folderNames: Set<String> = ["model_index.json", "unet", "vae", "text_encoder", "tokenizer", "scheduler", conceptsFile]

  /// Writes the model as a folder in diffusers layout, whole or not at all: weights as they are now, adapters added to them, learned
  /// tokens in a file of their own.
  ///
  /// - Parameter dtype: What all weights are written in: f32, which keeps every bit, or f16 or bf16.
  /// - Throws: ``FormatError`` when the folder holds other things, or cannot be written.
  package func write(toFolder path: String, dtype: DType = .f32) throws(FormatError) {
    let folder = try AtomicFolder(path, known: Self.folderNames)
    do throws(FormatError) { try write(in: folder, dtype) } catch { throw folder.named(error) }
    try folder.commit()
  }

  private func write(in folder: borrowing AtomicFolder, _ dtype: DType) throws(FormatError) {
    try Self.write(index, to: try folder.place("model_index.json"))
    for part in ModelPart.allCases {
      try Self.write(config(of: part), to: try folder.place("\(part.rawValue)/config.json"))
      let file = part == .textEncoder ? "model" : "diffusion_pytorch_model"
      try writeWeights(of: part, dtype, to: try folder.place("\(part.rawValue)/\(file).safetensors"))
    }
    for (name, bytes) in tokenizer.files {
      let place = try folder.place("tokenizer/\(name)")
      try bytes.withBytes { raw throws(FormatError) in try AtomicFile.write(raw, to: place) }
    }
    try Self.write(schedulerConfig, to: try folder.place("scheduler/scheduler_config.json"))
    if !concepts.isEmpty { try ConceptFile.write(concepts, to: try folder.place(Self.conceptsFile)) }
  }

  private static func write(_ json: JSON, to place: String) throws(FormatError) {
    let text = Array((json.description + "\n").utf8)
    var result: Result<Void, FormatError> = .success(())
    text.withUnsafeBytes { raw in
      do throws(FormatError) { try AtomicFile.write(raw, to: place) } catch { result = .failure(error) }
    }
    try result.get()
  }

  private func writeWeights(of part: ModelPart, _ dtype: DType, to place: String) throws(FormatError) {
    let parameters = parameters(of: part)
    let entries = parameters.keys.sorted().map { key in
      let parameter = parameters[key]!
      let isFloat = parameter.weight.dtype.isFloat
      let shape = Self.shape(of: parameter.shape, key, part, linear: files(of: part).config["use_linear_projection"]?.bool == true)
      return SafetensorsFile.Pending(key: key, shape: shape, dtype: isFloat ? dtype : parameter.weight.dtype) {
        guard isFloat else { return parameter.weight.source }
        // Where nothing was changed the file's own numbers, not widened and narrowed again.
        let isOwn = parameter.traced == nil && parameter.adapters.isEmpty
        return (isOwn ? parameter.weight.source : parameter.merged.detached()).converted(to: dtype).reshaped(shape.dims)
      }
    }
    try SafetensorsFile.write(pending: entries, metadata: [("format", "pt")], to: place)
  }

  /// Checkpoints in one file hold matrices as 1×1 convolutions; diffusers wants them as matrices where its config says so.
  private static func shape(of shape: Shape, _ key: String, _ part: ModelPart, linear: Bool) -> Shape {
    guard shape.rank == 4, shape[2] == 1, shape[3] == 1 else { return shape }
    let isMatrix = part == .vae ? key.contains(".attentions.") : part == .unet && linear && (key.contains(".proj_in.") || key.contains(".proj_out."))
    return isMatrix ? [shape[0], shape[1]] : shape
  }

  private func config(of part: ModelPart) -> JSON {
    var config = files(of: part).config
    switch part {
    case .unet: if config["_class_name"] == nil { config = config.with("_class_name", "UNet2DConditionModel") }
    case .vae: if config["_class_name"] == nil { config = config.with("_class_name", "AutoencoderKL") }
    case .textEncoder:
      if config["architectures"] == nil { config = config.with("architectures", ["CLIPTextModel"]) }
      if config["model_type"] == nil { config = config.with("model_type", "clip_text_model") }
    }
    return config
  }

  private var index: JSON {
    let none: JSON = [.null, .null]
    return [
      "_class_name": unet.config.inChannels == 9 ? "StableDiffusionInpaintPipeline" : "StableDiffusionPipeline", "_diffusers_version": "0.30.0",
      "feature_extractor": none, "image_encoder": none, "requires_safety_checker": false, "safety_checker": none,
      "scheduler": ["diffusers", schedulerConfig["_class_name"] ?? "DDIMScheduler"],
      "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"],
      "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"],
    ]
  }

  /// The model with the tokens that a folder of its own keeps. Trainers put there what the vocabulary holds already: that is passed over.
  func withConceptsBeside(_ folder: String) throws -> Model {
    let path = "\(folder)/\(Self.conceptsFile)"
    guard FileKind(at: folder) == .folder, FileKind(at: path) == .file else { return self }
    let width = textEncoder.config.features
    return try with(ConceptFile.read(path).filter { $0.vectors.shape[1] == width && files.tokenizer.encode($0.name).count > 1 })
  }
}
