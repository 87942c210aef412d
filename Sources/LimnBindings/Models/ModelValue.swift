import LimnDiffusion
import LimnImage
import LimnNN
import LimnRuntime
import LimnTensor

/// A diffusion model as scripts see it.
package final class ModelValue: HostObject {
  package let model: Model

  package init(_ model: Model) { self.model = model }

  package var typeName: String { "model" }
  package func description(_ context: Context) -> String {
    let learned = (model.tokenizer.learned.map(\.name) + model.adapters.map { "adapter '\($0.name)'" }).joined(separator: ", ")
    return "model '\(model.name)' (\(model.report.family), \(model.side)×\(model.side), \(model.schedule.prediction.rawValue))"
      + (learned.isEmpty ? "" : " with \(learned)")
  }

  package static let fields = ["name", "family", "width", "height", "prediction", "precision", "tokens", "adapters", "report", "hash"]
  package var memberNames: [String] { Self.fields }

  /// The bytes of the weights of each part, as the files hold them.
  package var weightParts: [(name: String, bytes: Int)] {
    [("unet", model.files.unet), ("vae", model.files.vae), ("text encoder", model.files.textEncoder)].map { name, part in
      (name, part.weights.values.reduce(0) { $0 + $1.shape.count * $1.dtype.byteSize })
    }
  }

  package var weightBytes: Int { weightParts.reduce(0) { $0 + $1.bytes } }
  package var slowMembers: Set<String> { ["hash"] }

  package func member(_ name: String, _ context: Context) throws -> Value? {
    switch name {
    case "name": context.make(outside: model.name)
    case "family": context.make("\(model.report.family)")
    case "width", "height": .int(model.side)
    case "prediction": context.make(model.schedule.prediction.rawValue)
    case "precision": context.make(model.precision.rawValue)
    case "tokens":
      context.make(fields: model.concepts.map { ($0.name, context.make(TokenValue(name: $0.name, start: .vectors($0.vectors.detached())))) })
    case "adapters":
      context.make(fields: model.adapters.map { adapter in
        let fields: [(String, Value)] = [
          ("ranks", context.make(adapter.ranks)), ("layers", .int(adapter.layers.count)), ("scale", .float(Double(adapter.strength))),
          ("from", adapter.source.map { context.make(outside: $0) } ?? .nil),
        ]
        return (adapter.name, context.make(fields: fields))
      })
    case "report": context.make(outside: model.report.description)
    case "hash": context.make(context.service(ModelStore.self) { ModelStore() }.hash(of: model))
    default: nil
    }
  }
}

/// The models an interpreter has loaded last. Asking for one of them again costs nothing; one that only a name of the script still
/// holds is built anew from the same weights.
final class ModelStore {
  private struct Key: Hashable {
    let name: String
    let variant, vae, prediction, config: String?
    let precision: Precision
    let revision: String
  }

  /// The last ones, latest first.
  private var models: [(key: Key, model: Model)] = []
  private static let most = 3
  private var hashes: [String: String] = [:]

  func model(_ name: String, _ options: ModelOptions, _ context: Context) throws -> Model {
    let key = Key(
      name: name, variant: options.variant, vae: options.vae, prediction: options.prediction?.rawValue, config: options.config,
      precision: options.precision ?? .automatic, revision: options.revision)
    if let known = models.first(where: { $0.key == key }) { return known.model }
    let model = try Model.load(name, options: options)
    // The last part of a path tells which model is meant.
    let short = model.name.split(separator: "/").last.map(String.init) ?? model.name
    for note in model.report.notes { context.warn("\(short): \(note)") }
    models = [(key, model)] + models.prefix(Self.most - 1)
    return model
  }

  /// Forgets the models read from a folder that was written.
  func forget(_ folder: String) {
    models.removeAll { Path.real($0.key.name) == folder }
    hashes = hashes.filter { Path.real($0.key) != folder }
  }

  /// The SHA-256 of a model's weights, worked out once: it reads every byte.
  func hash(of model: Model) -> String {
    if let known = hashes[model.name] { return known }
    let hash = model.files.hash()
    hashes[model.name] = hash
    return hash
  }

