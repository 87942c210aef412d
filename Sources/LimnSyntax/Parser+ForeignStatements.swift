// Statements as other languages spell them: see Parser+Foreign.swift.

extension Parser {
  // MARK: - Words

  /// A name and behind it, on the same line, something that cannot follow a name in Limn.
  @inline(never)
  mutating func foreignStatement() throws(Failure) -> Statement.Kind? {
    let next = peek()
    guard
      next.kind.isWord || next.kind == .stringOpen || next.kind == .leftBrace || next.kind == .colon
        || next.kind == .int || next.kind == .minus || next.kind == .leftParen
    else { return nil }
    let mark = token
    switch text(mark) {
    case "def", "fn", "fun", "function", "sub", "proc":
      guard next.kind == .name, peek(2).kind == .leftParen else { return nil }
      reportForeign(
        "'\(text(mark))' is not a word of Limn", at: mark.range,
        help: "func \(text(next))\(bracketText(ahead: 2)) { … }")
      toleratesColon = true
      defer { toleratesColon = false }
      return .function(try declaration(doc: nil))
    case "import", "from", "include", "require", "using":
      guard next.kind == .name || next.kind == .stringOpen, peek(2).kind != .assign else { return nil }
      reportForeign(
        "'\(text(mark))' is not a word of Limn", at: mark.range,
        help: next.kind == .name ? "use \(text(next))" : "use name")
      skipLine()
      return .expression(Expression(.missing, range: mark.range))
    case "int", "float", "double", "string", "bool", "char", "long", "number":
      guard next.kind == .name, peek(2).kind == .assign else { return nil }
      reportForeign("a name is declared without its type", at: mark.range, help: "let \(text(next)) = …")
      advance()
      return try statementKind(doc: nil)
    case "async", "public", "private", "static", "export", "inline":
      guard next.kind == .func || next.kind == .let || next.kind == .var || next.kind == .name && peek(2).kind != .assign else { return nil }
      reportForeign("'\(text(mark))' is not a word of Limn", at: mark.range)
      advance()
      return try statementKind(doc: nil)
    case "global", "nonlocal", "del", "delete", "yield", "await", "with", "goto", "new":
      guard next.kind == .name else { return nil }
      let instead = ["global": "a function returns what is to be bound outside", "nonlocal": "a function returns what is to be bound outside",
        "del": "values go when no name holds them", "delete": "values go when no name holds them",
        "yield": "a function returns a list", "await": "a call waits for its result", "with": "files are closed by themselves",
        "goto": "a loop is left with 'break'", "new": "a value is made by calling a function"][text(mark)] ?? ""
      reportForeign("'\(text(mark))' is not a word of Limn: \(instead)", at: mark.range)
      throw Failure()
    case "const", "final", "auto", "local", "my":
      guard next.kind == .name, peek(2).kind == .assign || peek(2).kind == .colon else { return nil }
      reportForeign("'\(text(mark))' is not a word of Limn", at: mark.range, help: "let \(text(next)) = …")
      advance()
      return try statementKind(doc: nil)
    case "class", "struct", "enum", "interface":
      guard next.kind == .name else { return nil }
      reportForeign("Limn has no '\(text(mark))': a map holds named values", at: mark.range, help: "[\"name\": value]")
      throw Failure()
    case "raise", "throw":
      guard next.kind.isWord || next.kind == .stringOpen else { return nil }
      reportForeign("'\(text(mark))' is not a word of Limn", at: mark.range, help: "fail(\"message\")")
      skipLine()
      return .expression(Expression(.missing, range: mark.range))
    case "assert":
      guard next.kind != .leftParen, next.kind != .colon else { return nil }
      reportForeign("'assert' is not a word of Limn", at: mark.range, help: "expect")
      advance()
      return .expect(try expression())
    case "echo", "puts", "println", "display":
      guard beginsExpression(next.kind), next.kind != .leftParen, next.kind != .minus else { return nil }
      reportForeign("'\(text(mark))' is not a word of Limn", at: mark.range, help: "print")
      advance()
      return .expression(try expression())
    case "switch", "match":
      guard next.kind == .name else { return nil }
      reportForeign("'\(text(mark))' is not a word of Limn", at: mark.range, help: "if … { } else if … { } else { }")
      throw Failure()
    case "unless", "until":
      guard next.kind.isWord else { return nil }
      let help = text(mark) == "unless" ? "if not" : "while not"
      reportForeign("'\(text(mark))' is not a word of Limn", at: mark.range, help: help)
      throw Failure()
    case "loop", "repeat", "do":
      guard next.kind == .leftBrace else { return nil }
      reportForeign("'\(text(mark))' is not a word of Limn", at: mark.range, help: "while true { … }")
      advance()
      let body = try block(of: "while", header: mark.range)
      return .while(condition: Expression(.missing, range: mark.range), body: body)
    case "elif", "elsif", "elseif", "except", "finally":
      guard next.kind.isWord || next.kind == .colon || next.kind == .leftBrace else { return nil }
      reportForeign("'\(text(mark))' without an 'if' or 'try' before it", at: mark.range)
      throw Failure()
    case "use":
      guard next.kind == .stringOpen else { return nil }
      reportForeign("a module is named by a word", at: next.range, help: "use name")
      skipLine()
      return .expression(Expression(.missing, range: mark.range))
    case "test":
      guard next.kind == .name, peek(2).kind == .leftBrace else { return nil }
      report(
        .expectedName, "the name of a test is a string", at: next.range, help: "test \"\(text(next))\" { … }")
      advance()
      let title = StringLiteral(parts: [.text(text(next))], range: advance().range, isMultiline: false)
      return .test(name: title, body: try block(of: "test", header: mark.range))
    default: return nil
    }
  }

