// Walks the tree of a program that compiles, without running it, and tells what is surely wrong (errors) and what is
// surely of no use (warnings). An abstract interpretation: `Known` is what is known of a value. Names: Checker+Names,
// statements: Checker+Statements, values: Checker+Values, calls: Checker+Calls.
import LimnSyntax

extension DiagnosticCode {
  // 11xx: warnings of the checker. Its errors have the codes of the faults they foretell.
  static let unusedName = DiagnosticCode(1101)
  static let unreachable = DiagnosticCode(1102)
  static let unusedModule = DiagnosticCode(1103)
  static let surelyNotMeant = DiagnosticCode(1104)
}

final class Checker {
  static let mostFindings = 500
  /// The items of a list are known up to this length: lists that a program builds up would cost the square of it.
  static let mostItems = 1000

  let environment: CompilerEnvironment
  let knowledge: (any HostKnowledge)?
  let source: SourceText
  let scriptFolder: String?
  private(set) var diagnostics: [Diagnostic] = []
  /// Open scopes, the top level first.
  var scopes: [CheckerScope] = [CheckerScope(isFunction: false)]
  /// Every name that is read anywhere: what the top level declares is used if it is among them.
  var mentioned: Set<String> = []
  /// How often the top level declares each name: of those declared once, functions know the value.
  var topLevelCounts: [String: Int] = [:]
  /// Inside the body of a `try` an error is no mistake.
  var tryDepth = 0

  init(_ environment: CompilerEnvironment, _ knowledge: (any HostKnowledge)?, source: SourceText, scriptFolder: String?) {
    self.environment = environment
    self.knowledge = knowledge
    self.source = source
    self.scriptFolder = scriptFolder
  }

  /// Checks a whole program.
  ///
  /// - Parameter earlier: What is known of the names that stand from earlier inputs.
  func check(_ program: Program, earlier: [String: Known]) {
    for (name, known) in earlier { scopes[0].enter(CheckedName(Name(name, range: SourceRange(start: 0, end: 0)), known, .earlier)) }
    for statement in program.statements {
      switch statement.kind {
      case .binding(_, let bindings): for binding in bindings { topLevelCounts[binding.name.text, default: 0] += 1 }
      case .function(let function): if let name = function.name { topLevelCounts[name.text, default: 0] += 1 }
      default: break
      }
    }
    for name in earlier.keys { topLevelCounts[name, default: 0] += 1 }
    statements(program.statements)
    for name in scopes[0].names where !name.isUsed && !mentioned.contains(name.name.text) { unused(name, isTopLevel: true) }
    diagnostics.sort { $0.range.start < $1.range.start }
  }

  // MARK: Reporting

  func warn(_ code: DiagnosticCode, _ message: String, _ range: SourceRange, help: String? = nil, secondary: [Diagnostic.Secondary] = []) {
    add(Diagnostic(code, message, at: range, severity: .warning, secondary: secondary, help: help))
  }

  /// Tells a fault that a run would surely throw here.
  func report(_ fault: Fault, _ range: SourceRange, secondary: [Diagnostic.Secondary] = []) {
    guard tryDepth == 0 else { return }
    add(Diagnostic(fault.kind.code, fault.message, at: range, secondary: secondary, help: fault.help))
  }

  private func add(_ diagnostic: Diagnostic) {
    // After so many nobody reads on. Loops and branches may be walked twice.
    if diagnostics.count < Checker.mostFindings, !diagnostics.contains(where: { $0.range == diagnostic.range && $0.message == diagnostic.message }) { diagnostics.append(diagnostic) }
  }

  /// Where the values of names were made, as second places.
  func origins(_ values: (Expression, Known)...) -> [Diagnostic.Secondary] {
    values.compactMap { expression, known in
      guard case .name = expression.kind, let origin = known.origin, origin.end <= expression.range.start else { return nil }
      return .init(range: origin, label: "this is \(known.phrase)")
    }
  }
}

/// A name in a scope, and what is known of its value at the point that is looked at.
final class CheckedName {
  enum Role { case constant, variable, function, module, parameter, loop, caught, earlier }

  let name: Name
  let role: Role
  var known: Known
  var isUsed = false

  init(_ name: Name, _ known: Known, _ role: Role) {
    self.name = name
    self.known = known
    self.role = role
  }

  /// Whether a call surely passes it over.
  var isSurelyNotCallable: Bool {
    guard let type = known.type else { return false }
    return type != "function" && known.function == nil
  }
}

struct CheckerScope {
  private(set) var names: [CheckedName] = []
  /// The newest of each spelling, which replaces those before it.
  private(set) var newest: [String: CheckedName] = [:]
  /// Whether it holds the parameters of a function: what lies below was copied when the function was made.
  let isFunction: Bool

  init(isFunction: Bool) { self.isFunction = isFunction }

  mutating func enter(_ name: CheckedName) {
    names.append(name)
    newest[name.name.text] = name
  }
}
