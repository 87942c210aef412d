import LimnSyntax

// Indices, keys and fields: reading. Results are owned by the caller.
extension Machine {
  /// `x[key]`
  func element(_ x: Value, _ key: Value) throws -> Value {
    switch x.tag {
    case .list:
      if let range = key.range { return try slice(x, range) }
      return x.asList.items[try position(key, x.asList.pointee.count, "list")].retained()
    case .map:
      guard let found = x.asMap.find(key, hash: try Equality.keyHash(key)) else { throw missingKey(key, in: x) }
      return x.asMap.pointee.entries[found].value.retained()
    case .string:
      if let range = key.range { return try slice(x, range) }
      return character(of: x, at: try position(key, x.asString.scalars, "string"))
    case .range:
      if let range = key.range { return try slice(x, range) }
      let range = x.asRange.pointee
      return .int(range.start + range.step * (try position(key, range.count, "range")))
    case .host:
      let host = x.asHost.pointee.object
      if let result = try owning({ try host.element(at: [Machine.indexItem(key)], context) }) { return result }
    default: break
    }
    throw Fault(.type, "\(phrase(x)) cannot be indexed")
  }

  /// A value as part of an index: ranges are slices.
  static func indexItem(_ key: Value) -> IndexItem {
    guard let range = key.range, range.step > 0 else { return .at(key) }
    return .slice(start: range.start, end: range.start &+ range.count &* range.step, step: range.step)
  }

  /// A position counted from the end when negative, checked.
  func position(_ key: Value, _ count: Int, _ what: String) throws -> Int {
    guard case .int(let index)? = key.number else {
      throw Fault(.type, "an index of a \(what) must be an int, found \(phrase(key))")
    }
    let position = index < 0 ? index + count : index
    guard (0..<count).contains(position) else {
      throw Fault(
        .index, count == 0 ? "index \(index) of an empty \(what)" : "index \(index) is outside of the \(what) of \(count)")
    }
    return position
  }

  func character(of string: Value, at index: Int) -> Value {
    let body = string.asString
    let start = body.byteOffset(ofScalar: index)
    let width = UnsafeMutablePointer<StringBody>.width(body.bytes[start])
    return .string(bytes: UnsafeBufferPointer(start: body.bytes + start, count: width), meter)
  }

  /// `r[a] = r[b][…]`, the values of the pattern in r[a], r[a + 1], …
  func getSlice(_ r: UnsafeMutablePointer<Value>, _ i: Instruction, _ pattern: [IndexPart]) throws {
    let items = try indexItems(pattern, r + Int(i.a))
    Machine.set(r, i.a, try element(r[Int(i.b)], at: items))
  }

  func element(_ x: Value, at items: [IndexItem]) throws -> Value {
    if let host = x.host {
      if let result = try owning({ try host.element(at: items, context) }) { return result }
      throw Fault(.type, "\(phrase(x)) cannot be indexed")
    }
    guard items.count == 1 else {
      throw Fault(.index, "\(phrase(x)) has one axis, found an index with \(items.count) parts", help: "x[i][j]")
    }
    switch items[0] {
    case .at(let key): return try element(x, key)
    case .whole: return try slice(x, first: 0, count: count(of: x) ?? 0, step: 1)
    case .slice(let start, let end, let step):
      guard let count = count(of: x) else { throw Fault(.type, "\(phrase(x)) cannot be sliced") }
      let part = try IndexItem.resolve(start: start, end: end, step: step, count: count)
      return try slice(x, first: part.first, count: part.count, step: part.step)
    }
  }

  /// The parts of an index from their registers. A closed end of −1 means up to the last.
  func indexItems(_ pattern: [IndexPart], _ values: UnsafeMutablePointer<Value>) throws -> [IndexItem] {
    var next = values
    func bound() throws -> Int {
      defer { next += 1 }
      guard case .int(let value)? = next.pointee.number else {
        throw Fault(.type, "the end of a slice must be an int, found \(phrase(next.pointee))")
      }
      return value
    }
    return try pattern.map { part in
      switch part {
      case .whole: return .whole
      case .value:
        defer { next += 1 }
        return Machine.indexItem(next.pointee)
      case .slice(let hasLower, let hasUpper, let isClosed):
        let start = hasLower ? try bound() : nil
        let end = hasUpper ? try bound() : nil
        let past = isClosed ? end.flatMap { $0 == -1 ? nil : $0 == .max ? .max : $0 + 1 } : end
        return .slice(start: start, end: past, step: 1)
      }
    }
  }

