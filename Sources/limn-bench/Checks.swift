import Glibc
import LimnTensor

/// Results held against what they must be, before anything is timed.
enum Checks {
  /// Compares `count` elements of a tensor, spread over all of it, with a function of their indices.
  ///
  /// - Parameter tolerance: Of the largest value expected.
  static func sampled(
    _ name: String, _ result: Tensor, count: Int = 48, tolerance: Double, expected: ([Int]) -> Double
  ) throws {
    let dims = result.shape.dims
    let values = result.floats()
    guard !values.isEmpty else { throw BenchError("\(name): the result is empty") }
    // A step that is prime to most sizes, so that every axis is walked.
    let places = (0..<count).map { ($0 &* 1_000_003 &+ ($0 == 1 ? values.count - 1 : 0)) % values.count }
    var worst = 0.0, largest = 1e-30, where_ = 0
    for place in places {
      var index = dims, rest = place
      for axis in dims.indices.reversed() {
        index[axis] = rest % dims[axis]
        rest /= dims[axis]
      }
      let wanted = expected(index)
      let error = abs(Double(values[place]) - wanted)
      if !(error <= worst) { (worst, where_) = (error, place) }
      largest = max(largest, abs(wanted))
    }
    guard worst <= tolerance * largest else {
      throw BenchError("\(name): element \(where_) is off by \(worst), at most \(tolerance) of \(largest) expected")
    }
  }

  /// The mean of |a − b| over the mean of |b|.
  static func relativeError(_ a: Tensor, _ b: Tensor) -> Double {
    let (x, y) = (a.floats(), b.floats())
    var off = 0.0, size = 0.0
    for (p, q) in zip(x, y) {
      off += Double(abs(p - q))
      size += Double(abs(q))
    }
    return x.count == y.count && off.isFinite ? off / max(size, 1e-30) : .infinity
  }

  /// - Throws: ``BenchError`` when the shapes differ or the relative error is above `tolerance`.
  static func close(_ name: String, _ a: Tensor, _ b: Tensor, tolerance: Double) throws {
    guard a.shape == b.shape else { throw BenchError("\(name): the result is \(a.shape), expected \(b.shape)") }
    let error = relativeError(a, b)
    guard error <= tolerance else { throw BenchError("\(name): the mean relative error is \(error), expected at most \(tolerance)") }
  }
}
