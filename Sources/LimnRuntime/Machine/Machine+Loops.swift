import LimnSyntax

// Loops over anything but lists and literal ranges, which the machine's loop handles itself.
extension Machine {
  /// Turns two ints into the next int and how many there are.
  func rangeStart(_ hidden: UnsafeMutablePointer<Value>, isClosed: Bool) throws {
    let count = try rangeCount(hidden[0], hidden[1], isClosed: isClosed)
    if hidden[0].isObject { hidden[0].release() }
    if hidden[1].isObject { hidden[1].release() }
    hidden[0] = .int(count.start)
    hidden[1] = .int(count.count)
  }

  func makeRange(_ lower: Value, _ upper: Value, isClosed: Bool) throws -> Value {
    let range = try rangeCount(lower, upper, isClosed: isClosed)
    return .range(start: range.start, count: range.count, step: 1, meter)
  }

  private func rangeCount(_ lower: Value, _ upper: Value, isClosed: Bool) throws -> (start: Int, count: Int) {
    guard case .int(let start)? = lower.number, case .int(let end)? = upper.number else {
      let wrong: Value
      if case .int? = lower.number { wrong = upper } else { wrong = lower }
      throw Fault(
        .type, "a range goes from int to int, found \(phrase(wrong))",
        help: wrong.tag == .float ? "round it: int(x)" : nil)
    }
    let (distance, overflow) = end.subtractingReportingOverflow(start)
    if overflow { throw Fault(.value, "a range cannot have more than 2^63 - 1 ints") }
    if distance < 0 { return (start, 0) }
    let (count, tooMany) = distance.addingReportingOverflow(isClosed ? 1 : 0)
    if tooMany { throw Fault(.value, "a range cannot have more than 2^63 - 1 ints") }
    return (start, count)
  }

  /// Checks that r[a] can be looped over; r[a + 1] counts.
  func loopStart(_ hidden: UnsafeMutablePointer<Value>) throws {
    try checkIterable(hidden.pointee)
    hidden[1].release()
    hidden[1] = .int(0)
  }

  private func checkIterable(_ value: Value) throws {
    switch value.tag {
    case .list, .map, .string, .range: return
    case .host where value.asHost.pointee.object.itemCount != nil: return
    default:
      throw Fault(
        .type, "cannot loop over \(phrase(value))",
        help: value.tag == .int ? "count with a range: 0..<\(value.asInt)" : nil)
    }
  }

  /// The next item, owned; nil at the end. For maps the key.
  func nextItem(_ hidden: UnsafeMutablePointer<Value>) throws -> Value? {
    let value = hidden.pointee
    let index = hidden[1].asInt
    switch value.tag {
    case .list:
      guard index < value.asList.pointee.count else { return nil }
      hidden[1] = .int(index + 1)
      return value.asList.items[index].retained()
    case .map:
      guard index < value.asMap.pointee.count else { return nil }
      hidden[1] = .int(index + 1)
      return value.asMap.pointee.entries[index].key.retained()
    case .range:
      let range = value.asRange
      guard index < range.pointee.count else { return nil }
      hidden[1] = .int(index + 1)
      return .int(range.pointee.start + index * range.pointee.step)
    case .string:
      // Here the index counts bytes.
      let body = value.asString
      guard index < body.pointee.count else { return nil }
      let width = UnsafeMutablePointer<StringBody>.width(body.bytes[index])
      hidden[1] = .int(index + width)
      return .string(bytes: UnsafeBufferPointer(start: body.bytes + index, count: width), meter)
    default:
      let host = value.asHost.pointee.object
      guard index < host.itemCount ?? 0 else { return nil }
      hidden[1] = .int(index + 1)
      return try owning { try host.item(index, context) }
    }
  }

  /// Key and value of the next entry, or the two items of the next pair, into two registers.
  ///
  /// - Returns: false at the end.
  func nextPair(_ hidden: UnsafeMutablePointer<Value>, into target: UnsafeMutablePointer<Value>) throws -> Bool {
    let value = hidden.pointee
    if value.tag == .map {
      let index = hidden[1].asInt
      guard index < value.asMap.pointee.count else { return false }
      hidden[1] = .int(index + 1)
      let entry = value.asMap.pointee.entries[index]
      Machine.set(target, 0, entry.key.retained())
      Machine.set(target, 1, entry.value.retained())
      return true
    }
    guard let item = try nextItem(hidden) else { return false }
    defer { item.release() }
    guard item.tag == .list, item.asList.pointee.count == 2 else {
      throw Fault(.value, "two names take a pair apart, found \(phrase(item))")
    }
    Machine.set(target, 0, item.asList.items[0].retained())
    Machine.set(target, 1, item.asList.items[1].retained())
    return true
  }

