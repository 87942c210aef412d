// Expressions as other languages spell them. Each is told with Limn's spelling, and where the meaning is plain the parser
// builds Limn's node and goes on. Statements: Parser+ForeignStatements.swift; single marks: Lexer+Foreign.swift.

extension Parser {
  // MARK: - Behind an expression

  /// Whether something follows that continues an expression in another language only.
  var isForeignTail: Bool {
    switch token.kind {
    case .question, .if, .plusPlus, .dots, .in, .not, .thinArrow: !startsLine
    case .name: !startsLine && isWord("is", token)
    default: false
    }
  }

  @inline(never)
  mutating func foreignTail(after value: Expression) throws(Failure) -> Expression {
    switch token.kind {
    case .question: return try foreignChoice(condition: value)
    case .if: return try foreignTrailingIf(value)
    case .plusPlus: return try foreignStep(value)
    case .dots: return try foreignRange(from: value)
    case .thinArrow:
      reportForeign("a function is written with '=>', not '->'", at: token.range, help: "x => x + 1")
      advance()
      return try expression()
    case .name:
      let mark = advance()
      let isNegated = take(.not)
      reportForeign("'is' is not an operator", at: range(from: mark.range), help: isNegated ? "!=" : "==")
      return try expression()
    default:  // `in`, `not in`
      let mark = advance()
      if mark.kind == .not, !take(.in) {
        report(.expectedStatementEnd, "expected an operator, found 'not'", at: mark.range)
        throw Failure()
      }
      let place = range(from: mark.range)
      let list = try expression()
      return membership(of: value, in: list, isNegated: mark.kind == .not, at: place)
    }
  }

  /// `x in xs`: told, then taken as `xs.contains(x)`.
  private mutating func membership(of item: Expression, in list: Expression, isNegated: Bool, at place: SourceRange) -> Expression {
    var isSimple = true
    switch list.kind {
    case .binary, .unary, .range, .function, .if, .try: isSimple = source.bytes[Int(list.range.start)] == ascii("(")
    default: break
    }
    let text = isSimple ? source[list.range] : "(\(source[list.range]))"
    let help = "\(isNegated ? "not " : "")\(text).contains(\(source[item.range]))"
    reportForeign(
      "'in' stands only in 'for x in xs'", at: place, help: help.count <= 80 && !help.contains { $0.isNewline } ? help : "xs.contains(x)")
    let call = Call(
      callee: .method(receiver: list, name: Name("contains", range: place)),
      arguments: [Call.Argument(label: nil, value: item, isSpread: false, range: item.range)], trailing: nil, argumentsRange: item.range,
      isShorthand: false)
    let range = SourceRange(from: item.range, to: list.range)
    let result = Expression(.call(call), range: range)
    return isNegated ? Expression(.unary(.not, result), range: range) : result
  }

  /// `c ? a : b`
  private mutating func foreignChoice(condition: Expression) throws(Failure) -> Expression {
    let mark = advance()
    let name = shortened(source[condition.range])
    if token.kind == .question, token.start == mark.end {
      advance()
      let other = try expression()
      reportForeign(
        "'??' is not an operator", at: SourceRange(from: mark.range, to: SourceRange(start: mark.end, end: mark.end + 1)),
        help: "if \(name) == nil { \(shortened(source[other.range])) } else { \(name) }")
      return condition
    }
    if token.kind == .dot, token.start == mark.end {
      reportForeign(
        "'?.' is not an operator: a value that may be nil is asked first", at: SourceRange(from: mark.range, to: token.range),
        help: "if \(name) == nil { nil } else { \(name).… }")
      throw Failure()
    }
    let first = try expression()
    guard take(.colon) else {
      reportForeign("a choice is written with 'if'", at: mark.range, help: "if a { b } else { c }")
      throw Failure()
    }
    let second = try expression()
    return choice(mark, condition, first, second, from: condition)
  }

  /// `a if c else b`
  private mutating func foreignTrailingIf(_ value: Expression) throws(Failure) -> Expression {
    let mark = advance()
    let condition = try headExpression()
    guard take(.else) else {
      reportForeign("'if' stands before what it decides", at: mark.range, help: "if c { a }")
      throw Failure()
    }
    let other = try expression()
    return choice(mark, condition, value, other, from: value)
  }

