// Programs, the ends of statements, recovery, blocks and doc comments.

extension Parser {
  mutating func program() -> Program {
    var statements: [Statement] = []
    var isMuted = false
    while token.kind != .end {
      if take(.semicolon) {
        isMuted = true
        continue
      }
      isMuted = false
      if token.kind == .rightBrace {
        report(.unmatchedBracket, "'}' closes nothing", at: token.range)
        advance()
        continue
      }
      if let statement = statement() { statements.append(statement) }
    }
    return finished(statements, isMuted: isMuted && !statements.isEmpty)
  }

  private mutating func finished(_ statements: [Statement], isMuted: Bool) -> Program {
    var all = stream.diagnostics.filter { diagnostic in
      !silenced.contains { $0.start <= diagnostic.range.start && diagnostic.range.end <= $0.end }
    }
    all += diagnostics
    let isIncomplete: Bool
    if let open = stream.openMultilineString {
      isIncomplete = !all.contains { $0.range.start < open.start }
      if isIncomplete { all.removeAll { $0.range != open } }
    } else {
      isIncomplete = endedEarly && stream.diagnostics.isEmpty && diagnostics.count == 1
    }
    all.sort { ($0.range.start, $0.range.end) < ($1.range.start, $1.range.end) }
    if all.count > Parser.errorLimit {
      all.removeSubrange(Parser.errorLimit...)
      all.append(
        Diagnostic(
          .tooManyErrors, "more than \(Parser.errorLimit) errors; the rest is not shown",
          at: all[Parser.errorLimit - 1].range))
    }
    return Program(
      source: source, statements: statements, diagnostics: all, doc: fileDoc(statements), isMuted: isMuted,
      isIncomplete: isIncomplete)
  }

  /// Statements up to a `}` or the end.
  mutating func statements() -> [Statement] {
    var statements: [Statement] = []
    while token.kind != .rightBrace, token.kind != .end {
      if take(.semicolon) { continue }
      if let statement = statement() { statements.append(statement) }
    }
    return statements
  }

  /// One statement with its end; nil when it could not be read.
  mutating func statement() -> Statement? {
    let start = position
    let (brackets, trailing, outerHeight, outerDepth) = (isInsideBrackets, allowsTrailingBlock, height, depth)
    let braces = openBraces
    height = 0
    do {
      let doc = token.flags.contains(.docBefore) ? docAbove(position) : nil
      let first = token.range
      try enter()
      let kind = try statementKind(doc: doc)
      leave()
      let statement = Statement(kind, range: range(from: first), doc: doc)
      try endOfStatement()
      height = max(height, outerHeight)
      return statement
    } catch {
      synchronize(from: start)
      (isInsideBrackets, allowsTrailingBlock, height, depth) = (brackets, trailing, outerHeight, outerDepth)
      (openBrackets, openBraces, innermostOpener) = (0, braces, nil)
      return nil
    }
  }

  /// A statement ends at a line end, `;`, `}` or the end of the text.
  @inline(never)
  private mutating func endOfStatement() throws(Failure) {
    if token.newlineBefore { return }
    switch token.kind {
    case .semicolon, .rightBrace, .end: return
    default: throw unexpectedAfterExpression()
    }
  }

  /// Skips to where the next statement can begin. Line ends in open brackets are passed over, unless a word that only
  /// begins statements shows that the bracket was forgotten.
  @inline(never)
  private mutating func synchronize(from start: Int) {
    var brackets = openBrackets
    var braces = 0
    while token.kind != .end {
      if braces == 0 {
        if position > start, token.newlineBefore, brackets == 0 || beginsStatement(token) { return }
        if token.kind == .rightBrace || (token.kind == .semicolon && brackets == 0) { return }
      }
      switch token.kind {
      case .leftParen, .leftBracket: brackets += 1
      case .rightParen, .rightBracket: brackets = max(0, brackets - 1)
      case .leftBrace: braces += 1
      case .rightBrace: braces -= 1
      default: break
      }
      advance()
    }
  }

  /// Whether a token on a new line can only begin a statement, so that a bracket before it was forgotten.
  func beginsStatement(_ token: Token) -> Bool {
    switch token.kind {
    case .let, .var, .func, .while, .return, .break, .continue, .expect: true
    case .name where token.start == self.token.start: peek().kind == .assign && !isInArguments
    default: false
    }
  }

  /// Whether the current token stands behind `(` or `,`, where `seed=7` is meant as an argument.
  private var isInArguments: Bool { previous.kind == .comma || previous.kind == .leftParen }

  /// The block of `what`, at its `{`.
  mutating func block(of what: String, header: SourceRange) throws(Failure) -> Block {
    if token.kind == .colon { return try indentedBlock(of: what, header: header) }
    guard token.kind == .leftBrace else {
      if token.kind == .assign, what != "func" {
        report(.operatorNeedsBrackets, "'=' gives a value and does not compare", at: token.range, help: "==")
        throw Failure()
      }
      throw failure(.expectedBlock, expected: "'{' and the body of '\(what)'")
    }
    if token.newlineBefore, !isInsideBrackets {
      report(
        .misplacedBrace, "'{' stands on the line of its '\(what)'", at: token.range,
        secondary: [.init(range: header, label: "to the end of this line")])
    }
    return try braces { (parser) throws(Failure) in parser.statements() }
  }

