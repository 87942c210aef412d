import CLimnKernels
import LimnTensor
import LimnTestSupport
import Testing

@Suite struct NeuralConvolutionTests {
  private static func conv(
    _ name: String, _ x: Shape, _ weight: Shape, large: [Shape] = [], stride: Int = 1, padding: Padding = 1
  ) -> OpCase {
    let sizes = [x, weight, [weight[0]]]
    return OpCase(
      name, sizes, large: large, in: -1...1, tolerance: 2e-6,
      reference: { values in reference(values, x, weight, stride, padding) },
      run: { conv2d($0[0], weight: $0[1], bias: $0[2], stride: stride, padding: padding) })
  }

  /// The sum as one would write it, over [N, C, H, W].
  private static func reference(_ v: [[Double]], _ x: Shape, _ w: Shape, _ stride: Int, _ padding: Padding) -> [Double]
  {
    let target = try! Shape.conv2d(x, weight: w, bias: nil, stride: stride, padding: padding)
    var out: [Double] = []
    for n in 0..<target[0] {
      for o in 0..<target[1] {
        for i in 0..<target[2] {
          for j in 0..<target[3] {
            var sum = v[2][o]
            for c in 0..<x[1] {
              for ky in 0..<w[2] {
                for kx in 0..<w[3] {
                  let y = i * stride + ky - padding.top
                  let z = j * stride + kx - padding.left
                  if y < 0 || z < 0 || y >= x[2] || z >= x[3] { continue }
                  sum += v[0][((n * x[1] + c) * x[2] + y) * x[3] + z] * v[1][((o * x[1] + c) * w[2] + ky) * w[3] + kx]
                }
              }
            }
            out.append(sum)
          }
        }
      }
    }
    return out
  }

  static let cases: [OpCase] = [
    conv("one pixel", [1, 1, 1, 1], [1, 1, 3, 3]),
    conv("3×3", [2, 3, 5, 7], [5, 3, 3, 3], large: [[2, 32, 16, 16], [48, 32, 3, 3], [48]]),
    conv("1×1", [2, 5, 3, 7], [17, 5, 1, 1], padding: 0),
    conv("1×1 with stride", [1, 3, 7, 5], [4, 3, 1, 1], stride: 2, padding: 0),
    conv("stride 2", [2, 3, 8, 7], [4, 3, 3, 3], large: [[1, 20, 33, 32], [40, 20, 3, 3], [40]], stride: 2),
    conv(
      "stride 2, padded below and right", [1, 3, 6, 8], [4, 3, 3, 3], stride: 2,
      padding: Padding(top: 0, left: 0, bottom: 1, right: 1)),
    conv("stride 3 that leaves a rest", [1, 2, 9, 10], [3, 2, 2, 2], stride: 3, padding: 0),
    conv("2×4 window", [1, 2, 5, 6], [3, 2, 2, 4], padding: Padding(top: 1, left: 2, bottom: 0, right: 1)),
    conv("more padding than window", [1, 2, 3, 3], [2, 2, 2, 2], padding: 3),
    conv("channels in several blocks", [1, 401, 2, 2], [3, 401, 3, 3]),
    conv("taps in several blocks", [1, 100, 3, 3], [19, 100, 3, 3]),
    OpCase("packed", [[2, 3, 5, 4], [6, 3, 3, 3], [6]], differentiable: [0, 2]) {
      conv2d($0[0], packed: PackedConv(weight: $0[1]), bias: $0[2], padding: 1)
    },
    OpCase(
      "packed with an epilogue", [[2, 3, 5, 4], [6, 3, 3, 3], [6], [2, 6], [2, 6, 5, 4]], differentiable: [0, 2, 3, 4]
    ) {
      let finish = Epilogue(pictureBias: $0[3], residual: $0[4], silu: true)
      return conv2d($0[0], packed: PackedConv(weight: $0[1]), bias: $0[2], padding: 1, then: finish)
    },
  ]

  @Test(arguments: cases) func isItsSumWithItsGradient(_ c: OpCase) { c.check() }

  @Test func anEpilogueIsTheSameAsOperations() {
    let x = OpCase.inputs([[2, 33, 9, 7], [50, 33, 3, 3], [50], [2, 50], [2, 50, 9, 7]], -1...1, seed: 1)
    let finish = Epilogue(pictureBias: x[3], residual: x[4], silu: true)
    let fused = conv2d(x[0], packed: PackedConv(weight: x[1]), bias: x[2], padding: 1, then: finish)
    let plain = conv2d(x[0], weight: x[1], bias: x[2], padding: 1) + x[3].reshaped([2, 50, 1, 1]) + x[4]
    #expect(fused.isChannelsLast)
    expectClose(fused, plain.silu(), relativeToLargest: 1e-6)
  }

