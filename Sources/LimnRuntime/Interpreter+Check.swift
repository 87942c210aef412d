import LimnSyntax

// Looking at a program without running it.
extension Interpreter {
  /// Everything that is wrong or useless in a source, in the order of its places; modules it uses are compiled for it.
  package func check(_ source: SourceText) -> [(source: SourceText, diagnostic: Diagnostic)] {
    let program = parse(source)
    if program.hasErrors { return program.diagnostics.map { (source, $0) } }
    var found: [(source: SourceText, diagnostic: Diagnostic)] = program.diagnostics.map { (source, $0) }
    let (wasFirst, doc) = (checksFirst, main.doc)
    checksFirst = false
    defer { (checksFirst, main.doc) = (wasFirst, doc) }
    do { _ = try compile(program, showsLast: false) } catch { found += error.diagnostics }
    // A name that is not known is told once, and a module that cannot be loaded is not called unused.
    let hasLostModule = found.contains { $0.diagnostic.code == .moduleProblem }
    found += checked(program).filter { !hasLostModule || $0.code != .unusedModule }.map { (source, $0) }
    return found.filter { $0.source !== source } + found.filter { $0.source === source }.sorted { $0.diagnostic.range.start < $1.diagnostic.range.start }
  }

  /// What the checker finds in a program that has been parsed.
  func checked(_ program: Program) -> [Diagnostic] {
    let checker = Checker(environment(for: main), knowledge, source: program.source, scriptFolder: scriptFolder)
    checker.check(program, earlier: earlierNames)
    return checker.diagnostics
  }

  /// What is known of the names that earlier inputs have bound: their types and shapes.
  var earlierNames: [String: Known] {
    var known: [String: Known] = [:]
    for (name, binding) in main.names {
      let value = main.slots[binding.slot]
      guard value.tag != .empty else {
        known[name] = .anything
        continue
      }
      known[name] = Literal(value).map { Known($0) } ?? Known(type: value.typeName, shape: value.host?.shape)
    }
    return known
  }
}
