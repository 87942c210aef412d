import Testing
import LimnDiffusion
import LimnNN
import LimnTensor
import LimnTestSupport

/// The parts of a fixture model in diffusers layout, read straight from their folders.
struct TinyModel {
  let name: String

  static let sd1 = TinyModel(name: "sd1")
  static let sd2 = TinyModel(name: "sd2")
  static let both = [sd1, sd2]

  func config(_ part: String) throws -> JSON { try Fixtures.json("\(name)/\(part)/config") }

  func weights(_ part: String) throws -> [String: Parameter] {
    try WeightFiles(Fixtures.tree(name), folder: part).open(variant: nil).weights.mapValues { Parameter($0) }
  }

  func textEncoder(_ traced: [String: Tensor] = [:]) throws -> TextEncoder {
    try TextEncoder(config: config("text_encoder"), weights: reader("text_encoder", traced))
  }

  func unet(_ traced: [String: Tensor] = [:]) throws -> UNet {
    try UNet(config: config("unet"), weights: reader("unet", traced))
  }

  func vae(_ traced: [String: Tensor] = [:]) throws -> VAE {
    try VAE(config: config("vae"), weights: reader("vae", traced))
  }

  private func reader(_ part: String, _ traced: [String: Tensor]) throws -> WeightReader {
    var weights = try weights(part)
    for (key, tensor) in traced { weights[key]!.traced = tensor }
    return WeightReader(weights, file: "test")
  }
}

extension TinyModel: CustomTestStringConvertible {
  var testDescription: String { name }
}

/// Rows of ids of a `[N, T]` fixture.
func rows(_ ids: Tensor) -> [[Int]] {
  let flat = ids.ints(), length = ids.shape[1]
  return stride(from: 0, to: flat.count, by: length).map { Array(flat[$0..<$0 + length]) }
}

/// Runs `body` on this many threads.
func withThreads<Result>(_ count: Int, _ body: () throws -> Result) rethrows -> Result {
  let before = ThreadPool.threads
  ThreadPool.threads = count
  defer { ThreadPool.threads = before }
  return try body()
}
