import CLimnKernels

/// Six numbers in place: the sizes or strides of up to six axes, outermost first. Those past the rank are 0.
package typealias Dims = InlineArray<6, Int>

extension InlineArray where count == 6, Element == Int {
  /// The same six numbers as the kernels take them.
  @inline(__always) var c: limn_dims { unsafeBitCast(self, to: limn_dims.self) }
}

/// The sizes of a tensor's axes, outermost first; at most six, held in place.
package struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The most axes a tensor can have.
  package static let mostAxes = 6

  /// The sizes; 0 past the rank.
  package internal(set) var sizes: Dims
  /// The number of axes.
  package private(set) var rank: Int

  /// The shape with these sizes.
  ///
  /// - Traps: if there are more than six or one is negative; `Shape.checked` throws instead.
  package init(_ dims: [Int]) {
    precondition(dims.count <= Shape.mostAxes, "a shape has at most 6 axes")
    sizes = Dims(repeating: 0)
    rank = dims.count
    for i in 0..<dims.count {
      precondition(dims[i] >= 0, "a size is negative")
      sizes[i] = dims[i]
    }
  }

  /// `[2, 3]` is a shape.
  package init(arrayLiteral elements: Int...) { self.init(elements) }

  /// The shape of a number: no axes.
  package static let scalar = Shape()

  @inline(__always) init() {
    sizes = Dims(repeating: 0)
    rank = 0
  }

  @inline(__always) init(sizes: Dims, rank: Int) {
    self.sizes = sizes
    self.rank = rank
  }

  /// How many elements a tensor of this shape has.
  @inline(__always) package var count: Int {
    var n = 1
    for i in 0..<rank { n *= sizes[i] }
    return n
  }

  /// The size of an axis; a negative one counts from the end.
  package subscript(_ axis: Int) -> Int {
    @inline(__always) get { sizes[position(axis)] }
    @inline(__always) set { sizes[position(axis)] = newValue }
  }

  /// The sizes as an array.
  package var dims: [Int] { (0..<rank).map { sizes[$0] } }

  /// As scripts read it: "[1, 4, 16, 16]".
  package var description: String { "[" + dims.map(String.init).joined(separator: ", ") + "]" }

  package static func == (a: Shape, b: Shape) -> Bool {
    guard a.rank == b.rank else { return false }
    for i in 0..<a.rank where a.sizes[i] != b.sizes[i] { return false }
    return true
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(rank)
    for i in 0..<rank { hasher.combine(sizes[i]) }
  }

  /// Where `axis` is, counted from 0; a negative one counts from the end.
  @inline(__always) func position(_ axis: Int) -> Int {
    let p = axis < 0 ? axis + rank : axis
    precondition(p >= 0 && p < rank, "no such axis")
    return p
  }

  /// Adds an axis before `axis`.
  mutating func insert(_ size: Int, at axis: Int) {
    precondition(rank < Shape.mostAxes, "a shape has at most 6 axes")
    var i = rank
    while i > axis {
      sizes[i] = sizes[i - 1]
      i -= 1
    }
    sizes[axis] = size
    rank += 1
  }

  mutating func remove(at axis: Int) {
    var i = axis
    while i < rank - 1 {
      sizes[i] = sizes[i + 1]
      i += 1
    }
    sizes[rank - 1] = 0
    rank -= 1
  }

  /// Strides, in elements, of row-major memory.
  @inline(__always) var rowMajorStrides: Dims {
    var strides = Dims(repeating: 0)
    var step = 1
    var i = rank - 1
    while i >= 0 {
      strides[i] = step
      step *= sizes[i]
      i -= 1
    }
    return strides
  }

  /// Strides of [N, C, H, W] stored as N, H, W, C.
  @inline(__always) var channelsLastStrides: Dims {
    precondition(rank == 4, "channels-last needs the axes [N, C, H, W]")
    var strides = Dims(repeating: 0)
    strides[1] = 1
    strides[3] = sizes[1]
    strides[2] = sizes[1] * sizes[3]
    strides[0] = sizes[1] * sizes[3] * sizes[2]
    return strides
  }
}
