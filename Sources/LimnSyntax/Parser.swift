// Tokens to tree by recursive descent. Shared state and errors; the grammar is in the Parser+….swift files.
//
// An error is reported where it is found; when the parser knows what was meant it goes on, else it throws `Failure`, and
// the enclosing statement skips to the next one. So each cause is told once and later ones are still found.

/// Parses a whole text: a file, one REPL input, or what `-e` was given.
package func parse(_ source: SourceText) -> Program {
  var parser = Parser(tokenize(source))
  return parser.program()
}

/// Thrown after the error has been reported.
struct Failure: Error {}

struct Parser {
  /// How deep brackets, blocks and prefix operators may nest: about 2 KB of stack each, so 0.5 MB in all.
  static let nestingLimit = 200
  /// How high one expression's tree may grow by chains such as `a + b + …`; who walks the tree recurses that deep.
  static let heightLimit = 1000
  /// After so many errors the rest of the text is not read.
  static let errorLimit = 100

  let source: SourceText
  let stream: TokenStream
  let tokens: [Token]
  /// The index of `token`.
  var position = 0
  var token: Token
  var diagnostics: [Diagnostic] = []
  /// Whether the first error is that the text ended too early.
  var endedEarly = false
  /// Whether nothing more is reported: the end of the text has been, or too much.
  var isSilent = false
  /// Inside `( )`, `[ ]` or an interpolation, where line ends do not count.
  var isInsideBrackets = false
  /// Not between `if`, `while`, `for … in` and their body.
  var allowsTrailingBlock = true
  /// Open `(` and `[` of the current block, for recovery.
  var openBrackets = 0
  /// The innermost open `(` or `[`, if any, to point at when it is never closed.
  var innermostOpener: Token?
  /// Open blocks; `openBrackets` counts anew in each.
  var openBraces = 0
  /// Current nesting, against `nestingLimit`.
  var depth = 0
  /// Height of the highest finished tree in the current scope, against `heightLimit`.
  var height = 0
  /// A signature of a native: allows `..name` parameters.
  var isSignature = false
  /// The header before is told to be foreign already, so the `:` behind it is not told again.
  var toleratesColon = false
  /// Text skipped after an error: what the lexer says about it is left out.
  var silenced: [SourceRange] = []

  init(_ stream: TokenStream) {
    self.stream = stream
    source = stream.source
    tokens = stream.tokens
    token = tokens[0]
  }

  // MARK: - Tokens

  /// Takes the current token and moves on; stays at the end.
  @discardableResult
  mutating func advance() -> Token {
    let taken = token
    if position + 1 < tokens.count {
      position += 1
      token = tokens[position]
    }
    return taken
  }

  func peek(_ ahead: Int = 1) -> Token { tokens[min(position + ahead, tokens.count - 1)] }

  var previous: Token { tokens[max(0, position - 1)] }

  /// Whether a line end that counts stands before the current token.
  var startsLine: Bool { token.newlineBefore && !isInsideBrackets }

  mutating func take(_ kind: TokenKind) -> Bool {
    guard token.kind == kind else { return false }
    advance()
    return true
  }

  func text(_ token: Token) -> String {
    source.bytes.withUnsafeBufferPointer {
      String(decoding: UnsafeBufferPointer(rebasing: $0[Int(token.start)..<Int(token.end)]), as: UTF8.self)
    }
  }

  func name(_ token: Token) -> Name { Name(text(token), range: token.range) }

  /// Whether the current token is this word, used as a name.
  func isWord(_ word: StaticString, _ token: Token) -> Bool {
    guard token.kind == .name, Int(token.end - token.start) == word.utf8CodeUnitCount else { return false }
    for index in 0..<word.utf8CodeUnitCount where source.bytes[Int(token.start) + index] != word.utf8Start[index] {
      return false
    }
    return true
  }

  /// The range from a first token or node to the last token taken.
  func range(from first: SourceRange) -> SourceRange {
    SourceRange(start: first.start, end: max(first.end, previous.end))
  }

