import LimnNN
import LimnTensor

/// A diffusion model ready to run: its files, and the networks built from them. A value; copies share all weights.
package struct Model: Sendable {
  package let files: ModelFiles
  package internal(set) var textEncoder: TextEncoder
  package internal(set) var unet: UNet
  package internal(set) var vae: VAE
  /// The tokenizer, with the names of learned tokens.
  package var tokenizer: ClipTokenizer
  /// The vectors of learned tokens, `[E, D]`, in the order of their ids past the vocabulary.
  package var learnedRows: Tensor?
  /// The files that learned tokens were read from, by their names.
  package internal(set) var conceptSources: [String: String] = [:]
  /// Parameters in the place of those of the files, by their full names; see ``with(parameters:)``.
  package internal(set) var replaced: [String: Parameter] = [:]
  /// The low-rank changes beside the weights, in the order they were added.
  package internal(set) var adapters: [Adapter] = []
  /// The noise the model was trained with.
  package let schedule: NoiseSchedule
  /// Which keys of the files were used, and what the user should be told once.
  package let report: LoadReport

  package var name: String { files.name }
  /// Whether a gradient is asked of any weight.
  var isTraced: Bool { replaced.values.contains { $0.isTraced } || adapters.contains { $0.layers.values.contains { $0.down.isTraced || $0.up.isTraced } } }
  /// What UNet and VAE multiply in.
  package var precision: Precision { files.precision }
  /// What scheduler_config.json says, the prediction type decided.
  package var schedulerConfig: JSON { files.scheduler }

  /// Loads the model that `name` means: one inside the binary, a folder, a `.safetensors` file or a cached repository.
  ///
  /// - Throws: ``FormatError`` for files that are no such model; ``SamplerError`` for a schedule that cannot be used.
  package static func load(_ name: String, options: ModelOptions = ModelOptions()) throws -> Model {
    try Model(ModelFiles.load(name, options: options)).withConceptsBeside(name)
  }

  /// Builds the networks. When no file says what the UNet predicts, one evaluation finds out.
  package init(_ files: ModelFiles) throws {
    var files = files
    var reports: [KeyReport] = []
    func built<Network>(
      _ part: ComponentFiles, _ precision: Precision = files.precision, _ make: (JSON, WeightReader) throws -> Network
    ) throws -> Network {
      let reader = part.reader(precision)
      let network = try make(part.config, reader)
      reports.append(try reader.finish())
      return network
    }
    let textEncoder = try built(files.textEncoder, .f32) { try TextEncoder(config: $0, weights: $1) }
    var unet = try built(files.unet) { try UNet(config: $0, weights: $1) }
    vae = try built(files.vae) { try VAE(config: $0, weights: $1) }
    self.textEncoder = textEncoder
    tokenizer = files.tokenizer
    if files.prediction == nil {
      let ids = files.tokenizer.tokenize("").rows
      let found = try PredictionProbe.kind(of: unet, words: textEncoder(ids: ids).last)
      files = files.deciding(found)
      files.notes.append(
        "no file says what the UNet predicts; one evaluation at t = 999 found '\(found.rawValue)' (prediction: overrides it)")
      unet = try UNet(config: files.unet.config, weights: files.unet.reader(files.precision))
    }
    self.unet = unet
    self.files = files
    schedule = try NoiseSchedule(config: files.scheduler)
    report = LoadReport(files, components: reports)
  }

  /// Cells of the latent for the size the model was trained at, along one side.
  package var latentSide: Int { unet.config.sampleSize }
  /// Pixels of the size the model was trained at, along one side.
  package var side: Int { latentSide * vae.downscale }
  /// Channels of the latent.
  package var latentChannels: Int { vae.config.latentChannels }
}

/// Finds out by one evaluation what a UNet predicts.
package enum PredictionProbe {
  /// At the last training step z is nearly all noise. A model of ε gives that noise back; one of v = α·ε − σ·z0, with α near 0,
  /// gives the picture it expects, which has nothing in common with the noise.
  static func kind(of unet: UNet, words: Tensor) throws -> PredictionKind {
    let side = min(unet.config.sampleSize, 32)  // enough numbers to tell, and seconds less
    let noise = TorchGenerator(seed: 0).randn([1, unet.config.outChannels, side, side])
    var input = noise
    if unet.config.inChannels > unet.config.outChannels {  // an inpainting UNet: nothing hidden, no picture
      let rest = Tensor.zeros([1, unet.config.inChannels - unet.config.outChannels, side, side])
      input = Tensor.concatenated([noise, rest], axis: 1)
    }
    let output = try unet(input, timesteps: [999], context: words)
    return kind(output: output, noise: noise)
  }

  /// Decides by the correlation of output and input noise; one half is far from both 1 and 0.
  package static func kind(output: Tensor, noise: Tensor) -> PredictionKind {
    let product = (output * noise).mean().item
    let scale = ((output * output).mean().item * (noise * noise).mean().item).squareRoot()
    return product > 0.5 * scale ? .epsilon : .velocity
  }
}
