// Statements, declarations and parameter lists. What is not on the way into nested code is never inlined, so that the frames of
// that way, which lie on the stack two hundred deep, stay small.

extension Parser {
  mutating func statementKind(doc: String?) throws(Failure) -> Statement.Kind {
    switch token.kind {
    case .let, .var: return .binding(isVariable: token.kind == .var, try bindings())
    case .func where peek().kind.isWord: return .function(try declaration(doc: doc))
    case .for: return .for(try loop())
    case .while: return try whileLoop()
    case .return:
      advance()
      return .return(endsStatement ? nil : try expression())
    case .break:
      advance()
      return .break
    case .continue:
      advance()
      return .continue
    case .expect:
      advance()
      return .expect(try expression())
    case .else, .catch: return try misplacedElse()
    case .name:
      if let kind = try wordStatement() { return kind }
      return try expressionStatement()
    default: return try expressionStatement()
    }
  }

  /// Whether a statement could end before the current token.
  private var endsStatement: Bool {
    if token.newlineBefore { return true }
    switch token.kind {
    case .semicolon, .rightBrace, .end: return true
    default: return false
    }
  }

  /// Statements that begin with a word which elsewhere is a plain name.
  @inline(never)
  private mutating func wordStatement() throws(Failure) -> Statement.Kind? {
    let next = peek()
    guard !next.newlineBefore, next.kind != .end, next.kind != .rightBrace else { return foreignLonelyWord() }
    if beginsExpression(next.kind), next.kind != .leftParen, isWord("show", token) || isWord("print", token) {
      return .expression(try shorthandCall())
    }
    if next.kind.isWord, isWord("use", token) { return try useStatement() }
    if next.kind == .stringOpen, isWord("test", token) {
      let header = advance()
      let name = try stringLiteral()
      return .test(name: name, body: try block(of: "test", header: header.range))
    }
    return try foreignStatement()
  }

  /// `show a, b`
  @inline(never)
  private mutating func shorthandCall() throws(Failure) -> Expression {
    let callee = name(advance())
    var arguments: [Call.Argument] = []
    repeat {
      if token.kind == .name, peek().kind == .colon {
        report(
          .expectedExpression, "named arguments need brackets", at: SourceRange(from: token.range, to: peek().range),
          help: "\(callee.text)(…, \(text(token)): …)")
        throw Failure()
      }
      let value = try expression()
      arguments.append(Call.Argument(label: nil, value: value, isSpread: false, range: value.range))
    } while take(.comma)
    try grow()
    let call = Call(
      callee: .name(callee), arguments: arguments, trailing: nil,
      argumentsRange: range(from: arguments[0].range), isShorthand: true)
    return Expression(.call(call), range: range(from: callee.range))
  }

  @inline(never)
  private mutating func useStatement() throws(Failure) -> Statement.Kind {
    advance()
    let module = try declaredName("the name of a module")
    guard isWord("as", token), !token.newlineBefore else { return .use(module: module, alias: nil) }
    advance()
    return .use(module: module, alias: try declaredName("a name for the module"))
  }

  // MARK: - let and var

  @inline(never)
  private mutating func bindings() throws(Failure) -> [Binding] {
    let keyword = advance()
    foreignMutable(keyword)
    var bindings: [Binding] = []
    repeat {
      if token.kind == .leftParen || token.kind == .leftBracket {
        throw failure(.expectedName, expected: "a name (a list is not taken apart by '\(text(keyword))')")
      }
      let name = try declaredName("a name")
      if token.kind == .colon { try misplacedType() }
      guard token.kind == .assign, !startsLine else { throw missingValue(name, keyword) }
      advance()
      bindings.append(Binding(name: name, value: try expression()))
    } while take(.comma)
    return bindings
  }

  @inline(never)
  private mutating func missingValue(_ name: Name, _ keyword: Token) -> Failure {
    if isReported(token) { return Failure() }
    switch token.kind {
    case .comma where peek().kind == .name:
      report(
        .missingInitialValue, "'\(name.text)' needs a value of its own", at: name.range,
        help: "\(text(keyword)) \(name.text) = …, \(text(peek())) = …")
    case _ where endsStatement || token.kind == .comma:
      report(
        .missingInitialValue, "'\(name.text)' needs a value", at: name.range,
        help: "\(text(keyword)) \(name.text) = nil")
    default: return failure(.expectedToken, expected: "'=' and a value")
    }
    return Failure()
  }

