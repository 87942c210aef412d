// Operators, tightest first: postfix; `^` (right); prefix `-` `!`; `* / % @`; `+ -`; `..<` `...`; comparisons (which do
// not chain); `&`; `|`; `not`; `and`; `or`; `=>`. Postfix and primaries: Parser+Postfix.swift, Parser+Primary.swift.

extension Parser {
  // How tight an infix operator binds; 0 is none. `not` and the prefixes stand between: 3 and 10.
  static let notLevel = 3
  static let comparisonLevel = 6
  static let rangeLevel = 7
  static let additiveLevel = 8
  static let powerLevel = 11

  @inline(__always)
  static func level(_ kind: TokenKind) -> Int {
    switch kind {
    case .or: 1
    case .and: 2
    case .bar: 4
    case .ampersand: 5
    case .equalEqual, .notEqual, .less, .lessEqual, .greater, .greaterEqual: comparisonLevel
    case .rangeUpTo, .rangeThrough: rangeLevel
    case .plus, .minus: additiveLevel
    case .star, .slash, .percent, .at: 9
    case .caret: powerLevel
    default: 0
    }
  }

  static func binaryOperator(_ kind: TokenKind) -> BinaryOperator? {
    switch kind {
    case .or: .or
    case .and: .and
    case .bar: .union
    case .ampersand: .intersection
    case .equalEqual: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessEqual: .lessEqual
    case .greater: .greater
    case .greaterEqual: .greaterEqual
    case .plus: .add
    case .minus: .subtract
    case .star: .multiply
    case .slash: .divide
    case .percent: .remainder
    case .at: .matmul
    case .caret: .power
    default: nil
    }
  }

  /// A whole expression.
  mutating func expression() throws(Failure) -> Expression {
    try enter()
    let outer = height
    height = 0
    let result: Expression
    if isFunctionAhead {
      result = try arrowFunction()
    } else {
      let value = try binary(from: 1)
      result = isForeignTail ? try foreignTail(after: value) : value
    }
    height = max(height, outer)
    leave()
    return result
  }

  /// An expression whose `{` is not a trailing block: the head of `if`, `while`, `for … in`.
  mutating func headExpression() throws(Failure) -> Expression {
    let allowed = allowsTrailingBlock
    allowsTrailingBlock = false
    let result = try expression()
    allowsTrailingBlock = allowed
    return result
  }

  /// An operand followed by operators that bind at least as tight as `level`.
  mutating func binary(from level: Int) throws(Failure) -> Expression {
    if token.kind == .not { return try climb(notOperator(inside: level), from: level) }
    return try climb(operand(), from: level)
  }

  private mutating func notOperator(inside level: Int) throws(Failure) -> Expression {
    let mark = token
    if level > Parser.notLevel {
      report(
        .operatorNeedsBrackets, "'not' binds looser than '\(text(previous))'", at: mark.range,
        help: "put 'not' and what it negates in brackets")
    }
    advance()
    try enter()
    let value = try binary(from: Parser.notLevel)
    leave()
    try grow()
    return Expression(.unary(.not, value), range: SourceRange(from: mark.range, to: value.range))
  }

  /// Operators after `left`.
  mutating func climb(_ first: Expression, from lowest: Int) throws(Failure) -> Expression {
    var left = first
    // The comparison or range before, to tell about a chain.
    var before: (value: Expression, mark: Token, right: Expression)?
    while true {
      let mark = token
      let level = Parser.level(mark.kind)
      guard level >= lowest, level > 0, level < Parser.powerLevel, !startsNegation else { break }
      // `x--` at the end of a statement.
      if mark.kind == .minus, isDecrement { return try foreignStep(left) }
      advance()
      let leftHeight = height
      height = 0
      let right = try binary(from: level + 1)
      height = max(leftHeight, height)
      try grow()
      let range = SourceRange(from: left.range, to: right.range)
      if let binary = Parser.binaryOperator(mark.kind) {
        left = Expression(.binary(binary, left, right, operatorRange: mark.range), range: range)
      } else {
        left = Expression(.range(lower: left, upper: right, isClosed: mark.kind == .rangeThrough), range: range)
      }
      guard level == Parser.comparisonLevel || level == Parser.rangeLevel else { continue }
      if let before, Parser.level(before.mark.kind) == level { reportChain(before, mark, right) }
      before = (left, mark, right)
    }
    return left
  }

  /// Whether the current token is a `-` that begins a line as a prefix: `-x` there is a statement, `- x` goes on.
  private var startsNegation: Bool {
    guard token.kind == .minus, startsLine else { return false }
    return peek().start == token.end
  }

