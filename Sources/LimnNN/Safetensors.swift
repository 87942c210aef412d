import LimnTensor

/// A `.safetensors` file: a JSON header of names, element types, shapes and byte ranges, then the bytes.
///
/// Everything the header says is checked before a byte of data is handed out, so that no file, however made, can make
/// a tensor reach outside its mapping. Data is not copied unless it is misaligned.
///
/// - Source: the format as written down in the safetensors README and enforced by its Rust reader.
package struct SafetensorsFile: Sendable {
  /// What the header says of one tensor.
  package struct Entry: Sendable {
    package let dtype: StoredType
    package let shape: [Int]
    /// Where its bytes lie, counted from the start of the file.
    package let range: Range<Int>
    /// Elements from one to the next along each axis, where they do not lie row by row; only in files of torch's.
    package var strides: [Int]?

    init(dtype: StoredType, shape: [Int], range: Range<Int>, strides: [Int]? = nil) {
      (self.dtype, self.shape, self.range, self.strides) = (dtype, shape, range, strides)
    }
  }

  package static let maximumHeader = 100_000_000  // bytes; the reference reader's limit
  package static let maximumEntries = 65_536  // a hostile header of millions of empty tensors costs time and memory
  static let maximumRank = 6  // of Shape

  package let name: String
  package let metadata: [(key: String, value: String)]
  package let entries: [String: Entry]
  private let bytes: Bytes

  /// Reads and checks the header.
  ///
  /// - Parameter name: The file in messages.
  /// - Throws: ``FormatError`` naming the key and what was found and expected.
  package init(_ bytes: Bytes, name: String) throws(FormatError) {
    self.bytes = bytes
    self.name = name
    let header = try bytes.withBytes { raw throws(FormatError) in try SafetensorsHeader(raw, file: name) }
    entries = header.entries
    metadata = header.metadata
  }

  /// Tensors whose places in `bytes` were proven by another reader.
  init(entries: [String: Entry], of bytes: Bytes, name: String) {
    (self.entries, self.bytes, self.name) = (entries, bytes, name)
    metadata = []
  }

  /// The weights in a file: safetensors, or what torch.save wrote, which is told by how it begins and by its name.
  ///
  /// - Throws: ``FormatError`` as both readers do.
  package static func weights(_ bytes: Bytes, name: String) throws(FormatError) -> SafetensorsFile {
    if TorchFile.isTorch(bytes) || TorchFile.isName(name) { return try TorchFile(bytes, name: name).weights() }
    return try SafetensorsFile(bytes, name: name)
  }

  /// Maps the file at `path`.
  package init(path: String, name: String? = nil) throws(FormatError) {
    try self.init(try Bytes.mapping(path), name: name ?? path)
  }

  /// The names of all tensors, sorted.
  package var keys: [String] { entries.keys.sorted() }

  /// The tensor called `key` in its own element type, a view on the file. `F64` is narrowed to f32, as nothing here computes in it.
  ///
  /// - Parameter rows: Takes only these rows of the first axis.
  /// - Parameter shape: Reads the elements in another shape of the same count.
  /// - Throws: ``FormatError`` when there is no such key, or its element type is one Limn has no use for.
  package func tensor(_ key: String, rows: Range<Int>? = nil, shape: [Int]? = nil) throws(FormatError) -> Tensor {
    guard let entry = entries[key] else { throw FormatError("there is no tensor of this name", file: name, key: key) }
    if let strides = entry.strides {
      let whole = Bytes(gathered(entry, strides))
      let plain = Entry(dtype: entry.dtype, shape: entry.shape, range: 0..<whole.count)
      return try SafetensorsFile(entries: [key: plain], of: whole, name: name).tensor(key, rows: rows, shape: shape)
    }
    var dims = entry.shape
    var range = entry.range
    if let rows {
      guard let count = dims.first, rows.lowerBound >= 0, rows.upperBound <= count else {
        throw FormatError(
          "too few rows", file: name, key: key, found: "\(Shape(dims))", expected: "\(rows.upperBound) rows")
      }
      let rowBytes = range.count / max(count, 1)
      range = range.lowerBound + rows.lowerBound * rowBytes..<range.lowerBound + rows.upperBound * rowBytes
      dims[0] = rows.count
    }
    if let shape {
      // The header's product of sizes did not overflow, so this one does not where they are equal.
      guard shape.allSatisfy({ $0 >= 0 }), shape.reduce(entry.dtype.byteSize, { $0 &* $1 }) == range.count else {
        throw FormatError(
          "the shape does not fit", file: name, key: key, found: "\(Shape(dims))", expected: "\(Shape(shape))")
      }
      dims = shape
    }
    if entry.dtype == .f64 { return narrowed(range, dims) }
    guard let dtype = entry.dtype.loaded else {
      throw FormatError(
        "this element type cannot be computed with", file: name, key: key, found: "\(entry.dtype.rawValue)",
        expected: "F32, F16, BF16, F64, I64, I32, U8 or BOOL")
    }
    let source = bytes.start + range.lowerBound
    if Int(bitPattern: source) % dtype.byteSize == 0 {
      return Tensor(foreign: source, owner: bytes, shape: Shape(dims), dtype: dtype)
    }
    let copy = bytes.withBytes { Bytes(Array($0[range])) }
    return Tensor(foreign: copy.start, owner: copy, shape: Shape(dims), dtype: dtype)
  }

  /// The tensor called `key` as a weight called `name`, which lets go of its part of the file once it is packed.
  ///
  /// - Parameter name: The name in diffusers spelling; `key` when left out.
  /// - Throws: ``FormatError`` as ``tensor(_:rows:shape:)``.
  package func weight(
    _ key: String, as name: String? = nil, rows: Range<Int>? = nil, shape: [Int]? = nil
  ) throws(FormatError) -> Weight {
    let source = try tensor(key, rows: rows, shape: shape)
    let range = entries[key]!.range
    // Of a slice the whole range is let go: what a neighbour still needs is read again, which is rare and cheap.
    func weight() -> Weight { Weight(key: name ?? key, source: source) { [bytes] in bytes.release(range) } }
    guard let file = bytes.source else { return weight() }
    let first = (rows?.lowerBound ?? 0) * (range.count / max(entries[key]!.shape.first ?? 1, 1))
    let place = SharedWeights.Place(
      source: file, range: range.lowerBound + first..<range.upperBound, dtype: source.dtype, shape: source.shape, key: name ?? key)
    return SharedWeights.weight(at: place, make: weight)
  }

  /// The bytes of a tensor whose elements lie `strides` apart, row by row.
  private func gathered(_ entry: Entry, _ strides: [Int]) -> [UInt8] {
    let size = entry.dtype.byteSize, count = entry.shape.reduce(1, *)
    return bytes.withBytes { raw in
      [UInt8](unsafeUninitializedCapacity: count * size) { out, used in
        var place = [Int](repeating: 0, count: entry.shape.count), source = entry.range.lowerBound
        for i in 0..<count {
          for byte in 0..<size { out[i * size + byte] = raw[source + byte] }
          // The next place, the last axis first; an axis at its end goes back to its beginning.
          for axis in place.indices.reversed() {
            place[axis] += 1
            source += strides[axis] * size
            if place[axis] < entry.shape[axis] { break }
            source -= strides[axis] * size * entry.shape[axis]
            place[axis] = 0
          }
        }
        used = count * size
      }
    }
  }

  private func narrowed(_ range: Range<Int>, _ shape: [Int]) -> Tensor {
    let values = bytes.withBytes { raw in
      stride(from: range.lowerBound, to: range.upperBound, by: 8).map {
        Float(raw.loadUnaligned(fromByteOffset: $0, as: Double.self))
      }
    }
    return Tensor(values, Shape(shape))
  }

  /// The value of `key` in the file's `__metadata__`.
  package func metadata(_ key: String) -> String? { metadata.first { $0.key == key }?.value }
}

