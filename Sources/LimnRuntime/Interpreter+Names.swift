import LimnSyntax

// What completion and `:type` ask: which names there are, and values that are known without running anything.
extension Interpreter {
  /// The names of a module that a session's name stands for, without private ones; nil if the name is no module.
  package func names(ofModule name: String) -> [NamedValue]? {
    guard case .module(let module)? = main.names[name]?.kind else { return nil }
    return module.names.filter { !$0.key.hasPrefix("_") && module.slots[$0.value.slot].tag != .empty }
      .sorted { $0.key < $1.key }
      .map { NamedValue(name: $0.key, value: Held(module.slots[$0.value.slot]), isVariable: $0.value.isVariable) }
  }

  /// The session's names that stand for modules, sorted.
  package var moduleAliases: [String] {
    main.names.filter { if case .module = $0.value.kind { true } else { false } }.map(\.key).sorted()
  }

  /// The field of a host value or key of a map, as `x.k` reads it; nil when it is not there or would take long.
  package func peek(_ name: String, of value: Value) -> Held? {
    read { context in
      if value.tag == .map { return context.value(of: name, in: value).map { Held($0) } }
      guard let host = value.host, host.memberNames.contains(name), !host.slowMembers.contains(name) else { return nil }
      return (try? host.member(name, context)).flatMap { $0 }.map { Held($0) }
    }
  }

  /// A form of a native whose first parameter takes a value.
  package struct Taker {
    package let name: String
    package let face: NativeFace
    /// Whether the parameter is declared with a type, not open to everything.
    package let isTyped: Bool
  }

  /// The forms of natives that can be called on a value as `x.f(…)`, by name.
  package func natives(taking value: Value) -> [Taker] {
    machine.natives.flatMap { group in
      group.forms.compactMap { form in
        form.prepare()
        guard form.accepts(first: value), let first = form.parameters.first else { return nil }
        return Taker(name: group.name, face: NativeFace(signature: form.native.signature, doc: form.native.doc), isTyped: first.type != .any)
      }
    }.sorted { $0.name < $1.name }
  }

  /// The same for a value of which only the type is known.
  package func natives(takingType type: String) -> [Taker] {
    machine.natives.flatMap { group in
      group.forms.compactMap { form in
        form.prepare()
        guard let first = form.parameters.first, first.type == .any || first.type == TypeCheck(type) || type == "mask" && first.type == .host("tensor") else { return nil }
        return Taker(name: group.name, face: NativeFace(signature: form.native.signature, doc: form.native.doc), isTyped: first.type != .any)
      }
    }.sorted { $0.name < $1.name }
  }

  /// What is known of an expression without running it.
  package struct Inferred {
    /// nil when it is known only when it runs.
    package let type: String?
    /// The sizes of a tensor's axes, those that are known.
    package let shape: [Int?]?
    package let fields: [String]
    /// Why it would surely fail.
    package let fault: String?
  }

  /// Looks at an expression as the checker does.
  package func infer(_ expression: Expression, in source: SourceText) -> Inferred {
    let checker = Checker(environment(for: main), knowledge, source: source, scriptFolder: scriptFolder)
    let nowhere = SourceRange(start: 0, end: 0)
    for (name, known) in earlierNames { checker.scopes[0].enter(CheckedName(Name(name, range: nowhere), known, .earlier)) }
    let known = checker.known(expression)
    let fault = checker.diagnostics.first { $0.severity == .error }
    return Inferred(type: known.type, shape: known.shape, fields: knowledge?.members(of: known) ?? [], fault: fault?.message)
  }

  /// A function's name and parameters as they are declared: `f(x, y = 2)`; nil for other values.
  package func signature(of function: Value) -> String? {
    function.tag == .function ? function.asFunction.pointee.code.pointee.code.signatureText : nil
  }
}
