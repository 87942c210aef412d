// Literals, names, brackets, lists, maps, comprehensions, `if` and `try`.

extension Parser {
  /// Whether an expression can begin with this token.
  func beginsExpression(_ kind: TokenKind) -> Bool {
    switch kind {
    case .name, .int, .float, .stringOpen, .leftParen, .leftBracket, .minus, .bang, .true, .false, .nil, .not, .if,
      .try:
      true
    default: false
    }
  }

  mutating func primary() throws(Failure) -> Expression {
    let first = token
    switch first.kind {
    case .name:
      if let foreign = try foreignName() { return foreign }
      advance()
      return Expression(.name(text(first)), range: first.range)
    case .int: return intLiteral()
    case .float: return floatLiteral()
    case .stringOpen: return try stringExpression()
    case .true, .false:
      advance()
      return Expression(.bool(first.kind == .true), range: first.range)
    case .nil:
      advance()
      return Expression(.nil, range: first.range)
    case .leftParen: return try bracketedExpression()
    case .leftBracket: return try listOrMap()
    case .if: return try ifExpression()
    case .try: return try tryExpression()
    default: return try foreignPrimary()
    }
  }

  // MARK: - Numbers

  /// The digits of an int token as a number; nil when it does not fit in 64 bits.
  func magnitude(of token: Token) -> UInt? {
    var value: UInt = 0
    for byte in source.bytes[Int(token.start)..<Int(token.end)] where byte != ascii("_") {
      guard byte >= ascii("0"), byte <= ascii("9") else { return 0 }  // the lexer has reported it
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow2) = product.addingReportingOverflow(UInt(byte - ascii("0")))
      if overflow || overflow2 { return nil }
      value = sum
    }
    return value
  }

  private mutating func intLiteral() -> Expression {
    let number = advance()
    if let magnitude = magnitude(of: number), let value = Int(exactly: magnitude) {
      return Expression(.int(value), range: number.range)
    }
    report(
      .badNumber, "\(shortened(text(number))) is larger than the largest int, \(Int.max)", at: number.range,
      help: "\(shortened(text(number))).0 is a float")
    return Expression(.missing, range: number.range)
  }

  private mutating func floatLiteral() -> Expression {
    let number = advance()
    let digits = text(number).filter { $0 != "_" }
    guard let value = Double(digits) else { return Expression(.missing, range: number.range) }
    if value.isInfinite {
      report(.badNumber, "\(shortened(digits)) is larger than the largest float, about 1.8e308", at: number.range)
      return Expression(.missing, range: number.range)
    }
    return Expression(.float(value), range: number.range)
  }

  // MARK: - Brackets, lists and maps

  private mutating func bracketedExpression() throws(Failure) -> Expression {
    let opener = token
    let inner = try bracketed { (parser) throws(Failure) in
      if parser.token.kind == .rightParen { throw parser.failure(.expectedExpression, expected: "an expression") }
      var inner = try parser.expression()
      if parser.token.kind == .comma { inner = try parser.foreignTuple(inner, opener) }
      if parser.token.kind == .for { inner = try parser.foreignGenerator(inner) }
      guard parser.token.kind == .rightParen else { throw parser.unclosed(opener, expected: "')'") }
      return inner
    }
    return Expression(inner.kind, range: range(from: opener.range))
  }

  private mutating func listOrMap() throws(Failure) -> Expression {
    let opener = token
    let kind = try bracketed { (parser) throws(Failure) in
      let kind = try parser.items(opener)
      guard parser.token.kind == .rightBracket else {
        if parser.foreignMatrix() { throw Failure() }
        throw parser.unclosed(opener, expected: "',' or ']'", help: parser.missingCommaHelp)
      }
      return kind
    }
    try grow()
    return Expression(kind, range: range(from: opener.range))
  }

  /// What stands between `[` and `]`.
  private mutating func items(_ opener: Token) throws(Failure) -> Expression.Kind {
    if token.kind == .rightBracket { return .list([]) }
    if token.kind == .colon, peek().kind == .rightBracket {
      advance()
      return .map([])
    }
    let first = try expression()
    let firstValue = take(.colon) ? try expression() : nil
    if token.kind == .for {
      let clauses = try comprehensionClauses()
      return .comprehension(
        Comprehension(key: firstValue == nil ? nil : first, element: firstValue ?? first, clauses: clauses))
    }
    guard let firstValue else { return .list(try listItems(after: first)) }
    return .map(try mapEntries(after: MapEntry(key: first, value: firstValue)))
  }

  private mutating func listItems(after first: Expression) throws(Failure) -> [Expression] {
    var items = [first]
    while take(.comma), token.kind != .rightBracket {
      items.append(try expression())
      if token.kind == .colon {
        report(.mixedListAndMap, "a list has no keys: a ':' stands after every item or none", at: token.range)
        throw Failure()
      }
    }
    return items
  }

  private mutating func mapEntries(after first: MapEntry) throws(Failure) -> [MapEntry] {
    var entries = [first]
    while take(.comma), token.kind != .rightBracket {
      let key = try expression()
      guard take(.colon) else {
        if token.kind == .comma || token.kind == .rightBracket {
          report(.mixedListAndMap, "a map needs ':' and a value after each key", at: key.range)
          throw Failure()
        }
        throw failure(.expectedToken, expected: "':' and a value after the key")
      }
      entries.append(MapEntry(key: key, value: try expression()))
    }
    return entries
  }

  /// `for names in sequence if condition`, once or more.
  mutating func comprehensionClauses() throws(Failure) -> [Comprehension.Clause] {
    var clauses: [Comprehension.Clause] = []
    while take(.for) {
      let names = try loopNames()
      let sequence = try clauseExpression()
      let condition = take(.if) ? try clauseExpression() : nil
      clauses.append(Comprehension.Clause(names: names, sequence: sequence, condition: condition))
    }
    return clauses
  }

  /// Like `expression`, but an `if` after it belongs to the comprehension.
  private mutating func clauseExpression() throws(Failure) -> Expression {
    try enter()
    let outer = height
    height = 0
    let first = try binary(from: 1)
    let value = token.kind == .dots && !startsLine ? try foreignTail(after: first) : first
    height = max(height, outer)
    leave()
    return value
  }

  /// `a, b in`
  mutating func loopNames() throws(Failure) -> [Name] {
    var names: [Name] = []
    repeat { names.append(try declaredName("a name for each item")) } while take(.comma)
    guard take(.in) else {
      if token.kind == .assign {
        reportForeign("a loop goes over a list, a range or a map", at: token.range, help: "for \(names[0].text) in 0..<10 { … }")
        throw Failure()
      }
      throw failure(.expectedToken, expected: "'in'")
    }
    return names
  }

  /// A name to be declared: a reserved word is told to be one.
  @inline(never)
  mutating func declaredName(_ expected: String) throws(Failure) -> Name {
    if token.kind == .name { return name(advance()) }
    if token.kind.isKeyword, !startsLine {
      report(.reservedWord, "'\(text(token))' is a word of the language and cannot be a name", at: token.range)
      throw Failure()
    }
    throw failure(.expectedName, expected: expected)
  }

  // MARK: - if and try

  private mutating func ifExpression() throws(Failure) -> Expression {
    let first = token
    var branches: [If.Branch] = []
    var otherwise: Block?
    repeat {
      let header = advance()
      let condition = try headExpression()
      let body = try block(of: "if", header: header.range)
      branches.append(If.Branch(condition: condition, body: body))
    } while try continuesIf(&otherwise)
    try grow()
    return Expression(.if(If(branches: branches, otherwise: otherwise)), range: range(from: first.range))
  }

  /// After a body: whether `else if` follows (its `if` is then current); reads the body of `else` into `otherwise`.
  private mutating func continuesIf(_ otherwise: inout Block?) throws(Failure) -> Bool {
    if isForeignElseIf { return foreignElseIf() }
    guard token.kind == .else else { return false }
    reportIfOnNextLine("else")
    let header = advance()
    if token.kind == .if { return true }
    otherwise = try block(of: "else", header: header.range)
    return false
  }

  /// `else` and `catch` stand on the line of the `}` before them; after an indented block that is told already.
  private mutating func reportIfOnNextLine(_ word: String) {
    guard token.newlineBefore, previous.kind == .rightBrace else { return }
    report(
      .misplacedElse, "'\(word)' stands on the line of the '}' before it", at: token.range,
      secondary: [.init(range: previous.range, label: "here")], help: "} \(word)")
  }

  private mutating func tryExpression() throws(Failure) -> Expression {
    let first = advance()
    let body = try block(of: "try", header: first.range)
    if isWord("except", token) {
      reportForeign("'except' is not a word of Limn", at: token.range, help: "catch e")
    } else {
      guard token.kind == .catch else {
        throw failure(.expectedToken, expected: "'catch'", help: "try { … } catch e { … }")
      }
      reportIfOnNextLine("catch")
    }
    let header = advance()
    let name = try errorName()
    let handler = try block(of: "catch", header: header.range)
    try grow()
    return Expression(.try(Try(body: body, errorName: name, handler: handler)), range: range(from: first.range))
  }

  private mutating func errorName() throws(Failure) -> Name {
    if token.kind == .leftParen, peek().kind == .name, peek(2).kind == .rightParen {
      reportForeign("the name after 'catch' has no brackets", at: token.range, help: "catch \(text(peek()))")
      advance()
      defer { advance() }
      return name(advance())
    }
    guard token.kind == .name else {
      throw failure(.expectedName, expected: "a name for the error", help: "catch e")
    }
    return name(advance())
  }
}
