import LimnTensor

/// Kernels one at a time, at sizes that models have: those of Stable Diffusion 1.5 and of the bundled model.
extension Job {
  static let tensor: [Job] = convolutions + products + attentions + passes + [overhead]

  private static let convolutions: [Job] = [
    convolution("conv-320-64", channels: 320, side: 64), convolution("conv-640-32", channels: 640, side: 32),
    convolution("conv-1280-16", channels: 1280, side: 16), convolution("conv-1280-8", channels: 1280, side: 8),
    convolution("conv-640-64-to-320", channels: 640, outputs: 320, side: 64),
    convolution("conv-256-256", batch: 1, channels: 256, side: 256),
    convolution("conv-32-16", channels: 32, side: 16), convolution("conv-64-8", channels: 64, side: 8),
    convolution("conv-96-4", channels: 96, side: 4),
  ]

  private static let products: [Job] = [
    product("linear-320", rows: 8192, inputs: 320, outputs: 320), product("linear-320-to-2560", rows: 8192, inputs: 320, outputs: 2560),
    product("linear-1280", rows: 512, inputs: 1280, outputs: 1280), product("linear-1280-to-10240", rows: 512, inputs: 1280, outputs: 10240),
    product("linear-768-to-3072", rows: 77, inputs: 768, outputs: 3072), product("linear-32-to-256", rows: 512, inputs: 32, outputs: 256),
    product("linear-64", rows: 128, inputs: 64, outputs: 64), matrices("matmul-1024", side: 1024), matrices("matmul-128", side: 128),
  ]

  private static let attentions: [Job] = [
    attention("attention-own-64", tokens: 4096, keys: 4096, heads: 8, width: 40),
    attention("attention-own-32", tokens: 1024, keys: 1024, heads: 8, width: 80),
    attention("attention-own-16", tokens: 256, keys: 256, heads: 8, width: 160),
    attention("attention-words-64", tokens: 4096, keys: 77, heads: 8, width: 40),
    attention("attention-vae-64", batch: 1, tokens: 4096, keys: 4096, heads: 1, width: 512),
    attention("attention-small-16", tokens: 256, keys: 256, heads: 4, width: 8),
  ]

  private static func randn(_ seed: Int64, _ shape: Shape, scale: Float = 1) -> Tensor {
    let x = TorchGenerator(seed: seed).randn(shape)
    return scale == 1 ? x : x * scale
  }

  private static func precision(_ options: Options) -> Precision { Precision(rawValue: options.precision) ?? .automatic }

  /// How far a result may be from the sum in double precision, of the largest: what sums of f32 of these lengths and Winograd's
  /// transforms reach, or bf16 operands.
  private static func tolerance(_ options: Options) -> Double { precision(options) == .bf16 ? 2e-2 : 5e-5 }

  /// A 3×3 convolution with its bias, channels last.
  private static func convolution(_ name: String, batch: Int = 2, channels: Int, outputs: Int? = nil, side: Int) -> Job {
    Job(name: "tensor/\(name)") { options in
      let outputs = outputs ?? channels
      let x = randn(0, [batch, channels, side, side]).channelsLast()
      let weight = randn(1, [outputs, channels, 3, 3], scale: 1 / Float(channels * 9).squareRoot()), bias = randn(2, [outputs])
      let packed = PackedConv(weight: weight, precision: precision(options))
      let run = { conv2d(x, packed: packed, bias: bias, padding: 1) }
      return Prepared(
        operations: 2 * 9 * Double(batch * channels * outputs * side * side),
        check: {
          let (xs, ws, bs) = (x.floats(), weight.floats(), bias.floats())
          try Checks.sampled(name, run(), tolerance: tolerance(options)) { at in
            var sum = Double(bs[at[1]])
            for i in 0..<channels {
              for dy in 0..<3 {
                for dx in 0..<3 {
                  let (y, z) = (at[2] + dy - 1, at[3] + dx - 1)
                  guard (0..<side).contains(y), (0..<side).contains(z) else { continue }
                  sum += Double(xs[((at[0] * channels + i) * side + y) * side + z]) * Double(ws[((at[1] * channels + i) * 3 + dy) * 3 + dx])
                }
              }
            }
            return sum
          }
        }, run: { _ = run() })
    }
  }

  /// x · Wᵀ + b with a weight packed before.
  private static func product(_ name: String, rows: Int, inputs: Int, outputs: Int) -> Job {
    Job(name: "tensor/\(name)") { options in
      let x = randn(0, [rows, inputs]), weight = randn(1, [outputs, inputs], scale: 1 / Float(inputs).squareRoot()), bias = randn(2, [outputs])
      let packed = PackedMatrix(weight: weight, precision: precision(options))
      let run = { linear(x, packed: packed, bias: bias) }
      return Prepared(
        operations: 2 * Double(rows * inputs * outputs),
        check: {
          let (xs, ws, bs) = (x.floats(), weight.floats(), bias.floats())
          try Checks.sampled(name, run(), tolerance: tolerance(options)) { at in
            (0..<inputs).reduce(Double(bs[at[1]])) { $0 + Double(xs[at[0] * inputs + $1]) * Double(ws[at[1] * inputs + $1]) }
          }
        }, run: { _ = run() })
    }
  }

  /// a @ b of two tensors as scripts multiply them, nothing packed before.
  private static func matrices(_ name: String, side: Int) -> Job {
    Job(name: "tensor/\(name)") { options in
      let a = randn(0, [side, side]), b = randn(1, [side, side])
      return Prepared(
        operations: 2 * Double(side * side * side),
        check: {
          let (xs, ys) = (a.floats(), b.floats())
          try Checks.sampled(name, matmul(a, b), tolerance: tolerance(options)) { at in
            (0..<side).reduce(0) { $0 + Double(xs[at[0] * side + $1]) * Double(ys[$1 * side + at[1]]) }
          }
        }, run: { _ = matmul(a, b) })
    }
  }

  private static func attention(_ name: String, batch: Int = 2, tokens: Int, keys: Int, heads: Int, width: Int) -> Job {
    Job(name: "tensor/\(name)") { options in
      let features = heads * width
      let q = randn(0, [batch, tokens, features]), k = randn(1, [batch, keys, features]), v = randn(2, [batch, keys, features])
      let run = { LimnTensor.attention(q, k, v, heads: heads, precision: precision(options)) }
      return Prepared(
        operations: 4 * Double(batch * heads * tokens * keys * width),
        check: {
          let (qs, ks, vs) = (q.floats(), k.floats(), v.floats())
          try Checks.sampled(name, run(), count: 16, tolerance: tolerance(options)) { at in
            let head = at[2] / width * width
            let scores = (0..<keys).map { key in
              (0..<width).reduce(0.0) {
                $0 + Double(qs[(at[0] * tokens + at[1]) * features + head + $1]) * Double(ks[(at[0] * keys + key) * features + head + $1])
              } / Double(width).squareRoot()
            }
            return Softmax.mean(scores) { Double(vs[(at[0] * keys + $0) * features + at[2]]) }
          }
        }, run: { _ = run() })
    }
  }
}
