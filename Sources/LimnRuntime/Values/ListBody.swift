import Glibc

/// A list: header, counts, then the items, which the list owns.
struct ListBody {
  var header: ObjectHeader
  var count: Int
  var capacity: Int

  @inline(__always) static func size(capacity: Int) -> Int {
    MemoryLayout<Self>.stride + capacity * MemoryLayout<Value>.stride
  }
}

extension UnsafeMutablePointer where Pointee == ListBody {
  @inline(__always) var items: UnsafeMutablePointer<Value> {
    UnsafeMutableRawPointer(self + 1).assumingMemoryBound(to: Value.self)
  }

  @inline(__always) var buffer: UnsafeBufferPointer<Value> {
    UnsafeBufferPointer(start: items, count: pointee.count)
  }
}

extension Value {
  /// An empty list with room for `capacity` items; the caller owns it.
  @inline(__always)
  static func list(capacity: Int, _ meter: UnsafeMutablePointer<Meter>) -> Value {
    let body = Meter.allocate(ListBody.size(capacity: capacity), meter).bindMemory(to: ListBody.self, capacity: 1)
    body.initialize(to: ListBody(header: ObjectHeader(.list, meter), count: 0, capacity: capacity))
    return Value(.list, body)
  }

  /// A list that takes over `count` values.
  static func list(taking values: UnsafePointer<Value>, count: Int, _ meter: UnsafeMutablePointer<Meter>) -> Value {
    let list = list(capacity: count, meter)
    list.asList.items.initialize(from: values, count: count)
    list.asList.pointee.count = count
    return list
  }

  /// A list that retains copies of the values.
  static func list(
    copying values: UnsafeBufferPointer<Value>, capacity: Int = 0, _ meter: UnsafeMutablePointer<Meter>
  ) -> Value {
    let list = list(capacity: max(capacity, values.count), meter)
    let items = list.asList.items
    for index in 0..<values.count { (items + index).initialize(to: values[index].retained()) }
    list.asList.pointee.count = values.count
    return list
  }

  /// Makes this value, a list held once, hold a copy if anybody else holds the list, with room for `extra` items.
  ///
  /// Growing doubles, so that a loop of appends copies each item a constant number of times.
  mutating func makeUniqueList(extra: Int = 0) {
    let body = asList
    let needed = body.pointee.count + extra
    if isUnique {
      guard needed > body.pointee.capacity else { return }
      let capacity = max(needed, 2 * body.pointee.capacity, 4)
      let moved = Meter.reallocate(
        body, from: ListBody.size(capacity: body.pointee.capacity), to: ListBody.size(capacity: capacity),
        body.pointee.header.meter
      ).bindMemory(to: ListBody.self, capacity: 1)
      moved.pointee.capacity = capacity
      self = Value(.list, moved)
    } else {
      let capacity = extra == 0 ? needed : max(needed, 2 * body.pointee.count, 4)
      let copy = Value.list(copying: body.buffer, capacity: capacity, body.pointee.header.meter)
      release()
      self = copy
    }
  }

  /// Appends an item and takes it over. `self` is a list that may be changed or copied.
  mutating func append(taking item: Value) {
    makeUniqueList(extra: 1)
    let body = asList
    (body.items + body.pointee.count).initialize(to: item)
    body.pointee.count += 1
  }
}