/// The element types of the format. Those without a ``loaded`` type are recognised, so that one odd tensor that nothing
/// asks for does not stop a checkpoint from loading.
package enum StoredType: String, Sendable {
  case f64 = "F64"
  case f32 = "F32"
  case f16 = "F16"
  case bf16 = "BF16"
  case i64 = "I64"
  case i32 = "I32"
  case i16 = "I16"
  case i8 = "I8"
  case u64 = "U64"
  case u32 = "U32"
  case u16 = "U16"
  case u8 = "U8"
  case bool = "BOOL"
  case f8e4m3 = "F8_E4M3"
  case f8e5m2 = "F8_E5M2"

  package var byteSize: Int {
    switch self {
    case .f64, .i64, .u64: 8
    case .f32, .i32, .u32: 4
    case .f16, .bf16, .i16, .u16: 2
    case .i8, .u8, .bool, .f8e4m3, .f8e5m2: 1
    }
  }

  /// The element type of a tensor that views such data, nil when there is none.
  package var loaded: DType? {
    switch self {
    case .f32: .f32
    case .f16: .f16
    case .bf16: .bf16
    case .i64: .i64
    case .i32: .i32
    case .u8: .u8
    case .bool: .bool
    default: nil
    }
  }

  package init(_ dtype: DType) {
    switch dtype {
    case .f32: self = .f32
    case .f16: self = .f16
    case .bf16: self = .bf16
    case .i64: self = .i64
    case .i32: self = .i32
    case .u8: self = .u8
    case .bool: self = .bool
    }
  }
}
