import LimnTensor
import LimnTestSupport
import Testing

@Suite struct NeuralEmbeddingTests {
  static let cases: [OpCase] = [
    OpCase("embedding", [[5, 3]], reference: { v in [4, 0, 4].flatMap { v[0][($0 * 3)..<($0 * 3 + 3)] } }) {
      embedding(ids: [4, 0, 4], table: $0[0])
    },
    OpCase("embedding of one row", [[1, 7]]) { embedding(ids: [0], table: $0[0]) },
  ]

  @Test(arguments: cases) func takesRowsAndAddsTheirGradients(_ c: OpCase) { c.check() }

  @Test func keepsTheAxesOfATensorOfIds() {
    let table = Tensor.arange(8).reshaped([4, 2])
    let y = embedding(ids: Tensor(ints: [3, 1, 0, 3], [2, 2]), table: table)
    #expect(y.shape == [2, 2, 2])
    #expect(y.floats() == [6, 7, 2, 3, 0, 1, 6, 7])
  }

  @Test func halfPrecisionTablesAreWidened() {
    let table = Tensor.arange(6).reshaped([3, 2]).converted(to: .f16)
    #expect(embedding(ids: [2, 0], table: table).floats() == [4, 5, 0, 1])
  }

  @Test func anIdOutsideIsNamed() {
    #expect(throws: ShapeError("embedding: id 4 is outside of a table of 4 rows")) {
      try Shape.embedding(ids: [0, 4], table: [4, 2])
    }
  }
}
