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

  /// Runs `body` with a bf16 copy of a model, on the unit of this number.
  private func rounded<Result>(_ exact: Model, on unit: Int, _ body: (Model) throws -> Result) throws -> Result {
    try with(Self.units[unit]) {
      // What was packed when another unit was in use would stay as it is.
      let files = exact.files
      for weight in [files.unet, files.vae].flatMap(\.weights.values) { weight.dropMadeForms() }
      return try body(try model(.bf16))
    }
  }

  private func name(_ unit: Int) -> String { String(cString: limn_bf16_name(Self.units[unit])) }

  /// One request a pipeline: four pictures from words, one each of the others.
  private static let pipelines: [String] = ["text to image", "image to image", "inpainting"]

  private func request(_ pipeline: String) throws -> SampleRequest {
    var request = SampleRequest(["a red panda on grass"])
    (request.seeds, request.steps) = ([7], 5)
    guard pipeline != "text to image" else {
      (request.count, request.seeds) = (4, [7, 8, 9, 10])
      return request
    }
    request.image = try Fixtures.tensors("sticker-goldens/tensors")["decoded"]!.sliced(axis: 0, from: 0, to: 1)
    request.strength = 0.8
    if pipeline == "inpainting" {
      request.mask = Tensor((0..<4096).map { $0 % 64 < 32 ? 1 : 0 }, [64, 64])
    }
    return request
  }

  @Test(arguments: units.indices, pipelines) func picturesStayAbove35dB(_ unit: Int, _ pipeline: String) throws {
    let request = try request(pipeline)
    let exact = try model(.f32)
    let expected = try exact.sample(request).image()
    let found = try rounded(exact, on: unit) { try $0.sample(request).image() }
    #expect(found.shape[0] == request.pictures)
    for n in 0..<request.pictures {
      let error = (found - expected).sliced(axis: 0, from: n, to: n + 1).squaredMean().item  // of 0 … 1
      #expect(error > 0)
      #expect(error < 0.000316, "\(name(unit)), \(pipeline), picture \(n): mean squared error \(error), 35 dB is 0.000316")
    }
  }

  /// Recorded, only products are rounded; otherwise attention is, too, so that the two differ in a bf16 model.
  @Test func attentionIsRoundedWhereNothingIsRecorded() throws {
    let exact = try model(.f32)
    let words = try exact.textEncoder(ids: exact.tokenizer.tokenize("a red panda").rows).last
    let z = TorchGenerator(seed: 5).randn([1, exact.latentChannels, 16, 16])
    func difference(_ model: Model) throws -> Float {
      let plain = try model.unet(z, timesteps: [400], context: words)
      var recorded = plain
      _ = try valueAndGradient(at: [words]) {
        let y = try model.unet(z, timesteps: [400], context: $0[0])
        recorded = y.detached()
        return y.sum()
      }
      return (plain - recorded).squaredMean().item
    }
    #expect(try difference(exact) == 0)
    #expect(try rounded(exact, on: 1, difference) > 0)
  }

  /// The direction in which learning goes is the same to a few hundredths.
  @Test(arguments: units.indices) func gradientsStayNear(_ unit: Int) throws {
    let exact = try model(.f32)
    let words = try exact.textEncoder(ids: exact.tokenizer.tokenize("a red panda").rows).last
    let noise = TorchGenerator(seed: 3).randn([1, exact.latentChannels, 16, 16])
    func gradient(_ model: Model) throws -> Tensor {
      try valueAndGradient(at: [words]) { (try model.unet(noise, timesteps: [400], context: $0[0]) - noise).squaredMean() }.gradients[0]
    }
    let expected = try gradient(exact)
    let found = try rounded(exact, on: unit) { try gradient($0) }
    let error = ((found - expected).squaredMean().item / expected.squaredMean().item).squareRoot()
    #expect(error > 0)
    #expect(error < 0.05, "\(name(unit)): relative error \(error)")
  }

  @Test func theTextEncoderStaysExact() throws {
    let (exact, rounded) = (try model(.f32), try model(.bf16))
    let ids = exact.tokenizer.tokenize("a red panda").rows
    #expect(try exact.textEncoder(ids: ids).last.floats() == (try rounded.textEncoder(ids: ids).last.floats()))
  }
}
