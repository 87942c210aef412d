import LimnSyntax

extension FunctionCompiler {
  /// Compiles a statement of a file or input into this code, which then returns its value.
  func topLevel(_ statement: Statement, isShown: Bool) {
    switch statement.kind {
    case .expression(let value) where isShown:
      let register = allocate(value.range)
      compile(value, into: register)
      emit(.return, register, 0, 0, statement.range)
      return
    case .binding(let isVariable, let bindings):
      for binding in bindings { bindTopLevel(binding, isVariable) }
    case .function(let function):
      guard let name = function.name, let slot = slot(name) else { break }
      let register = allocate(function.range)
      let code = makeFunction(function, into: register)
      emit(.take, slot, register, 0, function.range)
      unit.assigned.insert(slot)
      var signature = FunctionSignature(function)
      signature.isPure = code.isPure
      unit.places[name.text] = name.range
      unit.declare(name.text, .function(signature))
    case .use(let module, let alias):
      use(module, alias)
    case .test(let name, let body):
      test(name, body, statement)
    default:
      self.statement(statement)
    }
    emit(.returnNil, 0, 0, 0, statement.range)
  }

  private func slot(_ name: Name) -> Int? {
    guard let slot = unit.module.slot(for: name.text) else {
      unit.report(.tooLarge, "more than \(Module.slotLimit) top-level names", name.range)
      return nil
    }
    return slot
  }

  private func bindTopLevel(_ binding: LimnSyntax.Binding, _ isVariable: Bool) {
    guard let slot = slot(binding.name) else { return }
    let mark = next
    let register = allocate(binding.value.range)
    compile(binding.value, into: register)
    emit(.take, slot, register, 0, binding.name.range)
    free(to: mark)
    unit.assigned.insert(slot)
    unit.places[binding.name.text] = binding.name.range
    unit.declare(binding.name.text, isVariable ? .variable : .constant)
  }

  private func use(_ name: Name, _ alias: Name?) {
    do {
      let module = try unit.environment.module(name)
      unit.declare((alias ?? name).text, .module(module))
      emit(.useModule, 0, number(of: module), 0, name.range)
    } catch {
      unit.diagnostics.append(error)
      // Its names are told about once, here.
      unit.declare((alias ?? name).text, .module(Module.lost(name.text)))
    }
  }

  private func test(_ name: StringLiteral, _ body: Block, _ statement: Statement) {
    guard let text = name.plainText else {
      unit.report(.misplacedStatement, "the name of a test is plain text, without values in braces", name.range)
      return
    }
    let function = Function(form: .trailingBlock, name: nil, parameters: [], body: .block(body), range: statement.range)
    let register = allocate(statement.range)
    _ = makeFunction(function, into: register, name: "test")
    emit(.addTest, register, constant(text), 0, name.range)
  }

  /// Compiles a statement whose value nobody uses.
  func statement(_ statement: Statement) {
    let mark = next
    switch statement.kind {
    case .expression(let value):
      checkUsed(value)
      discard(value)
    case .binding(let isVariable, let bindings):
      for binding in bindings {
        let register = allocate(binding.value.range)
        compile(binding.value, into: register)
        declare(binding.name.text, register, isVariable ? .variable : .constant, at: binding.name.range)
      }
      return  // the names keep their registers
    case .function(let function):
      let register = allocate(function.range)
      _ = makeFunction(function, into: register, selfName: function.name?.text)
      declare(function.name?.text ?? "", register, .function)
      return
    case .for(let loop): forLoop(loop, statement.range)
    case .while(let condition, let body): whileLoop(condition, body, statement.range)
    case .return(let value): returnValue(value, statement.range)
    case .break:
      if loops.isEmpty { return misplaced("break", statement.range) }
      loops[loops.count - 1].breaks.append(emitJump(.jump, 0, statement.range))
    case .continue:
      if loops.isEmpty { return misplaced("continue", statement.range) }
      loops[loops.count - 1].continues.append(emitJump(.jump, 0, statement.range))
    case .assign(let place, let op, let value): assign(place, op, value, statement.range)
    case .expect(let condition): expect(condition)
    case .use(let name, _):
      unit.report(.misplacedStatement, "'use' stands at the top level of a file", name.range)
    case .test(let name, _):
      unit.report(.misplacedStatement, "'test' stands at the top level of a file", name.range)
    }
    free(to: mark)
  }

  private func misplaced(_ word: String, _ range: SourceRange) {
    unit.report(.misplacedJump, "'\(word)' stands outside of a loop", range)
  }

  private func returnValue(_ value: Expression?, _ range: SourceRange) {
    if isTopLevel {
      unit.report(.misplacedJump, "'return' stands outside of a function", range)
      return
    }
    if let value { finish(value) } else { emit(.returnNil, 0, 0, 0, range) }
  }

