import LimnTensor
import LimnTestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct NeuralAttentionTests {
  /// softmax(q kᵀ / √width) v, head by head, over [b, t, heads · width].
  private static func reference(
    _ b: Int, _ tq: Int, _ tk: Int, _ heads: Int, _ width: Int, causal: Bool = false, probabilities: Bool = false
  ) -> @Sendable ([[Double]]) -> [Double] {
    { x in
      let features = heads * width
      var out = [Double](repeating: 0, count: b * tq * features)
      var all: [Double] = []
      for z in 0..<b {
        for h in 0..<heads {
          for i in 0..<tq {
            let scores = (0..<tk).map { j -> Double in
              if causal && j > i { return 0 }
              let dot = (0..<width).reduce(0.0) {
                $0 + x[0][(z * tq + i) * features + h * width + $1] * x[1][(z * tk + j) * features + h * width + $1]
              }
              return Glibc.exp(dot / Double(width).squareRoot())
            }
            let total = scores.reduce(0, +)
            all += scores.map { $0 / total }
            if probabilities { continue }
            for d in 0..<width {
              out[(z * tq + i) * features + h * width + d] =
                (0..<tk).reduce(0.0) { $0 + scores[$1] / total * x[2][(z * tk + $1) * features + h * width + d] }
            }
          }
        }
      }
      return probabilities ? all : out
    }
  }

  static let cases: [OpCase] = [
    OpCase("one token", [[1, 1, 3], [1, 1, 3], [1, 1, 3]], reference: reference(1, 1, 1, 1, 3)) {
      attention($0[0], $0[1], $0[2], heads: 1)
    },
    OpCase(
      "two heads", [[2, 5, 6], [2, 7, 6], [2, 7, 6]], large: [[2, 100, 64], [2, 77, 64], [2, 77, 64]], tolerance: 2e-6,
      reference: reference(2, 5, 7, 2, 3)
    ) {
      attention($0[0], $0[1], $0[2], heads: 2)
    },
    OpCase(
      "keys in several blocks", [[1, 26, 8], [1, 530, 8], [1, 530, 8]],
      large: [[1, 530, 40], [1, 530, 40], [1, 530, 40]], tolerance: 2e-6, reference: reference(1, 26, 530, 2, 4)
    ) {
      attention($0[0], $0[1], $0[2], heads: 2)
    },
    OpCase(
      "heads too wide for lanes", [[1, 26, 70], [1, 270, 70], [1, 270, 70]],
      large: [[2, 130, 160], [2, 77, 160], [2, 77, 160]], tolerance: 2e-6, reference: reference(1, 26, 270, 1, 70)
    ) {
      attention($0[0], $0[1], $0[2], heads: 1)
    },
    OpCase(
      "causal", [[2, 9, 8], [2, 9, 8], [2, 9, 8]], large: [[1, 300, 64], [1, 300, 64], [1, 300, 64]], tolerance: 2e-6,
      reference: reference(2, 9, 9, 4, 2, causal: true)
    ) {
      attention($0[0], $0[1], $0[2], heads: 4, causal: true)
    },
    OpCase(
      "probabilities", [[2, 5, 6], [2, 7, 6]], large: [[2, 120, 64], [2, 77, 64]], tolerance: 2e-6,
      reference: reference(2, 5, 7, 2, 3, probabilities: true)
    ) {
      attentionProbabilities($0[0], $0[1], heads: 2)
    },
    OpCase(
      "causal probabilities", [[1, 5, 6], [1, 5, 6]], tolerance: 2e-6,
      reference: reference(1, 5, 5, 2, 3, causal: true, probabilities: true)
    ) {
      attentionProbabilities($0[0], $0[1], heads: 2, causal: true)
    },
    OpCase("applied probabilities", [[2, 2, 5, 7], [2, 7, 6]]) { applyAttention($0[0], $0[1], heads: 2) },
    OpCase("captured", [[2, 5, 6], [2, 7, 6], [2, 7, 6]]) {
      let capture = AttentionCapture(keys: [5, 0])
      let y = attention($0[0], $0[1], $0[2], heads: 2, capture: capture)
      return Tensor.concatenated([y.reshaped([-1]), capture.probabilities!.reshaped([-1])], axis: 0)
    },
  ]

  @Test(arguments: cases) func isItsFormulaWithItsGradient(_ c: OpCase) { c.check() }

  @Test(arguments: [false, true]) func threeWaysToTheSame(_ causal: Bool) {
    let x = OpCase.inputs([[2, 300, 48], [2, 300, 48], [2, 300, 48]], -2...2, seed: 1)
    let capture = AttentionCapture(keys: [0, 3, 299])
    let plain = attention(x[0], x[1], x[2], heads: 3, causal: causal)
    let captured = attention(x[0], x[1], x[2], heads: 3, causal: causal, capture: capture)
    let probabilities = attentionProbabilities(x[0], x[1], heads: 3, causal: causal)
    expectClose(captured, plain, relativeToLargest: 3e-6)
    expectClose(applyAttention(probabilities, x[2], heads: 3), plain, relativeToLargest: 3e-6)
    let columns = Tensor.concatenated([0, 3, 299].map { probabilities.sliced(axis: 3, from: $0, to: $0 + 1) }, axis: 3)
    expectClose(capture.probabilities!, columns, relativeToLargest: 3e-6)
    expectClose(probabilities.sum(axes: [3]), Tensor.ones([2, 3, 300]), relativeToLargest: 2e-6)
  }

  @Test func largeScoresStayFinite() {
    let x = OpCase.inputs([[1, 50, 16], [1, 600, 16], [1, 600, 16]], -60...60, seed: 2)
    #expect(attention(x[0], x[1], x[2], heads: 1).floats().allSatisfy { $0.isFinite && Swift.abs($0) <= 60 })
  }

  @Test(arguments: [1, 2]) func eachInstructionSetGivesTheSameValues(_ heads: Int) {
    let x = OpCase.inputs([[1, 45, 72], [1, 33, 72], [1, 33, 72]], -1...1, seed: 3)
    let expected = attention(x[0], x[1], x[2], heads: heads)
    withEachInstructionSet { name in
      expectClose(attention(x[0], x[1], x[2], heads: heads), expected, relativeToLargest: 3e-6, name)
    }
  }

  /// Scores that climb and fall by hundreds, so that what earlier keys gave is scaled away, or later ones count for nothing.
  @Test(arguments: [false, true]) func followsTheLargestScore(_ causal: Bool) {
    let (tq, tk, width) = (37, 41, 4)
    let q = Tensor((0..<tq * width).map { $0 % width == 0 ? Float($0 / width % 5 - 2) : 0 }, [1, tq, width])
    let k = Tensor((0..<tk * width).map { $0 % width == 0 ? Float(($0 / width * 97) % 211 - 105) : 0 }, [1, tk, width])
    let v = OpCase.inputs([[1, tk, width]], -1...1, seed: 6)[0]
    let expected = Self.reference(1, tq, tk, 1, width, causal: causal)([q, k, v].map { $0.floats().map(Double.init) })
    expectClose(
      attention(q, k, v, heads: 1, causal: causal).floats(), expected.map { Float($0) }, relativeToLargest: 1e-5, "\(causal)", shape: [1, tq, width])
  }

  /// What a query must not see does not reach it, be it infinite.
  @Test func laterTokensDoNotShow() {
    let x = OpCase.inputs([[1, 40, 8], [1, 40, 8], [1, 40, 8]], -2...2, seed: 5)
    let before = attention(x[0], x[1], x[2], heads: 1, causal: true).floats()
    var (k, v) = (x[1].floats(), x[2].floats())
    for i in 21 * 8..<40 * 8 { (k[i], v[i]) = (1000, -1e6) }
    let after = attention(x[0], Tensor(k, [1, 40, 8]), Tensor(v, [1, 40, 8]), heads: 1, causal: true).floats()
    #expect(before[..<(21 * 8)] == after[..<(21 * 8)])
  }

  /// A picture is the same alone or in a batch.
  @Test func picturesDoNotKnowEachOther() {
    let x = OpCase.inputs([[2, 70, 24], [2, 33, 24], [2, 33, 24]], -2...2, seed: 4)
    // Held still: other tests change the instruction set.
    withThreads(2) {
      let together = attention(x[0], x[1], x[2], heads: 3)
      for n in 0..<2 {
        let own = x.map { $0.sliced(axis: 0, from: n, to: n + 1) }
        #expect(
          attention(own[0], own[1], own[2], heads: 3).floats() == together.sliced(axis: 0, from: n, to: n + 1).floats())
      }
    }
  }

  @Test func shapesThatDoNotFitAreNamed() {
    #expect(throws: ShapeError("attention: 6 features cannot be split into 4 heads")) {
      try Shape.attention([1, 2, 6], [1, 3, 6], [1, 3, 6], heads: 4)
    }
    #expect(throws: ShapeError("attention: shapes do not fit: queries [1, 2, 6], keys [1, 3, 8], values [1, 3, 8]")) {
      try Shape.attention([1, 2, 6], [1, 3, 8], [1, 3, 8], heads: 2)
    }
  }
}
