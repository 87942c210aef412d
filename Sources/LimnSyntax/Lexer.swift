// Text to tokens in one pass over UTF-8 bytes. Never fails: what is no token is reported and left out or repaired.
// Strings: Lexer+Strings.swift. Words and numbers: Lexer+Words.swift. Comments and foreign marks: Lexer+Foreign.swift.

/// Cuts a text into tokens. A text of more than `limit` bytes is told and not read: its tree
/// would take a hundred times as much memory.
package func tokenize(_ source: SourceText, limit: Int = 1 << 24) -> TokenStream {
  guard source.bytes.count <= limit else {
    let start = SourceRange(start: 0, end: 0)
    let message = "'\(source.name)' has \(source.bytes.count) bytes; a script has \(limit) at most"
    return TokenStream(
      source: source, tokens: [Token(start: 0, end: 0, kind: .end, flags: [])], comments: [],
      diagnostics: [Diagnostic(.sourceTooLarge, message, at: start)], openMultilineString: nil)
  }
  return source.bytes.withUnsafeBufferPointer { bytes in
    var lexer = Lexer(bytes)
    lexer.run()
    var diagnostics = lexer.diagnostics
    if !source.wasValidUTF8 {
      diagnostics.insert(
        Diagnostic(
          .notUTF8, "'\(source.name)' is not UTF-8 text", at: lexer.firstReplacement(),
          help: "save it as UTF-8"), at: 0)
    }
    return TokenStream(
      source: source, tokens: lexer.tokens, comments: lexer.comments, diagnostics: diagnostics,
      openMultilineString: lexer.openMultilineString)
  }
}

struct Lexer {
  /// A string being read: the lexer returns to it at the `}` of an interpolation.
  struct StringContext {
    let open: SourceRange
    let isMultiline: Bool
    /// Braces opened in the interpolation and not yet closed.
    var braces = 0
  }