  private func expect(_ condition: Expression) {
    if case .binary(let op, let left, let right, _) = condition.kind, op.isComparison {
      let a = stableOperand(left, before: right)
      let b = operand(right)
      emit(.expectComparison, a, b, BinaryOperator.allCases.firstIndex(of: op)!, condition.range)
    } else {
      emit(.expect, operand(condition), 0, 0, condition.range)
    }
  }

  /// Compiles a block; its value goes into `target`, or nowhere.
  func block(_ block: Block, into target: Int?) {
    scope {
      for (index, statement) in block.statements.enumerated() {
        if let target, index == block.statements.count - 1 {
          if case .expression(let value) = statement.kind {
            compile(value, into: target)
          } else {
            self.statement(statement)
            emit(.loadNil, target, 0, 0, statement.range)
          }
        } else {
          self.statement(statement)
        }
      }
      if let target, block.statements.isEmpty { emit(.loadNil, target, 0, 0, block.range) }
    }
  }

  // MARK: Loops

  private func whileLoop(_ condition: Expression, _ body: Block, _ range: SourceRange) {
    loops.append(LoopLabels())
    if case .binary(let op, let left, let right, _) = condition.kind, op.isComparison {
      // The comparison stands at the end of the body: one jump a round.
      let entry = emitJump(.jump, 0, range)
      let top = here
      block(body, into: nil)
      for jump in loops[loops.count - 1].continues { land(jump) }
      land(entry)
      let mark = next
      fused(op, left, right, isLoop: true, condition.range)
      land(here - 1, at: top)
      free(to: mark)
    } else {
      let top = here
      var exits: [Int] = []
      jumpUnless(condition, &exits)
      block(body, into: nil)
      for jump in loops[loops.count - 1].continues { land(jump, at: top) }
      land(emitJump(.loop, 0, range), at: top)
      for exit in exits { land(exit) }
    }
    for jump in loops.removeLast().breaks { land(jump) }
  }

  private func forLoop(_ loop: For, _ range: SourceRange) {
    iterate(loop.names, over: loop.sequence, range) {
      loops.append(LoopLabels())
      block(loop.body, into: nil)
      for jump in loops[loops.count - 1].continues { land(jump) }
      return loops.removeLast().breaks
    }
  }

  /// Compiles a loop over a sequence; `body` gives the jumps that leave it.
  func iterate(_ names: [Name], over sequence: Expression, _ range: SourceRange, body: () -> [Int]) {
    scope {
      let hidden = allocate(2, sequence.range)
      named.formUnion([hidden, hidden + 1])
      let op: Opcode
      if names.count == 1, case .range(let lower, let upper, let isClosed) = sequence.kind {
        compile(lower, into: hidden)
        compile(upper, into: hidden + 1)
        emit(.rangeStart, hidden, isClosed ? 1 : 0, 0, sequence.range)
        op = .rangeNext
      } else {
        compile(sequence, into: hidden)
        emit(.loopStart, hidden, 0, 0, sequence.range)
        op = names.count == 1 ? .loopNext : .loopNextPair
      }
      if names.count > 2 {
        unit.report(.wrongArgumentCount, "a loop has one name or two, found \(names.count)", names[2].range)
      }
      let items = allocate(max(1, min(2, names.count)), range)
      // Named only inside the body: before the first round the registers hold nothing of it.
      let entry = emitJump(.jump, 0, range)
      let top = here
      scopes.append([])
      for (offset, name) in names.prefix(2).enumerated() { declare(name.text, items + offset, .loop, at: name.range) }
      let breaks = body()
      for local in scopes.removeLast() {
        named.remove(local.register)
        parts.tables.locals[local.note].end = here
      }
      land(entry)
      emit(op, hidden, items, 0, sequence.range)
      land(emitJump(.jump, 0, sequence.range), at: top)
      for jump in breaks { land(jump) }
      // The loop lets go of what it ran over, so that the variable that holds it can grow in place again.
      if op != .rangeNext { emit(.loadNil, hidden, 0, 0, sequence.range) }
      named.subtract([hidden, hidden + 1])
    }
  }

  // MARK: Functions

