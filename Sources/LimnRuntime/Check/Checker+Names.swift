import LimnSyntax

extension Checker {
  /// Runs `body` in a scope of its own; what it declared and nobody used is told.
  func scope<Result>(isFunction: Bool = false, _ body: () -> Result) -> Result {
    scopes.append(CheckerScope(isFunction: isFunction))
    let result = body()
    for name in scopes.removeLast().names where !name.isUsed { unused(name, isTopLevel: false) }
    return result
  }

  func declare(_ name: Name, _ known: Known, _ role: CheckedName.Role) {
    var known = known
    if known.origin == nil { known.origin = name.range }
    scopes[scopes.count - 1].enter(CheckedName(name, known, role))
  }

  /// What may be warned of: local names, and at the top level private ones and modules.
  func unused(_ name: CheckedName, isTopLevel: Bool) {
    let text = name.name.text
    switch name.role {
    case .module: warn(.unusedModule, "the module '\(text)' is not used", name.name.range)
    case .constant, .variable, .function:
      guard isTopLevel == text.hasPrefix("_"), text != "_" else { return }
      warn(.unusedName, "'\(text)' is not used", name.name.range, help: isTopLevel || name.role == .function ? nil : "'_\(text)' if that is meant")
    default: break
    }
  }

  /// The names a use of `text` may mean, nearest first, with what is known where they are read.
  private func candidates(_ text: String) -> [(name: CheckedName, known: Known)] {
    var found: [(CheckedName, Known)] = []
    var isInFunction = false
    for (depth, scope) in scopes.enumerated().reversed() {
      if let name = scope.newest[text] {
        // A function reads top-level names when it runs: then only what is bound once is known.
        let isFixed = depth > 0 || !isInFunction || (name.role != .variable && topLevelCounts[text] == 1)
        found.append((name, isFixed && !(isInFunction && name.role == .earlier) ? name.known : .anything))
      }
      if scope.isFunction { isInFunction = true }
    }
    return found
  }

  /// What is known of a name that is read; nil if no name of the script is meant.
  func read(_ text: String) -> Known? {
    mentioned.insert(text)
    guard let nearest = candidates(text).first else { return nil }
    nearest.name.isUsed = true
    return nearest.known
  }

  /// What a call by name means.
  enum CheckedCallee {
    /// A declared function of the script.
    case function(Function)
    case native(NativeGroup)
    /// Something only the run knows.
    case unknown
  }

  func callee(_ text: String) -> CheckedCallee {
    mentioned.insert(text)
    for (name, known) in candidates(text) {
      name.isUsed = true
      if let function = known.function { return .function(function) }
      if known.type == nil || known.type == "function" || !name.isSurelyNotCallable { return .unknown }
    }
    // What is declared further down may be meant by a function that runs later.
    if scopes.contains(where: \.isFunction), topLevelCounts[text] != nil { return .unknown }
    return environment.nativeNumbers[text].map { .native(environment.natives[$0]) } ?? .unknown
  }

  /// The variable that an assignment rebinds.
  func variable(_ text: String) -> CheckedName? {
    mentioned.insert(text)
    return candidates(text).first?.name
  }

  /// Forgets what is known of names that code of unknown order may have rebound.
  func forget(_ names: Set<String>) {
    for name in names { variable(name)?.known = .anything }
  }

  /// Runs `body` as a branch: what it learns of these names does not outlive it.
  func branch(_ rebound: Set<String>, hiding condition: Set<String> = [], _ body: () -> Void) {
    let saved = rebound.union(condition).compactMap { text in candidates(text).first.map { ($0.name, $0.name.known) } }
    // Code behind a question about a value may be there because the value is not what it seems.
    for text in condition { candidates(text).first?.name.known = .anything }
    body()
    for (name, known) in saved { name.known = known }
  }
}

extension Block {
  /// The names that statements in it, but not in functions inside it, rebind.
  var rebound: Set<String> { Rebound.names(in: statements) }
}

/// Finds assignments.
enum Rebound {
  static func names(in statements: [Statement]) -> Set<String> {
    statements.reduce(into: []) { names, statement in
      switch statement.kind {
      case .assign(let place, _, let value):
        if let root = root(of: place) { names.insert(root) }
        names.formUnion(self.names(in: value))
      case .for(let loop): names.formUnion(self.names(in: loop.sequence).union(loop.body.rebound))
      case .while(let condition, let body): names.formUnion(self.names(in: condition).union(body.rebound))
      case .binding(_, let bindings): for binding in bindings { names.formUnion(self.names(in: binding.value)) }
      case .expression(let value), .return(let value?), .expect(let value): names.formUnion(self.names(in: value))
      default: break
      }
    }
  }

  static func names(in expression: Expression) -> Set<String> {
    var names: Set<String> = []
    expression.visit { part in
      switch part.kind {
      case .function: return false
      // Their blocks are gone through once, as statements: twice at each level would double with every one.
      case .if(let branches):
        for branch in branches.branches {
          names.formUnion(self.names(in: branch.condition))
          names.formUnion(branch.body.rebound)
        }
        if let otherwise = branches.otherwise { names.formUnion(otherwise.rebound) }
        return false
      case .try(let attempt):
        names.formUnion(attempt.body.rebound.union(attempt.handler.rebound))
        return false
      default: break
      }
      return true
    }
    return names
  }

  static func root(of place: Expression) -> String? {
    switch place.kind {
    case .name(let name): name
    case .field(let base, _), .index(let base, _): root(of: base)
    default: nil
    }
  }
}

extension Expression {
  /// Every name that stands in the expression.
  var names: Set<String> {
    var names: Set<String> = []
    visit { part in
      if case .name(let name) = part.kind { names.insert(name) }
      return true
    }
    return names
  }
}
