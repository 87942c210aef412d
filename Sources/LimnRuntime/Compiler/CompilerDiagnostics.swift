import LimnSyntax

extension DiagnosticCode {
  // 10xx: names, calls and modules, found before a program runs.
  static let unknownName = DiagnosticCode(1001)
  static let usedBeforeDeclaration = DiagnosticCode(1002)
  static let notAVariable = DiagnosticCode(1003)
  static let rebindsOutside = DiagnosticCode(1004)
  static let unusedResult = DiagnosticCode(1005)
  static let unknownParameter = DiagnosticCode(1006)
  static let wrongArgumentCount = DiagnosticCode(1007)
  static let unknownType = DiagnosticCode(1008)
  static let misplacedJump = DiagnosticCode(1009)
  static let moduleProblem = DiagnosticCode(1010)
  static let tooLarge = DiagnosticCode(1011)
  static let misplacedStatement = DiagnosticCode(1012)
}

/// What the compiler needs to know of the interpreter it compiles for.
struct CompilerEnvironment {
  /// Natives by name, as numbers into `natives`.
  let nativeNumbers: [String: Int]
  let natives: [NativeGroup]
  /// Counts the constants.
  let meter: UnsafeMutablePointer<Meter>
  /// Types that parameters may be declared with besides the language's own.
  let hostTypes: Set<String>
  /// Finds, reads and compiles a module.
  ///
  /// - Throws: The diagnostic for the `use` statement.
  let module: (_ name: Name) throws(Diagnostic) -> Module
}

/// Compiles the statements of one source; the state that its functions share.
final class Compiler {
  let environment: CompilerEnvironment
  let module: Module
  let source: SourceText
  var diagnostics: [Diagnostic] = []
  /// Top-level names declared so far: before this source, or by its earlier statements.
  var visible: [String: TopLevelName]
  /// Top-level names this source declares anywhere: what the bodies of functions may use.
  var upcoming: [String: TopLevelName] = [:]
  /// Slots that the statement being compiled rebinds.
  var assigned: Set<Int> = []
  var declared: [(name: String, binding: TopLevelName)] = []
  /// Where this source declares its top-level names.
  var places: [String: SourceRange] = [:]
  /// After so many errors nobody reads on, and looking for what was meant takes its time.
  private static let mostErrors = 100
  private var isFull: Bool { diagnostics.count > Compiler.mostErrors }

  init(_ environment: CompilerEnvironment, module: Module, source: SourceText) {
    self.environment = environment
    self.module = module
    self.source = source
    visible = module.names
  }

  /// Compiles a whole source, statement by statement.
  ///
  /// - Parameter showsLast: Whether somebody looks at the value of the last statement.
  /// - Returns: The statements; meaningless if ``diagnostics`` holds an error.
  func compile(_ program: Program, showsLast: Bool) -> [CompiledStatement] {
    foresee(program.statements)
    var result: [CompiledStatement] = []
    for (index, statement) in program.statements.enumerated() {
      assigned = []
      declared = []
      let isShown = showsLast && index == program.statements.count - 1
      let function = FunctionCompiler(self, parent: nil, name: nil)
      function.topLevel(statement, isShown: isShown)
      let code = function.finish()
      result.append(
        CompiledStatement(
          code: code, module: module, assigned: assigned.sorted(), declared: declared,
          hasValue: isShown && statement.isExpression && !statement.isShorthandCall, range: statement.range))
    }
    return result
  }

  /// Enters the names that top-level statements will declare.
  private func foresee(_ statements: [Statement]) {
    var seen: Set<String> = []
    func enter(_ name: Name, _ kind: TopLevelName.Kind) {
      guard let slot = module.slot(for: name.text) else { return }
      // A name declared twice may be either when a function runs, so nothing is known about calls of it.
      let isFirst = seen.insert(name.text).inserted && visible[name.text] == nil
      upcoming[name.text] = TopLevelName(slot: slot, kind: isFirst ? kind : .constant)
    }
    for statement in statements {
      switch statement.kind {
      case .binding(let isVariable, let bindings):
        for binding in bindings { enter(binding.name, isVariable ? .variable : .constant) }
      case .function(let function):
        if let name = function.name { enter(name, .function(FunctionSignature(function))) }
      default: break
      }
    }
  }

  func report(
    _ code: DiagnosticCode, _ message: String, _ range: SourceRange, help: String? = nil, secondary: [Diagnostic.Secondary] = []
  ) {
    if isFull { return }
    if diagnostics.count == Compiler.mostErrors {
      diagnostics.append(Diagnostic(.tooManyErrors, "more than \(Compiler.mostErrors) errors; the rest is not shown", at: range))
      return
    }
    // One cause is told once: the same place is often compiled on two ways.
    if diagnostics.contains(where: { $0.range == range && $0.message == message }) { return }
    diagnostics.append(Diagnostic(code, message, at: range, secondary: secondary, help: help))
  }

  /// Declares a top-level name for the statements that follow.
  func declare(_ name: String, _ kind: TopLevelName.Kind) {
    guard let slot = module.slot(for: name) else { return }
    let binding = TopLevelName(slot: slot, kind: kind)
    visible[name] = binding
    declared.append((name, binding))
  }

  /// The nearest of all names a script could mean.
  func suggestion(for name: String, locals: [String]) -> String? {
    if isFull { return nil }
    let known = locals + upcoming.keys.sorted() + visible.keys.sorted() + environment.nativeNumbers.keys.sorted()
    return nearest(to: name, in: known).map { "did you mean '\($0)'?" }
  }
}

extension FunctionSignature {
  init(_ function: Function) {
    name = function.name?.text ?? "the function"
    parameters = function.parameters.map { ($0.name.text, $0.defaultValue != nil) }
  }
}

extension Statement {
  /// `show a` and `print a` as statements: they have displayed what there is to see.
  var isShorthandCall: Bool {
    if case .expression(let expression) = kind, case .call(let call) = expression.kind { return call.isShorthand }
    return false
  }

  var isExpression: Bool {
    if case .expression = kind { return true }
    return false
  }
}
