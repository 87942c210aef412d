import Foundation
import Testing

@Suite struct BenchCommandTests {
  @Test func theTableSaysWhatAPictureNeeds() throws {
    let result = try CommandRunner()("bench", "--size", "32x64", "--steps", "3")
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.contains("sticker, 32×64, 3 steps"))
    for word in ["at best", "a picture", "memory", "words", "UNet ×3", "convolution", "attention", "decoding"] {
      #expect(result.output.contains(word), "\(word) in \(result.output)")
    }
    #expect(result.errors.contains("measuring"))
  }

  private struct Report: Decodable {
    struct Part: Decodable {
      let name: String
      let seconds, operations: Double
      let times: Int
    }
    let model, precision: String
    let width, height, steps, threads: Int
    let picture_s, ceiling_f32: Double
    let peak_bytes: Int
    let parts, layers: [Part]
  }

  @Test func theObjectAddsUp() throws {
    let result = try CommandRunner()("bench", "--steps", "4", "--precision", "f32", "--json")
    #expect(result.code == 0, "\(result.errors)")
    let report = try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
    #expect((report.width, report.height, report.steps) == (64, 64, 4))
    #expect((report.model, report.precision) == ("sticker", "f32"))
    #expect(report.parts.map(\.name) == ["words", "UNet", "decoding"])
    #expect(report.parts.map(\.times) == [1, 4, 1])
    let sum = report.parts.reduce(0) { $0 + $1.seconds * Double($1.times) }
    #expect(abs(sum - report.picture_s) < 1e-9)
    // The kinds of layers share out one step.
    #expect(abs(report.layers.reduce(0) { $0 + $1.seconds } - report.parts[1].seconds) < 1e-9)
    #expect(abs(report.layers.reduce(0) { $0 + $1.operations } - report.parts[1].operations) < 1)
    // 25 steps and a decoding of the bundled model are 14.8 GFLOP by PyTorch's FlopCounterMode, words left out.
    let whole = 25 * report.parts[1].operations + report.parts[2].operations
    #expect(abs(whole - 14.8e9) < 0.4e9)
    // Winograd's transforms save at most three of four operations; a busy machine may have measured the ceiling in a bad moment.
    #expect(report.parts[1].operations / report.parts[1].seconds < 10 * report.ceiling_f32)
    #expect(report.peak_bytes > 1 << 20)
  }

  @Test func whatCannotBeMeasuredIsSaid() throws {
    let limn = try CommandRunner()
    let size = try limn("bench", "--size", "33")
    #expect(size.code == 1)
    #expect(size.errors.contains("the size is 33×33, expected multiples of 4"))
    let wrong = try limn("bench", "--size", "big")
    #expect(wrong.code == 2)
    #expect(wrong.errors.contains("'--size' is 'big', expected pixels, as 512 or 768x512"))
    #expect(try limn("bench", "--precision", "f8").code == 2)
    #expect(try limn("bench", "--steps", "0").code == 2)
    let missing = try limn("bench", "nowhere")
    #expect(missing.code == 1)
    #expect(missing.errors.contains("nowhere"))
  }
}