  private mutating func choice(
    _ mark: Token, _ condition: Expression, _ first: Expression, _ second: Expression, from start: Expression
  ) -> Expression {
    let help = "if \(source[condition.range]) { \(source[first.range]) } else { \(source[second.range]) }"
    let isShort = help.count <= 80 && !help.contains { $0.isNewline }
    reportForeign(
      "a choice is written with 'if' in front", at: mark.range, help: isShort ? help : "if a { b } else { c }")
    let blocks = [first, second].map { Block([Statement(.expression($0), range: $0.range)], range: $0.range) }
    let branch = If.Branch(condition: condition, body: blocks[0])
    return Expression(.if(If(branches: [branch], otherwise: blocks[1])), range: range(from: start.range))
  }

  /// `a..b`
  private mutating func foreignRange(from lower: Expression) throws(Failure) -> Expression {
    let mark = advance()
    let upper = try binary(from: Parser.additiveLevel)
    let range = SourceRange(from: lower.range, to: upper.range)
    let isShort = range.count < 40
    reportForeign(
      "a range is written '..<' or, with its end, '...'", at: mark.range,
      help: isShort ? "\(source[lower.range])..<\(source[upper.range])" : nil)
    return Expression(.range(lower: lower, upper: upper, isClosed: false), range: range)
  }

  // MARK: - x++

  /// Whether `x--` ends here: two minus signs and then nothing that could be negated.
  var isDecrement: Bool {
    let second = peek()
    guard second.kind == .minus, second.start == token.end else { return false }
    let after = peek(2)
    return after.newlineBefore || after.kind == .end || after.kind == .semicolon || after.kind == .rightBrace
      || after.kind == .rightParen
  }

  mutating func foreignStep(_ value: Expression) throws(Failure) -> Expression {
    let mark = advance()
    if mark.kind == .minus { advance() }
    let sign = mark.kind == .minus ? "-" : "+"
    reportForeign(
      "'\(sign)\(sign)' is not an operator", at: range(from: mark.range),
      help: "\(shortened(source[value.range])) \(sign)= 1")
    return value
  }

  mutating func foreignPrefixStep() throws(Failure) -> Expression {
    let mark = advance()
    try enter()
    let value = try operand()
    leave()
    reportForeign("'++' is not an operator", at: mark.range, help: "\(shortened(source[value.range])) += 1")
    return value
  }

  // MARK: - In place of an operand

  /// A name that is a word of another language; nil for all others.
  @inline(never)
  mutating func foreignName() throws(Failure) -> Expression? {
    let range = token.range
    switch range.count {
    case 4, 5, 6, 8: break
    default: return nil
    }
    let replacement: (String, Expression.Kind)
    switch source.bytes[Int(range.start)] {
    case ascii("N") where isWord("None", token) || isWord("NULL", token): replacement = ("nil", .nil)
    case ascii("n") where isWord("null", token): replacement = ("nil", .nil)
    case ascii("T") where isWord("True", token) || isWord("TRUE", token): replacement = ("true", .bool(true))
    case ascii("F") where isWord("False", token) || isWord("FALSE", token): replacement = ("false", .bool(false))
    case ascii("l") where isWord("lambda", token): return try foreignLambda()
    case ascii("a") where isWord("await", token) && peek().kind == .name && !peek().newlineBefore:
      reportForeign("'await' is not a word of Limn: a call waits for its result", at: range)
      advance()
      return try operand()
    case ascii("f") where isWord("function", token) && peek().kind == .leftParen: return try foreignFunction()
    default: return nil
    }
    reportForeign("'\(text(token))' is not a word of Limn", at: range, help: replacement.0)
    advance()
    return Expression(replacement.1, range: range)
  }

