import LimnSyntax

extension FunctionCompiler {
  /// A register that holds the value of an expression: the variable's own, or a new temporary.
  func operand(_ expression: Expression) -> Int {
    if case .name(let name) = expression.kind, let register = register(of: name) { return register }
    let register = allocate(expression.range)
    compile(expression, into: register)
    return register
  }

  /// Like ``operand(_:)``, but safe from what `later` may assign before the value is used.
  func stableOperand(_ expression: Expression, before later: Expression) -> Int {
    guard case .name = expression.kind, later.mayAssign else { return operand(expression) }
    let register = allocate(expression.range)
    compile(expression, into: register)
    return register
  }

  /// The register that always holds a name's value; nil if it must be loaded.
  func register(of name: String) -> Int? {
    switch candidates(name, forCall: false).first {
    case .local(let local): local.register
    case .slot(let binding) where isTopLevel: binding.slot
    default: nil
    }
  }

  /// Compiles an expression so that its value is in `target`.
  func compile(_ expression: Expression, into target: Int) {
    let range = expression.range
    switch expression.kind {
    case .missing: break
    case .nil: emit(.loadNil, target, 0, 0, range)
    case .bool(let value): emit(.loadBool, target, value ? 1 : 0, 0, range)
    case .int(let value): int(value, into: target, range)
    case .float(let value): emit(.loadConstant, target, constant(value), 0, range)
    case .string(let literal): string(literal, into: target, range)
    case .name(let name): self.name(name, into: target, range)
    case .list(let items): list(items, into: target, range)
    case .map(let entries): map(entries, into: target, range)
    case .comprehension(let comprehension): self.comprehension(comprehension, into: target, range)
    case .unary(let op, let operand): unary(op, operand, into: target, range)
    case .binary(let op, let left, let right, _): binary(op, left, right, into: target, range)
    case .range(let lower, let upper, let isClosed):
      let mark = next
      let a = stableOperand(lower, before: upper)
      emit(isClosed ? .makeClosedRange : .makeRange, target, a, operand(upper), range)
      free(to: mark)
    case .function(let function): makeFunction(function, into: target)
    case .call(let call): self.call(call, range, into: target)
    case .field(let base, let name): field(base, name, into: target, range)
    case .index(let base, let index): self.index(base, index, into: target, range)
    case .if(let branches): conditional(branches, into: target, range)
    case .try(let attempt): self.attempt(attempt, into: target, range)
    }
  }

  /// Compiles an expression for what it does.
  func discard(_ expression: Expression) {
    switch expression.kind {
    case .if(let branches): conditional(branches, into: nil, expression.range)
    case .try(let attempt): self.attempt(attempt, into: nil, expression.range)
    default:
      let mark = next
      let register = allocate(expression.range)
      compile(expression, into: register)
      // What nobody uses must not keep a value from being unique.
      if case .call = expression.kind { emit(.loadNil, register, 0, 0, expression.range) }
      free(to: mark)
    }
  }

  // MARK: Literals

  private func int(_ value: Int, into target: Int, _ range: SourceRange) {
    if let small = Int32(exactly: value) {
      emit(Instruction(.loadInt, target, wide: Int(small)), range)
    } else {
      emit(.loadConstant, target, addConstant(.int(value)), 0, range)
    }
  }

  private func string(_ literal: StringLiteral, into target: Int, _ range: SourceRange) {
    if let text = literal.plainText { return emit(.loadConstant, target, constant(text), 0, range) }
    let first = next
    pushParts(of: literal, range)
    emit(.concat, target, first, literal.parts.count, range)
    free(to: first)
  }

  /// Compiles the parts of a string into new consecutive registers.
  func pushParts(of literal: StringLiteral, _ range: SourceRange) {
    for part in literal.parts {
      let register = allocate(range)
      switch part {
      case .text(let text): emit(.loadConstant, register, constant(text), 0, range)
      case .value(let value): compile(value, into: register)
      }
    }
  }

  /// Items that are made in registers at once; longer lists grow piece by piece, so that frames stay small.
  private static let chunk = 64

