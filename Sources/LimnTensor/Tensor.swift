import CLimnKernels

/// An array of numbers: a value, a view on shared storage, written to by nobody who shares it.
///
/// Arithmetic makes f32 (i64 between integers). Operations trap on shapes that do not fit, with the message of the rule in
/// `Shape+Rules.swift` that a binding calls first.
package struct Tensor: @unchecked Sendable {
  /// The sizes of its axes.
  package let shape: Shape
  /// Distance between neighbours along each axis, in elements; 0 where one element stands for all.
  package let strides: Dims
  /// Where the first element is, in elements from the start of the storage.
  package let offset: Int
  /// What its elements are in memory.
  package let dtype: DType
  /// The bytes it looks at, perhaps with others.
  package internal(set) var storage: Storage
  /// The tape this tensor's origin is written on, and the row; see Tape.swift.
  private(set) var tape: Tape?
  private(set) var row: Int

  @inline(__always)
  init(storage: Storage, shape: Shape, strides: Dims, offset: Int = 0, dtype: DType, tape: Tape? = nil, row: Int = -1) {
    self.storage = storage
    self.shape = shape
    self.strides = strides
    self.offset = offset
    self.dtype = dtype
    self.tape = tape
    self.row = row
  }

  /// The number of axes.
  @inline(__always) package var rank: Int { shape.rank }
  /// The number of elements.
  @inline(__always) package var count: Int { shape.count }

  /// The same elements seen by other sizes and strides; a constant to gradients.
  @inline(__always)
  func view(_ shape: Shape, _ strides: Dims, offset: Int? = nil) -> Tensor {
    Tensor(storage: storage, shape: shape, strides: strides, offset: offset ?? self.offset, dtype: dtype)
  }

  /// The same elements as row `row` of `tape`.
  @inline(__always)
  func on(_ tape: Tape, row: Int) -> Tensor {
    Tensor(storage: storage, shape: shape, strides: strides, offset: offset, dtype: dtype, tape: tape, row: row)
  }

  /// The same elements, a constant to gradients.
  package func detached() -> Tensor {
    Tensor(storage: storage, shape: shape, strides: strides, offset: offset, dtype: dtype)
  }

  /// Whether an operation on this tensor is recorded: its tape is open and not paused.
  @inline(__always) package var isTraced: Bool {
    guard let tape else { return false }
    return tape.isRecording
  }

  // MARK: memory

  /// Whether elements lie in row-major order without gaps.
  @inline(__always) package var isContiguous: Bool { isDense(like: shape.rowMajorStrides) }

  /// Whether this is [N, C, H, W] stored N, H, W, C without gaps. Both this and `isContiguous` hold where the two are the same.
  @inline(__always) package var isChannelsLast: Bool { rank == 4 && isDense(like: shape.channelsLastStrides) }

  /// Axes of one element may have any stride.
  @inline(__always) private func isDense(like wanted: Dims) -> Bool {
    for i in 0..<rank where shape.sizes[i] != 1 && strides[i] != wanted[i] {
      return count == 0
    }
    return true
  }

  /// Whether elements fill their memory without gaps or repetition, in some order of the axes.
  var isDense: Bool {
    if isContiguous || isChannelsLast { return true }
    var left = count
    var step = 1
    var used = 0
    while left > 1 {
      guard let axis = (0..<rank).first(where: { used & (1 << $0) == 0 && shape.sizes[$0] != 1 && strides[$0] == step }) else { return false }
      used |= 1 << axis
      step *= shape.sizes[axis]
      left /= shape.sizes[axis]
    }
    return true
  }

  /// The first element. Valid while the storage lives: keep the tensor alive with `withExtendedLifetime` round the use.
  @inline(__always) func pointer<T>(_ type: T.Type = T.self) -> UnsafePointer<T> {
    UnsafePointer((storage.bytes + offset * dtype.byteSize).assumingMemoryBound(to: type))
  }

  /// The first element of a tensor that nobody else has seen yet.
  @inline(__always) func mutablePointer<T>(_ type: T.Type = T.self) -> UnsafeMutablePointer<T> {
    (storage.bytes + offset * dtype.byteSize).assumingMemoryBound(to: type)
  }

  /// Calls `body` with the elements as f32 in row-major order; copies only if they are not so already.
  package func withFloats<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
    let x = floatContiguous()
    return try withExtendedLifetime(x.storage) {
      try body(UnsafeBufferPointer(start: x.pointer(Float.self), count: x.count))
    }
  }

  /// Calls `body` with the elements as f32 in row-major order, to be changed in place. Copies first if another tensor shares them.
  ///
  /// The result is a constant to gradients.
  package mutating func withMutableFloats<R>(_ body: (UnsafeMutableBufferPointer<Float>) throws -> R) rethrows -> R {
    let alone = dtype == .f32 && isContiguous && !storage.isForeign && isKnownUniquelyReferenced(&storage)
    self = alone ? detached() : converted(to: .f32).copied(channelsLast: false)
    return try withExtendedLifetime(storage) {
      try body(UnsafeMutableBufferPointer(start: mutablePointer(Float.self), count: count))
    }
  }
}
