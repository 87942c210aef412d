import LimnDiffusion
import LimnImage
import LimnRuntime
import LimnTensor

/// Values as bytes, for another process of the same program or a checkpoint on the same machine: everything that is data, nothing that does.
///
/// The bytes hold native byte order and no version.
struct ValueWriter {
  private(set) var bytes: [UInt8] = []
  /// Takes the bytes instead of keeping them.
  private var digest: SHA256?
  let context: Context
  /// Where the values go, for messages.
  private let place: String

  init(_ context: Context, for place: String = "what comes out of parallel_map") { (self.context, self.place) = (context, place) }

  /// The SHA-256 of a value's bytes, in hex; however large, nothing of it is held twice.
  static func digest(of value: Value, _ context: Context, for place: String) throws -> String {
    var writer = ValueWriter(context, for: place)
    writer.digest = SHA256()
    try writer.write(value)
    return writer.digest!.finish()
  }

  /// The most that is sent of one item: 4 GiB.
  private static let sizeLimit = 4 << 30

  enum Kind: UInt8 { case `nil`, no, yes, int, float, string, list, map, range, tensor, mask, image, token }

  /// How deep lists and maps may nest: as deep as they are compared.
  private static let depthLimit = 1000

  /// - Throws: A type fault for a value that holds something else than data, a limit fault for one that nests too deep.
  mutating func write(_ value: Value, depth: Int = 0) throws {
    if depth > Self.depthLimit { throw Fault(.limit, "\(place) is nested more than \(Self.depthLimit) deep") }
    try context.checkInterrupt()
    // A list that holds another twice, and so on many levels deep, is more bytes than there is memory.
    guard bytes.count <= Self.sizeLimit else { throw Fault(.limit, "a value of more than \(Self.sizeLimit) bytes cannot be sent") }
    if let host = value.host { return try write(host, value) }
    switch value.kind {
    case .nil: kind(.nil)
    case .bool: kind(value.bool! ? .yes : .no)
    case .int: kind(.int); raw(value.int!)
    case .float: kind(.float); raw(value.number!.double)
    case .string: try write(text: value.string!)
    case .list:
      kind(.list)
      let items = value.list!
      raw(items.count)
      for item in items { try write(item, depth: depth + 1) }
    case .map:
      kind(.map)
      let entries = value.map!
      raw(entries.count)
      for entry in entries {
        try write(entry.key, depth: depth + 1)
        try write(entry.value, depth: depth + 1)
      }
    case .range:
      kind(.range)
      let range = value.range!
      raw(range.start)
      raw(range.count)
      raw(range.step)
    case .function, .host: throw refusal(value)
    }
  }

  private mutating func write(_ host: any HostObject, _ value: Value) throws {
    switch host {
    case let object as TensorValue:
      kind(object.isMask ? .mask : .tensor)
      write(object.tensor)
    case let object as ImageValue:
      kind(.image)
      write(object.image.pixels)
      plain(object.parameters?.text ?? "")
    case let token as TokenValue: write(token)
    default: throw refusal(value)
    }
  }

  private func refusal(_ value: Value) -> Fault {
    Fault(.type, "\(place) must be data, found \(context.brief(value)) of type \(value.typeName); it may be nil, bools, numbers, strings, tokens, ranges, tensors, masks, images, and lists and maps of them")
  }

  private mutating func kind(_ kind: Kind) { raw(kind.rawValue) }

  private mutating func raw(_ value: some BitwiseCopyable) { withUnsafeBytes(of: value) { take($0) } }

  private mutating func plain(_ text: String) {
    var text = text
    raw(text.utf8.count)
    text.withUTF8 { take(UnsafeRawBufferPointer($0)) }
  }

  private mutating func take(_ more: UnsafeRawBufferPointer) {
    if digest == nil { bytes += more } else { digest!.update(more) }
  }

  /// Tokens in a string are written whole: the other process may not have met them.
  private mutating func write(text: String) throws {
    kind(.string)
    var pieces: [(text: String, token: TokenValue?)] = [("", nil)]
    for scalar in text.unicodeScalars {
      if let token = context.tokens.token(scalar) as? TokenValue {
        pieces.append(("", token))
        pieces.append(("", nil))
      } else {
        pieces[pieces.count - 1].text.unicodeScalars.append(scalar)
      }
    }
    raw(pieces.count)
    for piece in pieces {
      if let token = piece.token { write(token) } else { plain(piece.text) }
    }
  }

