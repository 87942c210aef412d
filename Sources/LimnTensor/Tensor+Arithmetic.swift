import CLimnKernels

// Two operands, broadcast against each other. Two integer operands give i64, anything else f32; `/` always gives f32.
extension Tensor {
  @inline(__always)
  private static func bothIntegers(_ a: Tensor, _ b: Tensor) -> Bool { !a.dtype.isFloat && !b.dtype.isFloat }

  /// The sum.
  package static func + (a: Tensor, b: Tensor) -> Tensor {
    if bothIntegers(a, b) { return binaryInts(LIMN_ADD, a, b, name: "add") }
    let y = binary(LIMN_ADD, a, b, name: "add")
    return a.isTraced || b.isTraced ? y.recorded(.add, [a, b]) : y
  }

  /// The difference.
  package static func - (a: Tensor, b: Tensor) -> Tensor {
    if bothIntegers(a, b) { return binaryInts(LIMN_SUB, a, b, name: "subtract") }
    let y = binary(LIMN_SUB, a, b, name: "subtract")
    return a.isTraced || b.isTraced ? y.recorded(.subtract, [a, b]) : y
  }

  /// The product, element by element.
  package static func * (a: Tensor, b: Tensor) -> Tensor {
    if bothIntegers(a, b) { return binaryInts(LIMN_MUL, a, b, name: "multiply") }
    let y = binary(LIMN_MUL, a, b, name: "multiply")
    return a.isTraced || b.isTraced ? y.recorded(.multiply, [a, b], saved: [a, b]) : y
  }

  /// The quotient; x / 0 is ±∞ or NaN.
  package static func / (a: Tensor, b: Tensor) -> Tensor {
    let y = binary(LIMN_DIV, a, b, name: "divide")
    return a.isTraced || b.isTraced ? y.recorded(.divide, [a, b], saved: [b, y]) : y
  }

  /// a − b · ⌊a / b⌋, the remainder with the sign of `b`. Integer remainders by 0 are 0; a binding refuses them.
  package func remainder(_ b: Tensor) -> Tensor {
    if Tensor.bothIntegers(self, b) { return Tensor.binaryInts(LIMN_REMAINDER, self, b, name: "remainder") }
    let y = Tensor.binary(LIMN_REMAINDER, self, b, name: "remainder")
    return isTraced || b.isTraced ? y.recorded(.remainder, [self, b], saved: [self, b]) : y
  }

  /// The remainder with the sign of `b`.
  package func remainder(_ b: Float) -> Tensor {
    let y = unary(LIMN_REMAINDER_NUMBER, b)
    return isTraced ? y.recorded(.remainderNumber, [self], floats: [b]) : y
  }

  // MARK: with a number

  /// The sum.
  package static func + (a: Tensor, b: Float) -> Tensor {
    let y = a.unary(LIMN_ADD_NUMBER, b)
    return a.isTraced ? y.recorded(.addNumber, [a], floats: [b]) : y
  }
  /// The sum.
  package static func + (a: Float, b: Tensor) -> Tensor { b + a }

  /// The difference.
  package static func - (a: Tensor, b: Float) -> Tensor { a + -b }
  /// The difference.
  package static func - (a: Float, b: Tensor) -> Tensor {
    let y = b.unary(LIMN_SUB_FROM, a)
    return b.isTraced ? y.recorded(.subtractFrom, [b], floats: [a]) : y
  }

  /// The product, element by element.
  package static func * (a: Tensor, b: Float) -> Tensor {
    let y = a.unary(LIMN_MUL_NUMBER, b)
    return a.isTraced ? y.recorded(.multiplyNumber, [a], floats: [b]) : y
  }
  /// The product, element by element.
  package static func * (a: Float, b: Tensor) -> Tensor { b * a }

  /// The quotient; x / 0 is ±∞ or NaN.
  package static func / (a: Tensor, b: Float) -> Tensor {
    let y = a.unary(LIMN_DIV_NUMBER, b)
    return a.isTraced ? y.recorded(.divideNumber, [a], floats: [b]) : y
  }
  /// The quotient; x / 0 is ±∞ or NaN.
  package static func / (a: Float, b: Tensor) -> Tensor {
    let y = b.unary(LIMN_DIV_INTO, a)
    return b.isTraced ? y.recorded(.divideInto, [b], saved: [b, y], floats: [a]) : y
  }
}

/// aᵇ, elementwise; NaN where a < 0 and b is not whole.
package func pow(_ a: Tensor, _ b: Tensor) -> Tensor {
  let y = Tensor.binary(LIMN_POW, a, b, name: "power")
  return a.isTraced || b.isTraced ? y.recorded(.power, [a, b], saved: [a, b, y]) : y
}

/// aᵇ; exact squares, cubes, roots and reciprocals.
package func pow(_ a: Tensor, _ b: Float) -> Tensor {
  let y = a.unary(LIMN_POW_NUMBER, b)
  return a.isTraced ? y.recorded(.powerNumber, [a], saved: [a], floats: [b]) : y
}

/// aᵇ for a number a.
package func pow(_ a: Float, _ b: Tensor) -> Tensor {
  let y = b.unary(LIMN_POW_OF, a)
  return b.isTraced ? y.recorded(.powerOf, [b], saved: [y], floats: [a]) : y
}

/// The smaller of two, NaN if either is. Where they are equal each gets half of the gradient.
package func minimum(_ a: Tensor, _ b: Tensor) -> Tensor {
  if !a.dtype.isFloat && !b.dtype.isFloat { return Tensor.binaryInts(LIMN_MIN, a, b, name: "minimum") }
  let y = Tensor.binary(LIMN_MIN, a, b, name: "minimum")
  return a.isTraced || b.isTraced ? y.recorded(.minimum, [a, b], saved: [a, b]) : y
}