  private func list(_ items: [Expression], into target: Int, _ range: SourceRange) {
    let mark = next
    let result = items.count > Self.chunk && !isScratch(target) ? allocate(range) : target
    let first = next
    for item in items.prefix(Self.chunk) { compile(item, into: allocate(item.range)) }
    emit(.makeList, result, first, min(items.count, Self.chunk), range)
    free(to: first)
    for item in items.dropFirst(Self.chunk) {
      let register = allocate(item.range)
      compile(item, into: register)
      emit(.appendItem, result, register, 0, item.range)
      free(to: register)
    }
    if result != target { emit(.take, target, result, 0, range) }
    free(to: mark)
  }

  private func map(_ entries: [MapEntry], into target: Int, _ range: SourceRange) {
    let mark = next
    let result = entries.count > Self.chunk && !isScratch(target) ? allocate(range) : target
    let first = next
    for entry in entries {
      // `[a: 1]`, where the word itself was meant.
      guard case .name(let name) = entry.key.kind, candidates(name, forCall: false).isEmpty else { continue }
      unknown(name, entry.key.range, otherwise: "\"\(name)\": …")
    }
    for entry in entries.prefix(Self.chunk) {
      compile(entry.key, into: allocate(entry.key.range))
      compile(entry.value, into: allocate(entry.value.range))
    }
    emit(.makeMap, result, first, min(entries.count, Self.chunk), range)
    free(to: first)
    for entry in entries.dropFirst(Self.chunk) {
      let register = allocate(2, entry.key.range)
      compile(entry.key, into: register)
      compile(entry.value, into: register + 1)
      emit(.insertEntry, result, register, 0, entry.key.range)
      free(to: register)
    }
    if result != target { emit(.take, target, result, 0, range) }
    free(to: mark)
  }

  private func comprehension(_ comprehension: Comprehension, into target: Int, _ range: SourceRange) {
    let mark = next
    let result = allocate(range)
    named.insert(result)
    emit(comprehension.key == nil ? .makeList : .makeMap, result, result, 0, range)
    clause(0, of: comprehension, result)
    named.remove(result)
    emit(.take, target, result, 0, range)
    free(to: mark)
  }

  private func clause(_ index: Int, of comprehension: Comprehension, _ result: Int) {
    guard index < comprehension.clauses.count else {
      let mark = next
      let register = allocate(2, comprehension.element.range)
      if let key = comprehension.key {
        compile(key, into: register)
        compile(comprehension.element, into: register + 1)
        emit(.insertEntry, result, register, 0, key.range)
      } else {
        compile(comprehension.element, into: register + 1)
        emit(.appendItem, result, register + 1, 0, comprehension.element.range)
      }
      return free(to: mark)
    }
    let clause = comprehension.clauses[index]
    iterate(clause.names, over: clause.sequence, clause.sequence.range) {
      let mark = next
      var skips: [Int] = []
      if let condition = clause.condition { jumpUnless(condition, &skips) }
      self.clause(index + 1, of: comprehension, result)
      for skip in skips { land(skip) }
      free(to: mark)
      return []
    }
  }

  // MARK: Names

  private func name(_ name: String, into target: Int, _ range: SourceRange) {
    guard let resolved = candidates(name, forCall: false).first else { return unknown(name, range) }
    if case .module = resolved {
      unit.report(.moduleProblem, "'\(name)' is a module, not a value", range, help: "reach its names with '\(name).'")
      return
    }
    load(resolved, into: target, range)
  }

  func load(_ resolved: Resolved, into target: Int, _ range: SourceRange) {
    switch resolved {
    case .local(let local):
      if local.register != target { emit(.move, target, local.register, 0, range) }
    case .capture(let index, _): emit(.loadCapture, target, index, 0, range)
    case .itself: emit(.loadSelf, target, 0, 0, range)
    case .slot(let binding):
      if !isTopLevel {
        emit(.loadSlot, target, binding.slot, 0, range)
      } else if binding.slot != target {
        emit(.move, target, binding.slot, 0, range)
      }
    case .native(let number):
      if !unit.environment.natives[number].isPure { parts.isPure = false }
      emit(.loadNative, target, number, 0, range)
    case .module: preconditionFailure("a module is no value")
    }
  }

