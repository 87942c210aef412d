import LimnSyntax

extension Checker {
  private struct Argument {
    let label: Name?
    let known: Known
    let range: SourceRange
    let expression: Expression?
    let isTrailing: Bool
  }

  func call(_ call: Call, _ expression: Expression) -> Known {
    var arguments: [Argument] = []
    var callee = CheckedCallee.unknown
    switch call.callee {
    case .name(let name): callee = self.callee(name.text)
    case .method(let receiver, let name):
      if isModule(receiver) {
        _ = known(receiver)
      } else {
        callee = self.callee(name.text)
        arguments.append(Argument(label: nil, known: known(receiver), range: receiver.range, expression: receiver, isTrailing: false))
      }
    case .value(let value):
      let called = known(value)
      if let function = called.function { callee = .function(function) }
    }
    for argument in call.arguments {
      arguments.append(
        Argument(label: argument.label, known: known(argument.value), range: argument.range, expression: argument.value, isTrailing: false))
    }
    if let trailing = call.trailing {
      function(trailing)
      arguments.append(Argument(label: nil, known: Known(type: "function"), range: trailing.range, expression: nil, isTrailing: true))
    }
    // What a spread brings is not known.
    if call.arguments.contains(where: \.isSpread) { return .anything }
    switch callee {
    case .unknown: return .anything
    case .function(let function):
      check(arguments, against: function, expression.range)
      return .anything
    case .native(let group): return native(group, arguments, expression.range)
    }
  }

  private func isModule(_ expression: Expression) -> Bool {
    guard case .name(let name) = expression.kind, let found = variable(name) else { return false }
    return found.role == .module
  }

  // MARK: Natives

  private func native(_ group: NativeGroup, _ arguments: [Argument], _ range: SourceRange) -> Known {
    guard let form = form(of: group, arguments, range), let bound = bind(arguments, form) else { return .anything }
    for (index, parameter) in form.parameters.enumerated() where index != form.restIndex {
      guard let argument = bound[parameter.name], rejects(parameter.type, argument.known) else { continue }
      if argument.known.isNil, parameter.defaultValue?.isNil == true { continue }
      let message =
        "'\(parameter.name)' of '\(group.name)' must be \(Phrase.article(parameter.type.name)), found \(argument.known.phrase)"
      report(Fault(.type, message, help: form.native.signature), argument.range, secondary: secondary(argument))
      return .anything
    }
    guard let inference = form.native.known else { return .anything }
    var known = bound.mapValues(\.known)
    for parameter in form.parameters where known[parameter.name] == nil {
      known[parameter.name] = parameter.defaultValue.flatMap { Literal($0) }.map { Known($0) }
    }
    let call = KnownCall(arguments: known, given: Set(bound.keys), folder: scriptFolder)
    defer {
      for note in call.notes.warnings { warn(.surelyNotMeant, note.message, bound[note.parameter]?.range ?? range, help: note.help) }
    }
    do {
      return try inference.infer(call)
    } catch let fault as Fault {
      let argument = fault.parameter.flatMap { bound[$0] }
      let places = arguments.flatMap(secondary)
      report(fault, argument?.range ?? range, secondary: fault.kind == .shape || fault.kind == .index ? places : argument.map(secondary) ?? [])
    } catch {}
    return .anything
  }

  private func secondary(_ argument: Argument) -> [Diagnostic.Secondary] {
    argument.expression.map { origins(($0, argument.known)) } ?? []
  }

  /// The form that a call will surely choose; nil if that is not known.
  private func form(of group: NativeGroup, _ arguments: [Argument], _ range: SourceRange) -> NativeForm? {
    for form in group.forms { form.prepare() }
    if group.forms.count == 1 { return group.forms[0] }
    guard let first = arguments.first, first.label == nil, !first.isTrailing, first.known.type != nil else { return nil }
    let possible = group.forms.filter { form in
      guard let parameter = form.parameters.first else { return false }
      return !rejects(parameter.type, first.known) || first.known.isNil && parameter.defaultValue?.isNil == true
    }
    if possible.isEmpty {
      let types = group.forms.compactMap { $0.parameters.first.map { Phrase.article($0.type.name) } }
      let message = "'\(group.name)' takes \(Phrase.listed(types, "or")) first, found \(first.known.phrase)"
      report(Fault(.type, message, help: group.forms[0].native.signature), range, secondary: secondary(first))
      return nil
    }
    let labels = arguments.compactMap { $0.label?.text }
    let count = arguments.count { $0.label == nil }
    let fitting = possible.filter { form in
      (form.restIndex != nil || count <= form.parameterCount) && labels.allSatisfy { label in form.parameters.contains { $0.name == label } }
        && form.required <= arguments.count
    }
    return fitting.count == 1 && possible.count == 1 || fitting.count == 1 && fitting[0] === possible[0] ? fitting[0] : nil
  }