  /// How many items a list, string or range has; nil for other values.
  func count(of x: Value) -> Int? {
    switch x.tag {
    case .list: x.asList.pointee.count
    case .string: x.asString.scalars
    case .range: x.asRange.pointee.count
    default: nil
    }
  }

  private func slice(_ x: Value, _ range: (start: Int, count: Int, step: Int)) throws -> Value {
    let count = count(of: x) ?? 0
    if range.count == 0 { return try slice(x, first: 0, count: 0, step: 1) }
    let first = range.start < 0 ? range.start + count : range.start
    let (last, overflow) = first.addingReportingOverflow((range.count - 1) * range.step)
    guard (0..<count).contains(first), !overflow, (0..<count).contains(last) else {
      throw Fault(.index, "the slice \(range.start) to \(range.start + (range.count - 1) * range.step) is outside of the \(count) items")
    }
    return try slice(x, first: first, count: range.count, step: range.step)
  }

  private func slice(_ x: Value, first: Int, count: Int, step: Int) throws -> Value {
    switch x.tag {
    case .list:
      let result = Value.list(capacity: count, meter)
      let (source, target) = (x.asList.items, result.asList.items)
      for index in 0..<count { (target + index).initialize(to: source[first + index * step].retained()) }
      result.asList.pointee.count = count
      return result
    case .string:
      let body = x.asString
      if step == 1 {
        let start = body.byteOffset(ofScalar: first)
        let end = body.byteOffset(ofScalar: first + count)
        return .string(bytes: UnsafeBufferPointer(start: body.bytes + start, count: end - start), meter)
      }
      var result = Value.string(capacity: count, meter)
      for index in 0..<count {
        let piece = character(of: x, at: first + index * step)
        result.append(bytes: piece.asString.buffer)
        piece.release()
      }
      return result
    case .range:
      let range = x.asRange.pointee
      // Of one int or none neither the start's neighbour nor the step need be an int.
      return .range(start: range.start &+ first &* range.step, count: count, step: count > 1 ? range.step * step : 1, meter)
    default: throw Fault(.type, "\(phrase(x)) cannot be sliced")
    }
  }

  // MARK: Fields

  /// `x.k`
  func field(_ x: Value, _ key: Value) throws -> Value {
    if x.tag == .map {
      let map = x.asMap
      if let found = map.find(key, hash: key.asString.hash) { return map.pointee.entries[found].value.retained() }
      throw missingKey(key, in: x)
    }
    let name = key.asString.text
    if let host = x.host {
      if let result = try owning({ try host.member(name, context) }) { return result }
      let help =
        natives.contains { $0.name == name }
        ? "a call needs brackets: x.\(name)()" : nearest(to: name, in: host.memberNames).map { "did you mean '\($0)'?" }
      throw Fault(.name, "\(Phrase.article(host.typeName)) has no field '\(name)'", help: help)
    }
    let isNative = natives.contains { $0.name == name }
    throw Fault(
      .type, "\(phrase(x)) has no fields, found '.\(name)'", help: ForeignNames.field(name) ?? (isNative ? "a call needs brackets: x.\(name)()" : nil))
  }

  func missingKey(_ key: Value, in map: Value) -> Fault {
    let body = map.asMap
    var names: [String] = []
    for index in 0..<min(body.pointee.count, 2000) {
      let known = body.pointee.entries[index].key
      if known.tag == .string { names.append(text(known)) }
    }
    var help: String?
    if key.tag == .string { help = nearest(to: text(key), in: names).map { "did you mean \"\($0)\"?" } }
    if help == nil, !names.isEmpty, names.count <= 8, names.count == body.pointee.count {
      help = "the keys are " + names.map { "\"\($0)\"" }.joined(separator: ", ")
    }
    return Fault(.index, "the map has no key \(text(key, quoted: true))", help: help)
  }
}
