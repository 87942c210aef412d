import CLimnKernels
import LimnTensor
import LimnTestSupport
import Testing

@Suite struct NeuralMatrixTests {
  /// a [batch, m, k] · b [batch, k, n].
  private static func product(_ batch: Int, _ m: Int, _ k: Int, _ n: Int) -> @Sendable ([[Double]]) -> [Double] {
    { x in
      var out: [Double] = []
      for z in 0..<batch {
        for i in 0..<m {
          for j in 0..<n {
            out.append((0..<k).reduce(0) { $0 + x[0][(z * m + i) * k + $1] * x[1][(z * k + $1) * n + j] })
          }
        }
      }
      return out
    }
  }

  static let cases: [OpCase] = [
    OpCase("matmul 1x1", [[1, 1], [1, 1]], reference: product(1, 1, 1, 1)) { matmul($0[0], $0[1]) },
    OpCase(
      "matmul", [[3, 5], [5, 7]], large: [[97, 401], [401, 83]], tolerance: 2e-6, reference: product(1, 3, 5, 7)
    ) {
      matmul($0[0], $0[1])
    },
    OpCase("matmul of many rows", [[23, 17], [17, 31]], tolerance: 2e-6, reference: product(1, 23, 17, 31)) {
      matmul($0[0], $0[1])
    },
    OpCase("matmul of transposes", [[17, 23], [31, 17]], large: [[301, 127], [96, 301]]) {
      matmul($0[0].transposed(), $0[1].transposed())
    },
    OpCase(
      "matmul in batches", [[2, 3, 5], [2, 5, 4]], large: [[5, 61, 33], [5, 33, 47]], reference: product(2, 3, 5, 4)
    ) {
      matmul($0[0], $0[1])
    },
    OpCase("matmul with leading axes broadcast", [[2, 1, 3, 5], [3, 5, 4]]) { matmul($0[0], $0[1]) },
    OpCase("matmul of a batch and a matrix", [[2, 3, 4, 5], [5, 6]]) { matmul($0[0], $0[1]) },
    OpCase("matmul of a row", [[5], [5, 6]]) { matmul($0[0], $0[1]) },
    OpCase("matmul of a column", [[2, 3, 5], [5]]) { matmul($0[0], $0[1]) },
    OpCase("matmul of two vectors", [[13], [13]]) { matmul($0[0], $0[1]) },
    OpCase("linear", [[2, 3, 5], [7, 5], [7]], large: [[2, 77, 96], [384, 96], [384]]) {
      linear($0[0], weight: $0[1], bias: $0[2])
    },
    OpCase("linear without bias", [[19, 11], [13, 11]]) { linear($0[0], weight: $0[1], bias: nil) },
    OpCase(
      "packed linear", [[2, 3, 5], [7, 5], [7]], large: [[300, 96], [100, 96], [100]], differentiable: [0, 2]
    ) {
      linear($0[0], packed: PackedMatrix(weight: $0[1]), bias: $0[2])
    },
    OpCase("packed linear with an epilogue", [[5, 3], [17, 3], [17], [5, 17]], differentiable: [0, 2, 3]) {
      linear($0[0], packed: PackedMatrix(weight: $0[1]), bias: $0[2], then: Epilogue(residual: $0[3], silu: true))
    },
  ]

  @Test(arguments: cases) func isItsSumWithItsGradient(_ c: OpCase) { c.check() }

  @Test func linearIsTheProductWithTheTransposedWeight() {
    let x = OpCase.inputs([[2, 9, 33], [21, 33], [21]], -1...1, seed: 5)
    expectClose(
      linear(x[0], weight: x[1], bias: x[2]), matmul(x[0], x[1].transposed()) + x[2], relativeToLargest: 1e-6)
  }

