import LimnSyntax

extension FunctionCompiler {
  /// An argument of a call, the receiver of `x.f(y)` included.
  private struct Given {
    let label: Name?
    let isSpread: Bool
    let range: SourceRange
    let value: Expression?
    /// A trailing block instead of an expression.
    let function: Function?
  }

  /// The receiver, the arguments and the trailing block.
  private func given(_ call: Call) -> [Given] {
    var given: [Given] = []
    if case .method(let receiver, _) = call.callee {
      given.append(Given(label: nil, isSpread: false, range: receiver.range, value: receiver, function: nil))
    }
    given += call.arguments.map {
      Given(label: $0.label, isSpread: $0.isSpread, range: $0.range, value: $0.value, function: nil)
    }
    if let trailing = call.trailing {
      given.append(Given(label: nil, isSpread: false, range: trailing.range, value: nil, function: trailing))
    }
    return given
  }

  /// Compiles a call.
  ///
  /// - Parameter moving: The register of a variable whose value may be taken, because the result is bound to it.
  func call(_ call: Call, _ range: SourceRange, into target: Int, moving: Int? = nil) {
    var given = given(call)
    var farModule: Module?
    let name: Name?
    var callees: [Resolved] = []
    switch call.callee {
    case .name(let called):
      name = called
      callees = candidates(called.text, forCall: true)
    case .method(let receiver, let called):
      name = called
      farModule = module(receiver)
      if farModule == nil, case .name(let text) = receiver.kind, candidates(text, forCall: false).isEmpty {
        // Told once: what is called on it says nothing more.
        unknown(text, receiver.range)
        return arguments(Array(given.dropFirst()), moving: nil)
      }
      if farModule == nil {
        callees = candidates(called.text, forCall: true)
      } else {
        given.removeFirst()
      }
    case .value: name = nil
    }
    if let module = farModule, let name {
      guard let member = member(name, of: module) else { return arguments(given, moving: nil) }
      parts.isPure = false
      let signature = member.signature
      emit(given, range, into: target, site: name.text, signature: signature) { base in
        Instruction(.callFar, base, self.number(of: module), member.slot)
      }
      return
    }
    guard let name else {
      guard case .value(let callee) = call.callee else { return }
      parts.isPure = false
      return callValue(given, range, into: target, site: "the value") { self.compile(callee, into: $0) }
    }
    guard let first = callees.first else {
      unknownCallee(name, call)
      return arguments(given, moving: nil)
    }
    switch first {
    case .native(let number):
      check(given, of: number, name)
      if !isPure(number, given) { parts.isPure = false }
      emit(given, range, into: target, site: name.text, moving: moving) { base in
        Instruction(.callNative, base, number)
      }
    case .slot(let binding) where callees.count == 1 || callees.count == 2 && callees[1].nativeNumber != nil:
      if let signature = binding.signature {
        check(given, signature, name, declaredAt: unit.places[name.text])
        if !signature.isPure { parts.isPure = false }
      } else {
        parts.isPure = false
      }
      emit(given, range, into: target, site: name.text, fallback: callees.last?.nativeNumber) { base in
        Instruction(.callSlot, base, binding.slot)
      }
    case .module:
      unit.report(.moduleProblem, "'\(name.text)' is a module and cannot be called", name.range)
      arguments(given, moving: nil)
    default:
      parts.isPure = false
      callValue(given, range, into: target, site: name.text, fallback: callees.last?.nativeNumber) { register in
        self.loadCallable(callees, into: register, name.range)
      }
    }
  }

  private func unknownCallee(_ name: Name, _ call: Call) {
    if isTopLevel, unit.upcoming[name.text] != nil { return unknown(name.text, name.range) }
    let near = unit.suggestion(for: name.text, locals: localNames)
    let foreign = ForeignNames.function(name.text, natives: unit.environment.nativeNumbers)
    unit.report(.unknownName, "there is no function '\(name.text)'", name.range, help: foreign ?? near)
  }

  /// Compiles arguments for their own mistakes, when the call cannot be compiled.
  private func arguments(_ given: [Given], moving: Int?) {
    let mark = next
    for argument in given { _ = pushArgument(argument, moving: moving) }
    free(to: mark)
  }

  private func pushArgument(_ argument: Given, moving: Int?) -> Int {
    let register = allocate(argument.range)
    if let function = argument.function {
      makeFunction(function, into: register)
    } else if let value = argument.value {
      if let moving, case .name(let name) = value.kind, holds(name, moving) {
        emit(.takeCollection, register, moving, 0, value.range)
      } else {
        compile(value, into: register)
      }
    }
    return register
  }

