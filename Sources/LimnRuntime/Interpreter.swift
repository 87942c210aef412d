import LimnSyntax

/// Where the text of a module comes from.
package struct ModuleSource {
  package let source: SourceText
  /// Library modules find only library modules.
  package let isLibrary: Bool

  package init(_ source: SourceText, isLibrary: Bool) {
    self.source = source
    self.isLibrary = isLibrary
  }
}

/// Diagnostics with the sources they belong to; thrown when a program cannot be run.
package struct CompileErrors: Error {
  package let diagnostics: [(source: SourceText, diagnostic: Diagnostic)]

  package init(diagnostics: [(source: SourceText, diagnostic: Diagnostic)]) { self.diagnostics = diagnostics }

  /// All of them as text, each with its place underlined, a blank line between; without a line end at the end.
  package func rendered(isColored: Bool = false) -> String {
    diagnostics.map { DiagnosticRenderer($0.source, isColored: isColored).render($0.diagnostic) }.joined(separator: "\n\n")
  }
}

/// A source ready to run, statement by statement.
package struct CompiledProgram {
  package let source: SourceText
  package let statements: [CompiledStatement]
  /// Whether a `;` at the end mutes the last value.
  package let isMuted: Bool
  /// The file's first doc comment.
  package let doc: String?
  package let warnings: [Diagnostic]
}