  /// A picture is the same alone or in a batch: an element's bytes do not depend on how many rows there are.
  /// (OpenBLAS does not promise that.)
  @Test(.enabled(if: limn_blas_suits(1280, 320) == 0), arguments: [(1, 96, 96), (7, 401, 65), (13, 320, 1280)])
  func rowsDoNotKnowEachOther(_ rows: Int, _ inner: Int, _ columns: Int) {
    let x = OpCase.inputs([[rows, inner], [columns, inner]], -1...1, seed: 6)
    let more = Tensor.concatenated([x[0], OpCase.inputs([[50, inner]], -1...1, seed: 7)[0]], axis: 0)
    let packed = PackedMatrix(weight: x[1])
    // Held still: other tests change the instruction set.
    withThreads(2) {
      let alone = linear(x[0], weight: x[1], bias: nil).floats()
      #expect(alone == linear(x[0], packed: packed, bias: nil).floats())
      #expect(alone == linear(more, packed: packed, bias: nil).sliced(axis: 0, from: 0, to: rows).floats())
      #expect(alone == matmul(x[0], x[1].transposed()).floats())
    }
  }

  static let sizes = [(1, 1, 1), (3, 5, 7), (6, 16, 16), (7, 384, 17), (13, 385, 33), (77, 768, 96), (2, 1280, 64)]

  @Test(arguments: sizes) func agreesWithTheReferenceOnEachInstructionSet(_ size: (m: Int, k: Int, n: Int)) {
    let x = OpCase.inputs([[size.m, size.k], [size.k, size.n]], -1...1, seed: 8)
    var shape = limn_gemm_shape(m: size.m, n: size.n, k: size.k, a_row: size.k, a_column: 1, c_row: size.n)
    var expected = [Float](repeating: 0, count: size.m * size.n)
    x[0].withFloats { a in
      x[1].withFloats { b in limn_gemm_reference(&shape, a.baseAddress, b.baseAddress, size.n, 1, &expected) }
    }
    withEachInstructionSet { name in
      expectClose(matmul(x[0], x[1]).floats(), expected, relativeToLargest: 2e-6, name)
      expectClose(linear(x[0], weight: x[1].transposed(), bias: nil).floats(), expected, relativeToLargest: 2e-6, name)
    }
  }

  /// Runs only where the library is in use: with AVX-512, or with LIMN_BLAS=on.
  @Test(.enabled(if: limn_blas_suits(300, 200) != 0)) func openBLASAgreesWithOurs() {
    let x = OpCase.inputs([[301, 200], [300, 200], [300], [301, 300]], -1...1, seed: 10)
    let product = matmul(x[0], x[1].transposed())
    expectClose(linear(x[0], weight: x[1], bias: x[2]), product + x[2], relativeToLargest: 2e-6)
    let packed = PackedMatrix(weight: x[1])
    #expect(packed.byteCount == 0)
    expectClose(
      linear(x[0], packed: packed, bias: x[2], then: Epilogue(residual: x[3], silu: true)),
      (product + x[2] + x[3]).silu(), relativeToLargest: 2e-6)
    expectClose(
      linear(x[0].sliced(axis: 0, from: 0, to: 20), packed: packed, bias: nil),
      product.sliced(axis: 0, from: 0, to: 20), relativeToLargest: 2e-6)
  }

  @Test func emptySidesGiveZerosOrNothing() {
    #expect(matmul(Tensor.zeros([2, 0]), Tensor.zeros([0, 3])).floats() == [0, 0, 0, 0, 0, 0])
    #expect(matmul(Tensor.zeros([0, 4]), Tensor.zeros([4, 3])).shape == [0, 3])
  }

  @Test func halfPrecisionWeightsAreWidened() {
    let x = OpCase.inputs([[4, 10], [6, 10]], -1...1, seed: 9)
    let half = x[1].converted(to: .f16)
    withThreads(2) {
      let wide = linear(x[0], weight: half.converted(to: .f32), bias: nil)
      #expect(linear(x[0], packed: PackedMatrix(weight: half), bias: nil).floats() == wide.floats())
    }
  }

  @Test func shapesThatDoNotFitAreNamed() {
    #expect(throws: ShapeError("matmul: inner sizes differ: [2, 3] @ [2, 3]")) { try Shape.matmul([2, 3], [2, 3]) }
    #expect(throws: ShapeError("linear: the input is [2, 4], expected 3 features last for a weight of [5, 3]")) {
      try Shape.linear([2, 4], weight: [5, 3], bias: nil)
    }
    #expect(throws: ShapeError("linear: the bias is [3], expected [5]")) {
      try Shape.linear([2, 3], weight: [5, 3], bias: [3])
    }
  }
}
