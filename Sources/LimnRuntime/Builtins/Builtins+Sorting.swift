import Glibc
import LimnSyntax

extension Builtins {
  /// Rising or falling order by numbers, strings, or whatever `<` compares; equal items keep their order.
  static func sorted(_ call: NativeCall) throws -> Value {
    let items = call[0].asList.buffer
    let descending = try call.bool(2)
    guard let by = try call.optionalFunction(1) else {
      if let values = ints(items) {
        // Equal ints cannot be told apart, so the ints themselves are sorted.
        return call.make(descending ? values.sorted(by: >) : values.sorted())
      }
      return arranged(call, try order(call, items, descending))
    }
    let machine = call.machine
    var keys: [Value] = []
    keys.reserveCapacity(items.count)
    for item in items { keys.append(machine.pooled(try machine.invoke(by, with: item))) }
    return arranged(call, try keys.withUnsafeBufferPointer { try order(call, $0, descending) })
  }

  private static func arranged(_ call: NativeCall, _ order: [Int]) -> Value {
    let items = call[0].asList.buffer
    let result = Value.list(capacity: order.count, call.machine.meter)
    for (index, place) in order.enumerated() {
      (result.asList.items + index).initialize(to: items[place].retained())
    }
    result.asList.pointee.count = order.count
    return call.machine.pooled(result)
  }

  /// The places of the keys in their order.
  private static func order(_ call: NativeCall, _ keys: UnsafeBufferPointer<Value>, _ descending: Bool) throws -> [Int] {
    if let keys = ints(keys) { return order(keys, descending) }
    if let keys = floats(keys) { return order(keys, descending) }
    if let keys = texts(keys) { return order(keys, descending) }
    let machine = call.machine
    return try Array(0..<keys.count).sorted { i, j in
      let (a, b) = descending ? (keys[j], keys[i]) : (keys[i], keys[j])
      if try machine.compare(.less, a, b) { return true }
      if try machine.compare(.less, b, a) { return false }
      return i < j
    }
  }

  private static func order<Key: Comparable>(_ keys: [Key], _ descending: Bool) -> [Int] {
    var placed = keys.enumerated().map { (key: $0.element, place: $0.offset) }
    if descending {
      placed.sort { $0.key == $1.key ? $0.place < $1.place : $0.key > $1.key }
    } else {
      placed.sort { $0.key == $1.key ? $0.place < $1.place : $0.key < $1.key }
    }
    return placed.map(\.place)
  }

  // MARK: Keys of one kind; nil when one is of another

  private static func ints(_ keys: UnsafeBufferPointer<Value>) -> [Int]? {
    guard keys.allSatisfy({ $0.tag == .int }) else { return nil }
    return keys.map(\.asInt)
  }

  /// Not nan, which has no place in any order.
  private static func floats(_ keys: UnsafeBufferPointer<Value>) -> [Double]? {
    guard keys.allSatisfy({ $0.tag == .float && !$0.asFloat.isNaN }) else { return nil }
    return keys.map(\.asFloat)
  }

  private static func texts(_ keys: UnsafeBufferPointer<Value>) -> [TextKey]? {
    guard keys.allSatisfy({ $0.tag == .string }) else { return nil }
    return keys.map { TextKey(body: $0.asString) }
  }

  /// A string that somebody else holds, by the order of its code points, which is that of its bytes.
  private struct TextKey: Comparable {
    let body: UnsafeMutablePointer<StringBody>

    static func == (a: Self, b: Self) -> Bool { Value.sameText(a.body, b.body) }

    static func < (a: Self, b: Self) -> Bool {
      let order = memcmp(a.body.bytes, b.body.bytes, min(a.body.pointee.count, b.body.pointee.count))
      return order != 0 ? order < 0 : a.body.pointee.count < b.body.pointee.count
    }
  }
}
