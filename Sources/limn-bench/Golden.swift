import CLimnKernels
import Glibc
import LimnDiffusion
import LimnNN
import LimnTensor

/// What a model must give, before it is timed: another library's results where a file holds them, else those of the portable kernels.
///
/// `peers.py golden DIR` writes `DIR/limn-bench.safetensors`; for the bundled model the tests' file is taken.
enum Golden {
  enum Part: CaseIterable { case text, unet, decoder }

  /// Mean relative error that each precision may have. What bf16 operands give was measured on the bundled model.
  private static func tolerance(_ options: Options) -> Double { options.precision == "bf16" ? 5e-2 : 1e-4 }

  static func check(_ model: Model, _ options: Options, part: Part) throws {
    let path = options.model == "sticker" ? "Tests/Fixtures/sticker-goldens/tensors.safetensors" : "\(options.model)/limn-bench.safetensors"
    guard access(path, R_OK) == 0 else { return try checkAgainstPortable(model, options, part) }
    let file = try SafetensorsFile(path: path)
    let text = try file.tensor("text")
    switch part {
    case .text:
      let flat = try file.tensor("ids").ints(), length = text.shape[1]
      let ids = (0..<text.shape[0]).map { Array(flat[$0 * length..<($0 + 1) * length]) }
      try Checks.close("text", try model.textEncoder(ids: ids).last, text, tolerance: tolerance(options))
    case .unet:
      let times = try file.tensor("t").ints().map { Float($0) }
      try Checks.close(
        "unet", try model.unet(try file.tensor("x"), timesteps: times, context: text), try file.tensor("eps"), tolerance: tolerance(options))
    case .decoder:
      try Checks.close("decode", try model.vae.decode(try file.tensor("latent_mean")), try file.tensor("decoded"), tolerance: tolerance(options))
    }
  }

  /// The same part of the same files on the portable kernels, at a small size.
  private static func checkAgainstPortable(_ model: Model, _ options: Options, _ part: Part) throws {
    let own = limn_isa_current()
    guard own != LIMN_PORTABLE else { throw BenchError("there is nothing to check '\(options.model)' against; peers.py golden writes a file for it") }
    // Packed weights belong to the instruction set they were made for.
    limn_isa_use(LIMN_PORTABLE)
    defer { limn_isa_use(own) }
    let wanted = try result(Model.load(options.model), part)
    limn_isa_use(own)
    try Checks.close("\(part)", try result(model, part), wanted, tolerance: tolerance(options))
  }

  private static func result(_ model: Model, _ part: Part) throws -> Tensor {
    let side = min(model.latentSide, 8), generator = TorchGenerator(seed: 1)
    let z = generator.randn([1, model.unet.config.inChannels, side, side])
    switch part {
    case .text: return try model.encode([Job.prompt]).tensor
    case .unet: return try model.unet(z, timesteps: [321], context: generator.randn([1, 8, model.unet.config.contextFeatures]))
    case .decoder: return try model.vae.decode(z.sliced(axis: 1, from: 0, to: model.latentChannels))
    }
  }
}
