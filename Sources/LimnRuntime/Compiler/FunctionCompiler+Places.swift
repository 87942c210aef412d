import LimnSyntax

// Assignments: to names, in place where possible, and to parts of what names hold.
extension FunctionCompiler {
  func assign(_ place: Expression, _ assignment: AssignmentOperator, _ value: Expression, _ range: SourceRange) {
    let op: BinaryOperator? =
      switch assignment {
      case .set: nil
      case .add: .add
      case .subtract: .subtract
      case .multiply: .multiply
      case .divide: .divide
      }
    guard let (root, name, steps) = path(of: place) else { return }
    let isPlain = op == nil && steps.isEmpty && value.range.count <= 40 && !unit.source[value.range].contains("\n")
    guard let register = variable(name, root.range, declaration: isPlain ? "let \(name) = \(unit.source[value.range])" : nil) else {
      // The value's own mistakes are told as well.
      _ = operand(value)
      return
    }
    if steps.isEmpty {
      assign(name, register, op, value, range)
    } else {
      assign(register, steps, op, value, place.range)
    }
  }

  /// The register of a name that may be rebound here; reports why not.
  private func variable(_ name: String, _ range: SourceRange, declaration: String?) -> Int? {
    guard let resolved = candidates(name, forCall: false).first else {
      unknown(name, range, otherwise: declaration)
      return nil
    }
    switch resolved {
    case .local(let local):
      if local.isVariable { return local.register }
      switch local.role {
      case .parameter, .loop, .caught:
        let what = local.role == .parameter ? "a parameter" : local.role == .loop ? "a loop's name" : "a caught error"
        unit.report(
          .notAVariable, "'\(name)' is \(what) and cannot be rebound", range, help: "copy it first: var \(name) = \(name)",
          secondary: local.place.map { [.init(range: $0, label: "declared here")] } ?? [])
      default:
        unit.report(
          .notAVariable, "'\(name)' is not a variable and cannot be rebound", range,
          help: local.role == .function ? nil : "declare it with `var \(name) = …`",
          secondary: local.place.map { [.init(range: $0, label: "declared here")] } ?? [])
      }
    case .slot(let binding) where isTopLevel:
      if binding.isVariable {
        unit.assigned.insert(binding.slot)
        return binding.slot
      }
      unit.report(
        .notAVariable, "'\(name)' is not a variable and cannot be rebound", range,
        help: "declare it with `var \(name) = …`", secondary: unit.places[name].map { [.init(range: $0, label: "declared here")] } ?? [])
    case .slot, .capture, .itself:
      unit.report(
        .rebindsOutside, "a function cannot rebind '\(name)', which is a name outside of it", range,
        help: "return the new value and bind it there")
    case .module: unit.report(.notAVariable, "'\(name)' is a module and cannot be rebound", range)
    case .native:
      unit.report(
        .notAVariable, "'\(name)' is a built-in function and cannot be rebound", range,
        help: "declare a name of your own: var \(name) = …")
    }
    return nil
  }

  private func assign(
    _ name: String, _ register: Int, _ op: BinaryOperator?, _ value: Expression, _ range: SourceRange
  ) {
    if let op {
      if let small = smallInt(value), let opcode = op.withInt {
        return emit(opcode, register, register, small, range)
      }
      if op == .add, appended(register, value, range) { return }
      emit(op.opcode, register, register, operand(value), range)
    } else if let call = movingCall(value, name) {
      let temporary = allocate(value.range)
      self.call(call, value.range, into: temporary, moving: register)
      emit(.take, register, temporary, 0, range)
    } else if writesLast(value) {
      compile(value, into: register)
    } else {
      let temporary = allocate(value.range)
      compile(value, into: temporary)
      emit(.take, register, temporary, 0, range)
    }
  }

  /// `xs += [x]` and `s += "…{x}"` without a list or string in between.
  private func appended(_ register: Int, _ value: Expression, _ range: SourceRange) -> Bool {
    switch value.kind {
    case .list(let items) where items.count == 1:
      let item = allocate(items[0].range)
      compile(items[0], into: item)
      emit(.appendOne, register, item, 0, range)
    case .string(let literal) where literal.plainText == nil:
      let first = next
      pushParts(of: literal, value.range)
      emit(.appendTexts, register, first, literal.parts.count, range)
    default: return false
    }
    return true
  }

