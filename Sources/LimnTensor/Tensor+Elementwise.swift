import CLimnKernels

extension Tensor {
  /// y = f(x; p, q) in f32; a constant to gradients.
  @inline(__always)
  func unary(_ op: limn_unary, _ p: Float = 0, _ q: Float = 0) -> Tensor {
    let x = asFloat()
    let y = Tensor.uninitialized(shape, strides: x.denseStrides, dtype: .f32)
    withExtendedLifetime(x.storage) {
      limn_unary_f32(op, Int32(rank), shape.sizes.c, x.pointer(), x.strides.c, y.mutablePointer(), y.strides.c, p, q)
    }
    return y
  }

  /// f(self, b; p, q) in f32 where both have the same shape; a constant to gradients.
  @inline(__always)
  func binary(_ op: limn_binary, _ b: Tensor, _ p: Float = 0, _ q: Float = 0) -> Tensor {
    Tensor.binary(op, self, b, p, q, name: "")
  }

  /// The strides for reading this tensor as if it had the shape `target`: 0 along broadcast axes.
  @inline(__always)
  func strides(expandedTo target: Shape) -> Dims {
    if shape == target { return strides }
    var result = Dims(repeating: 0)
    let missing = target.rank - rank
    for i in 0..<rank where shape.sizes[i] == target.sizes[i + missing] { result[i + missing] = strides[i] }
    return result
  }

  /// Strides for a result of shape `target` from these operands: the memory order of the first that has this shape without gaps.
  @inline(__always)
  static func resultStrides(_ a: Tensor, _ b: Tensor, _ target: Shape) -> Dims {
    if a.shape == target && !a.isContiguous && a.isDense { return a.strides }
    if b.shape == target && a.shape != target && !b.isContiguous && b.isDense { return b.strides }
    return target.rowMajorStrides
  }

  @inline(__always)
  static func binary(_ op: limn_binary, _ a: Tensor, _ b: Tensor, _ p: Float = 0, _ q: Float = 0, name: String) -> Tensor {
    let shape = orTrap { try Shape.broadcast(a.shape, b.shape, op: name) }
    let x = a.asFloat(), y = b.asFloat()
    let result = Tensor.uninitialized(shape, strides: resultStrides(x, y, shape), dtype: .f32)
    withExtendedLifetime((x.storage, y.storage)) {
      limn_binary_f32(
        op, Int32(shape.rank), shape.sizes.c, x.pointer(), x.strides(expandedTo: shape).c, y.pointer(), y.strides(expandedTo: shape).c,
        result.mutablePointer(), result.strides.c, p, q)
    }
    return result
  }

  /// The same for integers, exact and wrapping.
  static func binaryInts(_ op: limn_binary, _ a: Tensor, _ b: Tensor, name: String) -> Tensor {
    let shape = orTrap { try Shape.broadcast(a.shape, b.shape, op: name) }
    let x = a.converted(to: .i64), y = b.converted(to: .i64)
    let result = Tensor.uninitialized(shape, dtype: .i64)
    withExtendedLifetime((x.storage, y.storage)) {
      limn_binary_i64(
        op, Int32(shape.rank), shape.sizes.c, x.pointer(), x.strides(expandedTo: shape).c, y.pointer(), y.strides(expandedTo: shape).c,
        result.mutablePointer(), result.strides.c)
    }
    return result
  }

  /// Adds `other`, f32 and broadcast to this shape, to the memory of this tensor, which the caller knows to be free of other views.
  func addUnchecked(_ other: Tensor) {
    withExtendedLifetime((storage, other.storage)) {
      limn_binary_f32(
        LIMN_ADD, Int32(rank), shape.sizes.c, pointer(), strides.c, other.pointer(), other.strides(expandedTo: shape).c, mutablePointer(),
        strides.c, 0, 0)
    }
  }

  // MARK: functions of one tensor

  /// −x. Integers stay integers.
  package static prefix func - (x: Tensor) -> Tensor {
    if !x.dtype.isFloat { return Tensor(ints: [0], []) - x }
    let y = x.unary(LIMN_NEG)
    return x.isTraced ? y.recorded(.negate, [x]) : y
  }

  /// eˣ.
  package func exp() -> Tensor {
    let y = unary(LIMN_EXP)
    return isTraced ? y.recorded(.exp, [self], saved: [y]) : y
  }

  /// The natural logarithm; −∞ at 0, NaN below.
  package func log() -> Tensor {
    let y = unary(LIMN_LOG)
    return isTraced ? y.recorded(.log, [self], saved: [self]) : y
  }

  /// √x.
  package func sqrt() -> Tensor {
    let y = unary(LIMN_SQRT)
    return isTraced ? y.recorded(.sqrt, [self], saved: [y]) : y
  }

  /// sin x, x in radians.
  package func sin() -> Tensor {
    let y = unary(LIMN_SIN)
    return isTraced ? y.recorded(.sin, [self], saved: [self]) : y
  }

  /// cos x, x in radians.
  package func cos() -> Tensor {
    let y = unary(LIMN_COS)
    return isTraced ? y.recorded(.cos, [self], saved: [self]) : y
  }

  /// The hyperbolic tangent.
  package func tanh() -> Tensor {
    let y = unary(LIMN_TANH)
    return isTraced ? y.recorded(.tanh, [self], saved: [y]) : y
  }