  /// The hash if it is known, or quick to get.
  func quickHash(of model: Model) -> String? {
    let size = model.files.hashed.reduce(0) { $0 + $1.count }
    return size < 64 << 20 ? hash(of: model) : hashes[model.name]
  }
}

/// Loading models, and what does not sample: encoding, decoding, noise.
enum ModelNatives {
  static let all: [Native] = [
    Native(
      "model(name: string, variant: string = nil, vae: string = nil, prediction: string = nil, config: string = nil, revision: string = \"main\", precision: string = \"auto\")",
      doc: "A diffusion model: \"sticker\" is the bundled one, else a diffusers folder, a .safetensors or .ckpt file, or org/name in the Hugging Face cache. `precision:` is what UNet and VAE multiply in: \"f32\", \"bf16\" (half the memory for f32 files; faster where the processor multiplies bf16, and a little less exact), or \"auto\", the fastest here.",
      effect: .acts, known: .model
    ) { call in
      var options = ModelOptions(
        variant: try call.optionalString("variant"), vae: try call.optionalString("vae").map { call.path($0) },
        config: try call.optionalString("config").map { call.path($0) }, revision: try call.string("revision"),
        precision: Precision(rawValue: try call.choice("precision", of: ["auto"] + Precision.allCases.map(\.rawValue))))
      if let spelling = try call.optionalString("prediction") {
        guard let prediction = PredictionKind(spelling: spelling) else {
          throw call.fault(.value, "unknown prediction '\(spelling)', expected \"epsilon\" or \"v\"", at: "prediction")
        }
        options.prediction = prediction
      }
      let name = try call.string(0)
      let store = call.service(ModelStore.self) { ModelStore() }
      let model = try call.diffusion(at: 0) { try store.model(call.modelPath(name), options, call.context) }
      // One inside the binary is no file. A folder's hash is that of all its weights, one after the other.
      if !EmbeddedTree.folders.contains(name) { call.files.didRead(name, quickHash: store.quickHash(of: model)) { [weak store] in store?.hash(of: model) } }
      return call.make(ModelValue(model))
    },
    Native("encode(model: model, prompt: any, clip_skip: int = 0, long: string = \"cut\", dialect: string = \"limn\")", doc: "The condition of a prompt, or of a list of prompts, a row each; a prompt that is too long is cut with a warning, or kept whole with `long: \"chunk\"`; `dialect:` is its syntax, \"limn\", \"a1111\" or \"compel\".", effect: .acts, known: .encoded) { call in
      let options = try call.textOptions()
      let texts = try call.texts("prompt")
      let model = try call.diffusion(at: "prompt") { try call.knowingTokens(of: texts, try call.host(ModelValue.self, 0).model) }
      let condition = try call.diffusion(at: "prompt") { try model.encode(texts.map(call.named), options) }
      condition.warnings.forEach { call.notices.say($0, call) }
      return call.make(ConditionValue(condition))
    },
    Native("encode_image(model: model, image: image, rng: rng = nil)", doc: "The latent of a picture: the mean of the encoder's distribution, or with `rng:` a draw from it.", effect: .acts, known: .gives("tensor")) { call in
      let model = try call.host(ModelValue.self, 0).model
      let image = try call.image("image")
      let generator = try call.optionalHost(RngValue.self, "rng")?.drawing(call.context)
      return call.make(try call.diffusion(at: "image") {
        try model.encodeImage(image.rgb.pixels.unsqueezed(0), generator: generator, cancellation: call.cancellation)
      })
    },
    Native("decode(model: model, latent: tensor)", doc: "The picture of a latent [1, C, h, w]; of several rows a list of pictures.", known: .decoded) { call in
      let model = try call.host(ModelValue.self, 0).model
      let pixels = try call.diffusion(at: "latent") { try model.decode(try call.tensor("latent"), cancellation: call.cancellation) }
      let images = try (0..<pixels.shape[0]).map { call.make(try ImageValue(values: pixels.selected(axis: 0, index: $0).contiguous())) }
      return images.count == 1 ? images[0] : call.make(images)
    },
    Native("noise(model: model, seed: int = nil, width: int = nil, height: int = nil, count: int = 1)", doc: "Unit noise of the shape of a latent, equal to torch.randn with that CPU seed; row k of several has seed + k.", known: .noise) { call in
      let model = try call.host(ModelValue.self, 0).model
      let seed = try call.seed()
      let shape: Shape = [1, model.latentChannels, try cells("height", of: model, call), try cells("width", of: model, call)]
      let count = try call.int("count", in: 1...4096)
      // The rows, and all of them in one.
      try call.require(bytes: 8 * count * shape.count)
      let rows = (0..<count).map { TorchGenerator(seed: Int64(seed &+ $0)).randn(shape) }
      return call.make(Tensor.concatenated(rows, axis: 0))
    },
    Native("words(model: model, prompt: string, dialect: string = \"limn\")", doc: "How a model's tokenizer takes a prompt apart, without its syntax: one string a piece.", known: .gives("list")) { call in
      let text = try call.string("prompt")
      let model = try call.diffusion(at: "prompt") { try call.knowingTokens(of: [text], try call.host(ModelValue.self, 0).model) }
      let pieces = try call.diffusion(at: "prompt") { try model.pieces(of: call.named(text), try call.dialect()) }
      return call.make(pieces.map { call.make(outside: $0.text) })
    },
  ]

