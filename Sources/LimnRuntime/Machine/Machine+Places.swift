import LimnSyntax

// What stands left of `=`: changing parts of values, in place when nobody else holds them.
extension Machine {
  /// `place[key] = value`; on success the value is taken from its register.
  func setElement(_ place: UnsafeMutablePointer<Value>, key: Value, taking value: UnsafeMutablePointer<Value>) throws {
    switch place.pointee.tag {
    case .list where key.range == nil:
      let index = try position(key, place.pointee.asList.pointee.count, "list")
      if !place.pointee.isUnique { try require(place.pointee.asList.pointee.count * MemoryLayout<Value>.stride) }
      place.pointee.makeUniqueList()
      let item = place.pointee.asList.items + index
      let old = item.pointee
      item.pointee = value.pointee
      value.pointee = .nil
      old.release()
    case .map:
      let hash = try Equality.keyHash(key)
      let body = place.pointee.asMap
      if body.pointee.count == body.pointee.capacity || !place.pointee.isUnique {
        try require(body.pointee.capacity * (MemoryLayout<MapSlot>.stride + 8))
      }
      place.pointee.makeUniqueMap()
      place.pointee.insert(takingKey: key.retained(), hash: hash, takingValue: value.pointee)
      value.pointee = .nil
    default:
      try setElement(place, at: [Machine.indexItem(key)], taking: value)
    }
  }

  /// `place[…] = value` for an index of any form.
  func setElement(
    _ place: UnsafeMutablePointer<Value>, at items: [IndexItem], taking value: UnsafeMutablePointer<Value>
  ) throws {
    let x = place.pointee
    if let host = x.host {
      guard let changed = try owning({ try host.replacing(at: items, with: value.pointee, context) }) else {
        throw Fault(.type, "the elements of \(phrase(x)) cannot be set")
      }
      place.pointee = changed
      x.release()
      return
    }
    if items.count == 1, case .at(let key) = items[0], x.tag == .list || x.tag == .map {
      return try setElement(place, key: key, taking: value)
    }
    if x.tag == .list, items.count == 1 { return try replaceSlice(place, items[0], with: value.pointee) }
    let help = x.tag == .string ? "a string is made anew: s = s.replace(…)" : nil
    throw Fault(.type, "the elements of \(phrase(x)) cannot be set", help: help)
  }

  /// `xs[a..<b] = ys`; the lengths may differ.
  private func replaceSlice(_ place: UnsafeMutablePointer<Value>, _ item: IndexItem, with value: Value) throws {
    guard value.tag == .list else {
      throw Fault(.type, "a slice of a list is replaced by a list, found \(phrase(value))")
    }
    let old = place.pointee.asList
    var part = (first: 0, count: old.pointee.count, step: 1)
    if case .slice(let start, let end, let step) = item {
      part = try IndexItem.resolve(start: start, end: end, step: step, count: old.pointee.count)
    }
    guard part.step == 1 else { throw Fault(.value, "only a slice without steps can be replaced") }
    let count = old.pointee.count - part.count + value.asList.pointee.count
    try require(count * MemoryLayout<Value>.stride)
    var result = Value.list(capacity: count, meter)
    for index in 0..<part.first { result.append(taking: old.items[index].retained()) }
    for item in value.asList.buffer { result.append(taking: item.retained()) }
    for index in part.first + part.count..<old.pointee.count { result.append(taking: old.items[index].retained()) }
    place.pointee.release()
    place.pointee = result
  }

  /// `place[key] op= y`. The element is out of its container while it changes, so that it can be unique.
  @inline(never) func updateElement(
    _ place: UnsafeMutablePointer<Value>, key: Value, _ op: BinaryOperator, _ y: Value
  ) throws {
    switch place.pointee.tag {
    case .list where key.range == nil:
      let index = try position(key, place.pointee.asList.pointee.count, "list")
      place.pointee.makeUniqueList()
      try change(place.pointee.asList.items + index, op, y)
    case .map:
      guard let found = place.pointee.asMap.find(key, hash: try Equality.keyHash(key)) else {
        throw missingKey(key, in: place.pointee)
      }
      place.pointee.makeUniqueMap()
      try changeEntry(place.pointee.asMap.pointee.entries + found, op, y)
    default:
      let items = [Machine.indexItem(key)]
      var item = try element(place.pointee, at: items)
      defer { item.release() }
      try change(&item, op, y)
      try setElement(place, at: items, taking: &item)
    }
  }

