import CLimnKernels

extension Tensor {
  /// eˣ / Σ eˣ along an axis, computed from the distance to the largest.
  ///
  /// - Traps: if there is no such axis.
  /// - Gradient: in the input.
  package func softmax(axis: Int = -1) -> Tensor {
    let p = orTrap { try shape.axis(axis, op: "softmax") }
    if p != rank - 1 { return transposed(p, rank - 1).softmax().transposed(p, rank - 1) }
    let y = rawSoftmax()
    return isTraced ? y.recorded(.softmax, [self], saved: [y]) : y
  }

  /// Along the last axis, without a record.
  fileprivate func rawSoftmax() -> Tensor {
    let x = floatContiguous()
    let y = Tensor.uninitialized(shape)
    guard y.count > 0 else { return y }
    withExtendedLifetime(x.storage) { limn_softmax_f32(count / shape[-1], shape[-1], x.pointer(), y.mutablePointer()) }
    return y
  }
}

/// a · gelu(b), where a and b are the halves of the last axis.
///
/// - Shape: `x [..., 2·D]` → `[..., D]`.
/// - Traps: with the message of `Shape.geglu` if the last axis is odd.
/// - Gradient: in `x`.
/// - Source: Shazeer 2020, arXiv:2002.05202, eq. 6.
package func geglu(_ x: Tensor) -> Tensor {
  let y = rawGeglu(x)
  return x.isTraced ? y.recorded(.geglu, [x], saved: [x]) : y
}

private func rawGeglu(_ x: Tensor) -> Tensor {
  let y = Tensor.uninitialized(orTrap { try Shape.geglu(x.shape) })
  guard y.count > 0 else { return y }
  let input = x.floatContiguous()
  withExtendedLifetime(input.storage) {
    limn_geglu_f32(y.count / y.shape[-1], y.shape[-1], input.pointer(), y.mutablePointer())
  }
  return y
}

extension Op {
  static let softmax = Op(
    "softmax", forward: { x, _ in x[0].rawSoftmax() },
    backward: { row, upstream, gradients in
      let y = row.saved[0]
      let dy = upstream.floatContiguous()
      let dx = Tensor.uninitialized(y.shape)
      if y.count > 0 {
        withExtendedLifetime((y.storage, dy.storage)) {
          limn_softmax_backward_f32(y.count / y.shape[-1], y.shape[-1], dy.pointer(), y.pointer(), dx.mutablePointer())
        }
      }
      gradients.add(to: 0, dx)
    })

  static let geglu = Op(
    "geglu", forward: { x, _ in rawGeglu(x[0]) },
    backward: { row, upstream, gradients in
      let x = row.saved[0].floatContiguous()
      let dy = upstream.floatContiguous()
      let dx = Tensor.uninitialized(x.shape)
      if x.count > 0 {
        withExtendedLifetime((x.storage, dy.storage)) {
          limn_geglu_backward_f32(dy.count / dy.shape[-1], dy.shape[-1], dy.pointer(), x.pointer(), dx.mutablePointer())
        }
      }
      gradients.add(to: 0, dx)
    })
}
