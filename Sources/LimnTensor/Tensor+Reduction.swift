import CLimnKernels

// Over some axes or all. Sums are made in double and rounded once, so their order does not show in the last bits.
extension Tensor {
  private func reduced(_ op: limn_reduction, _ axes: Int, keepDims: Bool, divisor: Double) -> Tensor {
    let x = asFloat()
    var kept = shape
    for i in 0..<rank where axes >> i & 1 == 1 { kept.sizes[i] = 1 }
    let result = Tensor.uninitialized(kept, channelsLast: isChannelsLast && !isContiguous)
    withExtendedLifetime(x.storage) {
      limn_reduce_f32(
        op, Int32(rank), shape.sizes.c, x.pointer(), x.strides.c, UInt32(axes), result.mutablePointer(), result.strides.c, divisor)
    }
    return keepDims ? result : result.without(axes)
  }

  /// The same elements without the axes whose bits are set; those have size 1.
  private func without(_ axes: Int) -> Tensor {
    var sizes = Dims(repeating: 0), steps = Dims(repeating: 0)
    var left = 0
    for i in 0..<rank where axes >> i & 1 == 0 {
      sizes[left] = shape.sizes[i]
      steps[left] = strides[i]
      left += 1
    }
    return view(Shape(sizes: sizes, rank: left), steps)
  }

  /// With axes of size 1 where bits are set, so that it has the axes of `whole` again.
  fileprivate func with(_ axes: Int, of whole: Shape) -> Tensor {
    if rank == whole.rank { return self }
    var kept = whole
    for i in 0..<whole.rank where axes >> i & 1 == 1 { kept.sizes[i] = 1 }
    return reshaped(kept)
  }

  /// How many elements there are along these axes.
  private func count(along axes: Int) -> Int {
    var n = 1
    for i in 0..<rank where axes >> i & 1 == 1 { n *= shape.sizes[i] }
    return n
  }

  /// Summed over the axes along which `target` was broadcast to this shape; a constant to gradients.
  func summed(to target: Shape) -> Tensor {
    if shape == target { return self }
    let missing = rank - target.rank
    var axes = (1 << missing) - 1
    for i in 0..<target.rank where target.sizes[i] == 1 && shape.sizes[i + missing] != 1 { axes |= 1 << (i + missing) }
    let sum = reduced(LIMN_REDUCE_SUM, axes, keepDims: true, divisor: 1)
    return sum.shape == target ? sum : sum.without((1 << missing) - 1)
  }