  /// The current token begins no expression of Limn.
  @inline(never)
  mutating func foreignPrimary() throws(Failure) -> Expression {
    let mark = token
    switch mark.kind {
    case .leftBrace: return try foreignBraces()
    case .dot where peek().kind == .int && peek().start == mark.end:
      reportForeign(
        "a number begins with a digit", at: SourceRange(from: mark.range, to: peek().range), help: "0.\(text(peek()))")
      advance()
      return Expression(.missing, range: SourceRange(from: mark.range, to: advance().range))
    case .func where peek().kind == .leftParen: return try foreignFunction()
    case .plus:
      reportForeign("'+' stands only between two operands", at: mark.range)
      advance()
      try enter()
      defer { leave() }
      return try operand()
    case .dots where beginsExpression(peek().kind):
      report(
        .expectedExpression, "'..' passes on arguments in a call; lists are joined with '+'", at: mark.range,
        help: "xs + ys")
      throw Failure()
    case .rangeUpTo, .rangeThrough, .dots:
      report(.openRangeOutsideIndex, "a range without both ends stands only in an index", at: mark.range)
      throw Failure()
    default: break
    }
    if Parser.level(previous.kind) == Parser.rangeLevel, position > 0, mark.kind != .end {
      report(.openRangeOutsideIndex, "a range without both ends stands only in an index", at: previous.range)
      throw Failure()
    }
    if mark.kind == .bar, peek().kind == .name, let function = try foreignBars() { return function }
    if mark.kind == .at, peek().kind == .name, peek().start == mark.end {
      reportForeign("'@\(text(peek()))' is not a word of Limn: there are no macros and decorators", at: SourceRange(from: mark.range, to: peek().range))
      throw Failure()
    }
    if let opener = innermostOpener, mark.newlineBefore, beginsStatement(mark) { throw neverClosed(opener) }
    throw failure(.expectedExpression, expected: "an expression")
  }

  /// `{}`, `{"a": 1}`: a map in braces.
  private mutating func foreignBraces() throws(Failure) -> Expression {
    let opener = token
    let next = peek()
    // In the head of `if`, `while` or `for` it is the body, and what is missing stands before it.
    if !allowsTrailingBlock { throw failure(.expectedExpression, expected: "an expression") }
    if next.kind == .rightBrace {
      reportForeign(
        "a map stands in square brackets", at: SourceRange(from: opener.range, to: next.range), help: "[:]")
      advance()
      advance()
      return Expression(.missing, range: range(from: opener.range))
    }
    let isMap: Bool
    switch next.kind {
    case .stringOpen, .int: isMap = true
    case .name: isMap = peek(2).kind == .colon || peek(2).kind == .comma
    default: isMap = false
    }
    if next.kind == .name, peek(2).kind == .in || peek(2).kind == .arrow || peek(2).kind == .thinArrow {
      let name = text(next)
      try skipBraces()
      reportForeign(
        "a function begins with its parameters, not with '{'", at: SourceRange(from: opener.range, to: next.range),
        help: "\(name) => …")
      return Expression(.missing, range: range(from: opener.range))
    }
    if !isMap {
      report(
        .misplacedBrace,
        "'{' opens nothing here: a block follows 'if', 'for', 'while', '=>' or, on its line, the ')' of a call",
        at: opener.range)
    }
    try skipBraces()
    if isMap {
      let inner = source[range(from: opener.range)].dropFirst().dropLast()
      let isShort = inner.count <= 60 && !inner.contains { $0.isNewline || $0 == "{" }
      reportForeign(
        "lists and maps stand in square brackets, not in braces", at: opener.range,
        help: isShort ? "[\(inner)]" : "[\"key\": value]")
    }
    return Expression(.missing, range: range(from: opener.range))
  }

  /// Moves behind the `}` that closes the current `{`.
  mutating func skipBraces() throws(Failure) {
    let opener = token
    var open = 0
    repeat {
      if token.kind == .leftBrace { open += 1 }
      if token.kind == .rightBrace { open -= 1 }
      if token.kind == .end || token.kind == .interpolationClose {
        throw unclosed(opener, expected: "'}'")
      }
      advance()
    } while open > 0
  }

  // MARK: - In brackets

  /// `[1, 2; 3, 4]`, `[1 2; 3 4]`: told at the `;`.
  mutating func foreignMatrix() -> Bool {
    guard token.kind == .semicolon, !token.newlineBefore else { return false }
    reportForeign("rows are lists in a list", at: token.range, help: "tensor([[1, 2], [3, 4]])")
    return true
  }

  /// `(a, b)`: told, then taken as a list.
  mutating func foreignTuple(_ first: Expression, _ opener: Token) throws(Failure) -> Expression {
    let mark = token
    var items = [first]
    while take(.comma), token.kind != .rightParen { items.append(try expression()) }
    let range = range(from: first.range)
    let inner = source[range]
    report(
      .foreignSpelling, "several values stand in square brackets", at: mark.range,
      secondary: [.init(range: opener.range, label: "opened here")],
      help: inner.count <= 60 && !inner.contains { $0.isNewline } ? "[\(inner)]" : "[a, b]")
    return Expression(.list(items), range: range)
  }