/// The larger of two, NaN if either is. Where they are equal each gets half of the gradient.
package func maximum(_ a: Tensor, _ b: Tensor) -> Tensor {
  if !a.dtype.isFloat && !b.dtype.isFloat { return Tensor.binaryInts(LIMN_MAX, a, b, name: "maximum") }
  let y = Tensor.binary(LIMN_MAX, a, b, name: "maximum")
  return a.isTraced || b.isTraced ? y.recorded(.maximum, [a, b], saved: [a, b]) : y
}

/// The smaller of the elements and a number.
package func minimum(_ a: Tensor, _ b: Float) -> Tensor { a.clamped(-.infinity, b) }
/// The larger of the elements and a number.
package func maximum(_ a: Tensor, _ b: Float) -> Tensor { a.clamped(b, .infinity) }

extension Op {
  static let add = Op(
    "add", forward: { x, _ in x[0] + x[1] },
    backward: { _, upstream, gradients in
      gradients.add(to: 0, upstream)
      gradients.add(to: 1, upstream)
    })
  static let subtract = Op(
    "subtract", forward: { x, _ in x[0] - x[1] },
    backward: { _, upstream, gradients in
      gradients.add(to: 0, upstream)
      gradients.add(to: 1, -upstream)
    })
  static let multiply = Op(
    "multiply", forward: { x, _ in x[0] * x[1] },
    backward: { row, upstream, gradients in
      gradients.add(to: 0, upstream * row.saved[1])
      gradients.add(to: 1, upstream * row.saved[0])
    })
  // y = a / b: dy/da = 1 / b, dy/db = −y / b
  static let divide = Op(
    "divide", forward: { x, _ in x[0] / x[1] },
    backward: { row, upstream, gradients in
      gradients.add(to: 0, upstream / row.saved[0])
      gradients.add(to: 1, -(upstream * row.saved[1] / row.saved[0]))
    })
  static let remainder = Op(
    "remainder", forward: { x, _ in x[0].remainder(x[1]) },
    backward: { row, upstream, gradients in
      gradients.add(to: 0, upstream)
      gradients.add(to: 1, -(upstream * (row.saved[0] / row.saved[1]).floor()))
    })
  static let remainderNumber = Op(
    "remainder by number", forward: { x, a in x[0].remainder(a.floats[0]) },
    backward: { _, upstream, gradients in gradients.add(to: 0, upstream) })
  static let addNumber = Op(
    "add number", forward: { x, a in x[0] + a.floats[0] }, backward: { _, upstream, gradients in gradients.add(to: 0, upstream) })
  static let subtractFrom = Op(
    "subtract from number", forward: { x, a in a.floats[0] - x[0] },
    backward: { _, upstream, gradients in gradients.add(to: 0, -upstream) })
  static let multiplyNumber = Op(
    "multiply by number", forward: { x, a in x[0] * a.floats[0] },
    backward: { row, upstream, gradients in gradients.add(to: 0, upstream * row.floats[0]) })
  static let divideNumber = Op(
    "divide by number", forward: { x, a in x[0] / a.floats[0] },
    backward: { row, upstream, gradients in gradients.add(to: 0, upstream / row.floats[0]) })
  static let divideInto = Op(
    "divide number", forward: { x, a in a.floats[0] / x[0] },
    backward: { row, upstream, gradients in gradients.add(to: 0, -(upstream * row.saved[1] / row.saved[0])) })
  // y = aᵇ: dy/da = b aᵇ⁻¹, dy/db = y ln a
  static let power = Op(
    "power", forward: { x, _ in pow(x[0], x[1]) },
    backward: { row, upstream, gradients in
      gradients.add(to: 0, upstream * Tensor.binary(LIMN_D_POW_BASE, row.saved[0], row.saved[1], name: "power"))
      gradients.add(to: 1, upstream * row.saved[2] * row.saved[0].log())
    })
  static let powerNumber = Op(
    "power by number", forward: { x, a in pow(x[0], a.floats[0]) },
    backward: { row, upstream, gradients in gradients.add(to: 0, upstream.binary(LIMN_D_POW_NUMBER, row.saved[0], row.floats[0])) })
  static let powerOf = Op(
    "power of number", forward: { x, a in pow(a.floats[0], x[0]) },
    backward: { row, upstream, gradients in gradients.add(to: 0, upstream * row.saved[0] * Tensor(row.floats[0]).log()) })
  static let minimum = Op(
    "minimum", forward: { x, _ in LimnTensor.minimum(x[0], x[1]) },
    backward: { row, upstream, gradients in
      gradients.add(to: 0, upstream * Tensor.binary(LIMN_D_MIN_FIRST, row.saved[0], row.saved[1], name: "minimum"))
      gradients.add(to: 1, upstream * Tensor.binary(LIMN_D_MIN_FIRST, row.saved[1], row.saved[0], name: "minimum"))
    })
  static let maximum = Op(
    "maximum", forward: { x, _ in LimnTensor.maximum(x[0], x[1]) },
    backward: { row, upstream, gradients in
      gradients.add(to: 0, upstream * Tensor.binary(LIMN_D_MAX_FIRST, row.saved[0], row.saved[1], name: "maximum"))
      gradients.add(to: 1, upstream * Tensor.binary(LIMN_D_MAX_FIRST, row.saved[1], row.saved[0], name: "maximum"))
    })
}
