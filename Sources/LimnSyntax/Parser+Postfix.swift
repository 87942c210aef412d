// Fields, calls, indices and trailing blocks.

extension Parser {
  /// A primary and what follows it without a break: `.name`, `(…)`, `[…]`.
  mutating func postfix() throws(Failure) -> Expression {
    let isName = token.kind == .name
    var base = try primary()
    while true {
      switch token.kind {
      case .leftParen where !startsLine:
        let callee: Call.Callee
        if isName, case .name(let text) = base.kind, previous.kind == .name {
          callee = .name(Name(text, range: base.range))
        } else {
          callee = .value(base)
        }
        base = try call(callee, from: base.range)
      case .leftBracket where !startsLine:
        base = try index(of: base)
      case .dot:
        base = try member(of: base)
      default: return base
      }
      try grow()
    }
  }

  /// `.name` or `.name(…)`.
  private mutating func member(of base: Expression) throws(Failure) -> Expression {
    advance()
    guard token.kind.isWord else { throw badMember(of: base) }
    let name = name(advance())
    if token.kind == .leftParen, !startsLine {
      return try call(.method(receiver: base, name: name), from: base.range)
    }
    return Expression(.field(base, name), range: SourceRange(from: base.range, to: name.range))
  }

  private mutating func badMember(of base: Expression) -> Failure {
    if token.kind == .int, case .name(let name) = base.kind {
      return failure(.expectedName, expected: "a name after '.'", help: "\(name)[\(text(token))]")
    }
    let mark = previous
    if mark.start > 0, !token.newlineBefore, token.start == mark.end, [.star, .slash, .caret, .plus, .minus].contains(token.kind) {
      reportForeign("'.\(text(token))' is not an operator: '\(text(token))' is elementwise", at: SourceRange(from: mark.range, to: token.range), help: text(token))
      return Failure()
    }
    if position >= 2, tokens[position - 2].kind == .int, tokens[position - 2].end == mark.start {
      let digits = text(tokens[position - 2])
      reportForeign("a number does not end with '.'", at: SourceRange(from: tokens[position - 2].range, to: mark.range), help: "\(digits).0")
      return Failure()
    }
    return failure(.expectedName, expected: "a name after '.'")
  }

  // MARK: - Calls

  private mutating func call(_ callee: Call.Callee, from start: SourceRange) throws(Failure) -> Expression {
    let opener = token
    let arguments = try bracketed { (parser) throws(Failure) in try parser.arguments(opener) }
    let argumentsRange = range(from: opener.range)
    var trailing: Function?
    if token.kind == .leftBrace, !token.newlineBefore, allowsTrailingBlock { trailing = try trailingBlock() }
    let call = Call(
      callee: callee, arguments: arguments, trailing: trailing, argumentsRange: argumentsRange, isShorthand: false)
    return Expression(.call(call), range: range(from: start))
  }

  /// Takes the bracket, what `body` reads and its closer; inside, line ends do not count and trailing blocks may stand.
  mutating func bracketed<Result>(
    _ body: (inout Parser) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let (wasInside, allowed, outer) = (isInsideBrackets, allowsTrailingBlock, innermostOpener)
    (isInsideBrackets, allowsTrailingBlock, innermostOpener) = (true, true, token)
    openBrackets += 1
    advance()
    let result = try body(&self)
    openBrackets -= 1
    (isInsideBrackets, allowsTrailingBlock, innermostOpener) = (wasInside, allowed, outer)
    advance()
    return result
  }

  /// The arguments up to the `)`, which is left for `bracketed`.
  private mutating func arguments(_ opener: Token) throws(Failure) -> [Call.Argument] {
    var arguments: [Call.Argument] = []
    while token.kind != .rightParen {
      arguments.append(try argument())
      if token.kind == .for, let last = arguments.popLast() {
        let value = try foreignGenerator(last.value)
        arguments.append(Call.Argument(label: last.label, value: value, isSpread: false, range: value.range))
      }
      if take(.comma) { continue }
      guard token.kind == .rightParen else {
        throw unclosed(opener, expected: "',' or ')'", help: missingCommaHelp)
      }
    }
    checkDuplicates(arguments)
    return arguments
  }

  private mutating func argument() throws(Failure) -> Call.Argument {
    let first = token
    if take(.dots) {
      let value = try expression()
      return Call.Argument(
        label: nil, value: value, isSpread: true, range: SourceRange(from: first.range, to: value.range))
    }
    if first.kind == .rangeThrough || first.kind == .star { return try foreignSpread() }
    var label: Name?
    if first.kind.isWord, peek().kind == .colon {
      label = name(advance())
      advance()
    } else if first.kind == .name, peek().kind == .assign {
      label = foreignLabel()
    }
    let value = try expression()
    if token.kind == .colon, label == nil { foreignStringLabel(value) }
    return Call.Argument(
      label: label, value: value, isSpread: false, range: SourceRange(from: first.range, to: value.range))
  }

