// New tensors out of parts of others.
extension Tensor {
  /// Tensors one behind another along an axis. If all are channels-last the result is too.
  package static func concatenated(_ parts: [Tensor], axis: Int) -> Tensor {
    let shape = orTrap { try Shape.concatenated(parts.map(\.shape), axis: axis) }
    if parts.count == 1 { return parts[0] }
    let p = shape.position(axis)
    let type = commonType(parts)
    let result = Tensor.uninitialized(
      shape, dtype: type, channelsLast: shape.rank == 4 && parts.allSatisfy { $0.isChannelsLast } && !parts.allSatisfy { $0.isContiguous })
    var at = 0
    for part in parts where part.count > 0 {
      let end = at + part.shape.sizes[p]
      let source = part.dtype == type ? part : part.rawConverted(to: type)
      withExtendedLifetime(source.storage) { result.sliced(axis: p, from: at, to: end).assign(from: source) }
      at = end
    }
    return parts.contains { $0.isTraced } ? result.recorded(.concatenate, parts, ints: [p]) : result
  }

  /// Tensors of one shape along a new axis.
  package static func stacked(_ parts: [Tensor], axis: Int = 0) -> Tensor {
    let shape = orTrap { try Shape.stacked(parts.map(\.shape), axis: axis) }
    let p = axis < 0 ? axis + shape.rank : axis
    return concatenated(parts.map { $0.unsqueezed(p) }, axis: p)
  }

  /// One type if all agree; else f32 if any is a float, i64 if none is.
  private static func commonType(_ parts: [Tensor]) -> DType {
    if parts.allSatisfy({ $0.dtype == parts[0].dtype }) { return parts[0].dtype }
    return parts.contains { $0.dtype.isFloat } ? .f32 : .i64
  }

  /// With `value` around: `widths` are (before, after) for each axis.
  package func padded(_ widths: [(Int, Int)], value: Float = 0) -> Tensor {
    let target = orTrap { try shape.padded(widths) }
    var result = Tensor.full(target, value).converted(to: dtype)
    if isChannelsLast && !isContiguous { result = result.channelsLast() }
    var inner = result
    for (i, width) in widths.enumerated() { inner = inner.sliced(axis: i, from: width.0, to: width.0 + shape.sizes[i]) }
    withExtendedLifetime(storage) { inner.assign(from: self) }
    return isTraced ? result.recorded(.pad, [self], ints: widths.flatMap { [$0.0, $0.1] }, floats: [value]) : result
  }

  /// The elements of an axis in reverse.
  package func flipped(axis: Int) -> Tensor {
    let p = orTrap { try shape.axis(axis, op: "flip") }
    var steps = strides
    steps[p] = -steps[p]
    let size = shape.sizes[p]
    let result = view(shape, steps, offset: offset + Swift.max(size - 1, 0) * strides[p]).copied(channelsLast: isChannelsLast && !isContiguous)
    return isTraced ? result.recorded(.flip, [self], ints: [p]) : result
  }

  /// The positions `indices` of the first axis, in that order, with repetition. Negative ones count from the end.
  package func rows(at indices: [Int]) -> Tensor {
    let positions = indices.map { index in orTrap { try shape.index(index, axis: 0, op: "rows") } }
    var target = shape
    target.sizes[0] = positions.count
    let result = Tensor.uninitialized(target, dtype: dtype)
    withExtendedLifetime(storage) {
      for (i, p) in positions.enumerated() {
        result.sliced(axis: 0, from: i, to: i + 1).assign(from: detached().sliced(axis: 0, from: p, to: p + 1))
      }
    }
    return isTraced ? result.recorded(.rows, [self], ints: positions) : result
  }

  /// What an index of a script names along each of the first axes: every `step`-th position of `from ..< to`.
  package struct AxisSlice: Sendable {
    package let from, to, step: Int
    package init(from: Int, to: Int, step: Int = 1) {
      self.from = from
      self.to = to
      self.step = step
    }
  }

  /// A part: one slice for each of the first axes, the others whole.
  package func sliced(_ region: [AxisSlice]) -> Tensor {
    var result = self
    for (axis, slice) in region.enumerated() { result = result.sliced(axis: axis, from: slice.from, to: slice.to, step: slice.step) }
    return result
  }

  /// A copy in which a part is replaced by `value`, broadcast to the part's shape.
  ///
  /// - Gradient: in both.
  package func replacing(_ region: [AxisSlice], with value: Tensor) -> Tensor {
    let result = copied(channelsLast: isChannelsLast && !isContiguous)
    let part = result.sliced(region)
    let source = value.dtype == dtype ? value : value.rawConverted(to: dtype)
    withExtendedLifetime(source.storage) { part.assign(from: source.detached().expanded(part.shape)) }
    return isTraced || value.isTraced
      ? result.recorded(.replace, [self, value], ints: region.flatMap { [$0.from, $0.to, $0.step] }) : result
  }
}

extension Op {
  static let concatenate = Op(
    "concatenate", forward: { x, a in Tensor.concatenated(x, axis: a.ints[0]) },
    backward: { row, upstream, gradients in
      let axis = row.ints[0]
      var at = 0
      for (i, shape) in row.inputShapes.enumerated() {
        let start = at
        gradients.add(to: i, upstream.sliced(axis: axis, from: start, to: start + shape[axis]))
        at += shape[axis]
      }
    })
  static let pad = Op(
    "pad",
    forward: { x, a in x[0].padded((0..<x[0].rank).map { (a.ints[2 * $0], a.ints[2 * $0 + 1]) }, value: a.floats[0]) },
    backward: { row, upstream, gradients in
      var inner = upstream
      for (i, size) in row.inputShapes[0].dims.enumerated() { inner = inner.sliced(axis: i, from: row.ints[2 * i], to: row.ints[2 * i] + size) }
      gradients.add(to: 0, inner)
    })
  static let flip = Op(
    "flip", forward: { x, a in x[0].flipped(axis: a.ints[0]) },
    backward: { row, upstream, gradients in gradients.add(to: 0, upstream.flipped(axis: row.ints[0])) })
  // Rows named twice get the sum, added in the order in which they were named.
  static let rows = Op(
    "rows", forward: { x, a in x[0].rows(at: a.ints) },
    backward: { row, upstream, gradients in
      for (i, p) in row.ints.enumerated() {
        gradients.add(to: 0, upstream.sliced(axis: 0, from: i, to: i + 1)) { $0.sliced(axis: 0, from: p, to: p + 1) }
      }
    })
  private static func region(_ ints: [Int]) -> [Tensor.AxisSlice] {
    stride(from: 0, to: ints.count, by: 3).map { Tensor.AxisSlice(from: ints[$0], to: ints[$0 + 1], step: ints[$0 + 2]) }
  }
  static let replace = Op(
    "replace", forward: { x, a in x[0].replacing(region(a.ints), with: x[1]) },
    backward: { row, upstream, gradients in
      gradients.add(to: 0, upstream.replacing(region(row.ints), with: Tensor(0)))
      gradients.add(to: 1, upstream.sliced(region(row.ints)))
    })
}
