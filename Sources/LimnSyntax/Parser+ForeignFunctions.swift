// Functions without a name as other languages spell them: see Parser+Foreign.swift.

extension Parser {
  /// `lambda x, y: x + y`
  mutating func foreignLambda() throws(Failure) -> Expression? {
    var ahead = 1
    while peek(ahead).kind == .name, peek(ahead + 1).kind == .comma { ahead += 2 }
    if peek(ahead).kind == .name { ahead += 1 }
    guard peek(ahead).kind == .colon else { return nil }
    let mark = advance()
    var parameters: [Parameter] = []
    while token.kind == .name {
      parameters.append(plainParameter(advance()))
      _ = take(.comma)
    }
    advance()  // `:`
    let body = try expression()
    let names = parameters.map(\.name.text)
    let list = names.count == 1 ? names[0] : "(\(names.joined(separator: ", ")))"
    reportForeign(
      "'lambda' is not a word of Limn", at: mark.range, help: "\(list) => \(shortened(source[body.range]))")
    let range = range(from: mark.range)
    return Expression(
      .function(Function(form: .arrow, name: nil, parameters: parameters, body: .expression(body), range: range)),
      range: range)
  }

  /// `func(x) { … }` without a name.
  mutating func foreignFunction() throws(Failure) -> Expression {
    let mark = advance()
    let parameters = try parameterList()
    let names = parameters.map(\.name.text)
    let list = names.count == 1 ? names[0] : "(\(names.joined(separator: ", ")))"
    reportForeign("a function without a name is written with '=>'", at: mark.range, help: "\(list) => { … }")
    let body = try functionBody(header: mark.range)
    let range = range(from: mark.range)
    return Expression(
      .function(Function(form: .arrow, name: nil, parameters: parameters, body: .block(body), range: range)),
      range: range)
  }

  /// `|x, y| x + y`
  mutating func foreignBars() throws(Failure) -> Expression? {
    var ahead = 1
    while peek(ahead).kind == .name, peek(ahead + 1).kind == .comma { ahead += 2 }
    guard peek(ahead).kind == .name, peek(ahead + 1).kind == .bar else { return nil }
    let mark = advance()
    var parameters: [Parameter] = []
    while token.kind == .name {
      parameters.append(plainParameter(advance()))
      _ = take(.comma)
    }
    let bars = SourceRange(from: mark.range, to: advance().range)
    let body = try expression()
    let names = parameters.map(\.name.text)
    let list = names.count == 1 ? names[0] : "(\(names.joined(separator: ", ")))"
    reportForeign("a function is written with '=>'", at: bars, help: "\(list) => \(shortened(source[body.range]))")
    let range = range(from: mark.range)
    return Expression(
      .function(Function(form: .arrow, name: nil, parameters: parameters, body: .expression(body), range: range)), range: range)
  }
}