  /// A picture is the same alone or in a batch.
  /// The first goes tap by tap, the second by Winograd's transforms.
  @Test(arguments: [([3, 65, 5, 7], [33, 65, 3, 3]), ([3, 64, 12, 12], [48, 64, 3, 3])] as [(Shape, Shape)])
  func picturesDoNotKnowEachOther(_ pictures: Shape, _ windows: Shape) {
    let x = OpCase.inputs([pictures, windows], -1...1, seed: 2)
    let packed = PackedConv(weight: x[1])
    // Held still: other tests change the instruction set.
    withThreads(2) {
      let together = conv2d(x[0], packed: packed, bias: nil, padding: 1)
      for n in 0..<3 {
        let alone = conv2d(x[0].sliced(axis: 0, from: n, to: n + 1), packed: packed, bias: nil, padding: 1)
        #expect(alone.floats() == together.sliced(axis: 0, from: n, to: n + 1).floats())
      }
    }
  }

  /// Each pixel standing for four gives the bytes of the enlarged picture, tap by tap and by Winograd's transforms; its gradient those of two operations.
  @Test(arguments: [([2, 33, 3, 4], [17, 33, 3, 3]), ([2, 64, 7, 6], [40, 64, 3, 3]), ([1, 5, 4, 3], [6, 5, 1, 1])] as [(Shape, Shape)])
  func doublingOnTheWayIsDoublingBefore(_ pictures: Shape, _ windows: Shape) {
    let x = OpCase.inputs([pictures, windows, [windows[0]]], -1...1, seed: 4), padding = Padding(windows[2] / 2)
    let packed = PackedConv(weight: x[1])
    func folded(_ x: Tensor, _ bias: Tensor) -> Tensor { conv2d(x, packed: packed, bias: bias, padding: padding, doubled: true) }
    func apart(_ x: Tensor, _ bias: Tensor) -> Tensor { conv2d(upsampledNearest2x(x), packed: packed, bias: bias, padding: padding) }
    withThreads(2) {
      #expect(folded(x[0], x[2]).shape == [pictures[0], windows[0], 2 * pictures[2], 2 * pictures[3]])
      #expect(folded(x[0], x[2]).floats() == apart(x[0], x[2]).floats())
      let one = valueAndGradient(at: [x[0], x[2]]) { folded($0[0], $0[1]).sin().sum() }
      let two = valueAndGradient(at: [x[0], x[2]]) { apart($0[0], $0[1]).sin().sum() }
      #expect(one.gradients.map { $0.floats() } == two.gradients.map { $0.floats() })
    }
  }

  static let sizes: [(Shape, Shape, Int)] = [
    ([1, 1, 1, 1], [1, 1, 3, 3], 1), ([2, 7, 11, 5], [13, 7, 3, 3], 1), ([1, 128, 6, 6], [40, 128, 3, 3], 2),
    ([2, 4, 16, 16], [32, 4, 3, 3], 1), ([1, 64, 7, 7], [32, 64, 1, 1], 1),
  ]

  @Test(arguments: sizes) func agreesWithTheReferenceOnEachInstructionSet(_ x: Shape, _ weight: Shape, _ stride: Int) {
    let inputs = OpCase.inputs([x, weight, [weight[0]]], -1...1, seed: 3)
    let target = try! Shape.conv2d(x, weight: weight, bias: nil, stride: stride, padding: Padding(weight[2] / 2))
    var shape = limn_conv_shape(
      n: x[0], h: x[2], w: x[3], i: x[1], o: weight[0], oh: target[2], ow: target[3], kh: weight[2], kw: weight[3],
      stride: stride, dilation: 1, top: weight[2] / 2, left: weight[2] / 2, doubled: 0)
    var pixels = [Float](repeating: 0, count: target.count)  // N, H, W, C
    inputs[0].permuted([0, 2, 3, 1]).withFloats { a in
      inputs[1].withFloats { w in
        inputs[2].withFloats { limn_conv_reference(&shape, a.baseAddress, w.baseAddress, $0.baseAddress, &pixels) }
      }
    }
    let expected = Tensor(pixels, [target[0], target[2], target[3], target[1]]).permuted([0, 3, 1, 2])
    withEachInstructionSet { name in
      let y = conv2d(inputs[0], weight: inputs[1], bias: inputs[2], stride: stride, padding: Padding(weight[2] / 2))
      expectClose(y, expected, relativeToLargest: 2e-6, name)
    }
  }

  @Test func shapesThatDoNotFitAreNamed() {
    func rule(_ x: Shape, _ weight: Shape) throws {
      _ = try Shape.conv2d(x, weight: weight, bias: nil, stride: 1, padding: 0)
    }
    #expect(throws: ShapeError("conv2d: the input has 3 channels, the weight expects 4")) {
      try rule([1, 3, 8, 8], [2, 4, 3, 3])
    }
    #expect(throws: ShapeError("conv2d: a window of 3×3 does not fit a padded input of [1, 3, 2, 8]")) {
      try rule([1, 3, 2, 8], [2, 3, 3, 3])
    }
  }
}
