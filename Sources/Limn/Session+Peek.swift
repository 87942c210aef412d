import LimnBindings
import LimnRuntime
import LimnSyntax

// Values and types that are known without running anything.
extension Held {
  /// Hands the value on, which lives at least until `body` is over.
  func use<Result>(_ body: (Value) throws -> Result) rethrows -> Result { try withExtendedLifetime(self) { try body(value) } }
}

extension Session {
  /// The value of a name, a chain of fields, an element by a literal key, or a literal; nil for what would have to run.
  func peek(_ expression: Expression) -> Held? {
    switch expression.kind {
    case .nil: return Held(.nil)
    case .bool(let value): return Held(.bool(value))
    case .int(let value): return Held(.int(value))
    case .float(let value): return Held(.float(value))
    case .string(let literal): return literal.plainText.map { text in interpreter.make { $0.make(text) } }
    case .list(let items):
      let values = items.compactMap(peek)
      return values.count == items.count ? withExtendedLifetime(values) { interpreter.make { $0.make(values.map(\.value)) } } : nil
    case .name(let name): return interpreter.value(of: name)
    case .field(let base, let name):
      if case .name(let module) = base.kind, let names = interpreter.names(ofModule: module) {
        return names.first { $0.name == name.text }?.value
      }
      return peek(base).flatMap { base in base.use { interpreter.peek(name.text, of: $0) } }
    case .index(let base, let indices):
      guard indices.count == 1, case .value(let index) = indices[0], let base = peek(base) else { return nil }
      return base.use { element(of: $0, at: index) }
    default: return nil
    }
  }

  private func element(of base: Value, at index: Expression) -> Held? {
    switch index.kind {
    case .string(let literal):
      return literal.plainText.flatMap { key in base.map == nil ? nil : interpreter.peek(key, of: base) }
    case .int(let position):
      guard let items = base.list, items.indices.contains(position) else { return nil }
      return Held(items[position])
    default: return nil
    }
  }

  /// The value that a piece of source stands for, if it is known without running anything.
  func peek(_ source: String) -> Held? {
    let program = parse(SourceText(source, name: "expression"))
    guard !program.hasErrors, program.statements.count == 1, case .expression(let expression) = program.statements[0].kind else { return nil }
    return peek(expression)
  }

  /// The type of an expression whose value is known without running anything; nil for any other.
  package func typeOfKnown(_ source: String) -> String? { peek(source).map { $0.use(typeText) } }

  /// What `:type` says of an expression: its type, or why that is known only when it runs. Nothing is evaluated.
  public func type(of source: String) -> String {
    let text = SourceText(source, name: "expression")
    let program = parse(text)
    if let error = program.diagnostics.first(where: { $0.severity == .error }) { return error.message }
    guard program.statements.count == 1, case .expression(let expression) = program.statements[0].kind else {
      return "that is no expression"
    }
    return type(of: expression, text)
  }

  private func type(of expression: Expression, _ text: SourceText) -> String {
    if let known = peek(expression) { return known.use(typeText) }
    if case .name(let name) = expression.kind {
      if interpreter.names(ofModule: name) != nil { return "module" }
      let forms = interpreter.forms(of: name)
      return forms.isEmpty ? "there is no name '\(name)'" : "function: " + forms.map(\.signature).joined(separator: "; ")
    }
    let inferred = interpreter.infer(expression, in: text)
    if let fault = inferred.fault { return "it would fail: \(fault)" }
    if let type = inferred.type {
      let sizes = inferred.shape.map { " [" + $0.map { size in size.map(String.init) ?? "?" }.joined(separator: ", ") + "]" }
      return type + (sizes ?? "")
    }
    switch expression.kind {
    case .call(let call): return "known when it runs: a call of '\(text[calleeRange(call)])'"
    case .field(let base, let name):
      guard let held = peek(base) else { return "known when it runs: a field of '\(text[base.range])'" }
      guard let host = held.use(\.host) else { return "\(held.use(\.typeName)) has no field '\(name.text)'" }
      return host.memberNames.contains(name.text) ? "known when it is asked for: it takes long to work out" : "\(host.typeName) has no field '\(name.text)'"
    default: return "known when it runs"
    }
  }

  private func calleeRange(_ call: Call) -> SourceRange {
    switch call.callee {
    case .name(let name), .method(_, let name): name.range
    case .value(let value): value.range
    }
  }

  /// What is known of a piece of source that would have to run.
  func infer(_ source: String) -> Interpreter.Inferred? {
    let text = SourceText(source, name: "expression")
    let program = parse(text)
    guard !program.hasErrors, program.statements.count == 1, case .expression(let expression) = program.statements[0].kind else { return nil }
    return interpreter.infer(expression, in: text)
  }

  /// A value's type with what belongs to it: `tensor [2, 3] f32`, `list of 4`, `function: f(x)`.
  package func typeText(of value: Value) -> String {
    interpreter.read { context in
      switch value.kind {
      case .list: return "list of \(value.list?.count ?? 0)"
      case .map: return "map of \(value.map?.count ?? 0)"
      case .function:
        if let signature = interpreter.signature(of: value) { return "function: " + signature }
        return "function: " + context.text(value)
      case .host:
        guard let host = value.host else { return value.typeName }
        let dtype = host.memberNames.contains("dtype") ? (try? host.member("dtype", context)).flatMap { $0 }.flatMap(\.string) : nil
        return ([host.typeName] + (host.shape.map { ["\($0)"] } ?? []) + (dtype.map { [$0] } ?? [])).joined(separator: " ")
      default: return value.typeName
      }
    }
  }
}