  private mutating func write(_ token: TokenValue) {
    kind(.token)
    plain(token.name)
    switch token.start {
    case .word(let word, let count):
      raw(UInt8(0))
      plain(word)
      raw(count)
    case .random(let count):
      raw(UInt8(1))
      raw(count)
    case .vectors(let tensor):
      raw(UInt8(2))
      write(tensor)
    }
  }

  private mutating func write(_ tensor: Tensor) {
    let whole = tensor.detached().contiguous()
    raw(whole.dtype.rawValue)
    raw(whole.rank)
    for size in whole.shape.dims { raw(size) }
    let start = UnsafeRawPointer(whole.storage.bytes) + whole.offset * whole.dtype.byteSize
    withExtendedLifetime(whole) { take(UnsafeRawBufferPointer(start: start, count: whole.count * whole.dtype.byteSize)) }
  }
}

/// Reads what ``ValueWriter`` wrote.
struct ValueReader {
  private let bytes: [UInt8]
  private var index = 0
  let context: Context

  init(_ bytes: [UInt8], _ context: Context) { (self.bytes, self.context) = (bytes, context) }

  /// - Throws: A model fault when the bytes are none of ``ValueWriter``'s.
  mutating func read() throws -> Value {
    switch try kind() {
    case .nil: return .nil
    case .no: return .bool(false)
    case .yes: return .bool(true)
    case .int: return .int(try raw())
    case .float: return .float(try raw())
    case .string: return try string()
    case .list: return context.make(try (0..<count()).map { _ in try read() })
    case .map: return try context.make(entries: try (0..<count()).map { _ in (try read(), try read()) })
    case .range: return context.make(rangeFrom: try raw(), count: try raw(), step: try raw())
    case .tensor: return context.make(try tensor())
    case .mask: return context.make(mask: try tensor())
    case .image:
      let image = try Image(pixels: tensor()), text = try plain()
      return context.make(ImageValue(image, parameters: text.isEmpty ? nil : GenerationParameters(text: text)))
    case .token: return context.make(try token())
    }
  }

  private static let broken = Fault(.model, "the bytes of a value are broken")

  /// Moves past `count` bytes; returns where they begin.
  private mutating func skip(_ count: Int) throws -> Int {
    guard count >= 0, count <= bytes.count - index else { throw Self.broken }
    index += count
    return index - count
  }

  private mutating func kind() throws -> ValueWriter.Kind {
    guard let kind = ValueWriter.Kind(rawValue: try raw()) else { throw Self.broken }
    return kind
  }

  /// How many items follow; each takes a byte at least.
  private mutating func count() throws -> Int {
    let count = try raw(Int.self)
    guard (0...bytes.count).contains(count) else { throw Self.broken }
    return count
  }

  private mutating func raw<Number: BitwiseCopyable>(_ type: Number.Type = Number.self) throws -> Number {
    let index = try skip(MemoryLayout<Number>.size)
    return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: index, as: type) }
  }

  private mutating func plain() throws -> String {
    let count = try raw(Int.self), start = try skip(count)
    return String(decoding: bytes[start..<start + count], as: UTF8.self)
  }

  private mutating func string() throws -> Value {
    var text = ""
    for piece in 0..<(try count()) {
      if piece % 2 == 0 {
        text += try plain()
      } else {
        _ = try kind()
        text.unicodeScalars.append(try context.tokens.character(of: token()))
      }
    }
    return context.make(text)
  }

  private mutating func token() throws -> TokenValue {
    let name = try plain()
    switch try raw(UInt8.self) {
    case 0: return TokenValue(name: name, start: .word(try plain(), count: try raw()))
    case 1: return TokenValue(name: name, start: .random(count: try raw()))
    default: return TokenValue(name: name, start: .vectors(try tensor()))
    }
  }

  private mutating func tensor() throws -> Tensor {
    let dtype = DType(rawValue: try raw(UInt8.self)), rank = try raw(Int.self)
    guard let dtype, (0...6).contains(rank) else { throw Self.broken }
    let dims = try (0..<rank).map { _ in try raw(Int.self) }
    let (size, overflow) = dims.reduce((dtype.byteSize, false)) { product, dim in
      let (value, overflow) = product.0.multipliedReportingOverflow(by: dim)
      return (value, product.1 || overflow || dim < 0)
    }
    guard !overflow else { throw Self.broken }
    let start = try skip(size)
    let tensor = Tensor.uninitialized(Shape(dims), dtype: dtype)
    bytes.withUnsafeBytes { UnsafeMutableRawPointer(tensor.storage.bytes).copyMemory(from: $0.baseAddress! + start, byteCount: size) }
    return tensor
  }
}
