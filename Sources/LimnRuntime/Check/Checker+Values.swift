import LimnSyntax

extension Checker {
  /// Checks an expression and gives what is known of its value.
  func known(_ expression: Expression) -> Known {
    if let literal = Literal(expression) { return Known(literal) }
    switch expression.kind {
    case .missing, .nil, .bool, .int, .float: return .anything
    case .string(let text):
      for case .value(let value) in text.parts { _ = known(value) }
      return Known(type: "string")
    case .name(let name): return read(name) ?? nativeValue(name)
    case .list(let items): return Known(type: "list", items: items.map(known))
    case .map(let entries):
      for entry in entries { (_, _) = (known(entry.key), known(entry.value)) }
      return Known(type: "map")
    case .comprehension(let comprehension):
      clause(0, of: comprehension)
      return Known(type: comprehension.key == nil ? "list" : "map")
    case .unary(let op, let operand): return unary(op, operand)
    case .binary(let op, let left, let right, let mark):
      return binary(op, left, right, expression.range, mark)
    case .range(let lower, let upper, _):
      for end in [lower, upper] {
        let value = known(end)
        if let type = value.type, ["float", "string", "list", "map", "bool", "nil", "function", "range"].contains(type) {
          report(
            Fault(.type, "a range goes from int to int, found \(value.phrase)", help: type == "float" ? "round it: int(x)" : nil), expression.range)
        }
      }
      return Known(type: "range")
    case .function(let function):
      self.function(function)
      return Known(type: "function")
    case .call(let call): return self.call(call, expression)
    case .field(let base, let name): return field(base, name, expression)
    case .index(let base, let index): return self.index(base, index, expression)
    case .if(let branches):
      conditional(branches)
      return .anything
    case .try(let attempt):
      self.attempt(attempt)
      return .anything
    }
  }

  private func nativeValue(_ name: String) -> Known {
    // A name declared further down may be read by a function that runs later.
    environment.nativeNumbers[name] != nil && topLevelCounts[name] == nil ? Known(type: "function") : .anything
  }

  // MARK: Operators

  private func unary(_ op: UnaryOperator, _ operand: Expression) -> Known {
    let value = known(operand)
    switch op {
    case .not: return Known(type: "bool")
    case .negate: return Known(type: value.type, shape: value.shape)
    case .complement: return Known(type: value.type, shape: value.shape)
    }
  }

  private func binary(_ op: BinaryOperator, _ left: Expression, _ right: Expression, _ range: SourceRange, _ mark: SourceRange) -> Known {
    let a = known(left)
    if op == .and || op == .or {
      // The right side runs only sometimes.
      branch([], hiding: left.names) { _ = known(right) }
      return Known(type: "bool")
    }
    return binary(op, (left, a), (right, known(right)), range)
  }

  func binary(_ op: BinaryOperator, _ left: (expression: Expression, known: Known), _ right: (expression: Expression, known: Known), _ range: SourceRange) -> Known {
    let (a, b) = (left.known, right.known)
    if op == .equal || op == .notEqual { return Known(type: "bool") }
    guard let x = a.type, let y = b.type else { return .anything }
    let numbers: Set<String> = ["int", "float", "number"]
    if environment.hostTypes.contains(x) || environment.hostTypes.contains(y) {
      do { return try knowledge?.binary(op, a, b) ?? .anything } catch let fault as Fault {
        report(fault, range, secondary: origins((left.expression, a), (right.expression, b)))
      } catch {}
      return .anything
    }
    if numbers.contains(x), numbers.contains(y) {
      if op.isComparison { return Known(type: "bool") }
      if op == .divide { return b.int == 0 && a.int != nil ? zeroDivision(a, range, "/") : Known(type: "float") }
      if x == "int", y == "int" { return op == .power ? Known(type: "number") : integer(op, a.int, b.int) }
      return Known(type: x == "float" || y == "float" ? "float" : "number")
    }
    if op == .add, x == y, x == "string" || x == "list" {
      var sum = Known(type: x)
      if let first = a.items, let second = b.items, first.count + second.count <= Checker.mostItems { sum.items = first + second }
      return sum
    }
    return .anything
  }

  private func integer(_ op: BinaryOperator, _ a: Int?, _ b: Int?) -> Known {
    guard let a, let b else { return Known(type: "int") }
    let (result, overflow): (Int, Bool) =
      switch op {
      case .add: a.addingReportingOverflow(b)
      case .subtract: a.subtractingReportingOverflow(b)
      case .multiply: a.multipliedReportingOverflow(by: b)
      default: (0, true)
      }
    return overflow ? Known(type: "int") : .int(result)
  }

