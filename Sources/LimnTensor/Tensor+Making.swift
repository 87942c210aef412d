import CLimnKernels

extension Tensor {
  /// A tensor whose elements are not set yet, row-major or, if `channelsLast`, [N, C, H, W] stored N, H, W, C.
  @inline(__always)
  package static func uninitialized(_ shape: Shape, dtype: DType = .f32, channelsLast: Bool = false) -> Tensor {
    uninitialized(shape, strides: channelsLast ? shape.channelsLastStrides : shape.rowMajorStrides, dtype: dtype)
  }

  /// A tensor whose elements are not set yet, with strides that leave no gaps.
  @inline(__always)
  static func uninitialized(_ shape: Shape, strides: Dims, dtype: DType) -> Tensor {
    Tensor(storage: Storage(byteCount: shape.count * dtype.byteSize), shape: shape, strides: strides, dtype: dtype)
  }

  /// A tensor of f32 with these values in row-major order.
  ///
  /// - Traps: if there are not as many values as the shape has elements.
  package init(_ values: [Float], _ shape: Shape) {
    precondition(values.count == shape.count, "\(values.count) values cannot fill the shape \(shape)")
    self = .uninitialized(shape)
    let to = mutablePointer(Float.self)
    values.withUnsafeBufferPointer { if let from = $0.baseAddress { to.update(from: from, count: $0.count) } }
  }

  /// A number: f32 without axes.
  package init(_ scalar: Float) {
    self = .uninitialized(.scalar)
    mutablePointer(Float.self).pointee = scalar
  }

  /// A tensor of i64 with these values in row-major order.
  package init(ints: [Int], _ shape: Shape) {
    precondition(ints.count == shape.count, "\(ints.count) values cannot fill the shape \(shape)")
    self = .uninitialized(shape, dtype: .i64)
    let to = mutablePointer(Int.self)
    ints.withUnsafeBufferPointer { if let from = $0.baseAddress { to.update(from: from, count: $0.count) } }
  }

  /// A tensor of bools with these values in row-major order.
  package init(bools: [Bool], _ shape: Shape) {
    precondition(bools.count == shape.count, "\(bools.count) values cannot fill the shape \(shape)")
    self = .uninitialized(shape, dtype: .bool)
    let to = mutablePointer(UInt8.self)
    for (i, value) in bools.enumerated() { to[i] = value ? 1 : 0 }
  }

  /// A row-major view on memory that `owner` keeps valid and nobody changes (a mapped file, bytes inside the program).
  ///
  /// - Traps: if the address is not a multiple of the element's size.
  package init(foreign: UnsafeRawPointer, owner: AnyObject?, shape: Shape, dtype: DType) {
    precondition(UInt(bitPattern: foreign) % UInt(dtype.byteSize) == 0, "foreign memory is not aligned to its elements")
    self.init(
      storage: Storage(foreign: foreign, byteCount: shape.count * dtype.byteSize, owner: owner), shape: shape,
      strides: shape.rowMajorStrides, dtype: dtype)
  }