  /// How many items a native goes through between two looks at interrupt and time.
  private static let lookInterval = 1 << 16

  /// The longest list made from a range or a host value at once: 16 bytes an item.
  private static let itemLimit = 1 << 28

  /// All items, borrowed from the value or the pool.
  func items(of value: Value) throws -> [Value] {
    if let list = value.list { return list }
    let count = value.range?.count ?? value.host?.itemCount ?? 0
    guard count <= Machine.itemLimit else {
      throw Fault(.memory, "\(phrase(value)) has \(count) items, too many for one list")
    }
    // The items in Swift's own list and in the value made of it.
    try require(2 * count * MemoryLayout<Value>.stride)
    var result: [Value] = []
    try forEach(value) { result.append(pooled($0.retained())) }
    return result
  }

  /// Visits the items one by one; each is borrowed for the visit.
  func forEach(_ value: Value, _ body: (Value) throws -> Void) throws {
    try checkIterable(value)
    // `hidden` borrows the value: nothing here releases it.
    let hidden = UnsafeMutablePointer<Value>.allocate(capacity: 2)
    defer { hidden.deallocate() }
    hidden[0] = value
    hidden[1] = .int(0)
    var count = 0
    while let item = try nextItem(hidden) {
      defer { item.release() }
      count &+= 1
      if count % Machine.lookInterval == 0 { try checkLimits() }
      try body(item)
    }
  }

  // MARK: Making

  func makeMap(_ r: UnsafeMutablePointer<Value>, _ i: Instruction) throws {
    let values = r + Int(i.b)
    let map = Value.map(capacity: Int(i.c), meter)
    for entry in 0..<Int(i.c) {
      let key = values[2 * entry]
      let hash: UInt64
      do {
        hash = try Equality.keyHash(key)
      } catch {
        map.release()
        throw error
      }
      map.insert(takingKey: key, hash: hash, takingValue: values[2 * entry + 1])
      values[2 * entry] = .nil
      values[2 * entry + 1] = .nil
    }
    Machine.set(r, i.a, map)
  }

  /// A function with the captures its code asks for, taken from consecutive registers.
  func makeFunction(_ code: Code, _ registers: UnsafeMutablePointer<Value>) {
    let count = code.captureCount
    let function = Value.function(code, captures: UnsafeBufferPointer(start: registers, count: count), meter)
    for index in 0..<count { registers[index] = .nil }
    Machine.set(registers, 0, function)
  }

  /// The texts of consecutive registers as one string.
  func concatenate(_ r: UnsafeMutablePointer<Value>, _ i: Instruction) throws {
    let parts = r + Int(i.b)
    var result = Value.string(capacity: 32, meter)
    do {
      for index in 0..<Int(i.c) { try append(parts[index], to: &result) }
    } catch {
      result.release()
      throw error
    }
    for index in 0..<Int(i.c) {
      parts[index].release()
      parts[index] = .nil
    }
    Machine.set(r, i.a, result)
  }

  /// `s += "…{x}"` without a string in between. A part that cannot be written leaves `s` as it was.
  func appendTexts(_ r: UnsafeMutablePointer<Value>, _ i: Instruction) throws {
    let target = r + Int(i.a)
    guard target.pointee.tag == .string else {
      let text = Instruction(.concat, Int(i.b), Int(i.b), Int(i.c))
      try concatenate(r, text)
      return try change(target, .add, r[Int(i.b)])
    }
    let parts = r + Int(i.b)
    let before = target.pointee.asString.pointee.count
    // A part that is the string itself must not move while it is read: its second holder makes a copy of the target.
    for index in 0..<Int(i.c) {
      do {
        try append(parts[index], to: &target.pointee)
      } catch {
        let body = target.pointee.asString
        body.pointee.count = before
        body.pointee.scalarCount = -1
        body.pointee.hash = 0
        throw error
      }
    }
    for index in 0..<Int(i.c) {
      parts[index].release()
      parts[index] = .nil
    }
  }

  /// `x += [item]` for what is no list.
  func appendOne(_ r: UnsafeMutablePointer<Value>, _ i: Instruction) throws {
    let list = Value.list(taking: r + Int(i.b), count: 1, meter)
    r[Int(i.b)] = list
    try change(r + Int(i.a), .add, list)
  }
}