  private mutating func reportChain(
    _ before: (value: Expression, mark: Token, right: Expression), _ mark: Token, _ right: Expression
  ) {
    if Parser.level(mark.kind) == Parser.rangeLevel {
      return report(.chainedComparison, "ranges do not chain", at: mark.range)
    }
    let help = "\(source[before.value.range]) and \(source[before.right.range]) \(text(mark)) \(source[right.range])"
    let isShort = help.count <= 80 && !help.contains { $0.isNewline }
    report(
      .chainedComparison, "comparisons do not chain", at: mark.range,
      secondary: [.init(range: before.mark.range, label: "already compared here")], help: isShort ? help : nil)
  }

  /// `-x`, `!x`, or a postfix expression with an optional power.
  mutating func operand() throws(Failure) -> Expression {
    switch token.kind {
    case .minus, .bang: return try prefix()
    case .plusPlus: return try foreignPrefixStep()
    default: return try power()
    }
  }

  private mutating func prefix() throws(Failure) -> Expression {
    let mark = token
    if mark.kind == .minus, let smallest = smallestInt() { return smallest }
    advance()
    if token.kind == .not {
      throw failure(.operatorNeedsBrackets, expected: "an operand", help: "put 'not' and what it negates in brackets")
    }
    try enter()
    let value = try operand()
    leave()
    try grow()
    let range = SourceRange(from: mark.range, to: value.range)
    return Expression(.unary(mark.kind == .minus ? .negate : .complement, value), range: range)
  }

  /// `-9223372036854775808`: the one int whose magnitude is no int.
  private mutating func smallestInt() -> Expression? {
    let number = peek()
    guard number.kind == .int, peek(2).kind != .caret, magnitude(of: number) == Int.min.magnitude else { return nil }
    let mark = advance()
    advance()
    return Expression(.int(.min), range: SourceRange(from: mark.range, to: number.range))
  }

  /// `x`, `x ^ y`: the exponent is a prefix expression, so powers nest to the right and `2 ^ -1` works.
  private mutating func power() throws(Failure) -> Expression {
    let base = try postfix()
    guard token.kind == .caret else { return base }
    let mark = advance()
    let baseHeight = height
    height = 0
    try enter()
    let exponent = try operand()
    leave()
    height = max(height, baseHeight)
    try grow()
    return Expression(
      .binary(.power, base, exponent, operatorRange: mark.range),
      range: SourceRange(from: base.range, to: exponent.range))
  }

  // MARK: - Functions

  /// Whether `x =>` or `(a, b) =>` stands here.
  private var isFunctionAhead: Bool {
    if token.kind == .name { return peek().kind == .arrow }
    guard token.kind == .leftParen else { return false }
    var ahead = 1
    while peek(ahead).kind == .name, peek(ahead + 1).kind == .comma { ahead += 2 }
    if peek(ahead).kind == .name { ahead += 1 }
    return peek(ahead).kind == .rightParen && peek(ahead + 1).kind == .arrow
  }

  private mutating func arrowFunction() throws(Failure) -> Expression {
    let first = token.range
    var parameters: [Parameter] = []
    if take(.leftParen) {
      while token.kind == .name {
        parameters.append(plainParameter(advance()))
        _ = take(.comma)
      }
    } else {
      parameters.append(plainParameter(advance()))
    }
    _ = take(.rightParen)
    advance()  // `=>`
    checkDuplicates(parameters)
    let body: Function.Body
    if token.kind == .leftBrace {
      body = .block(try braces { (parser) throws(Failure) in parser.statements() })
    } else {
      body = .expression(try expression())
    }
    try grow()
    let range = SourceRange(from: first, to: body.range)
    return Expression(
      .function(Function(form: .arrow, name: nil, parameters: parameters, body: body, range: range)), range: range)
  }

  /// A parameter without type and default.
  func plainParameter(_ token: Token) -> Parameter {
    Parameter(name: name(token), type: nil, defaultValue: nil, isRest: false, range: token.range)
  }

  mutating func checkDuplicates(_ parameters: [Parameter]) {
    guard parameters.count > 1 else { return }
    var seen: [String: SourceRange] = [:]
    for parameter in parameters where parameter.name.text != "_" {
      if let first = seen.updateValue(parameter.name.range, forKey: parameter.name.text) {
        report(
          .duplicateParameter, "parameter '\(parameter.name.text)' stands twice", at: parameter.name.range,
          secondary: [.init(range: first, label: "first here")])
      }
    }
  }
}
