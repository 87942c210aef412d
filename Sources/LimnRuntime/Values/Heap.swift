import Glibc

/// The first words of every object on the heap.
///
/// Counts are not atomic: an object belongs to one interpreter, and an interpreter to one thread at a time.
struct ObjectHeader {
  /// How many registers, slots and containers hold the object. While it is being destroyed: the next one to destroy.
  var references: Int
  /// The tag of values that point here, so that a chain of dying objects knows what they are, and above its 16 bits the
  /// address of the meter, which has 48.
  private var kindAndMeter: UInt64

  @inline(__always) init(_ tag: Value.Tag, _ meter: UnsafeMutablePointer<Meter>) {
    references = 1
    kindAndMeter = UInt64(UInt(bitPattern: meter)) << 16 | tag.raw
  }

  @inline(__always) var kind: Value.Tag { Value.Tag(kindAndMeter & 0xFFFF) }

  @inline(__always) var meter: UnsafeMutablePointer<Meter> {
    UnsafeMutablePointer(bitPattern: UInt(kindAndMeter >> 16)).unsafelyUnwrapped
  }
}

/// A function value: its code and the values it copied when it was made, which follow the struct.
struct FunctionBody {
  var header: ObjectHeader
  /// Held by the retain in `owner`.
  var code: UnsafeMutablePointer<CodeHeader>
  var owner: Unmanaged<Code>
  var captureCount: Int

  static func size(captures: Int) -> Int { MemoryLayout<Self>.stride + captures * MemoryLayout<Value>.stride }
}

/// `start`, `start + step`, …: `count` ints.
struct RangeBody {
  var header: ObjectHeader
  var start: Int
  var count: Int
  var step: Int
}

/// A value from outside the language.
struct HostBody {
  var header: ObjectHeader
  var object: any HostObject
}

extension UnsafeMutablePointer where Pointee == FunctionBody {
  @inline(__always) var captures: UnsafeMutablePointer<Value> {
    UnsafeMutableRawPointer(self + 1).assumingMemoryBound(to: Value.self)
  }
}

extension Value {
  @inline(__always) func retain() {
    if isObject { object.pointee.references &+= 1 }
  }

  @inline(__always) func retained() -> Value {
    retain()
    return self
  }

  @inline(__always) func release() {
    if isObject { releaseObject() }
  }

  @inline(__always) func releaseObject() {
    let header = object
    header.pointee.references &-= 1
    if header.pointee.references == 0 { Heap.destroy(self) }
  }

  /// Whether one holder only has the object, so that it may be changed in place.
  @inline(__always) var isUnique: Bool { object.pointee.references == 1 }

  static func range(start: Int, count: Int, step: Int, _ meter: UnsafeMutablePointer<Meter>) -> Value {
    let body = Meter.allocate(MemoryLayout<RangeBody>.stride, meter).bindMemory(to: RangeBody.self, capacity: 1)
    body.initialize(to: RangeBody(header: ObjectHeader(.range, meter), start: start, count: count, step: step))
    return Value(.range, body)
  }

  /// A new object that holds `object`; the caller owns it.
  static func host(owned object: any HostObject, _ meter: UnsafeMutablePointer<Meter>) -> Value {
    let body = Meter.allocate(MemoryLayout<HostBody>.stride, meter).bindMemory(to: HostBody.self, capacity: 1)
    body.initialize(to: HostBody(header: ObjectHeader(.host, meter), object: object))
    return Value(.host, body)
  }

  /// A function that takes over the captures.
  static func function(_ code: Code, captures: UnsafeBufferPointer<Value>, _ meter: UnsafeMutablePointer<Meter>) -> Value {
    let body = Meter.allocate(FunctionBody.size(captures: captures.count), meter).bindMemory(to: FunctionBody.self, capacity: 1)
    body.initialize(
      to: FunctionBody(
        header: ObjectHeader(.function, meter), code: code.header, owner: .passRetained(code), captureCount: captures.count))
    if let source = captures.baseAddress { body.captures.initialize(from: source, count: captures.count) }
    return Value(.function, body)
  }
}

enum Heap {
  /// Frees an object without holders and lets go of what it holds.
  ///
  /// Children whose count falls to zero join a chain through their headers: a list nested a million deep is freed
  /// without recursion.
  @inline(never) static func destroy(_ value: Value) {
    var dying: UnsafeMutablePointer<ObjectHeader>? = value.object
    value.object.pointee.references = 0
    while let header = dying {
      dying = UnsafeMutablePointer(bitPattern: header.pointee.references)
      let kind = header.pointee.kind
      let meter = header.pointee.meter
      switch kind {
      case .list:
        let body = Value(kind, header).asList
        drop(body.items, body.pointee.count, &dying)
        Meter.free(body, ListBody.size(capacity: body.pointee.capacity), meter)
      case .map:
        let body = Value(kind, header).asMap
        for index in 0..<body.pointee.count {
          drop(body.pointee.entries + index, &dying)
        }
        let (entries, index) = (body.pointee.entries, body.pointee.index)
        let size = MapBody.size(capacity: body.pointee.capacity, isIndexed: index != nil, mask: body.pointee.indexMask)
        free(entries)
        free(index)
        Meter.free(body, size, meter)
      case .function:
        let body = Value(kind, header).asFunction
        drop(body.captures, body.pointee.captureCount, &dying)
        let owner = body.pointee.owner
        Meter.free(body, FunctionBody.size(captures: body.pointee.captureCount), meter)
        owner.release()
      case .host:
        let body = Value(kind, header).asHost
        body.deinitialize(count: 1)
        Meter.free(body, MemoryLayout<HostBody>.stride, meter)
      case .string:
        Meter.free(header, StringBody.size(capacity: Value(kind, header).asString.pointee.capacity), meter)
      default:
        Meter.free(header, MemoryLayout<RangeBody>.stride, meter)
      }
    }
  }

  @inline(__always) private static func drop(_ value: Value, _ chain: inout UnsafeMutablePointer<ObjectHeader>?) {
    guard value.isObject else { return }
    let header = value.object
    header.pointee.references &-= 1
    if header.pointee.references == 0 {
      header.pointee.references = Int(bitPattern: chain)
      chain = header
    }
  }

  private static func drop(
    _ values: UnsafeMutablePointer<Value>, _ count: Int, _ chain: inout UnsafeMutablePointer<ObjectHeader>?
  ) {
    for index in 0..<count { drop(values[index], &chain) }
  }

  private static func drop(_ entry: UnsafeMutablePointer<MapSlot>, _ chain: inout UnsafeMutablePointer<ObjectHeader>?) {
    drop(entry.pointee.key, &chain)
    drop(entry.pointee.value, &chain)
  }
}