  /// Whether only the last instruction of an expression writes its target, so that a variable may be the target.
  private func writesLast(_ value: Expression) -> Bool {
    switch value.kind {
    case .binary(let op, _, _, _): op != .and && op != .or
    case .nil, .bool, .int, .float, .name, .unary, .index, .field, .list, .map, .string, .range, .call: true
    default: false
    }
  }

  /// The call of `v = f(v, …)`, when `v` is named nowhere else in it and nothing can catch an error here.
  private func movingCall(_ value: Expression, _ name: String) -> Call? {
    guard tryDepth == 0, case .call(let call) = value.kind, value.uses(of: name) == 1 else { return nil }
    if case .method(let receiver, _) = call.callee, case .name(name) = receiver.kind { return call }
    for argument in call.arguments where !argument.isSpread {
      if case .name(name) = argument.value.kind { return call }
    }
    return nil
  }

  // MARK: Paths

  private enum Step {
    case field(Name)
    case index([Index])
  }

  private func path(of place: Expression) -> (root: Expression, name: String, steps: [Step])? {
    switch place.kind {
    case .name(let name): return (place, name, [])
    case .field(let base, let name):
      guard let inner = path(of: base) else { return nil }
      return (inner.root, inner.name, inner.steps + [.field(name)])
    case .index(let base, let index):
      guard let inner = path(of: base) else { return nil }
      return (inner.root, inner.name, inner.steps + [.index(index)])
    default:
      unit.report(.notAPlace, "only a name, or a part of what a name holds, can be assigned to", place.range)
      return nil
    }
  }

  private func assign(
    _ register: Int, _ steps: [Step], _ op: BinaryOperator?, _ value: Expression, _ range: SourceRange
  ) {
    // One plain index has instructions of its own: the inner loops of programs.
    if steps.count == 1, case .index(let index) = steps[0], index.count == 1, case .value(let key) = index[0] {
      let keyRegister = stableOperand(key, before: value)
      if let op {
        let opcode: Opcode =
          switch op {
          case .add: .addIndex
          case .subtract: .subtractIndex
          case .multiply: .multiplyIndex
          default: .divideIndex
          }
        emit(opcode, register, keyRegister, operand(value), range)
      } else {
        let temporary = allocate(value.range)
        compile(value, into: temporary)
        emit(.setIndex, register, keyRegister, temporary, range)
      }
      return
    }
    let first = next
    var pattern: [PathPattern.Step] = []
    for step in steps {
      switch step {
      case .field(let name): pattern.append(.field(name.text))
      case .index(let index): pattern.append(.index(indexParts(index)))
      }
    }
    let temporary = allocate(value.range)
    compile(value, into: temporary)
    parts.tables.paths.append(PathPattern(steps: pattern, op: op))
    emit(.setPath, register, first, parts.tables.paths.count - 1, range)
  }

  /// Compiles the values of an index into new consecutive registers.
  func indexParts(_ index: [Index]) -> [IndexPart] {
    func push(_ value: Expression) {
      let register = allocate(value.range)
      compile(value, into: register)
    }
    return index.map { part in
      switch part {
      case .wholeAxis: return .whole
      case .value(let value):
        push(value)
        return .value
      case .slice(let lower, let upper, let isClosed, _):
        if let lower { push(lower) }
        if let upper { push(upper) }
        return .slice(hasLower: lower != nil, hasUpper: upper != nil, isClosed: isClosed)
      }
    }
  }
}

extension Expression {
  /// How many times a name stands in the expression, functions inside it included.
  func uses(of name: String) -> Int {
    var count = 0
    visit { expression in
      if case .name(name) = expression.kind { count += 1 }
      if case .call(let call) = expression.kind, case .name(let callee) = call.callee, callee.text == name { count += 1 }
      return true
    }
    return count
  }

  /// Whether working it out can rebind a variable: an `if` or `try` with blocks stands in it.
  var mayAssign: Bool {
    var found = false
    visit { expression in
      switch expression.kind {
      case .if, .try: found = true
      case .function: return false
      default: break
      }
      return !found
    }
    return found
  }
}