/// One independent Limn: names, natives, random streams, limits. There is no global state: two interpreters on two
/// threads know nothing of each other. An interpreter is used by one thread at a time.
package final class Interpreter {
  package weak var delegate: (any InterpreterDelegate)? {
    didSet { machine.delegate = delegate }
  }
  /// Set from anywhere to end the evaluation in progress.
  package let interrupt = InterruptFlag()
  /// Steps and seconds count from the start of each statement; `depth` is fixed when the interpreter is made.
  package var limits: Limits
  /// Finds the text of `use name`; `isLibrary` says whether a library module asks.
  package var findModule: ((_ name: String, _ isLibrary: Bool) throws -> ModuleSource?)?
  /// Names that `use` would find, for suggestions.
  package var moduleNames: () -> [String] = { [] }
  /// Turns errors that natives throw (of tensor modules, of cancellation) into faults; nil leaves it to the machine.
  package var translateError: ((any Error) -> Fault?)? {
    didSet { machine.translateError = translateError }
  }
  /// Bytes that values hold outside of the interpreter, counted with its own: those of tensors. Asked after each native.
  package var outsideBytes: (() -> Int)? {
    didSet { machine.outsideBytes = outsideBytes }
  }
  /// Bytes that strings, lists, maps and functions take now.
  package var bytesInUse: Int { machine.meter.pointee.used }
  /// The folder of the script, for natives that read files named beside it.
  package var scriptFolder: String? {
    didSet { machine.scriptFolder = scriptFolder }
  }

  /// Whether a program is checked for what it would surely get wrong before its first line runs, and not run then. In a
  /// session statements before a failing one take effect, so there it is off.
  package var checksFirst = false
  /// What the checker asks of tensors and models; nil leaves them unknown.
  package var knowledge: (any HostKnowledge)?

  let machine: Machine
  let main = Module(name: nil)
  var modules: [String: Module] = [:]
  private var libraryModules: Set<ObjectIdentifier> = []
  /// The modules being compiled, outermost first, to show a cycle.
  private var compiling: [String] = []
  private var moduleErrors: [(source: SourceText, diagnostic: Diagnostic)] = []
  /// The modules that this compilation found to have errors, which are told once.
  private var brokenModules: Set<String> = []
  private let nativeNumbers: [String: Int]
  private let hostTypes: Set<String>

  /// Makes an interpreter with the natives of the language and those given.
  ///
  /// - Parameter hostTypes: Type names that parameters of scripts may be declared with, besides the language's own.
  package init(natives: [Native] = [], hostTypes: Set<String> = [], limits: Limits = Limits()) {
    self.limits = limits
    self.hostTypes = hostTypes
    let meter = Meter.make()
    var groups: [NativeGroup] = []
    var numbers: [String: Int] = [:]
    for native in Builtins.all + natives {
      let name = native.name
      if let number = numbers[name] {
        groups[number].forms.append(NativeForm(native, meter))
      } else {
        numbers[name] = groups.count
        groups.append(NativeGroup(name: name, forms: [NativeForm(native, meter)]))
      }
    }
    nativeNumbers = numbers
    machine = Machine(
      meter: meter, natives: groups, nativeNumbers: numbers, interrupt: interrupt, stackEnd: main.stackEnd, top: main.slots + Module.slotLimit, depth: limits.depth)
    machine.runModule = { [unowned self] module in try self.run(module) }
  }

  deinit {
    // Functions hold their modules and modules their functions: cut it here.
    main.clear()
    for module in modules.values {
      module.clear()
      module.statements = []
    }
    machine.tests = []
    machine.reached = []
  }

  // MARK: Compiling

  /// Checks and compiles a source; names it declares become known as its statements take effect.
  ///
  /// - Parameter showsLast: Whether somebody looks at the value of the last statement, as in a session.
  package func compile(_ source: SourceText, showsLast: Bool = true) throws(CompileErrors) -> CompiledProgram {
    try compile(parse(source), showsLast: showsLast)
  }

  package func compile(_ program: Program, showsLast: Bool = true) throws(CompileErrors) -> CompiledProgram {
    moduleErrors = []
    compiling = []
    brokenModules = []
    defer { moduleErrors = [] }
    if program.hasErrors { throw CompileErrors(diagnostics: program.diagnostics.map { (program.source, $0) }) }
    let compiler = Compiler(environment(for: main), module: main, source: program.source)
    let statements = compiler.compile(program, showsLast: showsLast && !program.isMuted)
    var found = compiler.diagnostics.sorted { $0.range.start < $1.range.start }
    if checksFirst {
      found = (found + checked(program).filter { $0.severity == .error }).sorted { $0.range.start < $1.range.start }
    }
    if !found.isEmpty || !moduleErrors.isEmpty {
      throw CompileErrors(diagnostics: moduleErrors + found.map { (program.source, $0) })
    }
    main.doc = program.doc
    return CompiledProgram(
      source: program.source, statements: statements, isMuted: program.isMuted, doc: program.doc,
      warnings: program.diagnostics)
  }

  func environment(for module: Module) -> CompilerEnvironment {
    let isLibrary = libraryModules.contains(ObjectIdentifier(module))
    return CompilerEnvironment(
      nativeNumbers: nativeNumbers, natives: machine.natives, meter: machine.meter, hostTypes: hostTypes,
      module: { [unowned self] name throws(Diagnostic) in try self.load(name, isLibrary: isLibrary) })
  }

  /// The module of a `use` statement, compiled at its first use.
  private func load(_ name: Name, isLibrary: Bool) throws(Diagnostic) -> Module {
    let found: ModuleSource?
    do {
      found = try findModule?(name.text, isLibrary)
    } catch {
      throw Diagnostic(
        .moduleProblem, "the module '\(name.text)' cannot be read: \(machine.translated(error).message)", at: name.range)
    }
    guard let found else {
      throw Diagnostic(
        .moduleProblem, "there is no module '\(name.text)' beside the script or in the library", at: name.range,
        help: nearest(to: name.text, in: moduleNames()).map { "did you mean '\($0)'?" })
    }
    let key = found.source.name
    if let known = modules[key] {
      if known.state == .compiling {
        let start = compiling.firstIndex(of: name.text) ?? 0
        let cycle = (compiling[start...] + [name.text]).joined(separator: " → ")
        throw Diagnostic(.moduleProblem, "modules use each other in a circle: \(cycle)", at: name.range)
      }
      return known
    }
    if brokenModules.contains(key) { throw Diagnostic(.moduleProblem, "the module '\(name.text)' has errors", at: name.range) }
    let module = Module(name: name.text)
    module.state = .compiling
    modules[key] = module
    if found.isLibrary { libraryModules.insert(ObjectIdentifier(module)) }
    compiling.append(name.text)
    defer { compiling.removeLast() }
    let program = parse(found.source)
    var problems = program.hasErrors ? program.diagnostics : []
    if problems.isEmpty {
      let compiler = Compiler(environment(for: module), module: module, source: found.source)
      module.statements = compiler.compile(program, showsLast: false)
      module.names = compiler.visible
      problems = compiler.diagnostics
    }
    if !problems.isEmpty {
      modules[key] = nil
      brokenModules.insert(key)
      moduleErrors += problems.map { (found.source, $0) }
      throw Diagnostic(.moduleProblem, "the module '\(name.text)' has errors", at: name.range)
    }
    module.doc = program.doc
    module.state = .compiled
    return module
  }

  // MARK: Running

  /// Runs one statement of the main source. It takes effect whole or not at all.
  ///
  /// On a fault every name and random stream is as before, and `_` holds a map of what the statement's names had
  /// reached.
  /// - Returns: The statement's value, if it has one for the user to see.
  package func run(_ statement: CompiledStatement) throws(Fault) -> Held? {
    machine.start(limits)
    (machine.reached, machine.left) = ([], [])
    let mark = machine.journal.mark()
    let module = statement.module
    let saved = statement.assigned.map { Held(module.slots[$0]) }
    do {
      let value = Held(taking: try machine.run(statement.code.header, base: module.slots, function: nil))
      for (name, binding) in statement.declared { module.names[name] = binding }
      guard statement.hasValue else { return nil }
      if !value.value.isNil { define("_", value.value) }
      return value
    } catch {
      let fault = machine.translated(error)
      let reached = fault.kind == .memory ? nil : reachedNames(statement, saved)
      for (index, slot) in statement.assigned.enumerated() { module.set(slot, saved[index].value.retained()) }
      machine.journal.rewind(to: mark)
      (machine.reached, machine.left) = ([], [])
      if let reached { define("_", reached.value) }
      throw fault
    }
  }

  /// A map of what the names of a failed statement held: what it assigned, and its local names.
  private func reachedNames(_ statement: CompiledStatement, _ saved: [Held]) -> Held {
    let module = statement.module
    var fields: [(String, Value)] = []
    for (index, slot) in statement.assigned.enumerated() {
      let name = module.slotNames[slot]
      if name == "_" { continue }
      // A value on its way through `v = f(v)` is not in its slot; then what it was before is as far as it got.
      let value = module.slots[slot].tag == .empty ? saved[index].value : module.slots[slot]
      if value.tag != .empty { fields.append((name, value)) }
    }
    for (name, value) in machine.reached + machine.left { fields.append((name, value.value)) }
    return machine.withPool { Held(machine.context.make(fields: fields)) }
  }

  /// Compiles and runs a whole source.
  ///
  /// - Returns: The value of the last statement, nil if it has none.
  @discardableResult
  package func evaluate(_ text: String, name: String = "input") throws -> Held {
    let program = try compile(SourceText(text, name: name))
    var last = Held(.nil)
    for statement in program.statements { last = try run(statement) ?? Held(.nil) }
    return last
  }

  /// Runs the statements of a module that `use` reached, once.
  private func run(_ module: Module) throws {
    module.state = .running
    let state = machine.state
    let (stackEnd, top) = (state.pointee.stackEnd, state.pointee.top)
    state.pointee.stackEnd = module.stackEnd
    state.pointee.top = module.slots + Module.slotLimit
    defer {
      state.pointee.stackEnd = stackEnd
      state.pointee.top = top
    }
    do {
      for statement in module.statements {
        try machine.run(statement.code.header, base: module.slots, function: nil).release()
      }
      module.state = .ready
    } catch {
      module.clear()
      module.state = .compiled
      throw error
    }
  }
}
