// String literals: escapes, the layout of `"""`, interpolations.

extension Parser {
  mutating func stringExpression() throws(Failure) -> Expression {
    let literal = try stringLiteral()
    return Expression(.string(literal), range: literal.range)
  }

  mutating func stringLiteral() throws(Failure) -> StringLiteral {
    let opener = advance()
    let isMultiline = opener.end - opener.start == 3 && source.bytes[Int(opener.start)] == ascii("\"")
    var layout = isMultiline ? blockLayout() : nil
    let reported = diagnostics.count
    var parts: [StringLiteral.Part] = []
    while token.kind != .stringClose, token.kind != .end {
      switch token.kind {
      case .stringText:
        let piece = advance()
        let isLast = token.kind == .stringClose
        let text = resolved(piece, layout: &layout, isLast: isLast)
        if !text.isEmpty { parts.append(.text(text)) }
      default:
        parts.append(.value(try interpolation()))
        layout?.isAtLineStart = false
      }
    }
    // A string that is not closed is told by the lexer; what stands in it means nothing then.
    if token.flags.contains(.synthetic), diagnostics.count > reported { diagnostics.removeSubrange(reported...) }
    advance()
    return StringLiteral(parts: parts, range: range(from: opener.range), isMultiline: isMultiline)
  }

  /// `{expr}`; an error inside is told, and the string goes on behind the `}`.
  private mutating func interpolation() throws(Failure) -> Expression {
    let opener = advance()
    let (wasInside, allowed, brackets, outerDepth) = (isInsideBrackets, allowsTrailingBlock, openBrackets, depth)
    let (braces, outerHeight) = (openBraces, height)
    (isInsideBrackets, allowsTrailingBlock) = (true, true)
    var value: Expression
    do {
      value = try interpolatedValue(opener)
    } catch {
      value = Expression(.missing, range: opener.range)
      let first = token.range
      skipInterpolation()
      silenced.append(range(from: first))
      (depth, height, openBraces) = (outerDepth, outerHeight, braces)
    }
    (isInsideBrackets, allowsTrailingBlock, openBrackets) = (wasInside, allowed, brackets)
    return value
  }

  private mutating func interpolatedValue(_ opener: Token) throws(Failure) -> Expression {
    if token.kind == .interpolationClose {
      if !isReported(token) {
        report(
          .emptyInterpolation, "nothing stands between '{' and '}'",
          at: SourceRange(from: opener.range, to: token.range),
          help: "\\{ for a brace")
      }
      throw Failure()
    }
    let value = try expression()
    if token.kind == .colon {
      reportForeign("a value in a string has no format after ':'", at: token.range)
      throw Failure()
    }
    guard token.kind == .interpolationClose else { throw unclosed(opener, expected: "'}'") }
    advance()
    return value
  }

  /// Moves behind the `}` that closes the interpolation of this string.
  private mutating func skipInterpolation() {
    var open = 1
    while token.kind != .end {
      switch token.kind {
      case .interpolationOpen: open += 1
      case .interpolationClose: open -= 1
      default: break
      }
      advance()
      if open == 0 { return }
    }
  }

  // MARK: - Layout of `"""`

  /// How the lines of a `"""` string are taken: without the first line end, the last one, and the indentation of the
  /// closing quotes.
  struct Layout {
    var indentation: ArraySlice<UInt8>
    var isAtLineStart = true
    var isFirst = true
    var reported = false
    /// Where the text in front of the closing quotes' line ends.
    var end: Int
  }

  /// The layout, if the text begins on the line after the opening quotes; else the text is taken as it stands.
  private func blockLayout() -> Layout? {
    guard token.kind == .stringText else { return nil }
    let bytes = source.bytes
    var index = Int(token.start)
    while index < Int(token.end), isBlank(bytes[index]) { index += 1 }
    guard index < Int(token.end), bytes[index] == ascii("\n") else { return nil }
    // The closing quotes of this string.
    var ahead = 0
    var open = 0
    while !(open == 0 && peek(ahead).kind == .stringClose), peek(ahead).kind != .end {
      if peek(ahead).kind == .interpolationOpen { open += 1 }
      if peek(ahead).kind == .interpolationClose { open -= 1 }
      ahead += 1
    }
    let close = Int(peek(ahead).start)
    var lineStart = close
    while lineStart > Int(token.start), isBlank(bytes[lineStart - 1]) { lineStart -= 1 }
    guard bytes[lineStart - 1] == ascii("\n") else { return Layout(indentation: [], end: close) }
    var end = lineStart - 1
    if end > index, bytes[end - 1] == ascii("\r") { end -= 1 }
    return Layout(indentation: bytes[lineStart..<close], end: max(end, index))
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == ascii(" ") || byte == ascii("\t") || byte == ascii("\r") }

