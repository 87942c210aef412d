import CLimnKernels

// Comparisons and logic give bools; nothing here but `select` has a gradient.
extension Tensor {
  private func compared(_ op: limn_comparison, _ a: Tensor, _ b: Tensor) -> Tensor {
    let shape = orTrap { try Shape.broadcast(a.shape, b.shape, op: "compare") }
    if !a.dtype.isFloat && !b.dtype.isFloat {
      let x = a.converted(to: .i64), y = b.converted(to: .i64)
      let result = Tensor.uninitialized(shape, dtype: .bool)
      withExtendedLifetime((x.storage, y.storage)) {
        limn_compare_i64(
          op, Int32(shape.rank), shape.sizes.c, x.pointer(), x.strides(expandedTo: shape).c, y.pointer(), y.strides(expandedTo: shape).c,
          result.mutablePointer(), result.strides.c)
      }
      return result
    }
    let x = a.asFloat(), y = b.asFloat()
    let result = Tensor.uninitialized(shape, strides: Tensor.resultStrides(x, y, shape), dtype: .bool)
    withExtendedLifetime((x.storage, y.storage)) {
      limn_compare_f32(
        op, Int32(shape.rank), shape.sizes.c, x.pointer(), x.strides(expandedTo: shape).c, y.pointer(), y.strides(expandedTo: shape).c,
        result.mutablePointer(), result.strides.c)
    }
    return result
  }

  // Elementwise with broadcasting. NaN is equal to nothing and neither less nor greater.

  /// Where this is less than `b`.
  package func less(_ b: Tensor) -> Tensor { compared(LIMN_LESS, self, b) }
  /// Where this is less than `b` or equal.
  package func lessEqual(_ b: Tensor) -> Tensor { compared(LIMN_LESS_EQUAL, self, b) }
  /// Where this is greater than `b`.
  package func greater(_ b: Tensor) -> Tensor { compared(LIMN_LESS, b, self) }
  /// Where this is greater than `b` or equal.
  package func greaterEqual(_ b: Tensor) -> Tensor { compared(LIMN_LESS_EQUAL, b, self) }
  /// Where both are equal.
  package func equal(_ b: Tensor) -> Tensor { compared(LIMN_EQUAL, self, b) }
  /// Where they differ.
  package func notEqual(_ b: Tensor) -> Tensor { compared(LIMN_NOT_EQUAL, self, b) }

  private func logic(_ op: limn_logic, _ b: Tensor) -> Tensor {
    let shape = orTrap { try Shape.broadcast(self.shape, b.shape, op: "logic") }
    let x = converted(to: .bool), y = b.converted(to: .bool)
    let result = Tensor.uninitialized(shape, strides: Tensor.resultStrides(x, y, shape), dtype: .bool)
    withExtendedLifetime((x.storage, y.storage)) {
      limn_logic_u8(
        op, Int32(shape.rank), shape.sizes.c, x.pointer(), x.strides(expandedTo: shape).c, y.pointer(), y.strides(expandedTo: shape).c,
        result.mutablePointer(), result.strides.c)
    }
    return result
  }

  /// Both true. Other types count as true where they are not 0, here and below.
  package func logicalAnd(_ b: Tensor) -> Tensor { logic(LIMN_AND, b) }
  /// At least one true.
  package func logicalOr(_ b: Tensor) -> Tensor { logic(LIMN_OR, b) }
  /// True where this is false.
  package func logicalNot() -> Tensor { logic(LIMN_NOT, self) }
}

/// `a` where `condition` holds, else `b`; all three are broadcast. Two integer sides give i64, else f32.
///
/// - Gradient: in `a` and `b`.
package func select(_ condition: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
  let shape = orTrap { try Shape.broadcast(try Shape.broadcast(condition.shape, a.shape, op: "select"), b.shape, op: "select") }
  let ints = !a.dtype.isFloat && !b.dtype.isFloat
  let c = condition.converted(to: .bool)
  let x = ints ? a.converted(to: .i64) : a.asFloat(), y = ints ? b.converted(to: .i64) : b.asFloat()
  let result = Tensor.uninitialized(shape, strides: Tensor.resultStrides(x, y, shape), dtype: ints ? .i64 : .f32)
  withExtendedLifetime((c.storage, x.storage, y.storage)) {
    limn_select(
      Int32(result.dtype.byteSize), Int32(shape.rank), shape.sizes.c, c.pointer(), c.strides(expandedTo: shape).c, x.pointer(UInt8.self),
      x.strides(expandedTo: shape).c, y.pointer(UInt8.self), y.strides(expandedTo: shape).c, result.mutablePointer(UInt8.self),
      result.strides.c)
  }
  return a.isTraced || b.isTraced ? result.recorded(.select, [a, b, c], saved: [c]) : result
}

extension Op {
  static let select = Op(
    "select", forward: { x, _ in LimnTensor.select(x[2], x[0], x[1]) },
    backward: { row, upstream, gradients in
      gradients.add(to: 0, LimnTensor.select(row.saved[0], upstream, Tensor(0)))
      gradients.add(to: 1, LimnTensor.select(row.saved[0], Tensor(0), upstream))
    })
}