  // MARK: - Errors

  @inline(never)
  mutating func report(_ diagnostic: Diagnostic) {
    guard !isSilent else { return }
    diagnostics.append(diagnostic)
    if diagnostics.count > Parser.errorLimit {
      position = tokens.count - 1
      token = tokens[position]
      isSilent = true
    }
  }

  mutating func report(
    _ code: DiagnosticCode, _ message: String, at range: SourceRange, label: String? = nil,
    secondary: [Diagnostic.Secondary] = [], help: String? = nil
  ) {
    report(Diagnostic(code, message, at: range, label: label, secondary: secondary, help: help))
  }

  /// Reports a spelling of another language.
  mutating func reportForeign(_ message: String, at range: SourceRange, help: String? = nil) {
    report(.foreignSpelling, message, at: range, help: help)
  }

  /// Reports that something else was expected at the current token.
  @inline(never)
  mutating func failure(
    _ code: DiagnosticCode, expected: String, after: SourceRange? = nil, help: String? = nil
  ) -> Failure {
    if isReported(token) { return Failure() }
    let isAtEnd = token.kind == .end
    let unfinished = isAtEnd && (isOpen || continuesLine(previous)) && position > 0
    report(code, "expected \(expected), found \(description(of: token))", at: placeOfToken, help: help)
    if isAtEnd { reportedEnd(isUnfinished: unfinished) }
    return Failure()
  }

  /// Notes that the end of the text was reported: nothing more is, whatever is still open.
  mutating func reportedEnd(isUnfinished: Bool) {
    isSilent = true
    endedEarly = isUnfinished && diagnostics.count == 1
  }

  /// Whether the lexer has reported this token already.
  func isReported(_ token: Token) -> Bool { token.kind == .unknown || token.flags.contains(.synthetic) }

  /// Whether a bracket or brace is open.
  var isOpen: Bool { openBrackets > 0 || openBraces > 0 }

  /// The current token; when that stands on another line, the place just behind the one before it.
  var placeOfToken: SourceRange {
    if (token.newlineBefore || token.kind == .end) && position > 0 { return previous.range.after }
    return token.range
  }

  /// What to call a token in a message.
  func description(of token: Token) -> String {
    switch token.kind {
    case .end: "the end of the text"
    case _ where token.newlineBefore && !isInsideBrackets && position > 0: "the end of the line"
    case .stringOpen: "a string"
    case .stringText, .stringClose: "the end of the string"
    default: "'\(shortened(text(token)))'"
    }
  }

  /// Whether a line that ends with this token goes on.
  func continuesLine(_ token: Token) -> Bool {
    switch token.kind {
    case .comma, .arrow, .dot, .assign, .plusAssign, .minusAssign, .starAssign, .slashAssign, .not, .bang: true
    default: Parser.level(token.kind) > 0
    }
  }

  // MARK: - Limits

  /// Goes one level deeper, or reports that the text nests too deep. Undone by `leave`, or by who catches a failure.
  @inline(__always)
  mutating func enter() throws(Failure) {
    depth += 1
    if depth > Parser.nestingLimit { throw tooDeep() }
  }

  @inline(__always)
  mutating func leave() { depth -= 1 }

  private mutating func tooDeep() -> Failure {
    reportOnce(
      .nestedTooDeep, "brackets and blocks nest more than \(Parser.nestingLimit) levels deep",
      help: "give the inner parts names with 'let'")
    return Failure()
  }

  /// Counts a node on top of the trees of the current scope.
  mutating func grow() throws(Failure) {
    height += 1
    if height > Parser.heightLimit {
      reportOnce(
        .expressionTooLong, "an expression has more than \(Parser.heightLimit) operators in a row",
        help: "give its parts names with 'let'")
      throw Failure()
    }
  }

  private mutating func reportOnce(_ code: DiagnosticCode, _ message: String, help: String) {
    if diagnostics.contains(where: { $0.code == code }) { return }
    report(code, message, at: token.range, help: help)
  }
}
