import LimnImage
import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

import LimnDiffusion

/// The bundled model against the pictures diffusers draws from it.
@Suite struct PipelineStickerTests {
  struct Golden: CustomTestStringConvertible {
    let value: JSON
    var file: String { value["file"]?.string ?? "" }
    var testDescription: String { "\(file) \(value["sampler"]?.string ?? "")" }

    var request: SampleRequest {
      var request = SampleRequest(value["prompt"]?.string ?? "")
      request.seeds = [Int64(value["seed"]?.int ?? 0)]
      request.sampler = value["sampler"]?.string
      request.steps = value["steps"]?.int ?? 0
      request.guidance = Float(value["guidance"]?.double ?? 0)
      if let negative = value["negative"]?.string { request.negatives = [negative] }
      return request
    }
  }

  static let goldens = ((try? Fixtures.json("sticker-goldens/pictures"))?.array ?? []).map(Golden.init)
  static let model = try! Model.load("sticker", options: ModelOptions(precision: .f32))

  @Test func thereAreGoldens() { #expect(Self.goldens.count == 7) }

  @Test(arguments: goldens) func drawsWhatDiffusersDraws(_ golden: Golden) throws {
    let found = try Self.model.sample(golden.request).image()
    let expected = try PNG.read(Fixtures.path("sticker-goldens/\(golden.file)")).rgb.pixels
    let levels = zip(found.floats(), expected.floats()).map { abs(($0 * 255).rounded() - ($1 * 255).rounded()) }
    #expect(found.count == expected.count && (levels.max() ?? 255) <= 1)
  }
}