  func unknown(_ name: String, _ range: SourceRange, otherwise: String? = nil) {
    if isTopLevel, unit.upcoming[name] != nil {
      unit.report(.usedBeforeDeclaration, "'\(name)' is used before its declaration", range)
      return
    }
    let near = unit.suggestion(for: name, locals: localNames)
    let library = ForeignNames.isLibrary(name) ? "functions stand alone, with no library before them" : nil
    unit.report(.unknownName, "there is no name '\(name)'", range, help: library ?? ForeignNames.value(name) ?? near ?? otherwise)
  }

  // MARK: Parts

  private func field(_ base: Expression, _ name: Name, into target: Int, _ range: SourceRange) {
    if let module = module(base) {
      guard let binding = member(name, of: module) else { return }
      return emit(.loadFar, target, number(of: module), binding.slot, range)
    }
    let mark = next
    emit(.getField, target, operand(base), constant(name.text), range)
    free(to: mark)
  }

  /// The module that an expression names, if no other name hides it.
  func module(_ expression: Expression) -> Module? {
    guard case .name(let name) = expression.kind, case .module(let module)? = candidates(name, forCall: false).first
    else { return nil }
    return module
  }

  /// A public name of a module; reports when there is none.
  func member(_ name: Name, of module: Module) -> TopLevelName? {
    // What it would have had nobody knows, and that it is not there is told.
    if module.state == .lost { return nil }
    let owner = module.name ?? "the module"
    if name.text.hasPrefix("_") {
      unit.report(.moduleProblem, "'\(name.text)' is private to '\(owner)'", name.range)
      return nil
    }
    if let binding = module.names[name.text] {
      if case .module = binding.kind {
        unit.report(.moduleProblem, "'\(name.text)' is a module that '\(owner)' uses, not one of its names", name.range)
        return nil
      }
      return binding
    }
    let known = module.names.keys.filter { !$0.hasPrefix("_") }.sorted()
    unit.report(
      .unknownName, "'\(owner)' has no name '\(name.text)'", name.range,
      help: nearest(to: name.text, in: known).map { "did you mean '\($0)'?" })
    return nil
  }

  private func index(_ base: Expression, _ index: [Index], into target: Int, _ range: SourceRange) {
    let mark = next
    defer { free(to: mark) }
    if index.count == 1, case .value(let key) = index[0] {
      let object = stableOperand(base, before: key)
      emit(.getIndex, target, object, operand(key), range)
      return
    }
    let object = operand(base)
    let first = next
    let pattern = indexParts(index)
    if next == first { _ = allocate(range) }
    parts.tables.indexPatterns.append(pattern)
    emit(.getSlice, first, object, parts.tables.indexPatterns.count - 1, range)
    emit(.take, target, first, 0, range)
  }

  // MARK: Choices

  private func conditional(_ branches: If, into target: Int?, _ range: SourceRange) {
    var ends: [Int] = []
    // A variable may be named in later branches, so that values meet in a register of their own.
    let mark = next
    let result = target.map { isScratch($0) ? $0 : allocate(range) }
    for (index, branch) in branches.branches.enumerated() {
      var skips: [Int] = []
      let temporaries = next
      jumpUnless(branch.condition, &skips)
      free(to: temporaries)
      block(branch.body, into: result)
      let isLast = index == branches.branches.count - 1 && branches.otherwise == nil && result == nil
      if !isLast { ends.append(emitJump(.jump, 0, branch.body.range)) }
      for skip in skips { land(skip) }
    }
    if let otherwise = branches.otherwise {
      block(otherwise, into: result)
    } else if let result {
      emit(.loadNil, result, 0, 0, range)
    }
    for end in ends { land(end) }
    if let result, let target, result != target { emit(.take, target, result, 0, range) }
    free(to: mark)
  }

  private func attempt(_ attempt: Try, into target: Int?, _ range: SourceRange) {
    let mark = next
    let result = target.map { isScratch($0) ? $0 : allocate(range) }
    let start = here
    tryDepth += 1
    block(attempt.body, into: result)
    tryDepth -= 1
    let end = here
    let done = emitJump(.jump, 0, range)
    parts.tables.handlers.append(Handler(start: start, end: end, target: here))
    scope {
      let register = allocate(attempt.errorName.range)
      emit(.catchError, register, 0, 0, attempt.errorName.range)
      declare(attempt.errorName.text, register, .caught)
      block(attempt.handler, into: result)
    }
    land(done)
    if let result, let target, result != target { emit(.take, target, result, 0, range) }
    free(to: mark)
  }
}
