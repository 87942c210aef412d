// Marks of other languages: each is reported with Limn's spelling and repaired, so that parsing goes on undisturbed.

extension Lexer {
  /// Reports a spelling of another language and goes on as if Limn's stood there.
  mutating func foreign(_ message: String, length: Int, help: String?, as kind: TokenKind) {
    let start = offset
    take(kind, length)
    report(.foreignSpelling, message, at: range(from: start), help: help)
  }

  /// ASCII marks that begin no token of Limn.
  mutating func foreignMark(_ mark: UInt8) {
    switch mark {
    case ascii("#"):
      let start = offset
      report(
        .foreignSpelling, "a comment begins with '//', not '#'",
        at: SourceRange(start: UInt32(start), end: UInt32(start + 1)), help: "// …")
      skipLine()
      comments.append(Comment(range: range(from: start), isDoc: false, tokenIndex: tokens.count))
    case ascii("'"):
      quoted(until: [[ascii("'")]], openLength: 1, "a string stands in double quotes", help: "\"…\"")
    case ascii("`"):
      quoted(until: [[ascii("`")]], openLength: 1, "a string stands in double quotes", help: "\"…\"")
    case ascii("~"):
      foreign("'~' is not an operator", length: 1, help: "!", as: .bang)
    case ascii("\\"):
      foreign(
        "'\\' does not carry a line on: after an operator, or in brackets, a line goes on by itself", length: 1,
        help: nil, as: .unknown)
      tokens.removeLast()
    default: unexpectedCharacter()
    }
  }

  /// Letters of other alphabets are names; typographic marks are repaired.
  mutating func nonASCII() {
    guard let (scalar, length) = scalar(at: offset) else { return unexpectedCharacter() }
    switch scalar {
    case "“", "”", "„", "«":
      let closers = ["”", "“", "»", "\""].map { Array($0.utf8) }
      quoted(until: closers, openLength: length, "a string stands in straight quotes", help: "\"…\"")
    case "‘", "’":
      quoted(until: [Array("’".utf8)], openLength: length, "a string stands in straight double quotes", help: "\"…\"")
    case "×", "·", "⋅": foreign("'\(scalar)' is not an operator", length: length, help: "*", as: .star)
    case "÷": foreign("'÷' is not an operator", length: length, help: "/", as: .slash)
    case "−", "–": foreign("'\(scalar)' is not the minus of the keyboard", length: length, help: "-", as: .minus)
    case "≤": foreign("'≤' is not an operator", length: length, help: "<=", as: .lessEqual)
    case "≥": foreign("'≥' is not an operator", length: length, help: ">=", as: .greaterEqual)
    case "≠": foreign("'≠' is not an operator", length: length, help: "!=", as: .notEqual)
    case "→", "⇒": foreign("'\(scalar)' is not an operator", length: length, help: "=>", as: .arrow)
    case "…": foreign("'…' is not an operator", length: length, help: "...", as: .rangeThrough)
    default:
      if scalar.properties.isXIDStart { return word() }
      if scalar.properties.isWhitespace {
        offset += length
        return flags.formUnion([.spaceBefore])
      }
      unexpectedCharacter()
    }
  }

  /// Reports a run of characters that mean nothing, once.
  private mutating func unexpectedCharacter() {
    let start = offset
    var first: Unicode.Scalar?
    while offset < bytes.count, let (scalar, length) = scalar(at: offset), isMeaningless(scalar) {
      first = first ?? scalar
      offset += length
    }
    if offset == start { offset += 1 }
    let name = first.map { $0.properties.numericType == nil && isVisible($0) ? "'\($0)'" : codePoint($0) } ?? "byte"
    report(.unexpectedCharacter, "unexpected character \(name)", at: range(from: start))
    add(.unknown, from: start)
  }

