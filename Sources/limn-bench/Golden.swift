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
  private static func tolerance(_ options: Options) -> Double { precision(options) == .bf16 ? 5e-2 : 1e-4 }

  private static func precision(_ options: Options) -> Precision { Precision(rawValue: options.precision) ?? .automatic }

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

  /// The same part of the same files on the portable kernels, at a small size, in a process of its own: packed weights belong to the
  /// instruction set they were made for.
  private static func checkAgainstPortable(_ model: Model, _ options: Options, _ part: Part) throws {
    guard Hardware.instructionSet != "portable" else {
      throw BenchError("there is nothing to check '\(options.model)' against; peers.py golden writes a file for it")
    }
    let path = "/tmp/limn-bench-\(getpid()).safetensors", own = getenv("LIMN_ISA").map { String(cString: $0) }
    setenv("LIMN_ISA", "portable", 1)
    defer {
      if let own { setenv("LIMN_ISA", own, 1) } else { unsetenv("LIMN_ISA") }
      unlink(path)
    }
    let child = try ChildProcess([try ChildProcess.ownProgram(), "golden", options.model, "--precision", "f32", "--json", path])
    guard child.code == 0 else { throw BenchError("the portable kernels gave no result for '\(options.model)'") }
    let wanted = try SafetensorsFile(path: path).tensor("\(part)")
    try Checks.close("\(part)", try result(model, part), wanted, tolerance: tolerance(options))
  }

  /// Writes what each part of the model gives here, for a process with other kernels.
  static func write(_ options: Options) throws {
    guard let path = options.json else { throw BenchError("golden takes --json FILE") }
    let model = try Job.load(options)
    try SafetensorsFile.write(try Part.allCases.map { ("\($0)", try result(model, $0).contiguous()) }, to: path)
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