  private func holds(_ name: String, _ register: Int) -> Bool {
    switch candidates(name, forCall: false).first {
    case .local(let local): local.register == register
    case .slot(let binding): isTopLevel && binding.slot == register
    default: false
    }
  }

  /// Puts the nearest callable of several candidates into a register.
  private func loadCallable(_ callees: [Resolved], into register: Int, _ range: SourceRange) {
    var found: [Int] = []
    for (index, callee) in callees.enumerated() {
      if case .native = callee, index > 0 { break }  // the site's fallback
      load(callee, into: register, range)
      if index < callees.count - 1 { found.append(emitJump(.jumpIfCallable, register, range)) }
    }
    for jump in found { land(jump) }
  }

  /// Compiles the arguments into consecutive registers and emits the call and its data.
  private func emit(
    _ given: [Given], _ range: SourceRange, into target: Int, site name: String, fallback: Int? = nil,
    moving: Int? = nil, signature: FunctionSignature? = nil, _ instruction: (Int) -> Instruction
  ) {
    if let signature { check(given, signature, Name(name, range: range)) }
    let mark = next
    let base = isScratch(target) ? target : allocate(range)
    for (index, argument) in given.enumerated() {
      // The first argument stands where the result will.
      if index == 0 { free(to: base) }
      _ = pushArgument(argument, moving: moving)
    }
    emit(instruction(base), range)
    emitSite(given, name, fallback, range)
    if base != target { emit(.take, target, base, 0, range) }
    free(to: mark)
  }

  private func callValue(
    _ given: [Given], _ range: SourceRange, into target: Int, site name: String, fallback: Int? = nil,
    callee: (Int) -> Void
  ) {
    let mark = next
    let base = allocate(range)
    callee(base)
    for argument in given { _ = pushArgument(argument, moving: nil) }
    if given.isEmpty { _ = allocate(range) }
    emit(.callValue, base, 0, 0, range)
    emitSite(given, name, fallback, range)
    emit(.take, target, base + 1, 0, range)
    free(to: mark)
  }

  private func emitSite(_ given: [Given], _ name: String, _ fallback: Int?, _ range: SourceRange) {
    let site = CallSite(
      name: name,
      arguments: given.map { CallArgument(label: $0.label?.text, isSpread: $0.isSpread, range: $0.range) },
      hasTrailing: given.last?.function != nil, fallback: fallback)
    parts.tables.sites.append(site)
    // A function that has just as many parameters finds a trailing block in the last of them; a native may have more.
    let isPlain =
      parts.instructions.last?.op == .callNative
      ? site.isPlain : site.arguments.allSatisfy { $0.label == nil && !$0.isSpread }
    emit(Instruction(.jump, isPlain ? given.count : 0xFFFF, wide: parts.tables.sites.count - 1), range)
  }

  // MARK: Checks before anything runs

  /// Reports labels and numbers of arguments that no form of a native takes.
  private func check(_ given: [Given], of number: Int, _ name: Name) {
    guard !given.contains(where: \.isSpread) else { return }
    let group = unit.environment.natives[number]
    for form in group.forms { form.prepare() }
    let fitting = group.forms.filter { fits(given, $0) }
    if !fitting.isEmpty { return }
    let labels = group.forms.flatMap { $0.parameters.map(\.name) }
    for argument in given {
      if let label = argument.label, !labels.contains(label.text) {
        return unknownLabel(label, name.text, labels, group.forms.count == 1 ? group.forms[0].native.signature : nil)
      }
    }
    var signatures = group.forms.map(\.native.signature).joined(separator: " or ")
    if name.text == "range", given.count == 1, let end = given[0].value, end.range.count < 40 {
      signatures = "0..<\(unit.source[end.range])"
    }
    if group.forms.count == 1, let form = group.forms.first {
      let bound = Set(given.compactMap { $0.label?.text })
      let positional = given.count { $0.label == nil }
      for (index, parameter) in form.parameters.enumerated()
      where parameter.defaultValue == nil && index != form.restIndex && index >= positional && !bound.contains(parameter.name) {
        unit.report(.wrongArgumentCount, "'\(name.text)' needs an argument '\(parameter.name)'", name.range, help: signatures)
        return
      }
    }
    unit.report(
      .wrongArgumentCount, "'\(name.text)' does not take these \(Phrase.count(given.count, "argument"))", name.range,
      help: signatures)
  }