  /// The text from a bracket ahead to the one that closes it on the same line.
  private func bracketText(ahead: Int) -> String {
    var (index, open) = (position + ahead, 0)
    let first = tokens[index].range
    repeat {
      switch tokens[index].kind {
      case .leftParen, .leftBracket: open += 1
      case .rightParen, .rightBracket: open -= 1
      default: break
      }
      index += 1
    } while open > 0 && !tokens[index].newlineBefore && tokens[index].kind != .end
    return open == 0 ? shortened(source[SourceRange(from: first, to: tokens[index - 1].range)]) : "(…)"
  }

  /// `pass` alone on its line.
  @inline(never)
  mutating func foreignLonelyWord() -> Statement.Kind? {
    guard isWord("pass", token) else { return nil }
    reportForeign("'pass' is not a word of Limn: an empty body is '{ }'", at: token.range, help: "{ }")
    return .expression(Expression(.missing, range: advance().range))
  }

  /// `let mut x`
  mutating func foreignMutable(_ keyword: Token) {
    guard isWord("mut", token), peek().kind == .name else { return }
    reportForeign("'mut' is not a word of Limn", at: token.range, help: "var \(text(peek()))")
    advance()
  }

  /// `f(*args)`, `f(...args)` in a declaration.
  mutating func foreignRestParameter() throws(Failure) {
    switch token.kind {
    case .star, .rangeThrough, .dots:
      reportForeign("a function has a fixed number of parameters: take a list", at: token.range)
      advance()
    default: return
    }
  }

  /// Moves to the next line, or to what ends the statement on this one.
  private mutating func skipLine() {
    repeat {
      advance()
    } while !token.newlineBefore && token.kind != .end && token.kind != .semicolon
      && token.kind != .rightBrace
  }

  /// `x ^= 2`
  mutating func foreignAssignment(_ place: Expression) throws(Failure) -> Statement.Kind {
    let mark = advance()
    checkPlace(place, mark)
    let value = try expression()
    let (name, sign) = (shortened(source[place.range]), text(mark).dropLast())
    reportForeign(
      "'\(sign)=' is not an operator", at: mark.range,
      help: "\(name) = \(name) \(sign) \(shortened(source[value.range]))")
    return .assign(place: place, .set, value: value)
  }

  // MARK: - Else

  /// Whether `elif`, `elsif` or `elseif` stands here, behind the body of an `if`.
  var isForeignElseIf: Bool {
    token.kind == .name && !peek().newlineBefore && (beginsExpression(peek().kind))
      && (isWord("elif", token) || isWord("elsif", token) || isWord("elseif", token))
  }

  /// Tells about `elif`; it then stands for the `if` of `else if`.
  mutating func foreignElseIf() -> Bool {
    reportForeign("'\(text(token))' is not a word of Limn", at: token.range, help: "else if")
    toleratesColon = true
    return true
  }

  /// `else` or `catch` at the start of a statement.
  @inline(never)
  mutating func misplacedElse() throws(Failure) -> Statement.Kind {
    let mark = advance()
    let owner = mark.kind == .else ? "if" : "try"
    report(.misplacedElse, "'\(text(mark))' without '\(owner)' before it", at: mark.range)
    if mark.kind == .else, token.kind == .if { return .expression(try expression()) }
    if mark.kind == .catch { _ = take(.name) }
    if token.kind == .leftBrace { _ = try block(of: text(mark), header: mark.range) }
    return .expression(Expression(.missing, range: mark.range))
  }

  // MARK: - Heads

  /// `for (x in xs)`: steps over the bracket, to be told at its end; a C loop is told as such.
  mutating func foreignLoopBracket() throws(Failure) -> Token? {
    let opener = token
    guard peek().kind == .name, peek(2).kind == .in || peek(2).kind == .comma else {
      reportForeign("a loop goes over a list, a range or a map", at: opener.range, help: "for i in 0..<10 { … }")
      // The `;` in the brackets must not look like ends of statements.
      openBrackets += 1
      advance()
      throw Failure()
    }
    return advance()
  }

