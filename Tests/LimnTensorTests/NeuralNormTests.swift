import LimnTensor
import LimnTestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct NeuralNormTests {
  /// Group norm of [n, c, pixels], row-major.
  private static func groups(_ n: Int, _ c: Int, _ pixels: Int, _ groups: Int, _ silu: Bool)
    -> @Sendable ([[Double]]) -> [Double]
  {
    { v in
      var out = v[0]
      let size = c / groups * pixels
      for g in 0..<(n * groups) {
        let values = v[0][(g * size)..<((g + 1) * size)]
        let mean = values.reduce(0, +) / Double(size)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(size)
        for i in 0..<size {
          let channel = (g % groups) * (c / groups) + i / pixels
          let z = (v[0][g * size + i] - mean) / (variance + 1e-5).squareRoot() * v[1][channel] + v[2][channel]
          out[g * size + i] = silu ? z / (1 + Glibc.exp(-z)) : z
        }
      }
      return out
    }
  }

  private static func rows(_ width: Int) -> @Sendable ([[Double]]) -> [Double] {
    { v in
      stride(from: 0, to: v[0].count, by: width).flatMap { start -> [Double] in
        let row = v[0][start..<(start + width)]
        let mean = row.reduce(0, +) / Double(width)
        let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
        return row.enumerated().map { ($1 - mean) / (variance + 1e-5).squareRoot() * v[1][$0] + v[2][$0] }
      }
    }
  }

  private static func softmax(_ width: Int) -> @Sendable ([[Double]]) -> [Double] {
    { v in
      stride(from: 0, to: v[0].count, by: width).flatMap { start -> [Double] in
        let values = v[0][start..<(start + width)].map(Glibc.exp)
        let total = values.reduce(0, +)
        return values.map { $0 / total }
      }
    }
  }

  static let cases: [OpCase] = [
    OpCase(
      "group norm", [[2, 6, 3, 5], [6], [6]], large: [[2, 32, 40, 33], [32], [32]], tolerance: 3e-6,
      reference: groups(2, 6, 15, 3, false)
    ) {
      groupNorm($0[0], groups: 3 == $0[0].shape[1] / 2 ? 3 : 16, weight: $0[1], bias: $0[2])
    },
    OpCase(
      "group norm with silu", [[2, 34, 3, 3], [34], [34]], large: [[1, 34, 64, 67], [34], [34]], tolerance: 3e-6,
      reference: groups(2, 34, 9, 2, true)
    ) {
      groupNorm($0[0], groups: 2, weight: $0[1], bias: $0[2], silu: true)
    },
    OpCase(
      "group norm of one channel a group", [[1, 3, 7, 1], [3], [3]], tolerance: 3e-6,
      reference: groups(1, 3, 7, 3, false)
    ) {
      groupNorm($0[0], groups: 3, weight: $0[1], bias: $0[2])
    },
    OpCase("group norm of [N, C, T]", [[2, 4, 9], [4], [4]], tolerance: 3e-6, reference: groups(2, 4, 9, 2, false)) {
      groupNorm($0[0], groups: 2, weight: $0[1], bias: $0[2])
    },
    OpCase("group norm without weight", [[2, 4, 3, 3]]) { groupNorm($0[0], groups: 2, weight: nil, bias: nil) },
    OpCase(
      "layer norm", [[3, 2, 13], [13], [13]], large: [[2, 300, 96], [96], [96]], tolerance: 3e-6, reference: rows(13)
    ) {
      layerNorm($0[0], weight: $0[1], bias: $0[2])
    },
    OpCase("layer norm of wide rows", [[2, 64], [64], [64]], tolerance: 3e-6, reference: rows(64)) {
      layerNorm($0[0], weight: $0[1], bias: $0[2])
    },
    OpCase("softmax", [[3, 7]], large: [[100, 701]], tolerance: 2e-6, reference: softmax(7)) { $0[0].softmax() },
    OpCase("softmax of one", [[5, 1]], reference: softmax(1)) { $0[0].softmax() },
    OpCase("softmax along a middle axis", [[2, 5, 3]]) { $0[0].softmax(axis: 1) },
    OpCase(
      "geglu", [[3, 2, 14]], large: [[300, 256]], in: -4...4, tolerance: 2e-6, step: 4e-3,
      reference: { v in
        stride(from: 0, to: v[0].count, by: 14).flatMap { start in
          (0..<7).map { i -> Double in
            let gate = v[0][start + 7 + i]
            return v[0][start + i] * gate * 0.5 * (1 + Glibc.erf(gate / 2.0.squareRoot()))
          }
        }
      }
    ) { geglu($0[0]) },
  ]

  @Test(arguments: cases) func isItsFormulaWithItsGradient(_ c: OpCase) { c.check() }

  @Test func eachInstructionSetGivesTheSameValues() {
    let x = OpCase.inputs([[2, 36, 9, 7], [36], [36]], -2...2, seed: 1)
    let expected = groupNorm(x[0], groups: 4, weight: x[1], bias: x[2], silu: true)
    let soft = x[0].softmax()
    withEachInstructionSet { name in
      expectClose(
        groupNorm(x[0], groups: 4, weight: x[1], bias: x[2], silu: true), expected, relativeToLargest: 2e-6, name)
      expectClose(x[0].softmax(), soft, relativeToLargest: 2e-6, name)
    }
  }

  /// A mean far from zero costs digits in a sum of squares; not in two passes.
  @Test func aLargeMeanLeavesTheVarianceExact() {
    let x = OpCase.inputs([[1, 8, 50, 50]], -1...1, seed: 2)[0]
    let y = groupNorm(x, groups: 2, weight: nil, bias: nil)
    let moved = groupNorm(x + 1024, groups: 2, weight: nil, bias: nil)
    expectClose(moved, y, relativeToLargest: 2e-4)
  }

  @Test func softmaxTakesLargeAndInfiniteValues() {
    let y = Tensor([1000, 1000, -.infinity, -1000], [4]).softmax().floats()
    #expect(y == [0.5, 0.5, 0, 0])
  }

  @Test func shapesThatDoNotFitAreNamed() {
    #expect(throws: ShapeError("group norm: 6 channels cannot be split into 4 groups")) {
      try Shape.groupNorm([1, 6, 2, 2], groups: 4, weight: nil, bias: nil)
    }
    #expect(throws: ShapeError("layer norm: the weight is [3], expected [4]")) {
      try Shape.layerNorm([2, 4], weight: [3], bias: nil)
    }
    #expect(throws: ShapeError("geglu: the input is [2, 3], expected an even last axis")) { try Shape.geglu([2, 3]) }
  }

  @Test func aNormInPlaceLeavesOthersAlone() {
    let values = (0..<2 * 8 * 30).map { Float($0 % 17) - 8 }
    var own = Tensor(values, [2, 5, 6, 8]).permuted([0, 3, 1, 2])
    let expected = groupNorm(own, groups: 4, weight: nil, bias: nil, silu: true).floats()
    let address = own.storage.bytes
    normalizeGroups(of: &own, groups: 4, weight: nil, bias: nil, silu: true)
    #expect(own.floats() == expected && own.storage.bytes == address)

    var shared = Tensor(values, [2, 5, 6, 8]).permuted([0, 3, 1, 2])
    let other = shared
    normalizeGroups(of: &shared, groups: 4, weight: nil, bias: nil, silu: true)
    #expect(shared.floats() == expected && other.permuted([0, 2, 3, 1]).floats() == values)
  }
}
