// Strings. Escapes stay as they are (the parser resolves them); here only their ends and interpolations are found.

extension Lexer {
  mutating func openString() {
    dropStringPrefix()
    let start = offset
    let isMultiline = byte(1) == ascii("\"") && byte(2) == ascii("\"")
    offset += isMultiline ? 3 : 1
    add(.stringOpen, from: start)
    contexts.append(StringContext(open: range(from: start), isMultiline: isMultiline))
    stringBody()
  }

  /// Reads on in the innermost string, to its end or to the `{` of an interpolation.
  mutating func stringBody() {
    let isMultiline = contexts[contexts.count - 1].isMultiline
    let start = offset
    isInText = true
    while offset < bytes.count {
      switch bytes[offset] {
      case ascii("\\"):
        // A line end is never escaped away in a one-line string; the brace of `\u{…}` opens no interpolation.
        let length = byte(1) == ascii("\n") && !isMultiline ? 1 : byte(1) == ascii("u") && byte(2) == ascii("{") ? 3 : 2
        offset += min(length, bytes.count - offset)
      case ascii("\n") where !isMultiline:
        addText(from: start)
        return closeStringsAtLineEnd()
      case ascii("\"") where !isMultiline || (byte(1) == ascii("\"") && byte(2) == ascii("\"")):
        addText(from: start)
        contexts.removeLast()
        isInText = false
        return take(.stringClose, isMultiline ? 3 : 1)
      case ascii("{"):
        addText(from: start)
        isInText = false
        return take(.interpolationOpen, 1)
      default:
        offset += 1
      }
    }
    addText(from: start)
  }

  private mutating func addText(from start: Int) {
    if offset > start { add(.stringText, from: start) }
  }

  /// At a line end in a one-line string: reports the outermost one once and closes all of them.
  mutating func closeStringsAtLineEnd() {
    guard let firstOfLine = contexts.lastIndex(where: \.isMultiline).map({ $0 + 1 }) ?? contexts.indices.first,
      firstOfLine < contexts.count
    else { return }
    let open = contexts[firstOfLine].open
    report(.unterminatedString, "string is not closed on its line", at: open, help: "end it with \"")
    closeContexts(downTo: firstOfLine)
  }

  /// At the end of the text: a `"""` string is unfinished, a one-line string is wrong.
  mutating func closeStringsAtEnd() {
    guard let outer = contexts.first else { return }
    if let multiline = contexts.first(where: \.isMultiline) {
      openMultilineString = multiline.open
      report(.unterminatedString, "string is never closed", at: multiline.open, help: "end it with \"\"\"")
    } else {
      report(.unterminatedString, "string is not closed on its line", at: outer.open, help: "end it with \"")
    }
    closeContexts(downTo: 0)
  }

  private mutating func closeContexts(downTo count: Int) {
    while contexts.count > count {
      // Only the innermost string can be in its text; the others are in an interpolation.
      if !isInText { addSynthetic(.interpolationClose) }
      isInText = false
      addSynthetic(.stringClose)
      contexts.removeLast()
    }
  }

  private mutating func addSynthetic(_ kind: TokenKind) {
    flags.insert(.synthetic)
    add(kind, from: offset)
  }

  /// `f"…"`, `r"…"`: reports the prefix and takes it away.
  private mutating func dropStringPrefix() {
    // In an interpolation the quote is more likely the forgotten end: "a {b".
    guard contexts.isEmpty, let prefix = tokens.last, prefix.kind == .name, Int(prefix.end) == offset,
      prefix.end - prefix.start <= 2,
      tokens.count < 2 || tokens[tokens.count - 2].kind != .dot
    else { return }
    let letters = bytes[Int(prefix.start)..<Int(prefix.end)]
    guard letters.allSatisfy({ "fFrRbBuU".utf8.contains($0) }) else { return }
    let text = String(decoding: letters, as: UTF8.self)
    report(
      .foreignSpelling, "a string has no prefix '\(text)': every string fills in {expressions}", at: prefix.range,
      help: "\"…\"")
    tokens.removeLast()
    flags = prefix.flags
  }
}
