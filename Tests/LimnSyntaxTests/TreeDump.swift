import LimnSyntax
import Testing

/// The tree as brackets, for tests: `(+ a (* b c))`.
func dump(_ expression: Expression) -> String {
  switch expression.kind {
  case .missing: "<missing>"
  case .nil: "nil"
  case .bool(let value): "\(value)"
  case .int(let value): "\(value)"
  case .float(let value): "\(value)"
  case .string(let literal): dump(literal)
  case .name(let name): name
  case .list(let items): "[\(items.map(dump).joined(separator: " "))]"
  case .map(let entries):
    "[\(entries.map { "\(dump($0.key)): \(dump($0.value))" }.joined(separator: " "))]" + (entries.isEmpty ? ":" : "")
  case .comprehension(let value): dump(value)
  case .unary(let mark, let operand): "(\(mark.rawValue) \(dump(operand)))"
  case .binary(let mark, let left, let right, _): "(\(mark.rawValue) \(dump(left)) \(dump(right)))"
  case .range(let lower, let upper, let isClosed): "(\(isClosed ? "..." : "..<") \(dump(lower)) \(dump(upper)))"
  case .function(let function): dump(function)
  case .call(let call): dump(call)
  case .field(let base, let name): "(. \(dump(base)) \(name.text))"
  case .index(let base, let items): "(at \(dump(base)) \(items.map(dump).joined(separator: " ")))"
  case .if(let value):
    "(if " + value.branches.map { "\(dump($0.condition)) \(dump($0.body))" }.joined(separator: " ")
      + (value.otherwise.map { " else " + dump($0) } ?? "") + ")"
  case .try(let value): "(try \(dump(value.body)) \(value.errorName.text) \(dump(value.handler)))"
  }
}

func dump(_ literal: StringLiteral) -> String {
  let parts = literal.parts.map { part in
    switch part {
    case .text(let text): text.debugDescription
    case .value(let value): "{\(dump(value))}"
    }
  }
  return parts.isEmpty ? "\"\"" : parts.joined(separator: "+")
}

func dump(_ value: Comprehension) -> String {
  let clauses = value.clauses.map { clause in
    " for \(clause.names.map(\.text).joined(separator: ",")) in \(dump(clause.sequence))"
      + (clause.condition.map { " if \(dump($0))" } ?? "")
  }
  return "[" + (value.key.map { "\(dump($0)): " } ?? "") + dump(value.element) + clauses.joined() + "]"
}

func dump(_ call: Call) -> String {
  var text =
    switch call.callee {
    case .name(let name): "(\(name.text)"
    case .method(let receiver, let name): "(.\(name.text) \(dump(receiver))"
    case .value(let value): "(call \(dump(value))"
    }
  for argument in call.arguments {
    text += " " + (argument.isSpread ? ".." : "") + (argument.label.map { $0.text + ":" } ?? "") + dump(argument.value)
  }
  if let trailing = call.trailing { text += " " + dump(trailing) }
  return text + ")"
}

func dump(_ index: Index) -> String {
  switch index {
  case .wholeAxis: ".."
  case .value(let value): dump(value)
  case .slice(let lower, let upper, let isClosed, _):
    "<\(lower.map(dump) ?? "")\(isClosed ? "..." : "..<")\(upper.map(dump) ?? "")>"
  }
}

func dump(_ parameter: Parameter) -> String {
  var text = parameter.isRest ? ".." : ""
  text += parameter.name.text
  if let type = parameter.type { text += ": " + dump(type) }
  if let value = parameter.defaultValue { text += " = " + dump(value) }
  return text
}

func dump(_ function: Function) -> String {
  let body =
    switch function.body {
    case .block(let block): dump(block)
    case .expression(let value): dump(value)
    }
  let parameters = function.parameters.map(dump).joined(separator: ", ")
  return "(\(function.name?.text ?? "")(\(parameters)) => \(body))"
}

func dump(_ type: TypeAnnotation) -> String {
  guard let dimensions = type.dimensions else { return type.name.text }
  let parts = dimensions.map { dimension in
    switch dimension {
    case .name(let name): name.text
    case .size(let size, _): "\(size)"
    case .rest: ".."
    }
  }
  return "\(type.name.text)[\(parts.joined(separator: ", "))]"
}

func dump(_ block: Block) -> String { "{" + block.statements.map(dump).joined(separator: "; ") + "}" }

func dump(_ statement: Statement) -> String {
  switch statement.kind {
  case .use(let module, let alias): "use \(module.text)" + (alias.map { " as \($0.text)" } ?? "")
  case .binding(let isVariable, let bindings):
    (isVariable ? "var " : "let ") + bindings.map { "\($0.name.text) = \(dump($0.value))" }.joined(separator: ", ")
  case .function(let function): "func " + dump(function)
  case .for(let loop):
    "for \(loop.names.map(\.text).joined(separator: ",")) in \(dump(loop.sequence)) \(dump(loop.body))"
  case .while(let condition, let body): "while \(dump(condition)) \(dump(body))"
  case .return(let value): "return" + (value.map { " " + dump($0) } ?? "")
  case .break: "break"
  case .continue: "continue"
  case .test(let name, let body): "test \(dump(name)) \(dump(body))"
  case .expect(let value): "expect \(dump(value))"
  case .assign(let place, let mark, let value): "\(dump(place)) \(mark.rawValue) \(dump(value))"
  case .expression(let value): dump(value)
  }
}

/// The statements of a text without errors, one a line.
func tree(_ text: String) -> String {
  let program = parsed(text)
  if !program.diagnostics.isEmpty { return DiagnosticRenderer(program.source).render(program.diagnostics) }
  return program.statements.map(dump).joined(separator: "\n")
}
