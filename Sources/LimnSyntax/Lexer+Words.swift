// Names, reserved words and numbers.

extension Lexer {
  mutating func word() {
    let start = offset
    skipWord()
    add(keyword(start, offset - start) ?? .name, from: start)
  }

  /// Moves past letters, digits, `_` and the letters of other alphabets.
  mutating func skipWord() {
    while offset < bytes.count {
      let current = bytes[offset]
      if isWordByte(current) {
        offset += 1
      } else if current >= 0x80, let (scalar, length) = scalar(at: offset), scalar.properties.isXIDContinue {
        offset += length
      } else {
        return
      }
    }
  }

  @inline(__always)
  func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case ascii("a")...ascii("z"), ascii("A")...ascii("Z"), ascii("0")...ascii("9"), ascii("_"): true
    default: false
    }
  }

  func matches(_ word: StaticString, at start: Int, _ length: Int) -> Bool {
    guard word.utf8CodeUnitCount == length else { return false }
    for index in 0..<length where word.utf8Start[index] != bytes[start + index] { return false }
    return true
  }

  /// The reserved word that stands there, by its first letter.
  private func keyword(_ start: Int, _ length: Int) -> TokenKind? {
    guard length >= 2, length <= 8 else { return nil }
    switch bytes[start] {
    case ascii("a"): return matches("and", at: start, length) ? .and : nil
    case ascii("b"): return matches("break", at: start, length) ? .break : nil
    case ascii("c"):
      if matches("continue", at: start, length) { return .continue }
      return matches("catch", at: start, length) ? .catch : nil
    case ascii("e"):
      if matches("else", at: start, length) { return .else }
      return matches("expect", at: start, length) ? .expect : nil
    case ascii("f"):
      if matches("for", at: start, length) { return .for }
      if matches("func", at: start, length) { return .func }
      return matches("false", at: start, length) ? .false : nil
    case ascii("i"):
      if matches("if", at: start, length) { return .if }
      return matches("in", at: start, length) ? .in : nil
    case ascii("l"): return matches("let", at: start, length) ? .let : nil
    case ascii("n"):
      if matches("not", at: start, length) { return .not }
      return matches("nil", at: start, length) ? .nil : nil
    case ascii("o"): return matches("or", at: start, length) ? .or : nil
    case ascii("r"): return matches("return", at: start, length) ? .return : nil
    case ascii("t"):
      if matches("true", at: start, length) { return .true }
      return matches("try", at: start, length) ? .try : nil
    case ascii("v"): return matches("var", at: start, length) ? .var : nil
    case ascii("w"): return matches("while", at: start, length) ? .while : nil
    default: return nil
    }
  }

  /// `3`, `1_000`, `2.5`, `1e-3`; a `.` belongs to it only before a digit, so `1..<5` and `1.max(2)` work.
  mutating func number() {
    let start = offset
    var kind = TokenKind.int
    skipDigits()
    if byte() == ascii("."), isDigit(byte(1)) {
      kind = .float
      offset += 1
      skipDigits()
    }
    if byte() | 0x20 == ascii("e") {
      let signed = byte(1) == ascii("+") || byte(1) == ascii("-")
      if isDigit(byte(signed ? 2 : 1)) {
        kind = .float
        offset += signed ? 2 : 1
        skipDigits()
      }
    }
    let endsInUnderscore = bytes[offset - 1] == ascii("_")
    let digitsEnd = offset
    skipWord()
    if endsInUnderscore || offset > digitsEnd { reportBadNumber(start) }
    add(kind, from: start)
  }

  private mutating func reportBadNumber(_ start: Int) {
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    let isHexadecimal = text.hasPrefix("0x") || text.hasPrefix("0X")
    let value = isHexadecimal ? Int(text.dropFirst(2).filter { $0 != "_" }, radix: 16) : nil
    report(.badNumber, "'\(shortened(text))' is not a number", at: range(from: start), help: value.map(String.init))
  }

  private mutating func skipDigits() {
    while isDigit(byte()) || byte() == ascii("_") { offset += 1 }
  }

  @inline(__always)
  func isDigit(_ byte: UInt8) -> Bool { byte >= ascii("0") && byte <= ascii("9") }

  /// The scalar that begins at a byte, and how many bytes it takes; the text is valid UTF-8.
  func scalar(at index: Int) -> (Unicode.Scalar, Int)? {
    var decoder = UTF8()
    var iterator = bytes[index..<min(index + 4, bytes.count)].makeIterator()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
    return (scalar, UTF8.width(scalar))
  }
}

/// A piece of source for a message: one line, at most 40 characters.
func shortened(_ text: String) -> String {
  let line = text.prefix { !$0.isNewline }
  return line.count <= 40 ? String(line) : line.prefix(39) + "…"
}
