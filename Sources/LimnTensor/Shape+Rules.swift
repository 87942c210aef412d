/// Tensors whose shapes do not fit together, in the words a script's author reads.
package struct ShapeError: Error, Equatable, CustomStringConvertible {
  package let message: String
  package init(_ message: String) { self.message = message }
  package var description: String { message }
}

/// The result of a rule; traps with the rule's message where a binding would have thrown it.
@inline(__always)
func orTrap<T>(_ rule: () throws -> T) -> T {
  do { return try rule() } catch { fatalError("\(error)") }
}

// Rules: what each operation asks of shapes. They are pure; an operation traps with the message, a binding throws it.
extension Shape {
  /// The shape of `dims`, which may come from a script.
  package static func checked(_ dims: [Int], op: String) throws -> Shape {
    let text = "[" + dims.map(String.init).joined(separator: ", ") + "]"
    if dims.count > mostAxes { throw ShapeError("\(op): a shape has at most 6 axes, not \(dims.count): \(text)") }
    if dims.contains(where: { $0 < 0 }) { throw ShapeError("\(op): a size is negative: \(text)") }
    var count = 1
    for size in dims where size > 0 {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      if overflow || product > 1 << 44 { throw ShapeError("\(op): a tensor of shape \(text) is too large") }
      count = product
    }
    return Shape(dims)
  }

  /// The shape of an elementwise result: axes are matched from the last, and one of size 1 stands for any size.
  package static func broadcast(_ a: Shape, _ b: Shape, op: String) throws -> Shape {
    if a == b { return a }
    var sizes = Dims(repeating: 0)
    let rank = Swift.max(a.rank, b.rank)
    for i in 0..<rank {
      let x = i < rank - a.rank ? 1 : a.sizes[i - (rank - a.rank)]
      let y = i < rank - b.rank ? 1 : b.sizes[i - (rank - b.rank)]
      guard x == y || x == 1 || y == 1 else { throw ShapeError("\(op): shapes do not fit: \(a) and \(b)") }
      sizes[i] = x == 1 ? y : x
    }
    return Shape(sizes: sizes, rank: rank)
  }

  /// Whether a tensor of this shape can be broadcast to `target`.
  package func expands(to target: Shape, op: String) throws {
    guard rank <= target.rank, try Shape.broadcast(self, target, op: op) == target else {
      throw ShapeError("\(op): shape \(self) cannot be expanded to \(target)")
    }
  }

  /// `axis` counted from 0.
  package func axis(_ axis: Int, op: String) throws -> Int {
    let p = axis < 0 ? axis + rank : axis
    guard p >= 0, p < rank else { throw ShapeError("\(op): shape \(self) has no axis \(axis)") }
    return p
  }

  /// The axes as a set of bits; all for nil.
  package func axes(_ axes: [Int]?, op: String) throws -> Int {
    guard let axes else { return (1 << rank) - 1 }
    var bits = 0
    for a in axes {
      let bit = 1 << (try axis(a, op: op))
      if bits & bit != 0 { throw ShapeError("\(op): axis \(a) is named twice") }
      bits |= bit
    }
    return bits
  }

  /// The shape for `reshaped`: one size may be -1 and is worked out.
  package func reshaped(_ dims: [Int]) throws -> Shape {
    let text = "[" + dims.map(String.init).joined(separator: ", ") + "]"
    guard dims.count <= Shape.mostAxes else { throw ShapeError("reshape: a shape has at most 6 axes, not \(dims.count): \(text)") }
    guard dims.filter({ $0 == -1 }).count <= 1 else { throw ShapeError("reshape: only one size can be -1: \(text)") }
    guard !dims.contains(where: { $0 < -1 }) else { throw ShapeError("reshape: a size is negative: \(text)") }
    var known = 1
    for size in dims where size != -1 {
      let (product, overflow) = known.multipliedReportingOverflow(by: size)
      known = overflow ? .max : product
    }
    var result = dims
    if let open = dims.firstIndex(of: -1) {
      guard known > 0, count % known == 0 else { throw ShapeError("reshape: \(count) elements of \(self) do not fill \(text)") }
      result[open] = count / known
      known = count
    }
    guard known == count else { throw ShapeError("reshape: \(self) has \(count) elements, \(text) has \(known)") }
    return Shape(result)
  }

  /// Checks an order of all axes.
  package func permuted(_ order: [Int]) throws -> [Int] {
    let positions = try order.map { try axis($0, op: "permute") }
    guard Set(positions).count == rank, order.count == rank else {
      throw ShapeError("permute: \(order) does not name each axis of \(self) once")
    }
    return positions
  }

  /// The shape of `sliced(axis:from:to:step:)`.
  package func sliced(axis: Int, from: Int, to: Int, step: Int) throws -> Shape {
    let p = try self.axis(axis, op: "slice")
    guard step >= 1 else { throw ShapeError("slice: the step is \(step), it must be at least 1") }
    guard 0 <= from, from <= to, to <= sizes[p] else {
      throw ShapeError("slice: \(from)..<\(to) is outside of axis \(axis) of \(self), which has \(sizes[p])")
    }
    var result = self
    result.sizes[p] = (to - from + step - 1) / step
    return result
  }

  /// `index` counted from 0.
  package func index(_ index: Int, axis: Int, op: String) throws -> Int {
    let p = try self.axis(axis, op: op)
    let i = index < 0 ? index + sizes[p] : index
    guard i >= 0, i < sizes[p] else { throw ShapeError("\(op): index \(index) is outside of axis \(axis) of \(self), which has \(sizes[p])") }
    return i
  }

  /// The shape of tensors joined along an axis.
  package static func concatenated(_ shapes: [Shape], axis: Int) throws -> Shape {
    guard var result = shapes.first else { throw ShapeError("concatenate: there is nothing to join") }
    let p = try result.axis(axis, op: "concatenate")
    for shape in shapes.dropFirst() {
      var same = shape
      if shape.rank == result.rank { same.sizes[p] = result.sizes[p] }
      guard same == result else { throw ShapeError("concatenate: shapes differ outside of axis \(axis): \(shapes[0]) and \(shape)") }
      result.sizes[p] += shape.sizes[p]
    }
    return result
  }

  /// The shape of tensors stacked along a new axis.
  package static func stacked(_ shapes: [Shape], axis: Int) throws -> Shape {
    guard var result = shapes.first else { throw ShapeError("stack: there is nothing to join") }
    for shape in shapes where shape != result { throw ShapeError("stack: shapes differ: \(result) and \(shape)") }
    let p = axis < 0 ? axis + result.rank + 1 : axis
    guard p >= 0, p <= result.rank else { throw ShapeError("stack: shape \(result) has no place \(axis) for an axis") }
    guard result.rank < mostAxes else { throw ShapeError("stack: \(result) has 6 axes already") }
    result.insert(shapes.count, at: p)
    return result
  }

  /// The shape with `widths` (before, after) more elements an axis.
  package func padded(_ widths: [(Int, Int)]) throws -> Shape {
    guard widths.count == rank else { throw ShapeError("pad: \(widths.count) widths for the \(rank) axes of \(self)") }
    var result = self
    for (i, width) in widths.enumerated() {
      guard width.0 >= 0, width.1 >= 0 else { throw ShapeError("pad: a width is negative: \(width)") }
      result.sizes[i] += width.0 + width.1
    }
    return result
  }
}