  private func changeEntry(_ entry: UnsafeMutablePointer<MapSlot>, _ op: BinaryOperator, _ y: Value) throws {
    var value = entry.pointee.value
    entry.pointee.value = .nil
    defer { entry.pointee.value = value }
    try change(&value, op, y)
  }

  // MARK: Paths

  /// `x[i].k[j] op= v` with keys and value in consecutive registers, the value last.
  func setPath(
    _ root: UnsafeMutablePointer<Value>, _ pattern: PathPattern, _ values: UnsafeMutablePointer<Value>
  ) throws {
    try walk(root, pattern.steps[...], pattern.op, values)
  }

  private func walk(
    _ place: UnsafeMutablePointer<Value>, _ steps: ArraySlice<PathPattern.Step>, _ op: BinaryOperator?,
    _ values: UnsafeMutablePointer<Value>
  ) throws {
    let step = steps.first!
    let rest = steps.dropFirst()
    let used: Int
    switch step {
    case .field: used = 0
    case .index(let parts): used = parts.reduce(0) { $0 + $1.valueCount }
    }
    if rest.isEmpty, op == nil { return try store(place, step, values, taking: values + used) }
    var child = try takePart(place, step, values)
    do {
      if rest.isEmpty {
        try change(&child, op!, values[used])
      } else {
        try walk(&child, rest, op, values + used)
      }
    } catch {
      // A container whose part was taken out gets it back; a host value was only read.
      if place.pointee.tag == .host {
        child.release()
      } else {
        try store(place, step, values, taking: &child)
      }
      throw error
    }
    defer { child.release() }
    try store(place, step, values, taking: &child)
  }

  /// The part a step leads to, owned; containers keep nil in its place until it is stored again.
  private func takePart(
    _ place: UnsafeMutablePointer<Value>, _ step: PathPattern.Step, _ values: UnsafeMutablePointer<Value>
  ) throws -> Value {
    switch step {
    case .field(let name):
      let key = Value.string(owned: name, meter)
      defer { key.release() }
      if place.pointee.tag == .map { return try takeEntry(place, key) }
      return try field(place.pointee, key)
    case .index(let parts):
      let items = try indexItems(parts, values)
      if items.count == 1, case .at(let key) = items[0] {
        if place.pointee.tag == .map { return try takeEntry(place, key) }
        if place.pointee.tag == .list {
          let index = try position(key, place.pointee.asList.pointee.count, "list")
          place.pointee.makeUniqueList()
          let item = place.pointee.asList.items + index
          let value = item.pointee
          item.pointee = .nil
          return value
        }
      }
      return try element(place.pointee, at: items)
    }
  }

  private func takeEntry(_ place: UnsafeMutablePointer<Value>, _ key: Value) throws -> Value {
    guard let found = place.pointee.asMap.find(key, hash: try Equality.keyHash(key)) else {
      throw missingKey(key, in: place.pointee)
    }
    place.pointee.makeUniqueMap()
    let entry = place.pointee.asMap.pointee.entries + found
    let value = entry.pointee.value
    entry.pointee.value = .nil
    return value
  }

  private func store(
    _ place: UnsafeMutablePointer<Value>, _ step: PathPattern.Step, _ values: UnsafeMutablePointer<Value>,
    taking value: UnsafeMutablePointer<Value>
  ) throws {
    switch step {
    case .index(let parts):
      try setElement(place, at: try indexItems(parts, values), taking: value)
    case .field(let name):
      if place.pointee.tag == .map {
        let key = Value.string(owned: name, meter)
        defer { key.release() }
        return try setElement(place, key: key, taking: value)
      }
      let x = place.pointee
      guard let host = x.host else { throw Fault(.type, "\(phrase(x)) has no fields, found '.\(name)'") }
      guard let changed = try owning({ try host.replacing(member: name, with: value.pointee, context) }) else {
        let known = host.memberNames.contains(name)
        throw Fault(
          .name,
          known
            ? "the field '\(name)' of \(Phrase.article(host.typeName)) cannot be set"
            : "\(Phrase.article(host.typeName)) has no field '\(name)'",
          help: known ? nil : nearest(to: name, in: host.memberNames).map { "did you mean '\($0)'?" })
      }
      place.pointee = changed
      x.release()
    }
  }
}