  /// Cells of the latent along a side given in pixels, or of the size the model was trained at.
  private static func cells(_ key: ParameterKey, of model: Model, _ call: NativeCall) throws -> Int {
    guard let pixels = try call.optionalInt(key, in: 1...65536) else { return model.latentSide }
    let cell = model.vae.downscale
    guard pixels % cell == 0 else { throw call.fault(.value, "the side is \(pixels) pixels, expected a multiple of \(cell)", at: key) }
    return pixels / cell
  }
}

extension NativeCall {
  /// A model's name may be a path or the name of an embedded or cached one; only what looks like a path is moved.
  func modelPath(_ name: String) -> String { Self.isPath(name) ? path(name) : name }

  /// Where a name leads before anything ran.
  static func modelPath(_ name: String, folder: String?) -> String {
    isPath(name) ? FileAccess.source(name, scriptFolder: folder, workingFolder: nil) : name
  }

  private static func isPath(_ name: String) -> Bool {
    name.hasPrefix("./") || name.hasPrefix("../") || name.hasSuffix(".safetensors") || TorchFile.isName(name)
  }

  /// One prompt or a list of them, tokens still as private code points.
  func texts(_ key: ParameterKey) throws -> [String] {
    guard self[key].list != nil else {
      guard let text = self[key].string else { throw mismatch(key, "a prompt") }
      return [text]
    }
    let all = try strings(key)
    guard !all.isEmpty else { throw fault(.value, "the list of prompts is empty", at: key) }
    return all
  }

  func textOptions() throws -> Model.TextOptions {
    Model.TextOptions(
      clipSkip: try int("clip_skip", in: 0...64), long: LongPrompt(rawValue: try choice("long", of: LongPrompt.allCases.map(\.rawValue)))!,
      dialect: try dialect())
  }

  /// The `dialect:` of the call.
  func dialect() throws -> PromptDialect { PromptDialect(rawValue: try choice("dialect", of: PromptDialect.allCases.map(\.rawValue)))! }

  /// The `seed:` of the call; left out it is that of the session, 0 unless --seed says otherwise.
  func seed(_ key: ParameterKey = "seed") throws -> Int { try optionalInt(key) ?? service(Defaults.self) { Defaults() }.seed }

  /// Runs `body`; what the modules below throw becomes the script's fault, underlined at `key`.
  func diffusion<Result>(at key: ParameterKey? = nil, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error where !(error is Fault) {
      guard var translated = Faults.translate(error) else { throw error }
      if let key { translated.parameter = fault(.value, "", at: key).parameter }
      throw translated
    }
  }
}

/// What a session was started with.
package final class Defaults {
  package var seed = 0
  package init() {}
}
