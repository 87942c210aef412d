// Other ways to see the same elements: no memory is made unless a reshape needs it.
extension Tensor {
  /// The same elements in row-major order under another shape; one size may be -1.
  package func reshaped(_ dims: [Int]) -> Tensor { reshaped(orTrap { try shape.reshaped(dims) }) }

  /// The same elements in row-major order under another shape.
  package func reshaped(_ target: Shape) -> Tensor {
    precondition(target.count == count, "reshape: \(shape) has \(count) elements, \(target) has \(target.count)")
    if target == shape { return self }
    let result: Tensor
    if isContiguous {
      result = view(target, target.rowMajorStrides)
    } else if let strides = strides(reshapedTo: target) {
      result = view(target, strides)
    } else {
      result = copied(channelsLast: false).view(target, target.rowMajorStrides, offset: 0)
    }
    return isTraced ? result.recorded(.reshape, [self], ints: target.dims) : result
  }

  /// Strides that show these elements under another shape, nil if there are none: runs of axes that lie one behind another in memory are
  /// cut anew.
  private func strides(reshapedTo target: Shape) -> Dims? {
    var result = Dims(repeating: 0)
    var t = target.rank - 1
    var step = 0, run = 1, covered = 1
    var i = rank - 1
    // Collect source axes from the last until a run ends, then lay the target's axes over it.
    while i >= 0 {
      if shape.sizes[i] == 1 && run == 1 {
        i -= 1
        continue
      }
      if run == 1 { step = strides[i] }
      run *= shape.sizes[i]
      var next = i - 1
      while next >= 0 && shape.sizes[next] == 1 { next -= 1 }
      if next < 0 || strides[next] != step * run {
        covered = 1
        while t >= 0 && covered < run {
          result[t] = step * covered
          covered *= target.sizes[t]
          t -= 1
        }
        if covered != run { return nil }
        run = 1
      }
      i = next
    }
    while t >= 0 {
      if target.sizes[t] != 1 { return nil }
      result[t] = 1
      t -= 1
    }
    return result
  }

  /// The axes in another order: axis i of the result is axis `order[i]`.
  package func permuted(_ order: [Int]) -> Tensor {
    let positions = orTrap { try shape.permuted(order) }
    var sizes = Dims(repeating: 0), steps = Dims(repeating: 0)
    for (i, p) in positions.enumerated() {
      sizes[i] = shape.sizes[p]
      steps[i] = strides[p]
    }
    let result = view(Shape(sizes: sizes, rank: rank), steps)
    return isTraced ? result.recorded(.permute, [self], ints: positions) : result
  }

  /// Two axes exchanged.
  package func transposed(_ a: Int = -2, _ b: Int = -1) -> Tensor {
    let p = orTrap { try shape.axis(a, op: "transpose") }, q = orTrap { try shape.axis(b, op: "transpose") }
    var sizes = shape.sizes, steps = strides
    (sizes[p], sizes[q]) = (sizes[q], sizes[p])
    (steps[p], steps[q]) = (steps[q], steps[p])
    let result = view(Shape(sizes: sizes, rank: rank), steps)
    return isTraced ? result.recorded(.transpose, [self], ints: [p, q]) : result
  }

  /// Repeated along axes of size 1 and new leading ones, without memory.
  package func expanded(_ target: Shape) -> Tensor {
    if target == shape { return self }
    orTrap { try shape.expands(to: target, op: "expand") }
    let result = view(target, strides(expandedTo: target))
    return isTraced ? result.recorded(.expand, [self], ints: target.dims) : result
  }

  /// Every `step`-th element of `from ..< to` along an axis.
  package func sliced(axis: Int, from: Int, to: Int, step: Int = 1) -> Tensor {
    let result = rawSliced(axis: axis, from: from, to: to, step: step)
    return isTraced ? result.recorded(.slice, [self], ints: [axis, from, to, step]) : result
  }

  private func rawSliced(axis: Int, from: Int, to: Int, step: Int) -> Tensor {
    let target = orTrap { try shape.sliced(axis: axis, from: from, to: to, step: step) }
    let p = shape.position(axis)
    var steps = strides
    steps[p] *= step
    return view(target, steps, offset: offset + from * strides[p])
  }

  /// One position of an axis; the axis goes. A negative index counts from the end.
  package func selected(axis: Int, index: Int) -> Tensor {
    let i = orTrap { try shape.index(index, axis: axis, op: "select") }
    return sliced(axis: axis, from: i, to: i + 1).squeezed(axis)
  }

  /// Without an axis of size 1.
  package func squeezed(_ axis: Int) -> Tensor {
    let p = orTrap { try shape.axis(axis, op: "squeeze") }
    precondition(shape.sizes[p] == 1, "squeeze: axis \(axis) of \(shape) has \(shape.sizes[p]) elements, not 1")
    var target = shape
    target.remove(at: p)
    var steps = Dims(repeating: 0)
    for i in 0..<target.rank { steps[i] = strides[i < p ? i : i + 1] }
    let result = view(target, steps)
    return isTraced ? result.recorded(.reshape, [self], ints: target.dims) : result
  }

  /// With a new axis of size 1 before `axis`; -1 is a new last axis.
  package func unsqueezed(_ axis: Int) -> Tensor {
    let p = axis < 0 ? axis + rank + 1 : axis
    precondition(p >= 0 && p <= rank && rank < Shape.mostAxes, "unsqueeze: shape \(shape) has no place \(axis) for an axis")
    var target = shape
    target.insert(1, at: p)
    var steps = Dims(repeating: 0)
    for i in 0..<target.rank where i != p { steps[i] = strides[i < p ? i : i - 1] }
    // Any stride will do for one element; this one keeps row-major views recognizable to plain stride tests.
    steps[p] = p < rank ? strides[p] * shape.sizes[p] : 1
    let result = view(target, steps)
    return isTraced ? result.recorded(.reshape, [self], ints: target.dims) : result
  }
}

extension Op {
  static let reshape = Op(
    "reshape", forward: { x, a in x[0].reshaped(Shape(a.ints)) },
    backward: { row, upstream, gradients in gradients.add(to: 0, upstream.reshaped(row.inputShapes[0])) })
  static let permute = Op(
    "permute", forward: { x, a in x[0].permuted(a.ints) },
    backward: { row, upstream, gradients in
      var inverse = row.ints
      for (i, p) in row.ints.enumerated() { inverse[p] = i }
      gradients.add(to: 0, upstream.permuted(inverse))
    })
  static let transpose = Op(
    "transpose", forward: { x, a in x[0].transposed(a.ints[0], a.ints[1]) },
    backward: { row, upstream, gradients in gradients.add(to: 0, upstream.transposed(row.ints[0], row.ints[1])) })
  static let expand = Op(
    "expand", forward: { x, a in x[0].expanded(Shape(a.ints)) },
    backward: { _, upstream, gradients in gradients.add(to: 0, upstream) })
  static let slice = Op(
    "slice", forward: { x, a in x[0].sliced(axis: a.ints[0], from: a.ints[1], to: a.ints[2], step: a.ints[3]) },
    backward: { row, upstream, gradients in
      gradients.add(to: 0, upstream) { $0.sliced(axis: row.ints[0], from: row.ints[1], to: row.ints[2], step: row.ints[3]) }
    })
}