  /// The sum over `axes`, all if nil. Integers give i64.
  package func sum(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor {
    let bits = orTrap { try shape.axes(axes, op: "sum") }
    if !dtype.isFloat { return integerSum(bits, keepDims: keepDims) }
    let y = reduced(LIMN_REDUCE_SUM, bits, keepDims: keepDims, divisor: 1)
    return isTraced ? y.recorded(.sum, [self], ints: [bits, keepDims ? 1 : 0], floats: [1]) : y
  }

  private func integerSum(_ axes: Int, keepDims: Bool) -> Tensor {
    var kept = shape
    for i in 0..<rank where axes >> i & 1 == 1 { kept.sizes[i] = 1 }
    let total = Tensor.zeros(kept, dtype: .i64), x = converted(to: .i64)
    let from = withExtendedLifetime(x.storage) { x.ints() }
    let to = total.mutablePointer(Int.self)
    var at = Dims(repeating: 0)
    for value in from {
      var place = 0
      for i in 0..<rank where axes >> i & 1 == 0 { place += at[i] * total.strides[i] }
      to[place] &+= value
      var i = rank - 1
      while i >= 0 {
        at[i] += 1
        if at[i] < shape.sizes[i] { break }
        at[i] = 0
        i -= 1
      }
    }
    return keepDims ? total : total.without(axes)
  }

  /// The mean over `axes`, all if nil; NaN of nothing.
  package func mean(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor {
    let bits = orTrap { try shape.axes(axes, op: "mean") }
    let n = count(along: bits)
    let y = reduced(LIMN_REDUCE_SUM, bits, keepDims: keepDims, divisor: Double(n))
    return isTraced ? y.recorded(.mean, [self], ints: [bits, keepDims ? 1 : 0, n]) : y
  }

  /// The mean squared distance from the mean over `axes`, all if nil.
  ///
  /// - Parameter correction: What is taken off the count; 1 is the unbiased estimate, torch's default.
  package func variance(axes: [Int]? = nil, keepDims: Bool = false, correction: Int = 0) -> Tensor {
    let bits = orTrap { try shape.axes(axes, op: "variance") }
    let n = count(along: bits) - correction
    let y = reduced(LIMN_REDUCE_VARIANCE, bits, keepDims: keepDims, divisor: Double(Swift.max(n, 0)))
    return isTraced ? y.recorded(.variance, [self], saved: [self], ints: [bits, keepDims ? 1 : 0, correction]) : y
  }

  /// The largest element over `axes`, all if nil; NaN if one is. Equal largest elements share the gradient.
  package func max(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor { extreme(LIMN_REDUCE_MAX, .max, axes, keepDims) }

  /// The smallest element over `axes`, all if nil; NaN if one is. Equal smallest elements share the gradient.
  package func min(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor { extreme(LIMN_REDUCE_MIN, .min, axes, keepDims) }

  private func extreme(_ kind: limn_reduction, _ op: Op, _ axes: [Int]?, _ keepDims: Bool) -> Tensor {
    let bits = orTrap { try shape.axes(axes, op: op.name) }
    precondition(count(along: bits) > 0, "\(op.name): there are no elements along these axes of \(shape)")
    let y = reduced(kind, bits, keepDims: keepDims, divisor: 1)
    if !dtype.isFloat { return y.converted(to: .i64) }
    return isTraced ? y.recorded(op, [self], saved: [self, y], ints: [bits, keepDims ? 1 : 0]) : y
  }

  /// Whether every element is true (not 0).
  package func all() -> Bool { count == 0 || converted(to: .bool).reduced(LIMN_REDUCE_MIN, (1 << rank) - 1, keepDims: false, divisor: 1).item != 0 }

  /// Whether an element is true (not 0).
  package func any() -> Bool { count > 0 && converted(to: .bool).reduced(LIMN_REDUCE_MAX, (1 << rank) - 1, keepDims: false, divisor: 1).item != 0 }
}

extension Op {
  /// Upstream of a reduction, seen with the shape of its input.
  private static func spread(_ row: Row, _ x: Tensor) -> Tensor {
    x.with(row.ints[0], of: row.inputShapes[0]).expanded(row.inputShapes[0])
  }
  private static func axes(_ a: Attributes) -> [Int] { (0..<Shape.mostAxes).filter { a.ints[0] >> $0 & 1 == 1 } }

  static let sum = Op(
    "sum", forward: { x, a in x[0].sum(axes: axes(a), keepDims: a.ints[1] == 1) },
    backward: { row, upstream, gradients in gradients.add(to: 0, spread(row, upstream)) })
  static let mean = Op(
    "mean", forward: { x, a in x[0].mean(axes: axes(a), keepDims: a.ints[1] == 1) },
    backward: { row, upstream, gradients in gradients.add(to: 0, spread(row, upstream / Float(row.ints[2]))) })
  // d/dx Σ(x − m)² / n = 2 (x − m) / n: what flows through the mean cancels.
  static let variance = Op(
    "variance", forward: { x, a in x[0].variance(axes: axes(a), keepDims: a.ints[1] == 1, correction: a.ints[2]) },
    backward: { row, upstream, gradients in
      let x = row.saved[0], along = axes(row.attributes)
      var n = 1
      for axis in along { n *= x.shape[axis] }
      gradients.add(to: 0, spread(row, upstream) * (x - x.mean(axes: along, keepDims: true)) * (2 / Float(n - row.ints[2])))
    })
  private static func extreme(_ name: String, _ forward: @escaping Forward) -> Op {
    Op(
      name, forward: forward,
      backward: { row, upstream, gradients in
        let chosen = row.saved[0].equal(spread(row, row.saved[1])).converted(to: .f32)
        let ties = chosen.sum(axes: axes(row.attributes), keepDims: true)
        gradients.add(to: 0, chosen * spread(row, upstream) / ties)
      })
  }
  static let max = extreme("max") { x, a in x[0].max(axes: axes(a), keepDims: a.ints[1] == 1) }
  static let min = extreme("min") { x, a in x[0].min(axes: axes(a), keepDims: a.ints[1] == 1) }
}
