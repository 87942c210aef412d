/// Whether values are equal, for `==` and for the keys of maps.
enum Equality {
  /// How deep nested lists and maps are compared, hashed and printed.
  static let maximumDepth = 1000

  /// `a == b`: whole values; ints and floats by what they are worth.
  static func equal(_ a: Value, _ b: Value, depth: Int = 0) throws -> Bool {
    if depth > maximumDepth { throw Fault(.limit, "values are nested more than \(maximumDepth) deep") }
    switch (a.tag, b.tag) {
    case (.int, .int): return a.asInt == b.asInt
    case (.float, .float): return a.asFloat == b.asFloat
    case (.int, .float): return equal(a.asInt, b.asFloat)
    case (.float, .int): return equal(b.asInt, a.asFloat)
    case (.string, .string): return Value.sameText(a.asString, b.asString)
    case (.list, .list): return try equalLists(a, b, depth)
    case (.map, .map): return try equalMaps(a, b, depth)
    case (.range, .range):
      let (x, y) = (a.asRange.pointee, b.asRange.pointee)
      return x.count == y.count && (x.count == 0 || (x.start == y.start && (x.count == 1 || x.step == y.step)))
    case (.host, .host):
      let (x, y) = (a.asHost.pointee.object, b.asHost.pointee.object)
      if x === y { return true }
      return x.isEqual(to: y) || y.isEqual(to: x)
    case (.host, _), (_, .host): return equalNumbers(a, b)
    default: return a.tag == b.tag && a.bits == b.bits
    }
  }

  /// Whether two values are one map key. Unlike ``equal`` it cannot fail: keys nest only as deep as they could be hashed.
  static func sameKey(_ a: Value, _ b: Value) -> Bool {
    switch (a.tag, b.tag) {
    case (.string, .string): return Value.sameText(a.asString, b.asString)
    case (.int, .int): return a.bits == b.bits
    default: return (try? equal(a, b)) ?? false
    }
  }

  /// The hash of a map key.
  ///
  /// - Throws: A type fault for values that cannot be keys, a value fault for nan.
  static func keyHash(_ key: Value, depth: Int = 0) throws -> UInt64 {
    switch key.tag {
    case .string: return key.asString.hash
    case .int: return Hash.mix(key.bits)
    case .float:
      let value = key.asFloat
      if let whole = Int(exactly: value) { return Hash.mix(Value.int(whole).bits) }
      if value.isNaN { throw Fault(.value, "nan cannot be a key: it is equal to nothing, not even to itself") }
      return Hash.combine(3, value.bitPattern)
    case .nil, .empty: return Hash.mix(0x6E69_6C)
    case .bool: return Hash.combine(7, key.bits)
    case .list where depth < maximumDepth:
      var hash = UInt64(key.asList.pointee.count)
      for item in key.asList.buffer { hash = Hash.combine(hash, try keyHash(item, depth: depth + 1)) }
      return hash
    case .host:
      if let number = key.number { return try keyHash(number.value) }
      if let hash = key.asHost.pointee.object.keyHash { return Hash.mix(UInt64(bitPattern: Int64(hash))) }
      fallthrough
    default:
      throw Fault(
        .type, "a \(key.typeName) cannot be a key; keys are nil, bools, numbers, strings, tokens and lists of them")
    }
  }

  /// Exact, unlike a comparison of floats: 2^53 + 1 differs from 2^53 as a float.
  private static func equal(_ a: Int, _ b: Double) -> Bool { Double(a) == b && Int(exactly: b) == a }

  private static func equalNumbers(_ a: Value, _ b: Value) -> Bool {
    guard let x = a.number, let y = b.number else { return false }
    switch (x, y) {
    case (.int(let i), .int(let j)): return i == j
    case (.float(let i), .float(let j)): return i == j
    case (.int(let i), .float(let j)), (.float(let j), .int(let i)): return equal(i, j)
    }
  }

  private static func equalLists(_ a: Value, _ b: Value, _ depth: Int) throws -> Bool {
    let (x, y) = (a.asList.buffer, b.asList.buffer)
    guard x.count == y.count else { return false }
    if x.baseAddress == y.baseAddress { return true }
    for index in 0..<x.count where try !equal(x[index], y[index], depth: depth + 1) { return false }
    return true
  }

  private static func equalMaps(_ a: Value, _ b: Value, _ depth: Int) throws -> Bool {
    let (x, y) = (a.asMap, b.asMap)
    guard x.pointee.count == y.pointee.count else { return false }
    if x == y { return true }
    for index in 0..<x.pointee.count {
      let entry = x.pointee.entries[index]
      guard let found = y.find(entry.key, hash: entry.hash) else { return false }
      guard try equal(entry.value, y.pointee.entries[found].value, depth: depth + 1) else { return false }
    }
    return true
  }
}