  /// A tensor with 0 (false) everywhere.
  package static func zeros(_ shape: Shape, dtype: DType = .f32) -> Tensor {
    let result = Tensor.uninitialized(shape, dtype: dtype)
    result.storage.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: result.storage.byteCount)
    return result
  }

  /// A tensor with 1 (true) everywhere.
  package static func ones(_ shape: Shape, dtype: DType = .f32) -> Tensor { full(shape, 1).converted(to: dtype) }

  /// A tensor of f32 with one value everywhere.
  package static func full(_ shape: Shape, _ value: Float) -> Tensor {
    let result = Tensor.uninitialized(shape)
    limn_fill_f32(result.mutablePointer(Float.self), result.count, value)
    return result
  }

  /// 0, 1, … n − 1 as f32. Exact up to 2²⁴.
  package static func arange(_ n: Int) -> Tensor {
    let result = Tensor.uninitialized([n])
    let to = result.mutablePointer(Float.self)
    for i in 0..<n { to[i] = Float(i) }
    return result
  }

  /// The n × n identity.
  package static func eye(_ n: Int) -> Tensor {
    let result = Tensor.zeros([n, n])
    let to = result.mutablePointer(Float.self)
    for i in 0..<n { to[i * n + i] = 1 }
    return result
  }

  // MARK: reading

  /// The elements in row-major order, any type widened to Float.
  package func floats() -> [Float] {
    withFloats { Array($0) }
  }

  /// The elements in row-major order; floats are cut toward zero.
  package func ints() -> [Int] {
    let x = converted(to: .i64).detached().contiguous()
    return withExtendedLifetime(x.storage) {
      Array(UnsafeBufferPointer(start: x.pointer(Int.self), count: x.count))
    }
  }

  /// The one element of a tensor that has one.
  package var item: Float {
    precondition(count == 1, "a tensor of shape \(shape) is not one number")
    if dtype == .f32 { return withExtendedLifetime(storage) { pointer(Float.self).pointee } }
    return floats()[0]
  }

  // MARK: layout and type

  /// The same values in another type. Gradient: passes through between float types.
  package func converted(to type: DType) -> Tensor {
    if type == dtype { return self }
    let result = rawConverted(to: type)
    return isTraced && type.isFloat && dtype.isFloat ? result.recorded(.convert, [self], ints: [Int(type.rawValue)]) : result
  }

  /// The same values in another type; a constant to gradients.
  func rawConverted(to type: DType) -> Tensor {
    let result = Tensor.uninitialized(shape, strides: denseStrides, dtype: type)
    limn_convert(
      limn_dtype(UInt32(dtype.rawValue)), limn_dtype(UInt32(type.rawValue)), Int32(rank), shape.sizes.c, pointer(UInt8.self), strides.c,
      result.mutablePointer(UInt8.self), result.strides.c)
    return result
  }

  /// The same values in row-major order without gaps; this tensor if it is so.
  package func contiguous() -> Tensor {
    if isContiguous { return self }
    let result = copied(channelsLast: false)
    return isTraced ? result.recorded(.relayout, [self], ints: [0]) : result
  }

  /// [N, C, H, W] with the same values, stored N, H, W, C; this tensor if it is so.
  package func channelsLast() -> Tensor {
    if isChannelsLast { return self }
    let result = copied(channelsLast: true)
    return isTraced ? result.recorded(.relayout, [self], ints: [1]) : result
  }

  /// A dense copy; a constant to gradients.
  func copied(channelsLast: Bool) -> Tensor {
    let result = Tensor.uninitialized(shape, dtype: dtype, channelsLast: channelsLast)
    result.assign(from: self)
    return result
  }

  /// Writes the elements of `source`, of the same shape and type, into the memory of this tensor, which nobody else has seen yet.
  @inline(__always)
  func assign(from source: Tensor) {
    limn_copy(
      Int32(dtype.byteSize), Int32(rank), shape.sizes.c, source.pointer(UInt8.self), source.strides.c, mutablePointer(UInt8.self), strides.c)
  }

  /// f32 in any layout; a constant to gradients where it had to convert, so record the tensor this was called on.
  @inline(__always) func asFloat() -> Tensor { dtype == .f32 ? self : rawConverted(to: .f32) }

  /// f32 in row-major order without gaps; a constant to gradients.
  @inline(__always) func floatContiguous() -> Tensor {
    if dtype == .f32 && isContiguous { return self }
    let x = asFloat()
    return x.isContiguous ? x.detached() : x.copied(channelsLast: false)
  }

  /// Strides for a result of this shape: in this tensor's order of axes if it has no gaps, else row-major.
  @inline(__always) var denseStrides: Dims {
    if isContiguous { return shape.rowMajorStrides }
    return isDense ? strides : shape.rowMajorStrides
  }
}
