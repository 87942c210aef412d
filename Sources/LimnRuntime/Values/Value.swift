/// One value of the language: a tag and 64 bits, plain old data.
///
/// Copying a `Value` counts nothing. Whoever stores one retains it by hand; code outside this module never does:
/// the values a native makes through ``Context`` live to the end of its call, and ``Held`` keeps one for longer.
package struct Value {
  /// What the bits mean. Tags from `string` on, which have bit 3, are objects on the heap.
  struct Tag: Equatable {
    let raw: UInt64
    @inline(__always) init(_ raw: UInt64) { self.raw = raw }

    /// No value: a name not yet bound, an argument not given. Never seen by scripts.
    @inline(__always) static var empty: Tag { Tag(0) }
    @inline(__always) static var `nil`: Tag { Tag(1) }
    @inline(__always) static var bool: Tag { Tag(2) }
    @inline(__always) static var int: Tag { Tag(3) }
    @inline(__always) static var float: Tag { Tag(4) }
    /// A built-in function; the bits are its number in the interpreter's table.
    @inline(__always) static var native: Tag { Tag(5) }
    @inline(__always) static var string: Tag { Tag(8) }
    @inline(__always) static var list: Tag { Tag(9) }
    @inline(__always) static var map: Tag { Tag(10) }
    @inline(__always) static var range: Tag { Tag(11) }
    @inline(__always) static var function: Tag { Tag(12) }
    @inline(__always) static var host: Tag { Tag(13) }
  }

  var tag: Tag
  var bits: UInt64

  @inline(__always) init(tag: Tag, bits: UInt64) {
    self.tag = tag
    self.bits = bits
  }

  @inline(__always) init(_ tag: Tag, _ object: UnsafeMutableRawPointer) {
    self.tag = tag
    bits = UInt64(UInt(bitPattern: object))
  }

  @inline(__always) package static var `nil`: Value { Value(tag: .nil, bits: 0) }
  @inline(__always) static var empty: Value { Value(tag: .empty, bits: 0) }
  @inline(__always) package static func bool(_ value: Bool) -> Value { Value(tag: .bool, bits: value ? 1 : 0) }
  @inline(__always) package static func int(_ value: Int) -> Value {
    Value(tag: .int, bits: UInt64(bitPattern: Int64(value)))
  }
  @inline(__always) package static func float(_ value: Double) -> Value {
    Value(tag: .float, bits: value.bitPattern)
  }
}

extension Value {
  /// The sorts of values there are, for a `switch`.
  package enum Kind: Sendable {
    case `nil`, bool, int, float, string, list, map, range, function, host
  }

  package var kind: Kind {
    switch tag {
    case .bool: .bool
    case .int: .int
    case .float: .float
    case .native, .function: .function
    case .string: .string
    case .list: .list
    case .map: .map
    case .range: .range
    case .host: .host
    default: .nil
    }
  }

  package var isNil: Bool { tag == .nil || tag == .empty }

  /// Whether the bits are a pointer to a counted object.
  @inline(__always) var isObject: Bool { tag.raw >= 8 }

  @inline(__always) var asInt: Int { Int(Int64(bitPattern: bits)) }
  @inline(__always) var asFloat: Double { Double(bitPattern: bits) }
  @inline(__always) var asBool: Bool { bits != 0 }

  @inline(__always) var object: UnsafeMutablePointer<ObjectHeader> {
    UnsafeMutablePointer(bitPattern: UInt(bits)).unsafelyUnwrapped
  }
  @inline(__always) var asString: UnsafeMutablePointer<StringBody> {
    UnsafeMutablePointer(bitPattern: UInt(bits)).unsafelyUnwrapped
  }
  @inline(__always) var asList: UnsafeMutablePointer<ListBody> {
    UnsafeMutablePointer(bitPattern: UInt(bits)).unsafelyUnwrapped
  }
  @inline(__always) var asMap: UnsafeMutablePointer<MapBody> {
    UnsafeMutablePointer(bitPattern: UInt(bits)).unsafelyUnwrapped
  }
  @inline(__always) var asRange: UnsafeMutablePointer<RangeBody> {
    UnsafeMutablePointer(bitPattern: UInt(bits)).unsafelyUnwrapped
  }
  @inline(__always) var asFunction: UnsafeMutablePointer<FunctionBody> {
    UnsafeMutablePointer(bitPattern: UInt(bits)).unsafelyUnwrapped
  }
  @inline(__always) var asHost: UnsafeMutablePointer<HostBody> {
    UnsafeMutablePointer(bitPattern: UInt(bits)).unsafelyUnwrapped
  }

  /// The host object inside, or nil for any other sort of value.
  package var host: (any HostObject)? { tag == .host ? asHost.pointee.object : nil }

  /// The int inside; nil for anything else, also for floats and tensors (see ``number``).
  package var int: Int? { tag == .int ? asInt : nil }

  /// The bool inside; nil for anything else.
  package var bool: Bool? { tag == .bool ? asBool : nil }

  /// A copy of the text inside, tokens still as private code points; nil for anything else.
  package var string: String? { tag == .string ? asString.text : nil }

  /// The items of a list, borrowed: they live as long as the list does. Nil for anything else.
  package var list: [Value]? {
    tag == .list ? Array(UnsafeBufferPointer(start: asList.items, count: asList.pointee.count)) : nil
  }

  /// Keys and values of a map in their order, borrowed; nil for anything else.
  package var map: [(key: Value, value: Value)]? {
    guard tag == .map else { return nil }
    let body = asMap
    return (0..<body.pointee.count).map { (body.pointee.entries[$0].key, body.pointee.entries[$0].value) }
  }

  /// The ints a range runs through: first, how many, and the step between them; nil for anything else.
  package var range: (start: Int, count: Int, step: Int)? {
    tag == .range ? (asRange.pointee.start, asRange.pointee.count, asRange.pointee.step) : nil
  }

  /// An int or float, or a host value that counts as one; nil for anything else.
  package var number: Number? {
    switch tag {
    case .int: .int(asInt)
    case .float: .float(asFloat)
    case .host: asHost.pointee.object.number
    default: nil
    }
  }

  /// What `type(x)` gives: `int`, `list`, or the host object's own name.
  package var typeName: String {
    switch tag {
    case .bool: "bool"
    case .int: "int"
    case .float: "float"
    case .native, .function: "function"
    case .string: "string"
    case .list: "list"
    case .map: "map"
    case .range: "range"
    case .host: asHost.pointee.object.typeName
    default: "nil"
    }
  }
}

/// An int or a float.
package enum Number: Hashable, Sendable {
  case int(Int)
  case float(Double)

  /// As a float, rounded to nearest where the int is too large.
  package var double: Double {
    switch self {
    case .int(let value): Double(value)
    case .float(let value): value
    }
  }

  var value: Value {
    switch self {
    case .int(let value): .int(value)
    case .float(let value): .float(value)
    }
  }
}
