// A strict parser over raw bytes (RFC 8259): no comments, no trailing commas, no repeated keys, no invalid UTF-8.
// It meets hostile files first, so nesting and the number of values are bounded before memory is taken for them.

extension JSON {
  /// How much a document may hold. The defaults fit every tokenizer and header there is.
  package struct Limits: Sendable {
    /// How deep arrays and objects may nest; the parser recurses once a level.
    package var depth = 64
    /// How many values the whole document may hold.
    package var values = 4_000_000

    package init(depth: Int = 64, values: Int = 4_000_000) {
      self.depth = depth
      self.values = values
    }
  }

  /// Parses one JSON document.
  ///
  /// - Parameter file: The name used in errors.
  /// - Throws: ``FormatError`` with line and column.
  package init(parsing bytes: UnsafeRawBufferPointer, file: String, limits: Limits = Limits()) throws(FormatError) {
    var parser = JSONParser(bytes: bytes, limits: limits)
    do {
      self = try parser.document()
    } catch {
      throw FormatError("not valid JSON \(parser.place): \(error.message)", file: file)
    }
  }

  package init(parsing bytes: Bytes, file: String, limits: Limits = Limits()) throws(FormatError) {
    self = try bytes.withBytes { raw throws(FormatError) in try JSON(parsing: raw, file: file, limits: limits) }
  }

  package init(parsing text: String, file: String = "JSON", limits: Limits = Limits()) throws(FormatError) {
    var text = text
    var result: Result<JSON, FormatError>?
    text.withUTF8 { utf8 in
      do throws(FormatError) {
        result = .success(try JSON(parsing: UnsafeRawBufferPointer(utf8), file: file, limits: limits))
      } catch {
        result = .failure(error)
      }
    }
    self = try result!.get()
  }
}

private struct JSONParser {
  struct Failure: Error { let message: String }

  let bytes: UnsafeRawBufferPointer
  let limits: JSON.Limits
  var index = 0
  var values = 0

  init(bytes: UnsafeRawBufferPointer, limits: JSON.Limits) {
    self.bytes = bytes
    self.limits = limits
  }

