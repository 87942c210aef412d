import LimnSyntax

extension Checker {
  /// Checks statements that run one after another.
  ///
  /// - Returns: What is known of the value of the last.
  @discardableResult
  func statements(_ statements: [Statement]) -> Known {
    var last = Known(.nil)
    var ended: (word: String, range: SourceRange)?
    for (index, statement) in statements.enumerated() {
      if let end = ended {
        warn(
          .unreachable, "this never runs: '\(end.word)' stands before it", statement.range,
          secondary: [.init(range: end.range, label: "nothing behind this runs")])
        ended = nil
      }
      last = self.statement(statement)
      if index < statements.count - 1, let word = endWord(statement) { ended = (word, statement.range) }
    }
    return last
  }

  /// The word by which a statement leaves its block for good.
  private func endWord(_ statement: Statement) -> String? {
    switch statement.kind {
    case .return: return "return"
    case .break: return "break"
    case .continue: return "continue"
    case .expression(let value):
      guard case .call(let call) = value.kind, case .name(let name) = call.callee, name.text == "fail", case .native = callee("fail") else {
        return nil
      }
      return "fail"
    default: return nil
    }
  }

  private func statement(_ statement: Statement) -> Known {
    switch statement.kind {
    case .expression(let value): return known(value)
    case .binding(let isVariable, let bindings):
      for binding in bindings { declare(binding.name, known(binding.value), isVariable ? .variable : .constant) }
    case .function(let function):
      guard let name = function.name else { break }
      var value = Known(type: "function")
      value.function = function
      declare(name, value, .function)
      self.function(function)
    case .for(let loop):
      iterate(loop.names, over: loop.sequence, rebound: loop.body.rebound) { block(loop.body) }
    case .while(let condition, let body):
      let rebound = body.rebound.union(Rebound.names(in: condition))
      forget(rebound)
      _ = known(condition)
      branch(rebound, hiding: condition.names) { block(body) }
      forget(rebound)
    case .return(let value): if let value { _ = known(value) }
    case .break, .continue: break
    case .use(let module, let alias): declare(alias ?? module, .anything, .module)
    case .test(_, let body): _ = scope(isFunction: true) { block(body) }
    case .expect(let condition): _ = known(condition)
    case .assign(let place, let op, let value): assign(place, op, value)
    }
    return Known(.nil)
  }

  @discardableResult
  func block(_ block: Block) -> Known { scope { statements(block.statements) } }

  private func assign(_ place: Expression, _ op: AssignmentOperator, _ value: Expression) {
    var new = known(value)
    guard case .name(let text) = place.kind else {
      // Its indices are values too, and the name is read for what stays of it.
      _ = known(place)
      if let root = Rebound.root(of: place), let name = variable(root) {
        name.isUsed = true
        name.known = Known(type: name.known.type, shape: name.known.shape)
      }
      return
    }
    guard let name = variable(text) else { return }
    name.isUsed = true
    if op != .set {
      let operators: [AssignmentOperator: BinaryOperator] = [.add: .add, .subtract: .subtract, .multiply: .multiply, .divide: .divide]
      new = binary(operators[op]!, (place, name.known), (value, new), place.range)
    }
    new.origin = place.range
    name.known = new
  }

  /// Checks a loop's sequence and, with its names declared, its body.
  func iterate(_ names: [Name], over sequence: Expression, rebound: Set<String>, _ body: () -> Void) {
    let items = known(sequence)
    if let type = items.type, ["int", "float", "bool", "nil", "number", "function"].contains(type) {
      report(
        Fault(.type, "cannot loop over \(items.phrase)", help: items.int.map { "count with a range: 0..<\($0)" }), sequence.range)
    }
    forget(rebound)
    scope {
      for name in names { declare(name, items.type == "range" && names.count == 1 ? Known(type: "int") : .anything, .loop) }
      branch(rebound, body)
    }
    forget(rebound)
  }

  /// Checks the body of a function, of whose arguments nothing is known but what it declares.
  ///
  /// One without parameters and name is often made to fail where somebody looks: `fails(() => [][0])`.
  func function(_ function: Function) {
    let mayFail = function.name == nil && function.parameters.isEmpty
    if mayFail { tryDepth += 1 }
    defer { if mayFail { tryDepth -= 1 } }
    scope(isFunction: true) {
      for parameter in function.parameters {
        if let value = parameter.defaultValue { _ = known(value) }
        declare(parameter.name, declared(parameter), .parameter)
        for case .name(let name) in parameter.type?.dimensions ?? [] { declare(name, Known(type: "int"), .parameter) }
      }
      switch function.body {
      case .expression(let value): _ = known(value)
      case .block(let block): _ = scope { statements(block.statements) }
      }
    }
  }

  /// What the declaration of a parameter says of its argument.
  private func declared(_ parameter: Parameter) -> Known {
    guard let type = parameter.type else { return .anything }
    if case .nil? = parameter.defaultValue?.kind { return .anything }
    if type.name.text == "tensor", let dimensions = type.dimensions {
      var shape: [Int?] = []
      for dimension in dimensions {
        switch dimension {
        case .name: shape.append(nil)
        case .size(let size, _): shape.append(size)
        case .rest: return Known(type: "tensor")
        }
      }
      return .tensor(shape)
    }
    // A float may be given as a tensor without axes, a mask as a tensor.
    guard ["string", "list", "map", "range", "bool"].contains(type.name.text) else { return .anything }
    return Known(type: type.name.text)
  }
}