  /// `(i, x) in` behind `for`: the names, when the bracket holds only them.
  mutating func foreignLoopNames(_ opener: Token) -> [Name]? {
    var ahead = 0
    while peek(ahead).kind == .name, peek(ahead + 1).kind == .comma { ahead += 2 }
    guard peek(ahead).kind == .name, peek(ahead + 1).kind == .rightParen, peek(ahead + 2).kind == .in else { return nil }
    var names: [Name] = []
    while token.kind != .rightParen {
      names.append(name(advance()))
      _ = take(.comma)
    }
    advance()
    advance()
    reportForeign(
      "the names of 'for' have no brackets", at: opener.range, help: "for \(names.map(\.text).joined(separator: ", ")) in …")
    return names
  }

  mutating func endForeignLoopBracket(
    _ opener: Token, _ names: [Name], _ sequence: Expression
  ) throws(Failure) {
    guard take(.rightParen) else { throw unclosed(opener, expected: "')'") }
    let list = names.map(\.text).joined(separator: ", ")
    reportForeign(
      "the head of 'for' has no brackets", at: opener.range,
      help: "for \(list) in \(shortened(source[sequence.range])) { … }")
  }

  /// A body behind `:`, by indentation: told once a header, then read, so that the errors in it are found too.
  @inline(never)
  mutating func indentedBlock(of what: String, header: SourceRange) throws(Failure) -> Block {
    let mark = token
    let isToleratedHere = toleratesColon
    toleratesColon = false
    advance()
    if what == "for", !token.newlineBefore, beginsExpression(token.kind) {
      let last = tokens[max(0, position - 2)]  // what stands before the ':'
      let lower = last.kind == .int || last.kind == .name ? text(last) : "1"
      let upper = try headExpression()
      reportForeign(
        "a range is written '..<' or, with its end, '...'", at: mark.range,
        help: "\(lower)...\(shortened(source[upper.range]))")
      return try block(of: what, header: header)
    }
    if !isToleratedHere {
      reportForeign("the body of '\(what)' stands in braces, not behind ':'", at: mark.range, help: "{ … }")
    }
    var statements: [Statement] = []
    if !token.newlineBefore, token.kind != .end {
      if let statement = statement() { statements.append(statement) }
      return Block(statements, range: range(from: mark.range))
    }
    let indentation = indentation(at: header.start)
    // What follows on a line belongs to what began it, so only the first word of each is looked at.
    while token.kind != .end, token.kind != .rightBrace, !token.newlineBefore || self.indentation(at: token.start) > indentation {
      if take(.semicolon) { continue }
      if let statement = statement() { statements.append(statement) }
    }
    return Block(statements, range: range(from: mark.range))
  }

  /// How many blanks the line of an offset begins with.
  private func indentation(at offset: UInt32) -> Int {
    var start = Int(offset)
    while start > 0, source.bytes[start - 1] != ascii("\n") { start -= 1 }
    var end = start
    while end < source.bytes.count, source.bytes[end] == ascii(" ") || source.bytes[end] == ascii("\t") { end += 1 }
    return end - start
  }

  // MARK: - Behind a statement

  /// What follows a whole statement on its line.
  @inline(never)
  mutating func unexpectedAfterExpression() -> Failure {
    if isReported(token) { return Failure() }
    switch token.kind {
    case .rightParen, .rightBracket, .interpolationClose:
      report(.unmatchedBracket, "'\(text(token))' closes nothing", at: token.range)
    case .leftBrace:
      let help = previous.kind == .name ? "\(text(previous))() { … }" : nil
      report(
        .misplacedBrace,
        "'{' opens nothing here: a block follows 'if', 'for', 'while', '=>' or, on its line, the ')' of a call",
        at: token.range, help: help)
    case .arrow where previous.kind == .rightParen:
      report(.operatorNeedsBrackets, "left of '=>' stand only the names of parameters", at: token.range)
    case .arrow:
      report(
        .operatorNeedsBrackets, "a function inside an expression stands in brackets", at: token.range,
        help: "(x => …)")
    case .assign:
      report(.expectedStatementEnd, "an assignment is a statement of its own", at: token.range)
    case .name where isWord("mod", token) && !token.newlineBefore:
      reportForeign("'mod' is not an operator", at: token.range, help: "%")
    case .bang where token.start == previous.end:
      reportForeign("'!' stands before what it negates: a value that may be nil is compared with nil", at: token.range)
    case .comma where previous.kind == .name:
      reportForeign("one name is given a value at a time", at: token.range)
    case .colon where previous.kind == .int && peek().kind == .int:
      reportForeign(
        "a range is written '..<' or, with its end, '...'", at: token.range, help: "\(text(previous))...\(text(peek()))")
    default:
      let begins =
        beginsStatement(token) || token.kind == .for
        || (previous.kind == .rightParen && token.kind == .name)
      return failure(
        .expectedStatementEnd, expected: "the end of the statement",
        help: begins ? "';' between statements on one line" : nil)
    }
    return Failure()
  }
}
