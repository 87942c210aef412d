import Glibc

/// One key of a map with its value; the map owns both.
struct MapSlot {
  var key: Value
  var value: Value
  var hash: UInt64
}

/// A map: its entries in the order of their first insertion, and for more than eight a table of indices into them.
struct MapBody {
  var header: ObjectHeader
  var count: Int
  var capacity: Int
  var entries: UnsafeMutablePointer<MapSlot>
  /// Open addressing over a power of two; −1 is free. Nil while few entries are searched one by one.
  var index: UnsafeMutablePointer<Int32>?
  var indexMask: Int

  static func size(capacity: Int, isIndexed: Bool, mask: Int) -> Int {
    MemoryLayout<Self>.stride + capacity * MemoryLayout<MapSlot>.stride + (isIndexed ? 4 * (mask + 1) : 0)
  }
}

extension Value {
  /// An empty map with room for `capacity` entries; the caller owns it.
  static func map(capacity: Int, _ meter: UnsafeMutablePointer<Meter>) -> Value {
    let body = Meter.allocate(MemoryLayout<MapBody>.stride, meter).bindMemory(to: MapBody.self, capacity: 1)
    meter.pointee.used &+= max(capacity, 1) * MemoryLayout<MapSlot>.stride
    let size = max(capacity, 1) * MemoryLayout<MapSlot>.stride
    guard let entries = malloc(size) else { Meter.exhausted(size) }
    body.initialize(
      to: MapBody(
        header: ObjectHeader(.map, meter), count: 0, capacity: max(capacity, 1),
        entries: entries.bindMemory(to: MapSlot.self, capacity: max(capacity, 1)), index: nil, indexMask: 0))
    return Value(.map, body)
  }

  /// Makes this value, a map held once, hold a copy if anybody else holds the map.
  mutating func makeUniqueMap() {
    guard !isUnique else { return }
    let old = asMap
    let copy = Value.map(capacity: old.pointee.count + old.pointee.count / 2, old.pointee.header.meter)
    let new = copy.asMap
    for index in 0..<old.pointee.count {
      let entry = old.pointee.entries[index]
      entry.key.retain()
      entry.value.retain()
      (new.pointee.entries + index).initialize(to: entry)
    }
    new.pointee.count = old.pointee.count
    if new.pointee.count > MapBody.linearLimit { new.rebuildIndex() }
    release()
    self = copy
  }

  /// Binds `key` to `value` in a map that is unique, taking both over; the value it had is released.
  func insert(takingKey key: Value, hash: UInt64, takingValue value: Value) {
    let body = asMap
    if let found = body.find(key, hash: hash) {
      key.release()
      let old = body.pointee.entries[found].value
      body.pointee.entries[found].value = value
      old.release()
      return
    }
    if body.pointee.count == body.pointee.capacity {
      let capacity = max(4, 2 * body.pointee.capacity)
      let size = capacity * MemoryLayout<MapSlot>.stride
      guard let moved = realloc(body.pointee.entries, size) else { Meter.exhausted(size) }
      body.pointee.entries = moved.bindMemory(to: MapSlot.self, capacity: capacity)
      body.pointee.header.meter.pointee.used &+= (capacity - body.pointee.capacity) * MemoryLayout<MapSlot>.stride
      body.pointee.capacity = capacity
    }
    let position = body.pointee.count
    (body.pointee.entries + position).initialize(to: MapSlot(key: key, value: value, hash: hash))
    body.pointee.count = position + 1
    if body.pointee.index == nil {
      if position + 1 > MapBody.linearLimit { body.rebuildIndex() }
    } else if 2 * (position + 1) > body.pointee.indexMask {
      body.rebuildIndex()
    } else {
      body.enter(position, hash: hash)
    }
  }
}

extension MapBody {
  /// Up to this many entries a scan over hashes is faster than a table.
  static let linearLimit = 8
}

extension UnsafeMutablePointer where Pointee == MapBody {
  /// The position of a key, or nil.
  @inline(__always) func find(_ key: Value, hash: UInt64) -> Int? {
    let entries = pointee.entries
    guard let index = pointee.index else {
      for position in 0..<pointee.count where entries[position].hash == hash {
        if Equality.sameKey(entries[position].key, key) { return position }
      }
      return nil
    }
    let mask = pointee.indexMask
    var probe = Int(truncatingIfNeeded: hash) & mask
    while true {
      let position = Int(index[probe])
      if position < 0 { return nil }
      if entries[position].hash == hash, Equality.sameKey(entries[position].key, key) { return position }
      probe = (probe + 1) & mask
    }
  }

  /// The value of a key that is a plain string, or nil.
  func value(of name: String) -> Value? {
    let key = Value.string(owned: name, pointee.header.meter)
    defer { key.release() }
    return find(key, hash: key.asString.hash).map { pointee.entries[$0].value }
  }

  fileprivate func enter(_ position: Int, hash: UInt64) {
    let mask = pointee.indexMask
    var probe = Int(truncatingIfNeeded: hash) & mask
    while pointee.index.unsafelyUnwrapped[probe] >= 0 { probe = (probe + 1) & mask }
    pointee.index.unsafelyUnwrapped[probe] = Int32(truncatingIfNeeded: position)
  }

  func rebuildIndex() {
    var size = 32
    while size < 4 * pointee.count { size *= 2 }
    pointee.header.meter.pointee.used &+= 4 * (size - (pointee.index == nil ? 0 : pointee.indexMask + 1))
    free(pointee.index)
    guard let memory = malloc(size * 4) else { Meter.exhausted(size * 4) }
    let index = memory.bindMemory(to: Int32.self, capacity: size)
    memset(index, 0xFF, size * 4)
    pointee.index = index
    pointee.indexMask = size - 1
    for position in 0..<pointee.count { enter(position, hash: pointee.entries[position].hash) }
  }
}
