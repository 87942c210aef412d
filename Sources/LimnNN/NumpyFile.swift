import LimnTensor

/// The `.npy` format of numpy, versions 1 to 3: one array, its header a literal of Python that is read strictly.
package enum NumpyFile {
  /// The tensor of a file's bytes. `f8` is narrowed to f32, as nothing here computes in it; `i1 i2 u2` become i32, `u4` i64.
  ///
  /// - Throws: ``FormatError`` for anything that is not exactly one whole array of numbers.
  package static func tensor(_ bytes: [UInt8], file: String) throws(FormatError) -> Tensor {
    let header = try Header(bytes, file: file)
    let size = header.type.size
    let end = header.dataStart + header.count * size
    guard bytes.count == end else {
      throw FormatError(
        bytes.count < end ? "the data is cut short" : "there is data behind the array", file: file,
        found: "\(bytes.count - header.dataStart) bytes of data", expected: "\(end - header.dataStart)")
    }
    var data = Array(bytes[header.dataStart...])
    if header.isBigEndian, size > 1 {
      for start in stride(from: 0, to: data.count, by: size) { data[start..<start + size].reverse() }
    }
    // In Fortran's order the first axis is the fastest: the array is its own transpose, row by row.
    let shape = header.isFortranOrder ? header.shape.reversed() : header.shape
    let tensor = header.type.tensor(data, Shape(Array(shape)))
    return header.isFortranOrder && shape.count > 1 ? tensor.permuted(Array((0..<shape.count).reversed())).contiguous() : tensor
  }

  /// A tensor as a file's bytes, version 1, in C's order. numpy has no bf16: it is widened to f32.
  package static func bytes(of tensor: Tensor) -> [UInt8] {
    let whole = (tensor.dtype == .bf16 ? tensor.converted(to: .f32) : tensor).contiguous()
    let type =
      switch whole.dtype {
      case .f32, .bf16: "<f4"
      case .f16: "<f2"
      case .i64: "<i8"
      case .i32: "<i4"
      case .u8: "|u1"
      case .bool: "|b1"
      }
    let sizes = whole.shape.dims.map { "\($0)" }.joined(separator: ", ")
    var header = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': (\(sizes)\(whole.rank == 1 ? "," : "")), }".utf8)
    // With the ten bytes before it a multiple of 64, as numpy does, so that the data can be mapped.
    header += repeatElement(UInt8(ascii: " "), count: 63 - (10 + header.count) % 64)
    header.append(UInt8(ascii: "\n"))
    var bytes = magic + [1, 0, UInt8(header.count & 255), UInt8(header.count >> 8)] + header
    let start = UnsafeRawPointer(whole.storage.bytes) + whole.offset * whole.dtype.byteSize
    bytes += UnsafeRawBufferPointer(start: start, count: whole.count * whole.dtype.byteSize)
    withExtendedLifetime(whole) {}
    return bytes
  }

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// The element types that are read.
  private enum Element: String {
    case f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, b1

    var size: Int { Int(String(rawValue.last!))! }

    /// The tensor of little-endian elements.
    func tensor(_ data: [UInt8], _ shape: Shape) -> Tensor {
      let count = data.count / size
      func loaded<Number>(_ type: Number.Type) -> [Number] {
        data.withUnsafeBytes { raw in (0..<count).map { raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Number>.size, as: Number.self) } }
      }
      func foreign(_ dtype: DType) -> Tensor {
        let bytes = Bytes(data)
        return Tensor(foreign: bytes.start, owner: bytes, shape: shape, dtype: dtype)
      }
      switch self {
      case .f4: return foreign(.f32)
      case .f2: return foreign(.f16)
      case .i8: return foreign(.i64)
      case .i4: return foreign(.i32)
      case .u1: return foreign(.u8)
      case .b1: return Tensor(bools: data.map { $0 != 0 }, shape)
      case .f8: return Tensor(loaded(Double.self).map(Float.init), shape)
      case .i1: return Tensor(ints: loaded(Int8.self).map(Int.init), shape).converted(to: .i32)
      case .i2: return Tensor(ints: loaded(Int16.self).map(Int.init), shape).converted(to: .i32)
      case .u2: return Tensor(ints: loaded(UInt16.self).map(Int.init), shape).converted(to: .i32)
      case .u4: return Tensor(ints: loaded(UInt32.self).map(Int.init), shape)
      }
    }
  }

  /// What stands before the data.
  private struct Header {
    let type: Element
    let isBigEndian, isFortranOrder: Bool
    let shape: [Int]
    let count: Int
    let dataStart: Int

    init(_ bytes: [UInt8], file: String) throws(FormatError) {
      guard bytes.starts(with: NumpyFile.magic), bytes.count >= 10 else { throw FormatError("is no .npy file: it does not begin with '\\x93NUMPY'", file: file) }
      guard (1...3).contains(bytes[6]) else { throw FormatError("unknown version of .npy", file: file, found: "\(bytes[6])", expected: "1, 2 or 3") }
      let lengthBytes = bytes[6] == 1 ? 2 : 4
      guard bytes.count >= 8 + lengthBytes else { throw FormatError("the header is cut short", file: file) }
      let length = bytes[8..<8 + lengthBytes].reversed().reduce(0) { $0 << 8 | Int($1) }
      dataStart = 8 + lengthBytes + length
      guard dataStart <= bytes.count else { throw FormatError("the header is cut short", file: file, found: "\(bytes.count) bytes", expected: "at least \(dataStart)") }
      var literal = Literal(text: Array(bytes[8 + lengthBytes..<dataStart]))
      guard let fields = literal.fields() else { throw FormatError("the header is malformed", file: file) }
      guard fields.type.count >= 2, let order = fields.type.first, "<>|=".contains(order), let element = Element(rawValue: String(fields.type.dropFirst())) else {
        let isObject = fields.type.contains("O")
        throw FormatError(
          isObject ? "it holds Python objects, which only running their code could read" : "this element type cannot be computed with", file: file,
          found: "'\(fields.type)'", expected: "f2, f4, f8, i1, i2, i4, i8, u1, u2, u4 or b1")
      }
      (type, isBigEndian, isFortranOrder, shape) = (element, order == ">", fields.isFortranOrder, fields.shape)
      guard shape.count <= Shape.mostAxes else { throw FormatError("too many axes", file: file, found: "\(shape.count)", expected: "at most \(Shape.mostAxes)") }
      var product = 1
      for size in shape {
        let (next, overflow) = product.multipliedReportingOverflow(by: size)
        guard !overflow, next <= Int.max / 16 else { throw FormatError("the shape is too large for any file", file: file, found: "\(shape)") }
        product = next
      }
      count = product
    }
  }

  /// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, keys in any order, white space anywhere.
  private struct Literal {
    let text: [UInt8]
    var index = 0

    init(text: [UInt8]) { self.text = text }

    mutating func fields() -> (type: String, isFortranOrder: Bool, shape: [Int])? {
      var type: String?
      var order: Bool?
      var shape: [Int]?
      guard take("{") else { return nil }
      while !take("}") {
        guard let key = string(), take(":") else { return nil }
        switch key {
        case "descr" where type == nil:
          type = string() ?? (peek() == UInt8(ascii: "[") ? "a structure" : nil)
          if type == "a structure" { return ("|structure", false, []) }
        case "fortran_order" where order == nil:
          if take("True") { order = true } else if take("False") { order = false }
        case "shape" where shape == nil: shape = sizes()
        default: return nil
        }
        guard take(",") || peek() == UInt8(ascii: "}") else { return nil }
      }
      skipSpace()
      guard index == text.count, let type, let order, let shape else { return nil }
      return (type, order, shape)
    }

    private mutating func sizes() -> [Int]? {
      guard take("(") else { return nil }
      var sizes: [Int] = []
      while !take(")") {
        skipSpace()
        let digits = text[index...].prefix { (0x30...0x39).contains($0) }
        guard let size = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
        index += digits.count
        sizes.append(size)
        guard take(",") || peek() == UInt8(ascii: ")") else { return nil }
      }
      return sizes
    }

    private mutating func string() -> String? {
      skipSpace()
      guard index < text.count, text[index] == UInt8(ascii: "'") || text[index] == UInt8(ascii: "\"") else { return nil }
      let quote = text[index]
      guard let end = text[(index + 1)...].firstIndex(of: quote) else { return nil }
      defer { index = end + 1 }
      return String(decoding: text[index + 1..<end], as: UTF8.self)
    }

    private mutating func peek() -> UInt8? {
      skipSpace()
      return index < text.count ? text[index] : nil
    }

    private mutating func take(_ word: String) -> Bool {
      skipSpace()
      guard text[index...].starts(with: word.utf8) else { return false }
      index += word.utf8.count
      return true
    }

    private mutating func skipSpace() { while index < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[index]) { index += 1 } }
  }
}