  // MARK: - Text

  /// A piece of text with its escapes resolved and its layout applied.
  private mutating func resolved(_ piece: Token, layout: inout Layout?, isLast: Bool) -> String {
    var index = Int(piece.start)
    var end = Int(piece.end)
    let bytes = source.bytes
    guard layout != nil || bytes[index..<end].contains(where: { $0 == ascii("\\") || $0 == ascii("\r") }) else {
      return text(piece)
    }
    if layout?.isFirst == true {
      while bytes[index] != ascii("\n") { index += 1 }
      index += 1
      layout?.isFirst = false
    }
    if isLast, let layout { end = layout.end }
    var result: [UInt8] = []
    while index < end {
      if layout?.isAtLineStart == true { index = skipIndentation(at: index, end: end, &layout) }
      guard index < end else { break }
      switch bytes[index] {
      case ascii("\\"): index = escape(at: index, end: end, into: &result)
      case ascii("\r") where index + 1 < bytes.count && bytes[index + 1] == ascii("\n"): index += 1
      default:
        if bytes[index] == ascii("\n") { layout?.isAtLineStart = true }
        result.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private mutating func skipIndentation(at start: Int, end: Int, _ layout: inout Layout?) -> Int {
    guard let indentation = layout?.indentation else { return start }
    layout?.isAtLineStart = false
    var index = start
    for byte in indentation where index < end && source.bytes[index] == byte { index += 1 }
    let isBlankLine = index >= end || source.bytes[index] == ascii("\n") || source.bytes[index] == ascii("\r")
    if index - start < indentation.count, !isBlankLine, layout?.reported == false {
      layout?.reported = true
      report(
        .badIndentation, "line is indented less than the closing quotes of its string",
        at: SourceRange(start: UInt32(start), end: UInt32(index + 1)))
    }
    return index
  }

  /// Resolves one escape; returns where the text goes on.
  private mutating func escape(at start: Int, end: Int, into result: inout [UInt8]) -> Int {
    let bytes = source.bytes
    guard start + 1 < end else { return start + 1 }
    switch bytes[start + 1] {
    case ascii("n"): result.append(ascii("\n"))
    case ascii("t"): result.append(ascii("\t"))
    case ascii("r"): result.append(ascii("\r"))
    case ascii("0"): result.append(0)
    case ascii("\\"), ascii("\""), ascii("'"), ascii("{"), ascii("}"): result.append(bytes[start + 1])
    case ascii("\n"): break  // the line goes on
    case ascii("u"): return unicodeEscape(at: start, end: end, into: &result)
    default:
      var stop = start + 2
      while stop < end, bytes[stop] & 0xC0 == 0x80 { stop += 1 }
      let range = SourceRange(start: UInt32(start), end: UInt32(stop))
      let help = bytes[start + 1] == ascii("(") ? "\\\\( for a backslash, {x} for a value" : "\\\\ for a backslash"
      report(.badEscape, "'\(source[range])' is not an escape", at: range, help: help)
      return stop
    }
    return start + 2
  }

  /// `\u{1F43C}`
  private mutating func unicodeEscape(at start: Int, end: Int, into result: inout [UInt8]) -> Int {
    let bytes = source.bytes
    var index = start + 2
    if index < end, bytes[index] == ascii("{") { index += 1 }
    let digitsStart = index
    while index < end, Character(Unicode.Scalar(bytes[index])).isHexDigit { index += 1 }
    let digits = String(decoding: bytes[digitsStart..<index], as: UTF8.self)
    let isBraced = digitsStart == start + 3 && index < end && bytes[index] == ascii("}")
    if isBraced { index += 1 }
    if isBraced, digits.utf8.count <= 8, let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value) {
      result.append(contentsOf: Array(String(scalar).utf8))
    } else {
      let range = SourceRange(start: UInt32(start), end: UInt32(index))
      report(.badEscape, "'\(source[range])' is not a character", at: range, help: "\\u{1F43C}")
    }
    return index
  }
}