  private func isMeaningless(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      return scalar.value < 32 && !"\n\r\t".unicodeScalars.contains(scalar)
        || "$\u{7F}".unicodeScalars.contains(scalar)
    }
    return !scalar.properties.isXIDStart && !scalar.properties.isWhitespace
      && !"“”„«‘’×·⋅÷−–≤≥≠→⇒…".unicodeScalars.contains(scalar)
  }

  private func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .privateUse, .surrogate, .unassigned, .nonspacingMark, .enclosingMark: false
    default: true
    }
  }

  private func codePoint(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  /// A string in foreign quotes, read to its end on the same line and taken without interpolation.
  private mutating func quoted(until closers: [[UInt8]], openLength: Int, _ message: String, help: String) {
    let start = offset
    take(.stringOpen, openLength)
    let textStart = offset
    while offset < bytes.count, bytes[offset] != ascii("\n") {
      if let closer = closers.first(where: { bytes[offset...].starts(with: $0) }) {
        if offset > textStart { add(.stringText, from: textStart) }
        let text = String(decoding: bytes[textStart..<offset], as: UTF8.self)
        take(.stringClose, closer.count)
        let isPlain = text.count <= 40 && !text.contains { "\"\\{}".contains($0) }
        return report(.foreignSpelling, message, at: range(from: start), help: isPlain ? "\"\(text)\"" : help)
      }
      offset += bytes[offset] == ascii("\\") && byte(1) != ascii("\n") ? min(2, bytes.count - offset) : 1
    }
    if offset > textStart { add(.stringText, from: textStart) }
    flags.insert(.synthetic)
    add(.stringClose, from: offset)
    report(.foreignSpelling, message, at: SourceRange(start: UInt32(start), end: UInt32(textStart)), help: help)
  }

  /// `/* … */`
  mutating func blockComment() {
    let start = offset
    offset += 2
    report(.foreignSpelling, "a comment begins with '//' and ends with its line", at: range(from: start), help: "// …")
    while offset < bytes.count, !(bytes[offset] == ascii("*") && byte(1) == ascii("/")) {
      if bytes[offset] == ascii("\n") { flags.insert(.newlineBefore) }
      offset += 1
    }
    offset = min(offset + 2, bytes.count)
    comments.append(Comment(range: range(from: start), isDoc: false, tokenIndex: tokens.count))
    flags.insert(.spaceBefore)
  }

  /// Where invalid UTF-8 was replaced first.
  func firstReplacement() -> SourceRange {
    for index in 0..<max(0, bytes.count - 2) where bytes[index...].starts(with: [0xEF, 0xBF, 0xBD]) {
      return SourceRange(start: UInt32(index), end: UInt32(index + 3))
    }
    return SourceRange(start: 0, end: 0)
  }
}

// MARK: - `n // 2`

extension Lexer {
  /// Whether `//` here was meant as a division: it stands close behind an operand, and what follows is nothing but a
  /// number (with marks after it; with a comma only in `f(n//2, 3)`, without blanks), or nothing but a name that this
  /// text declares further up. So remarks like `steps // 30 are enough` and `// 16, 16` stay comments.
  mutating func looksLikeFloorDivision() -> Bool {
    guard let operand = tokens.last, !flags.contains(.newlineBefore), offset - Int(operand.end) <= 1 else {
      return false
    }
    switch operand.kind {
    case .name, .int, .rightParen, .rightBracket: break
    default: return false
    }
    var index = offset + 2
    let isTight = operand.end == offset && index < bytes.count && bytes[index] != ascii(" ")
    if index < bytes.count, bytes[index] == ascii(" ") { index += 1 }
    let start = index
    guard start < bytes.count else { return false }
    if isDigit(bytes[start]) {
      while index < bytes.count, bytes[index] != ascii("\n") {
        switch bytes[index] {
        case ascii("0")...ascii("9"), ascii(" "), ascii("\r"), ascii(")"), ascii("]"), ascii("+"), ascii("-"),
          ascii("*"), ascii("/"), ascii("%"):
          index += 1
        case ascii(",") where isTight: index += 1
        default: return false
        }
      }
      return true
    }
    while index < bytes.count, isWordByte(bytes[index]) { index += 1 }
    let wordEnd = index
    while index < bytes.count, [ascii(" "), ascii("\r"), ascii(")"), ascii("]")].contains(bytes[index]) { index += 1 }
    guard wordEnd > start, index == bytes.count || bytes[index] == ascii("\n") else { return false }
    return isDeclared(bytes[start..<wordEnd])
  }

  /// Whether `let`, `var`, `for` or a `func` on a line above declares the name. All look-backs together see 200,000
  /// tokens at most, so that a text full of such comments is still read in linear time.
  private mutating func isDeclared(_ name: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    let bytes = bytes
    func isName(_ token: Token) -> Bool {
      token.kind == .name && bytes[Int(token.start)..<Int(token.end)].elementsEqual(name)
    }
    var index = tokens.count - 1
    let last = max(0, index - lookBackLeft)
    defer { lookBackLeft -= tokens.count - 1 - index }
    var lineHasName = false
    var isEarlierLine = false
    while index >= last {
      let token = tokens[index]
      if isEarlierLine, isName(token) {
        lineHasName = true
        if index > 0, [.let, .var, .for].contains(tokens[index - 1].kind) { return true }
      }
      if token.newlineBefore {
        if lineHasName, token.kind == .func { return true }
        lineHasName = false
        isEarlierLine = true
      }
      index -= 1
    }
    return false
  }

  mutating func floorDivision() {
    let operand = tokens[tokens.count - 1]
    let isWhole = tokens.count < 2 || tokens[tokens.count - 2].kind != .dot
    let left =
      operand.kind == .name || operand.kind == .int
      ? isWhole ? String(decoding: bytes[Int(operand.start)..<Int(operand.end)], as: UTF8.self) : "…" : "…"
    var index = offset + 2
    if byte(2) == ascii(" ") { index += 1 }
    let start = index
    while index < bytes.count, isWordByte(bytes[index]) { index += 1 }
    let right = String(decoding: bytes[start..<index], as: UTF8.self)
    foreign(
      "'//' begins a comment: the floored quotient is 'div'", length: 2, help: "div(\(left), \(right))", as: .slash)
  }
}