  private func zeroDivision(_ a: Known, _ range: SourceRange, _ op: String) -> Known {
    report(Fault(.value, "division by zero: \(a.int!) \(op) 0"), range)
    return Known(type: "float")
  }

  // MARK: Parts

  private func field(_ base: Expression, _ name: Name, _ expression: Expression) -> Known {
    let x = known(base)
    guard let type = x.type else { return .anything }
    if environment.hostTypes.contains(type) {
      if let members = knowledge?.members(of: x), !members.contains(name.text) {
        report(
          Fault(
            .name, "\(Phrase.article(type)) has no field '\(name.text)'",
            help: environment.nativeNumbers[name.text] != nil
              ? "a call needs brackets: x.\(name.text)()" : nearest(to: name.text, in: members).map { "did you mean '\($0)'?" }), expression.range)
        return .anything
      }
      return knowledge?.member(x, name.text) ?? .anything
    }
    if ["int", "float", "bool", "nil", "string", "list", "range"].contains(type) {
      let isNative = environment.nativeNumbers[name.text] != nil
      report(
        Fault(
          .type, "\(x.phrase) has no fields, found '.\(name.text)'", help: ForeignNames.field(name.text) ?? (isNative ? "a call needs brackets: x.\(name.text)()" : nil)),
        expression.range)
    }
    return .anything
  }

  private func index(_ base: Expression, _ index: [Index], _ expression: Expression) -> Known {
    let x = known(base)
    let parts = index.map(part)
    guard let type = x.type else { return .anything }
    if environment.hostTypes.contains(type) {
      do { return try knowledge?.index(x, parts) ?? .anything } catch let fault as Fault {
        report(fault, expression.range, secondary: origins((base, x)))
      } catch {}
      return .anything
    }
    guard type == "list", let items = x.items, parts.count == 1, case .at(let key) = parts[0], let position = key.int else {
      return .anything
    }
    let found = position < 0 ? position + items.count : position
    guard items.indices.contains(found) else {
      let message = items.isEmpty ? "index \(position) of an empty list" : "index \(position) is outside of the list of \(items.count)"
      report(Fault(.index, message), expression.range, secondary: origins((base, x)))
      return .anything
    }
    return items[found]
  }

  private func part(_ index: Index) -> KnownIndex {
    switch index {
    case .wholeAxis: return .whole
    case .value(let value):
      let key = known(value)
      return key.int != nil || key.ints != nil || key.type == "int" ? .at(key) : .unknown
    case .slice(let lower, let upper, let isClosed, _):
      let (low, high) = (lower.map(known), upper.map(known))
      if low != nil && low?.int == nil || high != nil && high?.int == nil { return .unknown }
      // A closed end of -1 is the end itself.
      if isClosed, let end = high?.int { return .slice(start: low?.int, end: end == -1 ? nil : end == .max ? .max : end + 1) }
      return .slice(start: low?.int, end: high?.int)
    }
  }

  // MARK: Blocks in expressions

  private func conditional(_ branches: If) {
    var rebound: Set<String> = []
    for part in branches.branches { rebound.formUnion(part.body.rebound.union(Rebound.names(in: part.condition))) }
    if let otherwise = branches.otherwise { rebound.formUnion(otherwise.rebound) }
    var asked: Set<String> = []
    for part in branches.branches {
      _ = known(part.condition)
      asked.formUnion(part.condition.names)
      branch(rebound, hiding: asked) { block(part.body) }
    }
    if let otherwise = branches.otherwise { branch(rebound, hiding: asked) { block(otherwise) } }
    forget(rebound)
  }

  private func attempt(_ attempt: Try) {
    let rebound = attempt.body.rebound.union(attempt.handler.rebound)
    tryDepth += 1
    branch(rebound) { block(attempt.body) }
    tryDepth -= 1
    forget(rebound)
    scope {
      declare(attempt.errorName, .anything, .caught)
      block(attempt.handler)
    }
    forget(rebound)
  }

  private func clause(_ index: Int, of comprehension: Comprehension) {
    guard index < comprehension.clauses.count else {
      if let key = comprehension.key { _ = known(key) }
      _ = known(comprehension.element)
      return
    }
    let clause = comprehension.clauses[index]
    iterate(clause.names, over: clause.sequence, rebound: []) {
      if let condition = clause.condition { _ = known(condition) }
      branch([], hiding: clause.condition?.names ?? []) { self.clause(index + 1, of: comprehension) }
    }
  }
}
