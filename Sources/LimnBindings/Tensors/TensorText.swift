import Glibc
import LimnTensor

/// How tensors are written: small ones whole, larger ones as shape, statistics and a corner.
enum TensorText {
  /// Up to this many elements are written out.
  private static let wholeLimit = 64
  /// Rows and columns of the corner that is shown of a larger one.
  private static let corner = 4

  /// One line: `[[1, 2], [3, 4]]`, or `tensor [1, 4, 16, 16] f32, mean 0.01, deviation 1, -3.2…3.4`.
  static func line(_ value: TensorValue) -> String {
    let tensor = value.tensor
    if !value.isMask, tensor.count <= wholeLimit, tensor.rank <= 2 { return whole(tensor) }
    if value.isMask {
      return "mask \(tensor.shape[1])×\(tensor.shape[0]), area \(short(Double(tensor.converted(to: .f32).mean().item)))"
    }
    return summary(tensor)
  }

  /// The line, and below it the corner of the last two axes, for a value that stands alone in a session.
  static func display(_ value: TensorValue) -> String {
    let tensor = value.tensor
    if tensor.count <= wholeLimit, tensor.rank <= 2 || tensor.count == 0 { return whole(tensor) }
    guard tensor.rank >= 2 else { return summary(tensor) + "\n" + elided(tensor) }
    var slice = tensor
    while slice.rank > 2 { slice = slice.selected(axis: 0, index: 0) }
    var lines = [summary(tensor)]
    for row in 0..<min(corner, slice.shape[0]) { lines.append("  " + elided(slice.selected(axis: 0, index: row))) }
    if slice.shape[0] > corner { lines.append("  …") }
    return lines.joined(separator: "\n")
  }

  private static func summary(_ tensor: Tensor) -> String {
    let name = "tensor \(tensor.shape) \(tensor.dtype.name)"
    guard tensor.count > 0 else { return name + ", empty" }
    var spread = Spread()
    spread.add(tensor.detached())
    let range = spread.finite == 0 ? "" : ", \(short(spread.least))…\(short(spread.most))"
    let bad = tensor.count - spread.finite
    let statistics = bad > 0 ? ", \(bad) not finite" : ", mean \(short(spread.mean)), deviation \(short(spread.deviation))"
    return name + statistics + range
  }

  private static func whole(_ tensor: Tensor) -> String {
    guard tensor.rank > 0 else { return elements(tensor)[0] }
    if tensor.rank == 1 { return "[" + elements(tensor).joined(separator: ", ") + "]" }
    return "[" + (0..<tensor.shape[0]).map { whole(tensor.selected(axis: 0, index: $0)) }.joined(separator: ", ") + "]"
  }

  private static func elided(_ row: Tensor) -> String {
    let shown = elements(row.sliced(axis: 0, from: 0, to: min(corner, row.count)))
    return "[" + (shown + (row.count > corner ? ["…"] : [])).joined(separator: ", ") + "]"
  }

  /// The elements as they are written; ints exactly, however large.
  private static func elements(_ tensor: Tensor) -> [String] {
    switch tensor.dtype {
    case .bool: tensor.floats().map { $0 != 0 ? "true" : "false" }
    case .i64, .i32, .u8: tensor.ints().map { String($0) }
    default: tensor.floats().map { short(Double($0)) }
    }
  }

  /// Four significant digits without trailing zeros.
  static func short(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    return withVaList([value]) { arguments in
      var buffer = [CChar](repeating: 0, count: 40)
      vsnprintf(&buffer, buffer.count, "%.4g", arguments)
      return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}

/// Mean, deviation and range of the finite numbers of a tensor, of which no more than a piece is made floats at a time.
private struct Spread {
  private(set) var finite = 0
  private(set) var (least, most) = (Double.infinity, -Double.infinity)
  /// Sums of how far the numbers are from the first one, and of its square.
  private var (first, sum, squares) = (0.0, 0.0, 0.0)

  private static let pieceLimit = 1 << 20

  var mean: Double { first + sum / Double(finite) }

  var deviation: Double { max(0, squares / Double(finite) - sum / Double(finite) * (sum / Double(finite))).squareRoot() }

  mutating func add(_ tensor: Tensor) {
    guard tensor.count > Self.pieceLimit else { return tensor.withFloats { for value in $0 { add(Double(value)) } } }
    let rows = max(1, Self.pieceLimit / (tensor.count / tensor.shape[0]))
    for row in stride(from: 0, to: tensor.shape[0], by: rows) {
      add(rows == 1 && tensor.rank > 1 ? tensor.selected(axis: 0, index: row) : tensor.sliced(axis: 0, from: row, to: min(row + rows, tensor.shape[0])))
    }
  }

  private mutating func add(_ value: Double) {
    guard value.isFinite else { return }
    if finite == 0 { first = value }
    finite += 1
    (least, most) = (min(least, value), max(most, value))
    sum += value - first
    squares += (value - first) * (value - first)
  }
}