  /// The arguments by parameter; nil if the compiler has told what does not fit.
  private func bind(_ arguments: [Argument], _ form: NativeForm) -> [String: Argument]? {
    var bound: [String: Argument] = [:]
    var position = 0
    for argument in arguments {
      if let label = argument.label {
        guard form.parameters.contains(where: { $0.name == label.text }) else { return nil }
        bound[label.text] = argument
      } else if argument.isTrailing, let last = form.parameters.last {
        bound[last.name] = argument
      } else {
        if let rest = form.restIndex, position >= rest { continue }
        guard position < form.parameterCount else { return nil }
        bound[form.parameters[position].name] = argument
        position += 1
      }
    }
    return bound
  }

  // MARK: Types

  /// Whether a value of which this is known is surely not taken for a declared type.
  private func rejects(_ type: TypeCheck, _ value: Known) -> Bool {
    guard let found = value.type else { return false }
    let isHost = environment.hostTypes.contains(found)
    switch type {
    case .any: return false
    case .int:
      if isHost { return rejectsNumber(value) }
      return found != "int" && found != "number"
    case .float, .number:
      if isHost { return rejectsNumber(value) }
      return !["int", "float", "number"].contains(found)
    case .string: return found != "string" && !isHost
    case .nil, .bool, .list, .map, .range: return found != type.name
    case .function: return found != "function" && !isHost
    case .host(let name):
      if !isHost { return true }
      let alike: Set<String> = ["tensor", "mask"]
      if alike.contains(name), alike.contains(found) { return name == "mask" && (value.shape.map { $0.count != 2 } ?? false) }
      return found != name && environment.hostTypes.contains(name)
    }
  }

  /// A tensor without axes counts as a number.
  private func rejectsNumber(_ value: Known) -> Bool {
    value.type == "tensor" ? (value.shape.map { !$0.isEmpty } ?? false) : value.type != "mask"
  }

  // MARK: Functions of the script

  /// Checks the arguments against the types and shapes that a function declares.
  private func check(_ arguments: [Argument], against function: Function, _ range: SourceRange) {
    var sizes: [String: (size: Int, argument: Argument)] = [:]
    var position = 0
    let name = function.name?.text ?? "the function"
    for argument in arguments {
      let parameter: Parameter?
      if let label = argument.label {
        parameter = function.parameters.first { $0.name.text == label.text }
      } else if argument.isTrailing {
        parameter = function.parameters.last
      } else {
        parameter = function.parameters.indices.contains(position) ? function.parameters[position] : nil
        position += 1
      }
      guard let parameter, let type = parameter.type, argument.known.type != nil else { continue }
      if argument.known.isNil, case .nil? = parameter.defaultValue?.kind { continue }
      let text = source[type.range]
      let known = TypeCheck.names.contains(type.name.text) || environment.hostTypes.contains(type.name.text)
      guard known else { continue }
      if rejects(TypeCheck(type.name.text), argument.known) {
        report(
          Fault(.type, "'\(parameter.name.text)' of '\(name)' must be \(Phrase.article(text)), found \(argument.known.phrase)"), argument.range,
          secondary: secondary(argument) + [.init(range: parameter.range, label: "declared here")])
        return
      }
      guard let dimensions = type.dimensions, let shape = argument.known.shape ?? argument.known.items.map({ [$0.count] }) else { continue }
      let declared = "'\(parameter.name.text)' of '\(name)' must be \(Phrase.article(text))"
      let found = "found the shape [\(shape.map { $0.map(String.init) ?? "?" }.joined(separator: ", "))]"
      let rest = dimensions.firstIndex { if case .rest = $0 { true } else { false } }
      let fixed = dimensions.count - (rest == nil ? 0 : 1)
      guard rest == nil ? shape.count == fixed : shape.count >= fixed else {
        return report(
          Fault(.shape, "\(declared), \(found)"), argument.range,
          secondary: secondary(argument) + [.init(range: parameter.range, label: "declared here")])
      }
      var axis = 0
      for (index, dimension) in dimensions.enumerated() {
        if index == rest {
          axis += shape.count - fixed
          continue
        }
        defer { axis += 1 }
        guard let size = shape[axis] else { continue }
        switch dimension {
        case .size(let wanted, _) where wanted != size:
          return report(
            Fault(.shape, "\(declared), \(found)"), argument.range,
            secondary: secondary(argument) + [.init(range: parameter.range, label: "declared here")])
        case .name(let name):
          if let first = sizes[name.text], first.size != size {
            return report(
              Fault(.shape, "\(declared) where '\(name.text)' is \(first.size) already, \(found)"), argument.range,
              secondary: secondary(argument) + [.init(range: first.argument.range, label: "here '\(name.text)' is \(first.size)")])
          }
          sizes[name.text] = (size, argument)
        default: break
        }
      }
    }
  }
}

extension Literal {
  /// The default of a native's parameter.
  init?(_ value: Value) {
    switch value.tag {
    case .nil: self = .nil
    case .bool: self = .bool(value.asBool)
    case .int: self = .int(value.asInt)
    case .float: self = .float(value.asFloat)
    case .string: self = .string(value.asString.text)
    default: return nil
    }
  }
}