  /// A type where none may stand: told, and passed over.
  @inline(never)
  private mutating func misplacedType() throws(Failure) {
    let mark = advance()
    let type = try typeAnnotation()
    report(
      .misplacedType, "a type stands only in a parameter list", at: SourceRange(from: mark.range, to: type.range))
  }

  // MARK: - Loops

  @inline(never)
  private mutating func loop() throws(Failure) -> For {
    let header = advance()
    let bracket = token.kind == .leftParen ? try foreignLoopBracket() : nil
    let names: [Name]
    if let bracket, let bracketed = foreignLoopNames(bracket) {
      names = bracketed
      let sequence = try headExpression()
      return For(names: names, sequence: sequence, body: try block(of: "for", header: header.range))
    }
    names = try loopNames()
    let sequence = try headExpression()
    if let bracket { try endForeignLoopBracket(bracket, names, sequence) }
    checkDuplicates(names.map { Parameter(name: $0, type: nil, defaultValue: nil, isRest: false, range: $0.range) })
    return For(names: names, sequence: sequence, body: try block(of: "for", header: header.range))
  }

  @inline(never)
  private mutating func whileLoop() throws(Failure) -> Statement.Kind {
    let header = advance()
    let condition = try headExpression()
    return .while(condition: condition, body: try block(of: "while", header: header.range))
  }

  // MARK: - Expressions and assignments

  @inline(never)
  private mutating func expressionStatement() throws(Failure) -> Statement.Kind {
    let value = try expression()
    if token.kind == .foreignAssign { return try foreignAssignment(value) }
    guard let assignment = assignmentOperator, !token.newlineBefore else { return .expression(value) }
    let mark = advance()
    checkPlace(value, mark)
    let newValue = try expression()
    if token.kind == .assign, !token.newlineBefore {
      report(
        .notAPlace, "an assignment has no value: 'a = b = c' is two statements", at: token.range,
        secondary: [.init(range: mark.range, label: "the first")])
      throw Failure()
    }
    return .assign(place: value, assignment, value: newValue)
  }

  private var assignmentOperator: AssignmentOperator? {
    switch token.kind {
    case .assign: .set
    case .plusAssign: .add
    case .minusAssign: .subtract
    case .starAssign: .multiply
    case .slashAssign: .divide
    default: nil
    }
  }

  /// A place is a name, or fields and indices of one.
  @inline(never)
  mutating func checkPlace(_ place: Expression, _ mark: Token) {
    var base = place
    while true {
      switch base.kind {
      case .name, .missing: return
      case .field(let inner, _), .index(let inner, _): base = inner
      case .call(let call):
        if let face = functionFace(call, place, mark) {
          return reportForeign("a function is declared with 'func'", at: SourceRange(from: place.range, to: mark.range), help: "func \(face) { … }")
        }
        return report(
          .notAPlace, "what a call gives has no name and cannot be changed", at: base.range,
          help: "give it a name with 'var' first")
      case .list:
        return report(.notAPlace, "a list is not taken apart by '\(text(mark))'", at: base.range)
      case .bool, .nil, .int, .float, .string:
        return report(.notAPlace, "'\(shortened(source[base.range]))' is a value and cannot be changed", at: base.range)
      default:
        let help = mark.kind == .assign && isComparisonLike(base) ? "==" : nil
        return report(
          .notAPlace, "left of '\(text(mark))' stands a name, or a field or item of one", at: base.range, help: help)
      }
    }
  }

  /// `f(x)` of `f(x) = x + 1`.
  private func functionFace(_ call: Call, _ place: Expression, _ mark: Token) -> String? {
    guard mark.kind == .assign, case .name = call.callee, case .call = place.kind, call.trailing == nil else { return nil }
    for argument in call.arguments {
      guard case .name = argument.value.kind, argument.label == nil, !argument.isSpread else { return nil }
    }
    return call.arguments.isEmpty ? nil : shortened(source[place.range])
  }

  private func isComparisonLike(_ value: Expression) -> Bool {
    if case .binary(let mark, _, _, _) = value.kind { return mark == .and || mark == .or }
    return false
  }

  // MARK: - Functions