  private mutating func checkDuplicates(_ arguments: [Call.Argument]) {
    guard arguments.count > 1 else { return }
    var seen: [String: SourceRange] = [:]
    for argument in arguments {
      guard let label = argument.label else { continue }
      if let first = seen.updateValue(label.range, forKey: label.text) {
        report(
          .duplicateArgument, "argument '\(label.text)' is given twice", at: label.range,
          secondary: [.init(range: first, label: "first here")])
      }
    }
  }

  // MARK: - Trailing blocks

  /// `{ a, b => statements }`
  private mutating func trailingBlock() throws(Failure) -> Function {
    let opener = token
    var parameters: [Parameter] = []
    let block = try braces { (parser) throws(Failure) in
      parameters = try parser.blockParameters()
      return parser.statements()
    }
    checkDuplicates(parameters)
    return Function(
      form: .trailingBlock, name: nil, parameters: parameters, body: .block(block), range: range(from: opener.range))
  }

  /// `a, b =>` at the start of a trailing block, if it stands there.
  private mutating func blockParameters() throws(Failure) -> [Parameter] {
    var ahead = 0
    while peek(ahead).kind == .name, peek(ahead + 1).kind == .comma { ahead += 2 }
    guard peek(ahead).kind == .name else { return [] }
    let mark = peek(ahead + 1)
    guard mark.kind == .arrow || mark.kind == .in || mark.kind == .thinArrow else { return [] }
    var parameters: [Parameter] = []
    while token.kind == .name {
      parameters.append(plainParameter(advance()))
      _ = take(.comma)
    }
    if mark.kind != .arrow {
      reportForeign("the names of a block end with '=>', not '\(text(mark))'", at: mark.range, help: "=>")
    }
    advance()
    return parameters
  }

  // MARK: - Indices

  private mutating func index(of base: Expression) throws(Failure) -> Expression {
    let opener = token
    let items = try bracketed { (parser) throws(Failure) in try parser.indices(opener, of: base) }
    return Expression(.index(base, items), range: range(from: base.range))
  }

  private mutating func indices(_ opener: Token, of base: Expression) throws(Failure) -> [Index] {
    var items: [Index] = []
    repeat {
      if token.kind == .rightBracket {
        if items.isEmpty { throw failure(.expectedExpression, expected: "an index") }
        break
      }
      let outer = height
      height = 0
      try enter()
      items.append(try indexItem(of: base))
      leave()
      height = max(height, outer)
      // In numpy `...` stands for all axes that are left, so it must not be taken for one in silence.
      if case .slice(nil, nil, _, let range) = items[items.count - 1], items.count > 1 || token.kind == .comma {
        reportForeign("'\(source[range])' without ends is one axis, as '..' is", at: range, help: "..")
      }
    } while take(.comma)
    guard token.kind == .rightBracket else {
      throw unclosed(opener, expected: "',' or ']'", help: missingCommaHelp)
    }
    return items
  }

  /// `..`, `i`, or a slice whose ends may be left out.
  private mutating func indexItem(of base: Expression) throws(Failure) -> Index {
    let first = token
    if first.kind == .dots, endsIndexItem(peek()) {
      advance()
      return .wholeAxis(first.range)
    }
    if first.kind == .colon { return try foreignSlice(of: base, lower: nil) }
    if Parser.level(first.kind) == Parser.rangeLevel { return try slice(from: nil, first.range) }
    // A function or `not` cannot be the lower end of a slice.
    if token.kind == .not || peek().kind == .arrow { return .value(try expression()) }
    let lower = try binary(from: Parser.additiveLevel)
    if Parser.level(token.kind) == Parser.rangeLevel { return try slice(from: lower, first.range) }
    let value = try climb(lower, from: 1)
    if token.kind == .colon { return try foreignSlice(of: base, lower: value) }
    return .value(isForeignTail ? try foreignTail(after: value) : value)
  }

  private mutating func slice(from lower: Expression?, _ first: SourceRange) throws(Failure) -> Index {
    let isClosed = advance().kind == .rangeThrough
    var upper: Expression?
    if !endsIndexItem(token) { upper = try binary(from: Parser.additiveLevel) }
    return .slice(lower: lower, upper: upper, isClosed: isClosed, range: range(from: first))
  }

  private func endsIndexItem(_ token: Token) -> Bool {
    token.kind == .comma || token.kind == .rightBracket || token.kind == .end
  }

  /// "a comma" when the current token begins another item.
  var missingCommaHelp: String? {
    beginsExpression(token.kind) && token.kind != .leftBrace ? "put ',' between them" : nil
  }
}