  /// Compiles a function and the instructions that make its value in `register`.
  @discardableResult
  func makeFunction(_ function: Function, into register: Int, name: String? = nil, selfName: String? = nil) -> Code {
    let child = FunctionCompiler(unit, parent: self, name: name ?? function.name?.text, selfName: selfName)
    child.functionBody(function)
    let code = child.finish()
    parts.tables.functions.append(code)
    let mark = next
    let base = isScratch(register) ? register : allocate(function.range)
    for (index, capture) in child.captures.enumerated() {
      let target = index == 0 ? base : allocate(function.range)
      load(capture.source, into: target, function.range)
    }
    emit(.makeFunction, base, parts.tables.functions.count - 1, 0, function.range)
    if base != register { emit(.take, register, base, 0, function.range) }
    free(to: mark)
    return code
  }

  private func functionBody(_ function: Function) {
    parts.doc = function.doc
    parts.parameters = function.parameters.map {
      CodeParameter(name: $0.name.text, hasDefault: $0.defaultValue != nil, text: unit.source[$0.range])
    }
    let first = allocate(max(function.parameters.count, 0), function.range)
    for (index, parameter) in function.parameters.enumerated() {
      // Until its default is worked out the register must not serve as scratch.
      named.insert(first + index)
      if parameter.isRest { unit.report(.unknownType, "only a built-in takes '..\(parameter.name.text)'", parameter.range) }
    }
    for (index, parameter) in function.parameters.enumerated() {
      if let value = parameter.defaultValue {
        let given = emitJump(.jumpIfGiven, first + index, parameter.range)
        let mark = next
        let temporary = allocate(value.range)
        compile(value, into: temporary)
        emit(.take, first + index, temporary, 0, value.range)
        free(to: mark)
        land(given)
      }
      declare(parameter.name.text, first + index, .parameter, at: parameter.name.range)
      if let type = parameter.type { declaredType(type, of: parameter, first + index, function) }
    }
    switch function.body {
    case .expression(let value): finish(value)
    case .block(let block): finish(block)
    }
  }

  /// Leaves the function with the value of a block.
  private func finish(_ block: Block) {
    for statement in block.statements.dropLast() { self.statement(statement) }
    if case .expression(let value)? = block.statements.last?.kind { return finish(value) }
    if let last = block.statements.last { statement(last) }
    emit(.returnNil, 0, 0, 0, block.range)
  }

  /// Leaves the function with a value. The branches of an `if` leave by themselves, and a local name is returned from
  /// its own register: nobody reads it after.
  private func finish(_ value: Expression) {
    if case .if(let branches) = value.kind { return finish(branches, value.range) }
    if case .name(let name) = value.kind, let register = register(of: name) {
      return emit(.return, register, 0, 0, value.range)
    }
    let mark = next
    let register = allocate(value.range)
    compile(value, into: register)
    emit(.return, register, 0, 0, value.range)
    free(to: mark)
  }

  private func finish(_ branches: If, _ range: SourceRange) {
    for branch in branches.branches {
      var skips: [Int] = []
      let mark = next
      jumpUnless(branch.condition, &skips)
      free(to: mark)
      scope { finish(branch.body) }
      for skip in skips { land(skip) }
    }
    if let otherwise = branches.otherwise {
      scope { finish(otherwise) }
    } else {
      emit(.returnNil, 0, 0, 0, range)
    }
  }

  private func declaredType(_ type: TypeAnnotation, of parameter: Parameter, _ register: Int, _ function: Function) {
    let known = TypeCheck.names.contains(type.name.text) || unit.environment.hostTypes.contains(type.name.text)
    if !known {
      let all = TypeCheck.names + unit.environment.hostTypes.sorted()
      unit.report(
        .unknownType, "there is no type '\(type.name.text)'", type.name.range,
        help: nearest(to: type.name.text, in: all).map { "did you mean '\($0)'?" })
    }
    var dimensions: [DeclaredType.Dimension]?
    if let written = type.dimensions {
      dimensions = written.map { dimension in
        switch dimension {
        case .size(let size, _): return .size(size)
        case .rest: return .rest
        case .name(let name):
          if let known = scopes[0].first(where: { $0.name == name.text }) { return .same(name.text, register: known.register) }
          let register = allocate(name.range)
          declare(name.text, register, .parameter)
          return .bind(name.text, register: register)
        }
      }
    }
    var acceptsNil = false
    if case .nil? = parameter.defaultValue?.kind { acceptsNil = true }
    parts.tables.types.append(
      DeclaredType(
        check: TypeCheck(type.name.text), dimensions: dimensions, function: function.name?.text ?? "the function",
        parameter: parameter.name.text, parameters: function.parameters.map(\.name.text),
        text: unit.source[type.range], acceptsNil: acceptsNil))
    emit(.checkType, register, parts.tables.types.count - 1, 0, parameter.range)
  }
}

extension BinaryOperator {
  var isComparison: Bool {
    switch self {
    case .equal, .notEqual, .less, .lessEqual, .greater, .greaterEqual: true
    default: false
    }
  }
}
