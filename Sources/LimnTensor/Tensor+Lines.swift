import CLimnKernels

// What goes along one axis.
extension Tensor {
  /// Running sums along an axis.
  package func cumsum(axis: Int) -> Tensor {
    let p = orTrap { try shape.axis(axis, op: "cumsum") }
    let y = runningSum(p, reverse: false)
    return isTraced ? y.recorded(.cumsum, [self], ints: [p]) : y
  }

  fileprivate func runningSum(_ axis: Int, reverse: Bool) -> Tensor {
    let x = asFloat()
    let y = Tensor.uninitialized(shape)
    withExtendedLifetime(x.storage) {
      limn_cumsum_f32(Int32(rank), shape.sizes.c, Int32(axis), reverse ? 1 : 0, x.pointer(), x.strides.c, y.mutablePointer(), y.strides.c)
    }
    return y
  }

  /// The elements in rising order along an axis, NaN last.
  ///
  /// - Gradient: goes back to where each element stood.
  package func sorted(axis: Int = -1) -> Tensor {
    let p = orTrap { try shape.axis(axis, op: "sort") }
    let order = argsort(axis: p)
    let y = taken(order, axis: p, put: false)
    return isTraced ? y.recorded(.sort, [self], saved: [order], ints: [p]) : y
  }

  /// Positions along an axis in rising order of the elements; equal ones keep their order. i64.
  package func argsort(axis: Int = -1) -> Tensor {
    let p = orTrap { try shape.axis(axis, op: "sort") }
    let x = asFloat()
    let y = Tensor.uninitialized(shape, dtype: .i64)
    withExtendedLifetime(x.storage) {
      limn_argsort_f32(Int32(rank), shape.sizes.c, Int32(p), x.pointer(), x.strides.c, y.mutablePointer(), y.strides.c)
    }
    return y
  }

  /// The position of the first largest element along an axis, which goes. i64.
  package func argmax(axis: Int = -1) -> Tensor { position(axis, least: false) }
  /// The position of the first smallest element along an axis, which goes. i64.
  package func argmin(axis: Int = -1) -> Tensor { position(axis, least: true) }

  private func position(_ axis: Int, least: Bool) -> Tensor {
    let p = orTrap { try shape.axis(axis, op: "argmax") }
    precondition(shape.sizes[p] > 0, "argmax: axis \(axis) of \(shape) has no elements")
    let x = asFloat()
    var kept = shape
    kept.sizes[p] = 1
    let y = Tensor.uninitialized(kept, dtype: .i64)
    withExtendedLifetime(x.storage) {
      limn_argmax_f32(Int32(rank), shape.sizes.c, Int32(p), least ? 1 : 0, x.pointer(), x.strides.c, y.mutablePointer(), y.strides.c)
    }
    return y.squeezed(p)
  }

  /// Elements chosen by `order` along an axis, or put where `order` says.
  fileprivate func taken(_ order: Tensor, axis: Int, put: Bool) -> Tensor {
    let x = asFloat()
    let y = Tensor.uninitialized(shape)
    withExtendedLifetime((x.storage, order.storage)) {
      limn_take_f32(
        Int32(rank), shape.sizes.c, Int32(axis), put ? 1 : 0, x.pointer(), x.strides.c, order.pointer(), order.strides.c, y.mutablePointer(),
        y.strides.c)
    }
    return y
  }
}

extension Op {
  static let cumsum = Op(
    "cumsum", forward: { x, a in x[0].cumsum(axis: a.ints[0]) },
    backward: { row, upstream, gradients in gradients.add(to: 0, upstream.runningSum(row.ints[0], reverse: true)) })
  static let sort = Op(
    "sort", forward: { x, a in x[0].sorted(axis: a.ints[0]) },
    backward: { row, upstream, gradients in gradients.add(to: 0, upstream.taken(row.saved[0], axis: row.ints[0], put: true)) })
}
