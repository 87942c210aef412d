import LimnSyntax

/// A name bound to a register.
struct Local {
  let name: String
  let register: Int
  let isVariable: Bool
  /// Whether it surely holds a function, so that a call need not look further.
  let isFunction: Bool
  /// What it is, for the message when somebody assigns to it.
  let role: Role
  /// Where among the function's named registers it is noted.
  let note: Int
  /// Where it is declared, to be shown beside a mistake.
  let place: SourceRange?

  enum Role {
    case constant, variable, parameter, loop, function, caught
  }
}

/// What a name stands for where it is used.
enum Resolved {
  case local(Local)
  /// The number of a captured value.
  case capture(Int, isFunction: Bool)
  /// The function being compiled.
  case itself
  case slot(TopLevelName)
  case module(Module)
  case native(Int)

  /// Whether it surely holds something that can be called.
  var isSurelyCallable: Bool {
    switch self {
    case .local(let local): local.isFunction
    case .capture(_, let isFunction): isFunction
    case .itself, .native: true
    case .slot(let name):
      if case .function = name.kind { true } else { false }
    case .module: false
    }
  }
}

/// A loop being compiled: where `break` and `continue` go.
struct LoopLabels {
  var breaks: [Int] = []
  var continues: [Int] = []
}

/// Compiles one function body, or one top-level statement.
///
/// Registers are a stack: parameters, then named locals as their scopes open, then temporaries. An expression is
/// compiled into a register; only its last instruction writes there, so that `x = f(x)` may aim at `x` itself.
final class FunctionCompiler {
  let unit: Compiler
  let parent: FunctionCompiler?
  var parts: CodeParts
  /// The name by which a local function calls itself.
  let selfName: String?
  var scopes: [[Local]] = [[]]
  var next: Int
  /// Registers that hold named values, which no expression may use as scratch.
  var named: Set<Int> = []
  var loops: [LoopLabels] = []
  /// How many `try` bodies surround the code; values are not moved out of variables there.
  var tryDepth = 0
  /// What a function copies when it is made: in the parent's terms.
  var captures: [(key: String, source: Resolved)] = []
  private var strings: [String: Int] = [:]
  private var floats: [UInt64: Int] = [:]
  private var modules: [ObjectIdentifier: Int] = [:]

  var isTopLevel: Bool { parent == nil }

  init(_ unit: Compiler, parent: FunctionCompiler?, name: String?, selfName: String? = nil) {
    self.unit = unit
    self.parent = parent
    self.selfName = selfName
    parts = CodeParts(name: name, source: unit.source, module: unit.module)
    parts.isTopLevel = parent == nil
    next = parent == nil ? Module.slotLimit : 0
  }

  func finish() -> Code {
    parts.frameSize = max(parts.frameSize, next, 1)
    parts.captureCount = captures.count
    let largest = [
      parts.constants.count, parts.tables.functions.count, parts.tables.indexPatterns.count, parts.tables.paths.count,
      parts.tables.types.count, parts.tables.modules.count,
    ]
    if largest.contains(where: { $0 > Int(UInt16.max) }) {
      unit.report(
        .tooLarge, "the function is too large: more than \(UInt16.max) values, functions or places of one kind",
        parts.ranges.first ?? SourceRange(start: 0, end: 0))
    }
    for index in parts.tables.locals.indices where parts.tables.locals[index].end == Int.max {
      parts.tables.locals[index].end = parts.instructions.count
    }
    return Code(parts)
  }

  // MARK: Emitting

  var here: Int { parts.instructions.count }

  func emit(_ instruction: Instruction, _ range: SourceRange) {
    parts.instructions.append(instruction)
    parts.ranges.append(range)
  }

  func emit(_ op: Opcode, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, _ range: SourceRange) {
    emit(Instruction(op, a, b, c), range)
  }

  /// A jump whose target is not yet known; ``land(_:)`` fills it in.
  func emitJump(_ op: Opcode, _ a: Int = 0, _ range: SourceRange) -> Int {
    emit(Instruction(op, a, wide: 0), range)
    return here - 1
  }

  /// Makes the jump at a word lead to `target`, by default the next instruction.
  func land(_ word: Int, at target: Int? = nil) {
    let instruction = parts.instructions[word]
    parts.instructions[word] = Instruction(instruction.op, Int(instruction.a), wide: (target ?? here) - word - 1)
  }

  // MARK: Registers and constants

  func allocate(_ range: SourceRange) -> Int { allocate(1, range) }

