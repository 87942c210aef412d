import Glibc
import LimnTensor

/// The softmax in double precision.
enum Softmax {
  /// The mean of `value` under the softmax of `scores`.
  static func mean(_ scores: [Double], _ value: (Int) -> Double) -> Double {
    let largest = scores.max() ?? 0
    var sum = 0.0, total = 0.0
    for (index, score) in scores.enumerated() {
      let weight = exp(score - largest)
      sum += weight * value(index)
      total += weight
    }
    return sum / total
  }
}

/// Work that memory bounds: norms, softmax, functions of single elements. Rates are of the bytes read and written once each.
extension Job {
  static let passes: [Job] = [
    groups("groupnorm-320-64", channels: 320, groups: 32, side: 64), groups("groupnorm-32-16", channels: 32, groups: 16, side: 16),
    layers("layernorm-320-4096", rows: 8192, features: 320), softmax("softmax-4096", rows: 1024, columns: 4096),
    single("silu-320-64", [2, 320, 64, 64]) { ($0.silu(), { $0 / (1 + exp(-$0)) }) },
    single("add-320-64", [2, 320, 64, 64]) { ($0 + $0, { $0 + $0 }) },
    gated("geglu-4096", rows: 8192, features: 1280),
  ]

  private static func randn(_ seed: Int64, _ shape: Shape) -> Tensor { TorchGenerator(seed: seed).randn(shape) }

  private static func groups(_ name: String, channels: Int, groups: Int, side: Int) -> Job {
    Job(name: "tensor/\(name)") { _ in
      let x = randn(0, [2, channels, side, side]).channelsLast(), weight = randn(1, [channels]), bias = randn(2, [channels])
      let run = { groupNorm(x, groups: groups, weight: weight, bias: bias, silu: true) }
      return Prepared(
        bytes: 8 * Double(x.count),
        check: {
          let (xs, ws, bs) = (x.floats(), weight.floats(), bias.floats())
          let width = channels / groups, size = width * side * side
          try Checks.sampled(name, run(), count: 8, tolerance: 1e-5) { at in
            let first = at[0] * channels * side * side + at[1] / width * size
            let (mean, deviation) = moments(xs[first..<first + size], epsilon: 1e-5)
            let own = Double(xs[((at[0] * channels + at[1]) * side + at[2]) * side + at[3]])
            let y = (own - mean) / deviation * Double(ws[at[1]]) + Double(bs[at[1]])
            return y / (1 + exp(-y))
          }
        }, run: { _ = run() })
    }
  }

  private static func layers(_ name: String, rows: Int, features: Int) -> Job {
    Job(name: "tensor/\(name)") { _ in
      let x = randn(0, [rows, features]), weight = randn(1, [features]), bias = randn(2, [features])
      return Prepared(
        bytes: 8 * Double(x.count),
        check: {
          let (xs, ws, bs) = (x.floats(), weight.floats(), bias.floats())
          try Checks.sampled(name, layerNorm(x, weight: weight, bias: bias), tolerance: 1e-5) { at in
            let (mean, deviation) = moments(xs[at[0] * features..<(at[0] + 1) * features], epsilon: 1e-5)
            return (Double(xs[at[0] * features + at[1]]) - mean) / deviation * Double(ws[at[1]]) + Double(bs[at[1]])
          }
        }, run: { _ = layerNorm(x, weight: weight, bias: bias) })
    }
  }

  private static func moments(_ values: ArraySlice<Float>, epsilon: Double) -> (mean: Double, deviation: Double) {
    let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
    let variance = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(values.count)
    return (mean, (variance + epsilon).squareRoot())
  }

  private static func softmax(_ name: String, rows: Int, columns: Int) -> Job {
    Job(name: "tensor/\(name)") { _ in
      let x = randn(0, [rows, columns])
      return Prepared(
        bytes: 8 * Double(x.count),
        check: {
          let xs = x.floats()
          try Checks.sampled(name, x.softmax(), tolerance: 1e-5) { at in
            Softmax.mean((0..<columns).map { Double(xs[at[0] * columns + $0]) }) { $0 == at[1] ? 1 : 0 }
          }
        }, run: { _ = x.softmax() })
    }
  }

  private static func single(
    _ name: String, _ shape: Shape, _ function: @escaping @Sendable (Tensor) -> (Tensor, (Double) -> Double)
  ) -> Job {
    Job(name: "tensor/\(name)") { _ in
      let x = randn(0, shape)
      return Prepared(
        bytes: 8 * Double(x.count),
        check: {
          let xs = x.floats(), (result, wanted) = function(x)
          try Checks.sampled(name, result.reshaped([x.count]), tolerance: 1e-6) { wanted(Double(xs[$0[0]])) }
        }, run: { _ = function(x) })
    }
  }

  /// a · gelu(b) over halves of the last axis.
  private static func gated(_ name: String, rows: Int, features: Int) -> Job {
    Job(name: "tensor/\(name)") { _ in
      let x = randn(0, [rows, 2 * features])
      return Prepared(
        bytes: 12 * Double(rows * features),
        check: {
          let xs = x.floats()
          try Checks.sampled(name, geglu(x), tolerance: 1e-5) { at in
            let b = Double(xs[at[0] * 2 * features + features + at[1]])
            return Double(xs[at[0] * 2 * features + at[1]]) * b * 0.5 * (1 + erf(b / 2.0.squareRoot()))
          }
        }, run: { _ = geglu(x) })
    }
  }

  /// A chain of sums of four numbers: what an operation costs besides its work.
  static let overhead = Job(name: "tensor/overhead") { _ in
    let pieces = 10_000
    let one = Tensor([1, 2, 3, 4], [4])
    func chain() -> Tensor {
      var x = one
      for _ in 0..<pieces { x = x + one }
      return x
    }
    return Prepared(
      pieces: pieces,
      check: {
        let found = chain().floats()
        guard found == [1, 2, 3, 4].map({ Float($0 * (pieces + 1)) }) else { throw BenchError("overhead: found \(found)") }
      }, run: { _ = chain() })
  }
}
