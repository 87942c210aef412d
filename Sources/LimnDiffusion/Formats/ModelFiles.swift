import LimnNN
import LimnTensor

/// One part of a model: how it is built, and its weights in diffusers spelling.
package struct ComponentFiles: Sendable {
  /// The part in messages and reports: `./sd15/unet`.
  package let name: String
  package var config: JSON
  package var weights: [String: Weight]

  package init(name: String, config: JSON, weights: [String: Weight]) {
    self.name = name
    self.config = config
    self.weights = weights
  }

  /// A reader over the weights, for the layers.
  package var reader: WeightReader { reader(.f32) }

  /// A reader for layers that multiply in `precision`.
  package func reader(_ precision: Precision) -> WeightReader { WeightReader(weights, file: name, precision: precision) }
}

/// The samplers' ``PredictionKind``, as the bindings spell it.
package typealias PredictionType = PredictionKind

extension PredictionKind {
  /// Takes the spellings of diffusers, of LDM's yaml files and of people: `v_prediction`, `v`, `eps`, `x0`.
  package init?(spelling: String) {
    switch spelling.lowercased() {
    case "epsilon", "eps", "noise": self = .epsilon
    case "v", "v_prediction", "v-prediction", "velocity": self = .velocity
    case "sample", "x0": self = .sample
    default: return nil
    }
  }
}

/// Everything a model is made from, read and named but with nothing computed: configs, weights by key, vocabulary, schedule.
///
///     let files = try ModelFiles.load("./stable-diffusion-v1-5", variant: "fp16")
///     let unet = try UNet(config: files.unet.config, weights: files.unet.reader)
package struct ModelFiles: Sendable {
  /// As the user named it.
  package var name: String
  package var family: ModelFamily
  package var unet: ComponentFiles
  package var vae: ComponentFiles
  package var textEncoder: ComponentFiles
  package var tokenizer: ClipTokenizer
  /// The scheduler's config. Its `prediction_type` is there only when it is known.
  package var scheduler: JSON
  /// What the UNet predicts; nil when no file says, so that one evaluation at t = 999 must.
  package var prediction: PredictionKind?
  /// What the user should be told once: parts not applied, keys skipped, choices made.
  package var notes: [String]
  /// The files a hash of the model is taken over.
  package var hashed: [Bytes]
  /// What UNet and VAE multiply in. The text encoder, a small part of the work that all the rest hangs on, stays with f32.
  package var precision = Precision.automatic
  /// Whether the configs were worked out from the weights' shapes.
  package var isInferred = false

  /// A copy with the prediction type decided. A 2.x model that predicts v and whose size no file gave is one for 768×768.
  package func deciding(_ prediction: PredictionKind) -> ModelFiles {
    var copy = self
    copy.prediction = prediction
    copy.scheduler = scheduler.with("prediction_type", .string(prediction.rawValue))
    if isInferred, family == .sd2 {
      copy.unet.config = unet.config.with("sample_size", prediction == .velocity ? 96 : 64)
    }
    return copy
  }

  /// The SHA-256 of the model's weights, in hex. Reads every byte, so it takes seconds for a large checkpoint; A1111's
  /// model hash is the first ten digits.
  package func hash() -> String {
    var digest = SHA256()
    for bytes in hashed { bytes.withBytes { digest.update($0) } }
    return digest.finish()
  }
}

/// How a model should be read, where its files leave a choice.
package struct ModelOptions: Sendable {
  /// The suffix of the weight files to take, such as `fp16`.
  package var variant: String?
  /// Another VAE: a file or a folder.
  package var vae: String?
  /// What the UNet predicts, overriding what the files say.
  package var prediction: PredictionKind?
  /// A diffusers folder whose configs, tokenizer and schedule are used for a single file.
  package var config: String?
  /// A branch, tag or commit in the Hugging Face cache.
  package var revision = "main"
  /// What UNet and VAE multiply in; nil for what is fastest here, ``Precision/automatic``.
  package var precision: Precision?

  package init(
    variant: String? = nil, vae: String? = nil, prediction: PredictionKind? = nil, config: String? = nil,
    revision: String = "main", precision: Precision? = nil
  ) {
    self.variant = variant
    self.vae = vae
    self.prediction = prediction
    self.config = config
    self.revision = revision
    self.precision = precision
  }
}

/// What loading a model did with its files: shown to people after `model(…)`.
package struct LoadReport: Hashable, Sendable, CustomStringConvertible {
  package let name: String
  package let family: ModelFamily
  package let components: [KeyReport]
  package let notes: [String]

  package init(_ files: ModelFiles, components: [KeyReport]) {
    name = files.name
    family = files.family
    self.components = components
    notes = files.notes
  }

  package var description: String {
    (["\(name): \(family)"] + components.map { "  \($0)" } + notes.map { "  note: \($0)" }).joined(separator: "\n")
  }
}
