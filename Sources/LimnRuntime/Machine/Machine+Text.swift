import LimnSyntax

// Values as text: what `print` and interpolation write, and what messages say.
extension Machine {
  /// How deep lists and maps are printed; deeper ones are `…`.
  private static let maximumDepth = 100

  /// A value as text: strings as they are, or in quotes when `quoted`; tokens by their names.
  func text(_ value: Value, quoted: Bool = false) -> String {
    var result = ""
    write(value, quoted: quoted, depth: 0, &result)
    return result
  }

  /// How many bytes of text a value becomes at most. A list that holds another twice, and so on sixty levels deep, would
  /// print for ever.
  private static let maximumText = 1 << 26

  /// Whether the text has come to its most; then says so.
  private func isFull(_ out: inout String) -> Bool {
    guard out.utf8.count > Machine.maximumText else { return false }
    out += "…"
    return true
  }

  private func write(_ value: Value, quoted: Bool, depth: Int, _ out: inout String) {
    switch value.tag {
    case .bool: out += value.asBool ? "true" : "false"
    case .int: out += String(value.asInt)
    case .float: out += Machine.text(value.asFloat)
    case .string: quoted ? writeQuoted(value, &out) : writePlain(value, &out)
    case .list:
      if depth > Machine.maximumDepth { return out += "…" }
      out += "["
      for (index, item) in value.asList.buffer.enumerated() {
        if index > 0 { out += ", " }
        if isFull(&out) { break }
        write(item, quoted: true, depth: depth + 1, &out)
      }
      out += "]"
    case .map:
      if depth > Machine.maximumDepth { return out += "…" }
      let map = value.asMap
      out += map.pointee.count == 0 ? "[:" : "["
      for index in 0..<map.pointee.count {
        if index > 0 { out += ", " }
        if isFull(&out) { break }
        write(map.pointee.entries[index].key, quoted: true, depth: depth + 1, &out)
        out += ": "
        write(map.pointee.entries[index].value, quoted: true, depth: depth + 1, &out)
      }
      out += "]"
    case .range: writeRange(value.asRange.pointee, &out)
    case .function: out += value.asFunction.pointee.code.pointee.code.signatureText
    case .native: out += "\(natives[Int(value.bits)].name)(…)"
    case .host: out += withPool { value.asHost.pointee.object.description(context) }
    default: out += "nil"
    }
  }

  /// A float so that reading it gives the same float; whole ones keep their `.0`.
  static func text(_ value: Double) -> String { value.isNaN ? "nan" : "\(value)" }

  private func writeRange(_ range: RangeBody, _ out: inout String) {
    // Only ranges whose ends can be written; the others came from slices near the limits of int.
    let end = range.start &+ range.count &* range.step
    switch range.step {
    case _ where range.count == 0: out += "\(range.start)..<\(range.start)"
    case 1: out += "\(range.start)..<\(end)"
    case -1: out += "(\(end &+ 1)..<\(range.start &+ 1)).reversed()"
    case let step where step < 0:
      out += "(\(range.start &+ (range.count &- 1) &* step)...\(range.start)).by(\(-step)).reversed()"
    default: out += "(\(range.start)...\(end &- range.step)).by(\(range.step))"
    }
  }

  private func writePlain(_ value: Value, _ out: inout String) {
    let buffer = value.asString.buffer
    let text = String(decoding: buffer, as: UTF8.self)
    // Planes 15 and 16 start with the bytes F3 B0…BF and F4.
    guard buffer.contains(where: { $0 >= 0xF3 }) else { return out += text }
    for scalar in text.unicodeScalars {
      if let token = tokens.token(scalar) {
        out += token.description(context)
      } else {
        out.unicodeScalars.append(scalar)
      }
    }
  }

  private func writeQuoted(_ value: Value, _ out: inout String) {
    var plain = ""
    writePlain(value, &plain)
    out += "\""
    for scalar in plain.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "{": out += "\\{"
      case "\n": out += "\\n"
      case "\t": out += "\\t"
      case "\r": out += "\\r"
      default: out.unicodeScalars.append(scalar)
      }
    }
    out += "\""
  }

  /// Appends what interpolation writes; a token becomes its one character.
  func append(_ value: Value, to string: inout Value) throws {
    switch value.tag {
    case .string:
      try reserve(string, value.asString.pointee.count)
      string.append(bytes: value.asString.buffer)
    case .int: append(digits: value.asInt, to: &string)
    case .host where value.asHost.pointee.object.isToken:
      append(text: String(Character(try tokens.character(of: value.asHost.pointee.object))), to: &string)
    default:
      let text = text(value)
      try reserve(string, text.utf8.count)
      append(text: text, to: &string)
    }
  }

  private func append(text: String, to string: inout Value) {
    var text = text
    text.withUTF8 { string.append(bytes: $0) }
  }

  /// An int without the detour over a Swift string: the loop that builds text.
  private func append(digits value: Int, to string: inout Value) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { buffer in
      var position = 20
      var left = value.magnitude
      repeat {
        position -= 1
        buffer[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: left % 10)
        left /= 10
      } while left > 0
      if value < 0 {
        position -= 1
        buffer[position] = UInt8(ascii: "-")
      }
      string.append(bytes: UnsafeBufferPointer(rebasing: buffer[position..<20]))
    }
  }

  // MARK: For messages

  /// A value as messages name it: `the int 3`, `the string "cat"`, `a list of 3`, `nil`, `a tensor [2, 3]`.
  func phrase(_ value: Value) -> String {
    switch value.tag {
    case .bool, .int, .float: return "the \(value.typeName) \(text(value))"
    case .string:
      let shown = text(value, quoted: true)
      return shown.count <= 40 ? "the string \(shown)" : "the string \(shown.prefix(38))…\""
    case .list: return value.asList.pointee.count == 0 ? "an empty list" : "a list of \(value.asList.pointee.count)"
    case .map: return value.asMap.pointee.count == 0 ? "an empty map" : "a map of \(value.asMap.pointee.count)"
    case .range: return "the range \(text(value))"
    case .function, .native: return "the function \(text(value))"
    case .host:
      let host = value.asHost.pointee.object
      return Phrase.article(host.typeName) + (host.shape.map { " \($0)" } ?? "")
    default: return "nil"
    }
  }
}

/// Words for messages.
enum Phrase {
  /// `an int`, `a list`
  static func article(_ noun: String) -> String {
    guard let first = noun.first else { return noun }
    return ("aeiou".contains(first) ? "an " : "a ") + noun
  }

  /// `1 argument`, `2 arguments`
  static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

  /// `a, b and c`
  static func listed(_ words: [String], _ last: String = "and") -> String {
    switch words.count {
    case 0: return ""
    case 1: return words[0]
    default: return words.dropLast().joined(separator: ", ") + " \(last) " + words.last!
    }
  }
}

extension Code {
  /// `f(x, y = 2)`; `(x) => …` for a function without a name.
  var signatureText: String {
    let list = parameters.map(\.text).joined(separator: ", ")
    return name.map { "\($0)(\(list))" } ?? "(\(list)) => …"
  }
}