  mutating func declaration(doc: String?) throws(Failure) -> Function {
    let header = advance()
    let name = try declaredName("a name for the function")
    guard token.kind == .leftParen else {
      throw failure(.expectedToken, expected: "'(' and the parameters", help: "func \(name.text)() { … }")
    }
    let parameters = try parameterList()
    let body = try functionBody(header: header.range)
    try grow()
    return Function(
      form: .declaration, name: name, parameters: parameters, body: .block(body), doc: doc,
      range: range(from: header.range))
  }

  /// `{ … }`, or what other languages put there.
  mutating func functionBody(header: SourceRange) throws(Failure) -> Block {
    if token.kind == .thinArrow {
      let mark = advance()
      let type = try typeAnnotation()
      report(
        .misplacedType, "a function does not declare what it gives back",
        at: SourceRange(from: mark.range, to: type.range))
    }
    guard token.kind == .assign || token.kind == .arrow else { return try block(of: "func", header: header) }
    let mark = advance()
    reportForeign("the body of 'func' stands in braces, not behind '\(text(mark))'", at: mark.range, help: "{ … }")
    if token.kind == .leftBrace { return try block(of: "func", header: header) }
    let value = try expression()
    return Block([Statement(.expression(value), range: value.range)], range: value.range)
  }

  /// `(a: tensor[b, c], scale: float = 1.0)`
  @inline(never)
  mutating func parameterList() throws(Failure) -> [Parameter] {
    let opener = token
    let parameters = try bracketed { (parser) throws(Failure) in
      var parameters: [Parameter] = []
      while parser.token.kind != .rightParen {
        parameters.append(try parser.parameter())
        if parser.take(.comma) { continue }
        guard parser.token.kind == .rightParen else { throw parser.unclosed(opener, expected: "',' or ')'") }
      }
      return parameters
    }
    checkDuplicates(parameters)
    return parameters
  }

  @inline(never)
  private mutating func parameter() throws(Failure) -> Parameter {
    let first = token
    let isRest = isSignature && take(.dots)
    if !isRest { try foreignRestParameter() }
    // Before ':' every word is a plain name.
    let isPlainWord = token.kind.isKeyword && peek().kind == .colon
    let parameterName = isPlainWord ? name(advance()) : try declaredName("a parameter")
    let type = take(.colon) ? try typeAnnotation() : nil
    let defaultValue = take(.assign) ? try expression() : nil
    return Parameter(
      name: parameterName, type: type, defaultValue: defaultValue, isRest: isRest, range: range(from: first.range))
  }

  /// `float`, `tensor[b, 3, ..]`
  @inline(never)
  mutating func typeAnnotation() throws(Failure) -> TypeAnnotation {
    guard token.kind.isWord, !startsLine else { throw failure(.expectedName, expected: "a type") }
    let typeName = name(advance())
    guard token.kind == .leftBracket, !startsLine else {
      return TypeAnnotation(name: typeName, dimensions: nil, range: typeName.range)
    }
    let opener = token
    let dimensions = try bracketed { (parser) throws(Failure) in
      var dimensions: [TypeAnnotation.Dimension] = []
      while parser.token.kind != .rightBracket {
        dimensions.append(try parser.dimension())
        if parser.take(.comma) { continue }
        guard parser.token.kind == .rightBracket else { throw parser.unclosed(opener, expected: "',' or ']'") }
      }
      parser.checkRest(dimensions)
      return dimensions
    }
    return TypeAnnotation(name: typeName, dimensions: dimensions, range: range(from: typeName.range))
  }

  private mutating func dimension() throws(Failure) -> TypeAnnotation.Dimension {
    switch token.kind {
    case .name: return .name(name(advance()))
    case .dots: return .rest(advance().range)
    case .int:
      let number = advance()
      guard let size = magnitude(of: number).flatMap(Int.init(exactly:)) else {
        report(.badNumber, "'\(shortened(text(number)))' is too large for a size", at: number.range)
        throw Failure()
      }
      return .size(size, number.range)
    default: throw failure(.expectedToken, expected: "a name, a size or '..' for an axis")
    }
  }

  private mutating func checkRest(_ dimensions: [TypeAnnotation.Dimension]) {
    var rests: [SourceRange] = []
    for case .rest(let range) in dimensions { rests.append(range) }
    if rests.count > 1 {
      report(
        .duplicateParameter, "'..' stands twice in one shape", at: rests[1],
        secondary: [.init(range: rests[0], label: "first here")])
    }
  }
}