  /// `{`, what `body` reads, `}`: inside, line ends and trailing blocks count as usual.
  mutating func braces(_ body: (inout Parser) throws(Failure) -> [Statement]) throws(Failure) -> Block {
    let opener = advance()
    let (wasInside, allowed) = (isInsideBrackets, allowsTrailingBlock)
    let (outerBrackets, outerOpener) = (openBrackets, innermostOpener)
    (isInsideBrackets, allowsTrailingBlock, openBrackets, innermostOpener) = (false, true, 0, nil)
    openBraces += 1
    let outerHeight = height
    height = 0
    let statements = try body(&self)
    guard token.kind == .rightBrace else { throw unclosed(opener, expected: "'}'") }
    openBraces -= 1
    advance()
    (isInsideBrackets, allowsTrailingBlock) = (wasInside, allowed)
    (openBrackets, innermostOpener) = (outerBrackets, outerOpener)
    try grow()
    height = max(height, outerHeight)
    return Block(statements, range: range(from: opener.range))
  }

  /// Reports a bracket whose closer is missing here.
  @inline(never)
  mutating func unclosed(_ opener: Token, expected: String, help: String? = nil) -> Failure {
    if isReported(token) { return Failure() }
    if token.kind == .end {
      _ = neverClosed(opener)
      reportedEnd(isUnfinished: true)
      return Failure()
    }
    switch token.kind {
    case .rightParen, .rightBracket, .rightBrace, .interpolationClose:
      report(
        .unclosedBracket, "'\(text(opener))' is closed by '\(text(token))', expected \(expected)", at: token.range,
        secondary: [.init(range: opener.range, label: "opened here")])
      return Failure()
    case _ where token.newlineBefore && beginsStatement(token): return neverClosed(opener)
    default: return failure(.expectedToken, expected: expected, help: help)
    }
  }

  /// Reports a bracket that was forgotten: a new statement begins inside it, or the text ends.
  @inline(never)
  mutating func neverClosed(_ opener: Token) -> Failure {
    // `f(n // 2, seed: 3)`: the closer stands in a comment close behind an operand.
    let line = source.lineRange(at: opener.start)
    let remark = stream.comments.first { $0.range.start > opener.start && $0.range.end <= line.end }
    var isDivision = false
    if let remark, remark.tokenIndex > 0, remark.range.start - tokens[remark.tokenIndex - 1].end <= 1 {
      isDivision = source[remark.range].contains { $0 == ")" || $0 == "]" }
    }
    report(
      .unclosedBracket, "'\(text(opener))' is never closed", at: opener.range,
      help: isDivision ? "'//' begins a comment: a floored quotient is div(a, b)" : nil)
    return Failure()
  }

  // MARK: - Doc comments

  /// The text of the `///` lines directly above a token.
  private func docAbove(_ index: Int) -> String? {
    guard let last = lastComment(before: index) else { return nil }
    let comment = stream.comments[last]
    return comment.isDoc && isNextLine(comment.range.end, tokens[index].start) ? docText(endingAt: last) : nil
  }

  /// The `///` lines a file begins with, unless they describe its first definition.
  private func fileDoc(_ statements: [Statement]) -> String? {
    let comments = stream.comments
    guard var last = comments.firstIndex(where: { $0.isDoc && $0.tokenIndex == 0 }) else { return nil }
    while last + 1 < comments.count, comments[last + 1].isDoc, comments[last + 1].tokenIndex == 0,
      isNextLine(comments[last].range.end, comments[last + 1].range.start)
    {
      last += 1
    }
    // The block that stands directly above the first definition is the definition's.
    if last == lastComment(before: 0), let statement = statements.first, statement.doc != nil {
      switch statement.kind {
      case .function, .binding: return nil
      default: break
      }
    }
    return docText(endingAt: last)
  }

  /// The index of the last comment between a token and the one before it.
  private func lastComment(before index: Int) -> Int? {
    let comments = stream.comments
    var low = 0
    var high = comments.count
    while low < high {
      let middle = (low + high) / 2
      if comments[middle].tokenIndex <= index { low = middle + 1 } else { high = middle }
    }
    return low > 0 && comments[low - 1].tokenIndex == index ? low - 1 : nil
  }

  /// The run of `///` lines that ends with the comment at this index.
  private func docText(endingAt last: Int) -> String {
    let comments = stream.comments
    var first = last
    while first > 0, comments[first - 1].isDoc, comments[first - 1].tokenIndex == comments[last].tokenIndex,
      isNextLine(comments[first - 1].range.end, comments[first].range.start)
    {
      first -= 1
    }
    let lines = comments[first...last].map { comment in
      let line = source[comment.range].dropFirst(3)
      return line.first == " " ? line.dropFirst() : line
    }
    return lines.joined(separator: "\n")
  }

  /// Whether exactly one line end and otherwise blanks stand between two offsets.
  private func isNextLine(_ from: UInt32, _ to: UInt32) -> Bool {
    source.bytes[Int(from)..<Int(to)].reduce(0) { $0 + ($1 == ascii("\n") ? 1 : 0) } == 1
  }
}
