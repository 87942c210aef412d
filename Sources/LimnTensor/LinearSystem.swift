/// Systems of linear equations, by elimination with row exchanges in double precision.
///
/// - Source: Golub and Van Loan 2013, "Matrix Computations", algorithm 3.4.1.
package enum LinearSystem {
  /// The `x` with `a · x = b`.
  ///
  /// - Shape: `a [n, n]`, `b [n]` or `[n, k]` → `b`'s.
  /// - Throws: ``ShapeError`` for other shapes or a matrix without an inverse.
  /// - Gradient: none; the result is a constant.
  package static func solve(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    guard a.rank == 2, a.shape[0] == a.shape[1] else { throw ShapeError("solve: the matrix is \(a.shape), expected [n, n]") }
    let n = a.shape[0]
    guard b.rank == 1 || b.rank == 2, b.shape[0] == n else { throw ShapeError("solve: the right side is \(b.shape), expected [\(n)] or [\(n), k]") }
    let columns = b.rank == 2 ? b.shape[1] : 1
    var matrix = a.floats().map(Double.init), right = b.floats().map(Double.init)
    let largest = matrix.reduce(0) { max($0, abs($1)) }
    for step in 0..<n {
      let pivot = (step..<n).max { abs(matrix[$0 * n + step]) < abs(matrix[$1 * n + step]) }!
      // What is left of a column that depends on the others is rounding.
      guard abs(matrix[pivot * n + step]) > largest * Double(n) * 0x1p-50 else {
        throw ShapeError("solve: the matrix has no inverse: column \(step) depends on those before it")
      }
      if pivot != step {
        for column in 0..<n { matrix.swapAt(pivot * n + column, step * n + column) }
        for column in 0..<columns { right.swapAt(pivot * columns + column, step * columns + column) }
      }
      eliminate(below: step, n, columns, &matrix, &right)
    }
    for row in (0..<n).reversed() {
      for column in 0..<columns {
        var sum = right[row * columns + column]
        for other in row + 1..<max(row + 1, n) { sum -= matrix[row * n + other] * right[other * columns + column] }
        right[row * columns + column] = sum / matrix[row * n + row]
      }
    }
    return Tensor(right.map { Float($0) }, b.shape)
  }

  private static func eliminate(below step: Int, _ n: Int, _ columns: Int, _ matrix: inout [Double], _ right: inout [Double]) {
    matrix.withUnsafeMutableBufferPointer { matrix in
      right.withUnsafeMutableBufferPointer { right in
        let inverse = 1 / matrix[step * n + step]
        for row in step + 1..<max(step + 1, n) {
          let factor = matrix[row * n + step] * inverse
          if factor == 0 { continue }
          for column in step..<n { matrix[row * n + column] -= factor * matrix[step * n + column] }
          for column in 0..<columns { right[row * columns + column] -= factor * right[step * columns + column] }
        }
      }
    }
  }
}
