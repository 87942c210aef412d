import Glibc

/// A string: header, counts, then `count` bytes of UTF-8.
///
/// A learned token is one code point of the private planes (15 and 16), so that joining, slicing and comparing need not
/// know of tokens.
struct StringBody {
  var header: ObjectHeader
  /// Bytes in use.
  var count: Int
  /// Bytes there is room for.
  var capacity: Int
  /// Code points; −1 until somebody asks.
  var scalarCount: Int
  /// 0 until somebody asks.
  var hash: UInt64

  @inline(__always) static func size(capacity: Int) -> Int { MemoryLayout<Self>.stride + capacity }
}

extension UnsafeMutablePointer where Pointee == StringBody {
  @inline(__always) var bytes: UnsafeMutablePointer<UInt8> {
    UnsafeMutableRawPointer(self + 1).assumingMemoryBound(to: UInt8.self)
  }

  var buffer: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: bytes, count: pointee.count) }

  var text: String { String(decoding: buffer, as: UTF8.self) }

  /// How many characters (code points) the string has; remembered.
  var scalars: Int {
    if pointee.scalarCount < 0 { pointee.scalarCount = Self.scalars(of: UnsafeRawBufferPointer(buffer)) }
    return pointee.scalarCount
  }

  /// A code point has exactly one byte that is not a continuation byte (10xxxxxx). Eight plain bytes at a time.
  static func scalars(of bytes: UnsafeRawBufferPointer) -> Int {
    var continued = 0
    var index = 0
    while index + 8 <= bytes.count {
      let eight = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      if eight & 0x8080_8080_8080_8080 != 0 {
        continued &+= (eight >> 7 & ~(eight >> 6) & 0x0101_0101_0101_0101).nonzeroBitCount
      }
      index &+= 8
    }
    while index < bytes.count {
      continued &+= bytes[index] & 0xC0 == 0x80 ? 1 : 0
      index &+= 1
    }
    return bytes.count - continued
  }

  var hash: UInt64 {
    if pointee.hash == 0 { pointee.hash = max(1, Hash.bytes(buffer)) }
    return pointee.hash
  }

  /// The byte where the code point of this number starts. The number is in `0...scalars`.
  func byteOffset(ofScalar number: Int) -> Int {
    if scalars == pointee.count { return number }
    var left = number
    var offset = 0
    while left > 0 {
      offset += Self.width(bytes[offset])
      left -= 1
    }
    return offset
  }

  /// How many bytes the code point has whose first byte this is.
  @inline(__always) static func width(_ first: UInt8) -> Int {
    first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
  }
}

extension Value {
  /// An empty string with room for `capacity` bytes; the caller owns it.
  @inline(__always)
  static func string(capacity: Int, _ meter: UnsafeMutablePointer<Meter>) -> Value {
    let body = Meter.allocate(StringBody.size(capacity: capacity), meter).bindMemory(to: StringBody.self, capacity: 1)
    body.initialize(
      to: StringBody(header: ObjectHeader(.string, meter), count: 0, capacity: capacity, scalarCount: -1, hash: 0))
    return Value(.string, body)
  }

  static func string(bytes: UnsafeBufferPointer<UInt8>, _ meter: UnsafeMutablePointer<Meter>) -> Value {
    let string = string(capacity: bytes.count, meter)
    if let source = bytes.baseAddress { memcpy(string.asString.bytes, source, bytes.count) }
    string.asString.pointee.count = bytes.count
    return string
  }

  static func string(owned text: String, _ meter: UnsafeMutablePointer<Meter>) -> Value {
    var text = text
    return text.withUTF8 { string(bytes: $0, meter) }
  }

  /// Appends bytes in place when nobody else holds the string, else to a copy. `self` is a string.
  ///
  /// Room doubles, so that a loop of appends is linear.
  mutating func append(bytes: UnsafeBufferPointer<UInt8>) {
    let body = asString
    let old = body.pointee.count
    let needed = old + bytes.count
    if !isUnique {
      var copy = Value.string(capacity: needed < 64 ? needed : 2 * needed, body.pointee.header.meter)
      copy.append(bytes: UnsafeBufferPointer(start: body.bytes, count: old))
      copy.append(bytes: bytes)
      release()
      self = copy
      return
    }
    if needed > body.pointee.capacity {
      let capacity = 2 * needed
      // `bytes` may be this string's own: `s += s` holds it twice, so it is not unique and was copied above.
      let moved = Meter.reallocate(
        body, from: StringBody.size(capacity: body.pointee.capacity), to: StringBody.size(capacity: capacity),
        body.pointee.header.meter
      ).bindMemory(to: StringBody.self, capacity: 1)
      moved.pointee.capacity = capacity
      self = Value(.string, moved)
    }
    let target = asString
    if let source = bytes.baseAddress { memcpy(target.bytes + old, source, bytes.count) }
    target.pointee.count = needed
    // Kept when known, so that a loop that appends and asks for the length is linear.
    if target.pointee.scalarCount >= 0 {
      target.pointee.scalarCount += UnsafeMutablePointer<StringBody>.scalars(of: UnsafeRawBufferPointer(bytes))
    }
    target.pointee.hash = 0
  }

  /// Whether two strings have the same bytes.
  static func sameText(_ a: UnsafeMutablePointer<StringBody>, _ b: UnsafeMutablePointer<StringBody>) -> Bool {
    a == b || (a.pointee.count == b.pointee.count && memcmp(a.bytes, b.bytes, a.pointee.count) == 0)
  }
}

/// Hashes that are the same in every process, so that nothing can depend on a seed nobody chose.
enum Hash {
  @inline(__always) static func mix(_ value: UInt64) -> UInt64 {
    var x = value
    x ^= x >> 32
    x &*= 0xD6E8_FEB8_6659_FD93
    x ^= x >> 32
    x &*= 0xD6E8_FEB8_6659_FD93
    x ^= x >> 32
    return x
  }

  @inline(__always) static func combine(_ a: UInt64, _ b: UInt64) -> UInt64 {
    mix(a &* 0x9E37_79B9_7F4A_7C15 &+ b)
  }

  static func bytes(_ buffer: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash = UInt64(buffer.count) &* 0x9E37_79B9_7F4A_7C15
    let raw = UnsafeRawBufferPointer(buffer)
    var offset = 0
    while offset + 8 <= raw.count {
      hash = combine(hash, raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    var tail: UInt64 = 0
    while offset < raw.count {
      tail = tail << 8 | UInt64(raw[offset])
      offset += 1
    }
    return combine(hash, tail)
  }
}