  func allocate(_ count: Int, _ range: SourceRange) -> Int {
    let register = next
    next += count
    parts.frameSize = max(parts.frameSize, next)
    let limit = isTopLevel ? 65_000 : 32_000
    if next > limit {
      unit.report(.tooLarge, "the function needs more than 32000 names and values at once", range)
      next = register
      return isTopLevel ? Module.slotLimit : 0
    }
    return register
  }

  /// Gives back the registers used since `mark`.
  func free(to mark: Int) { next = mark }

  /// Whether a register is the newest and nameless, so that a call may build its arguments on it.
  func isScratch(_ register: Int) -> Bool { register == next - 1 && !named.contains(register) && (!isTopLevel || register >= Module.slotLimit) }

  func constant(_ text: String) -> Int {
    if let known = strings[text] { return known }
    strings[text] = parts.constants.count
    // A source comes from outside: nothing in it may pose as a token.
    return addConstant(.string(owned: TokenTable.cleaned(text), unit.environment.meter))
  }

  func constant(_ value: Double) -> Int {
    if let known = floats[value.bitPattern] { return known }
    floats[value.bitPattern] = parts.constants.count
    return addConstant(.float(value))
  }

  func addConstant(_ value: Value) -> Int {
    parts.constants.append(value)
    return parts.constants.count - 1
  }

  func number(of module: Module) -> Int {
    let id = ObjectIdentifier(module)
    if let known = modules[id] { return known }
    modules[id] = parts.tables.modules.count
    parts.tables.modules.append(module)
    return parts.tables.modules.count - 1
  }

  // MARK: Scopes

  /// Compiles `body` in a scope of its own and frees its registers.
  func scope<Result>(_ body: () -> Result) -> Result {
    let mark = next
    scopes.append([])
    let result = body()
    for local in scopes.removeLast() {
      named.remove(local.register)
      parts.tables.locals[local.note].end = here
    }
    free(to: mark)
    return result
  }

  /// Gives a register a name, from here to the end of the scope.
  func declare(_ name: String, _ register: Int, _ role: Local.Role, at place: SourceRange? = nil) {
    parts.tables.locals.append(LocalName(name: name, register: register, start: here, end: Int.max))
    scopes[scopes.count - 1].append(
      Local(
        name: name, register: register, isVariable: role == .variable, isFunction: role == .function, role: role,
        note: parts.tables.locals.count - 1, place: place))
    named.insert(register)
  }

  // MARK: Names

  /// What a name may stand for, nearest first, up to the first that surely fits.
  ///
  /// - Parameter forCall: Whether values that cannot be called are passed over at run time, so that outer ones matter.
  func candidates(_ name: String, forCall: Bool) -> [Resolved] {
    var found = enclosing(name, forCall: forCall)
    if let last = found.last, !forCall || last.isSurelyCallable { return found }
    found += unit.topLevel(name, inFunction: !isTopLevel, forCall: forCall)
    return found
  }

  private func enclosing(_ name: String, forCall: Bool) -> [Resolved] {
    var found: [Resolved] = []
    for scope in scopes.reversed() {
      for local in scope.reversed() where local.name == name {
        found.append(.local(local))
        if !forCall || local.isFunction { return found }
      }
    }
    if name == selfName { return found + [.itself] }
    guard let parent else { return found }
    for outer in parent.enclosing(name, forCall: forCall) {
      found.append(.capture(capture(outer), isFunction: outer.isSurelyCallable))
    }
    return found
  }

  private func capture(_ outer: Resolved) -> Int {
    let key =
      switch outer {
      case .local(let local): "r\(local.register)"
      case .capture(let index, _): "c\(index)"
      default: "self"
      }
    if let known = captures.firstIndex(where: { $0.key == key }) { return known }
    captures.append((key, outer))
    return captures.count - 1
  }

  /// All local names in sight, for suggestions.
  var localNames: [String] {
    scopes.flatMap { $0.map(\.name) } + (selfName.map { [$0] } ?? []) + (parent?.localNames ?? [])
  }
}

extension Compiler {
  /// The top-level and native meanings of a name.
  func topLevel(_ name: String, inFunction: Bool, forCall: Bool) -> [Resolved] {
    var found: [Resolved] = []
    if let binding = visible[name] ?? (inFunction ? upcoming[name] : nil) {
      // In a function a later declaration of the same source may be the one that counts when it runs.
      let current = inFunction ? upcoming[name] ?? binding : binding
      if case .module(let module) = current.kind { return [.module(module)] }
      found.append(.slot(current))
      if !forCall || found[0].isSurelyCallable { return found }
    }
    if let number = environment.nativeNumbers[name] { found.append(.native(number)) }
    return found
  }
}