  let bytes: UnsafeBufferPointer<UInt8>
  var offset = 0
  var tokens: [Token] = []
  var comments: [Comment] = []
  var diagnostics: [Diagnostic] = []
  var contexts: [StringContext] = []
  var openMultilineString: SourceRange?
  /// Whether the lexer stands in the text of the innermost string, not in an interpolation.
  var isInText = false
  /// How many tokens may still be looked back at; see `isDeclared`.
  var lookBackLeft = 200_000
  /// What stood before the token to come.
  var flags: Token.Flags = [.newlineBefore]

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
    tokens.reserveCapacity(bytes.count / 3 + 16)
  }

  /// The byte at `offset + ahead`, or 0 past the end.
  @inline(__always)
  func byte(_ ahead: Int = 0) -> UInt8 {
    let index = offset + ahead
    return index < bytes.count ? bytes[index] : 0
  }

  func range(from start: Int) -> SourceRange { SourceRange(start: UInt32(start), end: UInt32(offset)) }

  mutating func report(
    _ code: DiagnosticCode, _ message: String, at range: SourceRange, help: String? = nil
  ) {
    // A hundred are shown: of a text that is none, such as a picture, they would take more memory than its tree.
    if diagnostics.count < 10 * Parser.errorLimit { diagnostics.append(Diagnostic(code, message, at: range, help: help)) }
  }

  mutating func add(_ kind: TokenKind, from start: Int) {
    tokens.append(Token(start: UInt32(start), end: UInt32(offset), kind: kind, flags: flags))
    flags = []
  }

  /// Takes `length` bytes as one token.
  @inline(__always)
  mutating func take(_ kind: TokenKind, _ length: Int) {
    let start = offset
    offset += length
    add(kind, from: start)
  }

  mutating func run() {
    if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { offset = 3 }
    if byte() == ascii("#"), byte(1) == ascii("!") { skipLine() }
    while offset < bytes.count { next() }
    closeStringsAtEnd()
    add(.end, from: offset)
  }

  private mutating func next() {
    let current = bytes[offset]
    switch current {
    case ascii(" "), ascii("\t"), ascii("\r"):
      offset += 1
      flags.insert(.spaceBefore)
    case ascii("\n"):
      if let context = contexts.last, !context.isMultiline { closeStringsAtLineEnd() }
      offset += 1
      flags.formUnion([.newlineBefore, .spaceBefore])
    case ascii("a")...ascii("z"), ascii("A")...ascii("Z"), ascii("_"): word()
    case ascii("0")...ascii("9"): number()
    case ascii("\""): openString()
    case ascii("("): take(.leftParen, 1)
    case ascii(")"): take(.rightParen, 1)
    case ascii("["): take(.leftBracket, 1)
    case ascii("]"): take(.rightBracket, 1)
    case ascii("{"):
      if !contexts.isEmpty { contexts[contexts.count - 1].braces += 1 }
      take(.leftBrace, 1)
    case ascii("}"): rightBrace()
    case ascii(","): take(.comma, 1)
    case ascii(";"): take(.semicolon, 1)
    case ascii("@"): byte(1) == ascii("=") ? take(.foreignAssign, 2) : take(.at, 1)
    case ascii("/"): slash()
    case ascii("."): dots()
    case 0x80...: nonASCII()
    default: operatorMark(current)
    }
  }

  private mutating func dots() {
    if byte(1) != ascii(".") { return take(.dot, 1) }
    switch byte(2) {
    case ascii("<"): take(.rangeUpTo, 3)
    case ascii("."): take(.rangeThrough, 3)
    case ascii("=") where byte(3) != ascii("="):
      foreign("a range that takes in its end is written '...'", length: 3, help: "0...5", as: .rangeThrough)
    default: take(.dots, 2)
    }
  }

  private mutating func rightBrace() {
    guard let context = contexts.last else { return take(.rightBrace, 1) }
    if context.braces > 0 {
      contexts[contexts.count - 1].braces -= 1
      return take(.rightBrace, 1)
    }
    take(.interpolationClose, 1)
    stringBody()
  }

  /// `/`, `/=`, a comment, or a division of another language.
  private mutating func slash() {
    switch byte(1) {
    case ascii("="): take(.slashAssign, 2)
    case ascii("/"):
      if looksLikeFloorDivision() { return floorDivision() }
      comment()
    case ascii("*"): blockComment()
    default: take(.slash, 1)
    }
  }

  private mutating func comment() {
    let start = offset
    let isDoc = byte(2) == ascii("/") && byte(3) != ascii("/")
    skipLine()
    var end = offset
    if end > start, bytes[end - 1] == ascii("\r") { end -= 1 }
    let range = SourceRange(start: UInt32(start), end: UInt32(end))
    comments.append(Comment(range: range, isDoc: isDoc, tokenIndex: tokens.count))
    flags.insert(.spaceBefore)
    if isDoc { flags.insert(.docBefore) }
  }

  /// Moves to the line end (not past it).
  mutating func skipLine() {
    while offset < bytes.count, bytes[offset] != ascii("\n") { offset += 1 }
  }

  /// The operators made of ASCII marks.
  private mutating func operatorMark(_ current: UInt8) {
    let second = byte(1)
    switch current {
    case ascii(":"):
      second == ascii("=")
        ? foreign("a new name is made with 'let' or 'var', not ':='", length: 2, help: "let x = 1", as: .assign)
        : take(.colon, 1)
    case ascii("="):
      if second == ascii(">") { return take(.arrow, 2) }
      if second != ascii("=") { return take(.assign, 1) }
      byte(2) == ascii("=")
        ? foreign("'===' is not an operator", length: 3, help: "==", as: .equalEqual) : take(.equalEqual, 2)
    case ascii("!"):
      if second != ascii("=") { return take(.bang, 1) }
      byte(2) == ascii("=")
        ? foreign("'!==' is not an operator", length: 3, help: "!=", as: .notEqual) : take(.notEqual, 2)
    case ascii("<"):
      if second == ascii(">") { return foreign("'<>' is not an operator", length: 2, help: "!=", as: .notEqual) }
      second == ascii("=") ? take(.lessEqual, 2) : take(.less, 1)
    case ascii(">"): second == ascii("=") ? take(.greaterEqual, 2) : take(.greater, 1)
    case ascii("+"):
      second == ascii("=") ? take(.plusAssign, 2) : second == ascii("+") ? take(.plusPlus, 2) : take(.plus, 1)
    case ascii("-"):
      second == ascii("=") ? take(.minusAssign, 2) : second == ascii(">") ? take(.thinArrow, 2) : take(.minus, 1)
    case ascii("*"): star()
    case ascii("%"): second == ascii("=") ? take(.foreignAssign, 2) : take(.percent, 1)
    case ascii("^"): second == ascii("=") ? take(.foreignAssign, 2) : take(.caret, 1)
    case ascii("&"):
      if second == ascii("&") { return foreign("'&&' is not an operator", length: 2, help: "and", as: .and) }
      second == ascii("=") ? take(.foreignAssign, 2) : take(.ampersand, 1)
    case ascii("|"):
      if second == ascii("|") { return foreign("'||' is not an operator", length: 2, help: "or", as: .or) }
      if second == ascii(">") {
        return foreign("'|>' is not an operator: a call is written after a dot", length: 2, help: "x.f()", as: .unknown)
      }
      second == ascii("=") ? take(.foreignAssign, 2) : take(.bar, 1)
    case ascii("?"): take(.question, 1)
    default: foreignMark(current)
    }
  }

  private mutating func star() {
    if byte(1) == ascii("=") { return take(.starAssign, 2) }
    guard byte(1) == ascii("*") else { return take(.star, 1) }
    switch tokens.last?.kind {
    case .leftParen, .comma:
      foreign("the entries of a map are passed on with '..', not '**'", length: 2, help: "f(..options)", as: .dots)
    default:
      foreign("a power is written '^', not '**'", length: 2, help: "x ^ 2", as: .caret)
    }
  }
}

/// The byte of an ASCII character.
@inline(__always)
func ascii(_ character: Unicode.Scalar) -> UInt8 { UInt8(truncatingIfNeeded: character.value) }