  private func fits(_ given: [Given], _ form: NativeForm) -> Bool {
    var bound: Set<String> = []
    var positional = 0
    for argument in given {
      if let label = argument.label {
        guard form.parameters.contains(where: { $0.name == label.text }) else { return false }
        bound.insert(label.text)
      } else if argument.function != nil, let last = form.parameters.last {
        bound.insert(last.name)
      } else {
        if form.restIndex == nil, positional >= form.parameterCount { return false }
        if positional < form.parameterCount { bound.insert(form.parameters[positional].name) }
        positional += 1
      }
    }
    return form.parameters.indices.allSatisfy {
      form.parameters[$0].defaultValue != nil || $0 == form.restIndex || bound.contains(form.parameters[$0].name)
    }
  }

  /// Reports what a call of a declared function gets wrong.
  private func check(_ given: [Given], _ signature: FunctionSignature, _ name: Name, declaredAt place: SourceRange? = nil) {
    let secondary: [Diagnostic.Secondary] = place.map { [.init(range: $0, label: "declared here")] } ?? []
    guard !given.contains(where: \.isSpread) else { return }
    let names = signature.parameters.map(\.name)
    let shown = "\(signature.name)(\(names.joined(separator: ", ")))"
    var bound: Set<String> = []
    var positional = 0
    for argument in given {
      if let label = argument.label {
        guard names.contains(label.text) else { return unknownLabel(label, signature.name, names, shown) }
        bound.insert(label.text)
      } else if argument.function != nil, let last = names.last {
        bound.insert(last)
      } else {
        guard positional < names.count else {
          let count = given.count { $0.label == nil }
          unit.report(
            .wrongArgumentCount,
            "'\(signature.name)' takes \(Phrase.count(names.count, "argument")), found \(count)", argument.range, help: shown, secondary: secondary)
          return
        }
        bound.insert(names[positional])
        positional += 1
      }
    }
    for parameter in signature.parameters where !parameter.hasDefault && !bound.contains(parameter.name) {
      unit.report(
        .wrongArgumentCount, "'\(signature.name)' needs an argument '\(parameter.name)'", name.range, help: shown, secondary: secondary)
      return
    }
  }

  private func unknownLabel(_ label: Name, _ function: String, _ known: [String], _ signature: String?) {
    unit.report(
      .unknownParameter, "'\(function)' has no parameter '\(label.text)'", label.range,
      help: nearest(to: label.text, in: known).map { "did you mean '\($0):'?" } ?? signature)
  }

  // MARK: Results nobody uses

  /// Whether a call of a native does nothing but give its value. One that is given a function may do what that does.
  private func isPure(_ number: Int, _ given: [Given]) -> Bool {
    let group = unit.environment.natives[number]
    guard group.isPure, !given.contains(where: { $0.isSpread || $0.function != nil }) else { return false }
    let positional = given.count { $0.label == nil }
    for form in group.forms {
      form.prepare()
      for (index, parameter) in form.parameters.enumerated() where parameter.type == .function {
        if index < positional || given.contains(where: { $0.label?.text == parameter.name }) { return false }
      }
    }
    return true
  }

  /// Reports a call without effect whose result is not used.
  func checkUsed(_ expression: Expression) {
    guard case .call(let call) = expression.kind else { return }
    let name: Name
    let subject: Expression?
    switch call.callee {
    case .name(let called):
      name = called
      subject = call.arguments.first?.value
    case .method(let receiver, let called):
      if module(receiver) != nil { return }
      name = called
      subject = receiver
    case .value: return
    }
    // A name that is not known is told by itself.
    if case .name(let variable)? = subject?.kind, candidates(variable, forCall: false).isEmpty { return }
    let callees = candidates(name.text, forCall: true)
    switch callees.first {
    case .native(let number):
      guard isPure(number, given(call)) else { return }
    case .slot(let binding):
      guard binding.signature?.isPure == true else { return }
    default: return
    }
    var help = "use the result: let result = \(unit.source[expression.range])"
    if case .name(let variable)? = subject?.kind { help = "\(variable) = \(unit.source[expression.range])" }
    unit.report(
      .unusedResult, "the result of '\(name.text)' is not used, and the call changes nothing", expression.range, help: help)
  }
}

extension Resolved {
  var nativeNumber: Int? {
    if case .native(let number) = self { return number }
    return nil
  }
}

extension TopLevelName {
  var signature: FunctionSignature? {
    if case .function(let signature) = kind { return signature }
    return nil
  }
}