  /// The error function.
  package func erf() -> Tensor {
    let y = unary(LIMN_ERF)
    return isTraced ? y.recorded(.erf, [self], saved: [self]) : y
  }

  /// |x|; gradient 0 at 0. Integers stay integers.
  package func abs() -> Tensor {
    if !dtype.isFloat { return maximum(self, -self) }
    let y = unary(LIMN_ABS)
    return isTraced ? y.recorded(.abs, [self], saved: [self]) : y
  }

  /// 1 / (1 + e⁻ˣ).
  package func sigmoid() -> Tensor {
    let y = unary(LIMN_SIGMOID)
    return isTraced ? y.recorded(.sigmoid, [self], saved: [y]) : y
  }

  /// x · σ(x). Hendrycks and Gimpel 2016.
  package func silu() -> Tensor {
    let y = unary(LIMN_SILU)
    return isTraced ? y.recorded(.silu, [self], saved: [self]) : y
  }

  /// x · Φ(x) with the exact error function.
  package func gelu() -> Tensor {
    let y = unary(LIMN_GELU)
    return isTraced ? y.recorded(.gelu, [self], saved: [self]) : y
  }

  /// x · σ(1.702 x), the activation of OpenAI's CLIP.
  package func quickGelu() -> Tensor {
    let y = unary(LIMN_QUICK_GELU)
    return isTraced ? y.recorded(.quickGelu, [self], saved: [self]) : y
  }

  /// max(x, 0); gradient 0 at 0.
  package func relu() -> Tensor {
    let y = unary(LIMN_RELU)
    return isTraced ? y.recorded(.relu, [self], saved: [self]) : y
  }

  /// The largest whole number not above x; gradient 0.
  package func floor() -> Tensor { dtype.isFloat ? unary(LIMN_FLOOR) : self }

  /// The nearest whole number, halves to even; gradient 0.
  package func round() -> Tensor { dtype.isFloat ? unary(LIMN_ROUND) : self }

  /// 1 / x.
  package func reciprocal() -> Tensor {
    let y = unary(LIMN_RECIPROCAL)
    return isTraced ? y.recorded(.reciprocal, [self], saved: [y]) : y
  }

  /// min(max(x, min), max); the gradient passes where x is inside, ends included.
  package func clamped(_ min: Float = -.infinity, _ max: Float = .infinity) -> Tensor {
    let y = unary(LIMN_CLAMP, min, max)
    return isTraced ? y.recorded(.clamp, [self], saved: [self], floats: [min, max]) : y
  }
}

extension Op {
  /// An operation of one input whose derivative kernel takes upstream and what was saved.
  private static func elementwise(_ name: String, _ slope: limn_binary, _ forward: @escaping @Sendable (Tensor) -> Tensor) -> Op {
    Op(
      name, forward: { x, _ in forward(x[0]) },
      backward: { row, upstream, gradients in gradients.add(to: 0, upstream.binary(slope, row.saved[0])) })
  }

  static let negate = Op("negate", forward: { x, _ in -x[0] }, backward: { _, upstream, gradients in gradients.add(to: 0, -upstream) })
  static let exp = elementwise("exp", LIMN_MUL) { $0.exp() }
  static let log = elementwise("log", LIMN_DIV) { $0.log() }
  static let sqrt = elementwise("sqrt", LIMN_D_SQRT) { $0.sqrt() }
  static let sin = elementwise("sin", LIMN_D_SIN) { $0.sin() }
  static let cos = elementwise("cos", LIMN_D_COS) { $0.cos() }
  static let tanh = elementwise("tanh", LIMN_D_TANH) { $0.tanh() }
  static let erf = elementwise("erf", LIMN_D_ERF) { $0.erf() }
  static let abs = elementwise("abs", LIMN_D_ABS) { $0.abs() }
  static let sigmoid = elementwise("sigmoid", LIMN_D_SIGMOID) { $0.sigmoid() }
  static let silu = elementwise("silu", LIMN_D_SILU) { $0.silu() }
  static let gelu = elementwise("gelu", LIMN_D_GELU) { $0.gelu() }
  static let quickGelu = elementwise("quick gelu", LIMN_D_QUICK_GELU) { $0.quickGelu() }
  static let relu = elementwise("relu", LIMN_D_RELU) { $0.relu() }
  static let reciprocal = elementwise("reciprocal", LIMN_D_RECIPROCAL) { $0.reciprocal() }
  static let clamp = Op(
    "clamp", forward: { x, a in x[0].clamped(a.floats[0], a.floats[1]) },
    backward: { row, upstream, gradients in
      gradients.add(to: 0, upstream.binary(LIMN_D_CLAMP, row.saved[0], row.floats[0], row.floats[1]))
    })
  static let convert = Op(
    "convert", forward: { x, a in x[0].converted(to: DType(rawValue: UInt8(a.ints[0]))!) },
    backward: { _, upstream, gradients in gradients.add(to: 0, upstream) })
  static let relayout = Op(
    "relayout", forward: { x, a in a.ints[0] == 1 ? x[0].channelsLast() : x[0].contiguous() },
    backward: { _, upstream, gradients in gradients.add(to: 0, upstream) })
}
