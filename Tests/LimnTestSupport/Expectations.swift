import LimnTensor
import Testing

/// Expects two arrays of one shape to agree element by element, within `tolerance` times the largest magnitude in `expected`.
///
/// A failure prints the worst element, its place and both values.
package func expectClose(
  _ actual: Tensor, _ expected: Tensor, relativeToLargest tolerance: Float = 1e-4, _ label: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.shape == expected.shape else {
    Issue.record("\(label) shape \(actual.shape), expected \(expected.shape)", sourceLocation: sourceLocation)
    return
  }
  expectClose(
    actual.floats(), expected.floats(), relativeToLargest: tolerance, label, shape: expected.shape.dims,
    sourceLocation: sourceLocation)
}

/// The same for flat arrays; `shape` is used to name the place of the worst element.
package func expectClose(
  _ actual: [Float], _ expected: [Float], relativeToLargest tolerance: Float = 1e-4, _ label: String = "",
  shape: [Int]? = nil, sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.count == expected.count else {
    Issue.record("\(label) \(actual.count) elements, expected \(expected.count)", sourceLocation: sourceLocation)
    return
  }
  let largest = expected.reduce(0) { max($0, $1.isFinite ? abs($1) : 0) }
  let bound = tolerance * largest
  var worst = 0
  var worstError: Float = -1
  var failures = 0
  for index in expected.indices {
    let (a, e) = (actual[index], expected[index])
    // Equal covers infinities; a NaN on one side only is an infinite error.
    let error: Float = a == e || (a.isNaN && e.isNaN) ? 0 : (abs(a - e).isNaN ? .infinity : abs(a - e))
    if error > bound { failures += 1 }
    if error > worstError { (worst, worstError) = (index, error) }
  }
  if failures > 0 {
    Issue.record(
      """
      \(label) \(failures) of \(expected.count) elements differ by more than \(bound) (\(tolerance) of the largest, \(largest)); \
      worst at \(place(worst, in: shape ?? [expected.count])): \(actual[worst]), expected \(expected[worst]), off by \(worstError)
      """, sourceLocation: sourceLocation)
  }
}

/// Expects two arrays to hold the same bits in the same shape.
package func expectSame(
  _ actual: Tensor, _ expected: Tensor, _ label: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.shape == expected.shape, actual.dtype == expected.dtype else {
    Issue.record(
      "\(label) \(actual.dtype) \(actual.shape), expected \(expected.dtype) \(expected.shape)",
      sourceLocation: sourceLocation)
    return
  }
  let (a, e) = (actual.floats(), expected.floats())
  if let index = a.indices.first(where: { a[$0].bitPattern != e[$0].bitPattern }) {
    Issue.record(
      "\(label) first difference at \(place(index, in: expected.shape.dims)): \(a[index]), expected \(e[index])",
      sourceLocation: sourceLocation)
  }
}

private func place(_ index: Int, in shape: [Int]) -> [Int] {
  var rest = index
  var place: [Int] = []
  for size in shape.reversed() {
    place.append(rest % size)
    rest /= size
  }
  return place.reversed()
}