  /// `sum(f(x) for x in xs)`, `(f(x) for x in xs)`: told, then taken as a comprehension.
  mutating func foreignGenerator(_ element: Expression) throws(Failure) -> Expression {
    let mark = token
    let clauses = try comprehensionClauses()
    let range = range(from: element.range)
    let inner = source[range]
    reportForeign(
      "a comprehension stands in square brackets", at: mark.range,
      help: inner.count <= 60 && !inner.contains { $0.isNewline } ? "[\(inner)]" : "[f(x) for x in xs]")
    return Expression(
      .comprehension(Comprehension(key: nil, element: element, clauses: clauses)), range: range)
  }

  /// `seed=7`: told, then taken as the label it was meant to be.
  mutating func foreignLabel() -> Name {
    let label = name(advance())
    let mark = advance()
    let isSimple = [.int, .float, .name, .true, .false, .nil].contains(token.kind)
    let value = isSimple ? text(token) : "…"
    reportForeign(
      "an argument is named with ':', not '='", at: SourceRange(from: label.range, to: mark.range),
      help: "\(label.text): \(value == "None" ? "nil" : value == "True" ? "true" : value == "False" ? "false" : value)")
    return label
  }

  /// `f("a": 1)`
  mutating func foreignStringLabel(_ value: Expression) {
    var help: String?
    if case .string(let literal) = value.kind, let text = literal.plainText { help = "\(shortened(text)): …" }
    report(.expectedName, "an argument's name is a plain word", at: value.range, help: help)
    advance()
    _ = try? expression()
  }

  /// `f(...xs)`, `f(*xs)`
  mutating func foreignSpread() throws(Failure) -> Call.Argument {
    let mark = advance()
    reportForeign("arguments are passed on with '..', not '\(text(mark))'", at: mark.range, help: "..options")
    let value = try expression()
    return Call.Argument(label: nil, value: value, isSpread: true, range: range(from: mark.range))
  }

  /// `x[1:5]`, `x[:, 0]`, `x[::2]`: told, then taken as a slice.
  mutating func foreignSlice(of base: Expression, lower: Expression?) throws(Failure) -> Index {
    let mark = token
    let first = lower?.range ?? mark.range
    advance()
    var upper: Expression?
    if !endsSlice { upper = try binary(from: Parser.additiveLevel) }
    let hasStep = token.kind == .colon
    var step: Expression?
    if hasStep {
      advance()
      if !endsSlice { step = try binary(from: Parser.additiveLevel) }
    }
    let range = range(from: first)
    let (low, high) = (lower.map { source[$0.range] } ?? "", upper.map { source[$0.range] } ?? "")
    let slice = low.isEmpty && high.isEmpty ? ".." : high.isEmpty ? "\(low)..." : "\(low)..<\(high)"
    let name = source[base.range]
    let help = slice.count + name.count <= 60 ? "\(name)[\(slice)]" : slice
    reportForeign(
      hasStep ? "a slice is written with '..<'; each n-th item is a range with 'by'" : "a slice is written with '..<', not ':'", at: range,
      help: hasStep ? stepHelp(name, low, high, step.map { source[$0.range] } ?? "1") : help)
    if lower == nil, upper == nil { return .wholeAxis(range) }
    return .slice(lower: lower, upper: upper, isClosed: false, range: range)
  }

  /// What Limn has for `x[a:b:c]`.
  private func stepHelp(_ name: String, _ low: String, _ high: String, _ step: String) -> String? {
    guard name.count + low.count + high.count + step.count <= 50 else { return nil }
    if step == "-1" { return low.isEmpty && high.isEmpty ? "\(name).reversed()" : nil }
    if step.hasPrefix("-") || low.hasPrefix("-") || high.hasPrefix("-") { return nil }
    return "\(name)[(\(low.isEmpty ? "0" : low)..<\(high.isEmpty ? "len(\(name))" : high)).by(\(step))]"
  }

  private var endsSlice: Bool {
    token.kind == .colon || token.kind == .comma || token.kind == .rightBracket || token.kind == .end
  }
}
