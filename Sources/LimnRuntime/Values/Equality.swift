/// Whether values are equal, for `==` and for the keys of maps.
enum Equality {
  /// How deep nested lists and maps are compared and hashed.
  static let maximumDepth = 1000

  /// After how many lists and maps a walk begins to remember what it has seen: most are over before.
  private static let manySteps = 10_000

  /// `a == b`: whole values; ints and floats by what they are worth.
  static func equal(_ a: Value, _ b: Value) throws -> Bool {
    var walk = Walk()
    return try equal(a, b, &walk)
  }

  private static func equal(_ a: Value, _ b: Value, _ walk: inout Walk) throws -> Bool {
    switch (a.tag, b.tag) {
    case (.int, .int): return a.asInt == b.asInt
    case (.float, .float): return a.asFloat == b.asFloat
    case (.int, .float): return equal(a.asInt, b.asFloat)
    case (.float, .int): return equal(b.asInt, a.asFloat)
    case (.string, .string): return Value.sameText(a.asString, b.asString)
    case (.list, .list): return try equalLists(a, b, &walk)
    case (.map, .map): return try equalMaps(a, b, &walk)
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
  static func keyHash(_ key: Value) throws -> UInt64 {
    guard key.tag == .list else { return try plainHash(key) }
    var known = KnownHashes()
    return try listHash(key, depth: 0, &known)
  }

  /// The hash of a list; after many steps, those of the lists within are remembered, as in ``Walk``.
  private static func listHash(_ key: Value, depth: Int, _ known: inout KnownHashes) throws -> UInt64 {
    guard depth < maximumDepth else { throw Fault(.limit, "values are nested more than \(maximumDepth) deep") }
    if known.steps > manySteps, let hash = known.hashes[key.bits] { return hash }
    known.steps += 1
    var hash = UInt64(key.asList.pointee.count)
    for item in key.asList.buffer {
      let part = item.tag == .list ? try listHash(item, depth: depth + 1, &known) : try plainHash(item)
      hash = Hash.combine(hash, part)
    }
    if known.steps > manySteps { known.hashes[key.bits] = hash }
    return hash
  }

  private struct KnownHashes {
    var steps = 0
    var hashes: [UInt64: UInt64] = [:]
  }

  private static func plainHash(_ key: Value) throws -> UInt64 {
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
    case .host:
      if let number = key.number { return try plainHash(number.value) }
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

  private static func equalLists(_ a: Value, _ b: Value, _ walk: inout Walk) throws -> Bool {
    let (x, y) = (a.asList.buffer, b.asList.buffer)
    guard x.count == y.count else { return false }
    if x.baseAddress == y.baseAddress || walk.knows(a, b) { return true }
    try walk.enter()
    for index in 0..<x.count where try !equal(x[index], y[index], &walk) { return false }
    walk.leave(a, b)
    return true
  }

  private static func equalMaps(_ a: Value, _ b: Value, _ walk: inout Walk) throws -> Bool {
    let (x, y) = (a.asMap, b.asMap)
    guard x.pointee.count == y.pointee.count else { return false }
    if x == y || walk.knows(a, b) { return true }
    try walk.enter()
    for index in 0..<x.pointee.count {
      let entry = x.pointee.entries[index]
      guard let found = y.find(entry.key, hash: entry.hash) else { return false }
      guard try equal(entry.value, y.pointee.entries[found].value, &walk) else { return false }
    }
    walk.leave(a, b)
    return true
  }

  /// A comparison on its way through nested lists and maps. One that holds another twice, and so on sixty levels deep, has
  /// more paths than can be walked: after many steps, the pairs already found equal are remembered, and walked once.
  private struct Walk {
    private var depth = 0
    private var steps = 0
    private var equalPairs: Set<SIMD2<UInt64>> = []

    /// - Throws: A limit fault when values are nested more than ``maximumDepth`` deep.
    mutating func enter() throws {
      if depth > maximumDepth { throw Fault(.limit, "values are nested more than \(maximumDepth) deep") }
      (depth, steps) = (depth + 1, steps + 1)
    }

    /// After all of `a` was found equal to `b`.
    mutating func leave(_ a: Value, _ b: Value) {
      depth -= 1
      if steps > manySteps { equalPairs.insert(SIMD2(a.bits, b.bits)) }
    }

    func knows(_ a: Value, _ b: Value) -> Bool { steps > manySteps && equalPairs.contains(SIMD2(a.bits, b.bits)) }
  }
}
