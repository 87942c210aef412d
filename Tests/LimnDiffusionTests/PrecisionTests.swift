import CLimnKernels
import LimnDiffusion
import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

/// bf16 judged against f32 on the bundled model: pictures by PSNR, gradients by their relative error.
@Suite(.serialized) struct PrecisionTests {
  /// On the unit in use, and as the matrix unit computes, which is emulated where there is none.
  private static let units = [limn_bf16_current(), LIMN_BF16_EMULATED_AMX]

  private func model(_ precision: Precision) throws -> Model {
    try Model.load("sticker", options: ModelOptions(precision: precision))
  }

  private func with<Result>(_ unit: limn_bf16_unit, _ body: () throws -> Result) rethrows -> Result {
    let before = limn_bf16_current()
    _ = limn_bf16_use(unit)
    defer { _ = limn_bf16_use(before) }
    return try body()
  }

  @Test(arguments: units.indices) func picturesStayAbove35dB(_ index: Int) throws {
    var request = SampleRequest(["a red panda on grass"])
    request.seeds = [7]
    request.steps = 5
    let exact = try model(.f32).sample(request)
    let expected = try exact.model.decode(exact.z)
    let found = try with(Self.units[index]) {
      // What was packed when another unit was in use would stay as it is.
      let files = exact.model.files
      for weight in [files.unet, files.vae].flatMap(\.weights.values) { weight.dropMadeForms() }
      let run = try model(.bf16).sample(request)
      return try run.model.decode(run.z)
    }
    let error = (found - expected).squaredMean().item  // of 0 … 1
    #expect(error > 0)
    #expect(error < 0.000316, "\(String(cString: limn_bf16_name(Self.units[index]))): mean squared error \(error), 35 dB is 0.000316")
  }

  @Test func theTextEncoderStaysExact() throws {
    let (exact, rounded) = (try model(.f32), try model(.bf16))
    let ids = exact.tokenizer.tokenize("a red panda").rows
    #expect(try exact.textEncoder(ids: ids).last.floats() == (try rounded.textEncoder(ids: ids).last.floats()))
  }
}
