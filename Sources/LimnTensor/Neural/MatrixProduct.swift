import CLimnKernels

/// The matrix product a @ b, over all leading axes.
///
/// An operand of one axis is taken as a row (`a`) or a column (`b`), whose axis the result lacks.
///
/// - Shape: `a [..., M, K]`, `b [..., K, N]` → `[..., M, N]`; leading axes broadcast.
/// - Traps: with the message of `Shape.matmul` if the shapes do not fit.
/// - Gradient: in `a` and `b`.
package func matmul(_ a: Tensor, _ b: Tensor) -> Tensor {
  let y = rawMatmul(a, b)
  return a.isTraced || b.isTraced ? y.recorded(.matmul, [a, b], saved: [a, b]) : y
}

extension Tensor {
  /// The matrix product with `other`; see ``LimnTensor/matmul(_:_:)``.
  package func matmul(_ other: Tensor) -> Tensor { LimnTensor.matmul(self, other) }
}

extension Op {
  static let matmul = Op(
    "matmul", forward: { x, _ in rawMatmul(x[0], x[1]) },
    backward: { row, upstream, gradients in
      // An operand of one axis gets its axis back for the while.
      let a = row.saved[0].rank == 1 ? row.saved[0].unsqueezed(0) : row.saved[0]
      let b = row.saved[1].rank == 1 ? row.saved[1].unsqueezed(1) : row.saved[1]
      var dy = upstream
      if row.saved[1].rank == 1 { dy = dy.unsqueezed(-1) }
      if row.saved[0].rank == 1 { dy = dy.unsqueezed(dy.rank - 1) }
      gradients.add(to: 0, rawMatmul(dy, b.transposed()).summed(leadingTo: a).reshaped(row.inputShapes[0]))
      gradients.add(to: 1, gradientOfRight(a, b, dy).reshaped(row.inputShapes[1]))
    })
}

extension Tensor {
  /// Summed over the leading axes along which `operand` was broadcast, keeping its shape.
  fileprivate func summed(leadingTo operand: Tensor) -> Tensor {
    shape == operand.shape ? self : summed(to: operand.shape)
  }
}

/// aᵀ · dy, summed over the leading axes that b lacks: one product with a longer inner axis where b is a plain matrix.
private func gradientOfRight(_ a: Tensor, _ b: Tensor, _ dy: Tensor) -> Tensor {
  guard b.rank == 2, a.rank > 2, a.count > 0, dy.count > 0 else {
    return rawMatmul(a.transposed(), dy).summed(leadingTo: b)
  }
  return rawMatmul(a.reshaped([-1, a.shape[-1]]).transposed(), dy.reshaped([-1, dy.shape[-1]]))
}

/// The product without a record.
func rawMatmul(_ left: Tensor, _ right: Tensor) -> Tensor {
  let target = orTrap { try Shape.matmul(left.shape, right.shape) }
  var a = left.asFloat().detached()
  var b = right.asFloat().detached()
  if a.rank == 1 { a = a.unsqueezed(0) }
  if b.rank == 1 { b = b.unsqueezed(1) }
  let result = Tensor.uninitialized(target)
  guard result.count > 0 else { return result }
  guard a.shape[-1] > 0 else { return .zeros(target) }
  if b.rank == 2, a.rank > 2 {
    // Rows of all leading axes are rows of one matrix, if they lie so.
    let rows = a.reshaped([-1, a.shape[-1]])
    multiply(rows, b, into: result, count: 1, aStep: 0, bStep: 0)
    return result
  }
  let leading = orTrap {
    try Shape.broadcast(Shape(a.shape.dims.dropLast(2)), Shape(b.shape.dims.dropLast(2)), op: "matmul")
  }
  a = a.expanded(Shape(leading.dims + a.shape.dims.suffix(2)))
  b = b.expanded(Shape(leading.dims + b.shape.dims.suffix(2)))
  // The innermost leading axis is one batch; those outside of it are walked.
  let inner = leading.rank > 0 ? leading[-1] : 1
  let outer = leading.rank > 0 ? leading.count / inner : 1
  let size = target.count / (outer * inner)
  for index in 0..<outer {
    var rest = index
    var aOffset = a.offset
    var bOffset = b.offset
    for axis in stride(from: leading.rank - 2, through: 0, by: -1) {
      aOffset += rest % leading[axis] * a.strides[axis]
      bOffset += rest % leading[axis] * b.strides[axis]
      rest /= leading[axis]
    }
    let n = leading.rank
    multiply(
      a.matrix(at: aOffset), b.matrix(at: bOffset), into: result, at: index * inner * size, count: inner,
      aStep: n > 0 ? a.strides[n - 1] : 0, bStep: n > 0 ? b.strides[n - 1] : 0)
  }
  return result
}

extension Tensor {
  /// The last two axes, from element `offset` of the storage on.
  fileprivate func matrix(at offset: Int) -> Tensor {
    var sizes = Dims(repeating: 0)
    var steps = Dims(repeating: 0)
    (sizes[0], sizes[1]) = (shape[-2], shape[-1])
    (steps[0], steps[1]) = (strides[rank - 2], strides[rank - 1])
    return view(Shape(sizes: sizes, rank: 2), steps, offset: offset)
  }
}

/// `count` products of matrices a [M, K] and b [K, N], which lie `aStep` and `bStep` elements apart, into row-major memory.
private func multiply(
  _ a: Tensor, _ b: Tensor, into result: Tensor, at start: Int = 0, count: Int, aStep: Int, bStep: Int
) {
  let (m, k, n) = (a.shape[0], a.shape[1], b.shape[1])
  var shape = limn_gemm_shape(m: m, n: n, k: k, a_row: a.strides[0], a_column: a.strides[1], c_row: n)
  // One row of A may have any stride: it is only ever the first.
  if m == 1 { shape.a_row = k }
  let c = result.mutablePointer(Float.self) + start
  withExtendedLifetime((a.storage, b.storage, result.storage)) {
    if m <= mostUnpackedRows && count == 1 {
      limn_gemm_unpacked_f32(&shape, a.pointer(), b.pointer(), b.strides[0], b.strides[1], c, nil)
      return
    }
    let matrices = bStep == 0 ? 1 : count
    let floats = limn_gemm_packed_floats(k, n)
    let packed = Storage(byteCount: matrices * floats * MemoryLayout<Float>.stride)
    let panels = packed.bytes.assumingMemoryBound(to: Float.self)
    for i in 0..<matrices {
      limn_gemm_pack_f32(k, n, b.pointer() + i * bStep, b.strides[0], b.strides[1], panels + i * floats)
    }
    withExtendedLifetime(packed) {
      limn_gemm_f32(&shape, count, a.pointer(), aStep, panels, bStep == 0 ? 0 : floats, c, m * n, nil)
    }
  }
}

/// Up to this many rows, packing the other matrix costs more than it gains: it is used as it lies.
let mostUnpackedRows = 12