  /// Where the parser stopped, as people count: from 1, the column in characters.
  var place: String {
    let before = bytes.prefix(index)
    let line = before.reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
    let start = (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
    let column = before[start...].reduce(1) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
    return "at line \(line), column \(column)"
  }

  mutating func document() throws(Failure) -> JSON {
    let value = try value(depth: 0)
    skipSpace()
    if index < bytes.count { throw Failure(message: "text after the end of the value") }
    return value
  }

  // MARK: Values

  private mutating func value(depth: Int) throws(Failure) -> JSON {
    skipSpace()
    values += 1
    if values > limits.values { throw Failure(message: "more than \(limits.values) values") }
    guard let byte = peek() else { throw Failure(message: "it ends where a value is expected") }
    switch byte {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw Failure(message: "a value cannot start with \(name(of: byte))")
    }
  }

  private mutating func object(depth: Int) throws(Failure) -> JSON {
    if depth >= limits.depth { throw Failure(message: "nested more than \(limits.depth) deep") }
    index += 1
    var members: [JSON.Member] = []
    var seen: [UInt64: Int] = [:]  // index by hash of the key; filled only when a linear search would be slow
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object([]) }
    while true {
      skipSpace()
      guard peek() == UInt8(ascii: "\"") else {
        throw Failure(message: !members.isEmpty && peek() == UInt8(ascii: "}") ? "a comma before '}'" : "expected a key in double quotes")
      }
      let key = try string()
      if members.count == 8 { for (index, member) in members.enumerated() { seen[hash(member.key)] = index } }
      let repeated =
        if members.count < 8 {
          members.contains { $0.key == key }
        } else if let other = seen.updateValue(members.count, forKey: hash(key)) {
          // Two keys of one hash are nearly always one key; when not, only a search can tell.
          members[other].key == key || members.contains { $0.key == key }
        } else { false }
      if repeated { throw Failure(message: "the key '\(key)' occurs twice") }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw Failure(message: "expected ':' after the key '\(key)'") }
      members.append(JSON.Member(key, try value(depth: depth + 1)))
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      if take(UInt8(ascii: "}")) { return .object(members) }
      throw Failure(message: "expected ',' or '}' in an object")
    }
  }

  private mutating func array(depth: Int) throws(Failure) -> JSON {
    if depth >= limits.depth { throw Failure(message: "nested more than \(limits.depth) deep") }
    index += 1
    var items: [JSON] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array([]) }
    while true {
      items.append(try value(depth: depth + 1))
      skipSpace()
      if take(UInt8(ascii: ",")) {
        skipSpace()
        if peek() == UInt8(ascii: "]") { throw Failure(message: "a comma before ']'") }
        continue
      }
      if take(UInt8(ascii: "]")) { return .array(items) }
      throw Failure(message: "expected ',' or ']' in an array")
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSON) throws(Failure) -> JSON {
    let count = word.utf8CodeUnitCount
    guard index + count <= bytes.count, (0..<count).allSatisfy({ bytes[index + $0] == word.utf8Start[$0] }) else {
      throw Failure(message: "expected '\(word)'")
    }
    index += count
    return value
  }

  private mutating func number() throws(Failure) -> JSON {
    let start = index
    _ = take(UInt8(ascii: "-"))
    if take(UInt8(ascii: "0")) {
      if let byte = peek(), isDigit(byte) { throw Failure(message: "a number cannot start with 0") }
    } else {
      try digits()
    }
    var isWhole = true
    if take(UInt8(ascii: ".")) {
      isWhole = false
      try digits()
    }
    if let byte = peek(), byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
      isWhole = false
      index += 1
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    if isWhole, let value = Int(text) { return .int(value) }
    guard let value = Double(text), value.isFinite else { throw Failure(message: "the number \(text) is too large") }
    return .number(value)
  }

  private mutating func digits() throws(Failure) {
    let start = index
    while let byte = peek(), isDigit(byte) { index += 1 }
    if index == start { throw Failure(message: "expected a digit") }
  }

  // MARK: Strings

  private mutating func string() throws(Failure) -> String {
    index += 1
    let start = index
    // Nearly every string has no escape: take it as one run of bytes.
    while let byte = peek() {
      if byte == UInt8(ascii: "\"") {
        let text = try utf8(bytes[start..<index])
        index += 1
        return text
      }
      if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
      if byte < 0x20 { throw Failure(message: "a control character in a string") }
      index += 1
    }
    throw Failure(message: "a string that does not end")
  }

  private mutating func escapedString(from start: Int) throws(Failure) -> String {
    var buffer = Array(bytes[start..<index])
    while let byte = peek() {
      index += 1
      switch byte {
      case UInt8(ascii: "\""):
        return try utf8(buffer)
      case UInt8(ascii: "\\"):
        try escape(into: &buffer)
      case 0..<0x20:
        throw Failure(message: "a control character in a string")
      default:
        buffer.append(byte)
      }
    }
    throw Failure(message: "a string that does not end")
  }

  private mutating func escape(into buffer: inout [UInt8]) throws(Failure) {
    guard let byte = peek() else { throw Failure(message: "a string that does not end") }
    index += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(byte)
    case UInt8(ascii: "b"): buffer.append(8)
    case UInt8(ascii: "f"): buffer.append(12)
    case UInt8(ascii: "n"): buffer.append(10)
    case UInt8(ascii: "r"): buffer.append(13)
    case UInt8(ascii: "t"): buffer.append(9)
    case UInt8(ascii: "u"):
      var code = try hexFour()
      if (0xD800..<0xDC00).contains(code) {
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw Failure(message: "half a surrogate pair") }
        let low = try hexFour()
        guard (0xDC00..<0xE000).contains(low) else { throw Failure(message: "half a surrogate pair") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw Failure(message: "half a surrogate pair") }
      buffer.append(contentsOf: Character(scalar).utf8)
    default:
      throw Failure(message: "an unknown escape '\\' with \(name(of: byte))")
    }
  }

  private mutating func hexFour() throws(Failure) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw Failure(message: "expected four hex digits after '\\u'")
      }
      code = code * 16 + UInt32(digit)
      index += 1
    }
    return code
  }

  private func utf8(_ units: some Sequence<UInt8>) throws(Failure) -> String {
    guard let text = String(validating: units, as: UTF8.self) else {
      throw Failure(message: "a string that is not UTF-8")
    }
    return text
  }

  // MARK: Bytes

  private func peek() -> UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    index += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
  }

  /// FNV-1a of the key's UTF-8: hashing a `String` itself would normalize it first, which is slow for vocabularies.
  private func hash(_ key: String) -> UInt64 {
    key.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private func name(of byte: UInt8) -> String {
    (0x21..<0x7F).contains(byte) ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
  }
}
