import LimnSyntax

// Calls of natives: choosing the form, defaults, declared types, and the pool of what the native makes.
extension Machine {
  /// A call from code. When all arguments go by position, the form was chosen before for these: by their number and the
  /// first one's tag.
  @inline(__always)
  func callNative(
    _ number: Int, _ arguments: UnsafeMutablePointer<Value>, plainCount: Int, _ code: UnsafeMutablePointer<CodeHeader>,
    site: Int
  ) throws -> Value {
    if plainCount <= PlainForms.maximumCount, let form = plainForms[number, plainCount, arguments] {
      do {
        return try call(form, arguments, given: plainCount)
      } catch {
        throw placed(error, code.pointee.code.tables.sites[site], code.pointee.code.source, form.pointee.form)
      }
    }
    let code = code.pointee.code
    return try callNative(
      number, arguments, plainCount: plainCount, site: code.tables.sites[site], source: code.source)
  }

  /// Binds and calls. `source` is the text that the ranges of the site belong to; nil for calls from Swift.
  ///
  /// - Parameter plainCount: How many arguments there are when all go by position, else 0xFFFF.
  func callNative(
    _ number: Int, _ arguments: UnsafeMutablePointer<Value>, plainCount: Int, site: CallSite, source: SourceText?
  ) throws -> Value {
    let group = natives[number]
    let form = try choose(group, arguments, site)
    form.prepare()
    do {
      if plainCount <= form.parameterCount, form.restIndex == nil {
        // Other values of the first one's tag take the same form, unless it is a host value or may be nil.
        if plainCount <= PlainForms.maximumCount, group.forms.count == 1 || plainCount > 0 && arguments[0].tag != .host {
          plainForms.enter(form, number, plainCount, arguments)
        }
        return try call(form.header, arguments, given: plainCount)
      }
      try bind(
        arguments, site,
        to: Binding(
          function: group.name, parameters: form.parameters.map(\.name), rest: form.restIndex,
          signature: form.native.signature))
      return try call(form.header, arguments, given: form.parameterCount)
    } catch {
      throw placed(error, site, source, form)
    }
  }

  /// Fills in defaults, checks types, runs the body, and empties the argument registers.
  @inline(__always)
  private func call(
    _ form: UnsafeMutablePointer<FormHeader>, _ arguments: UnsafeMutablePointer<Value>, given: Int
  ) throws -> Value {
    let state = self.state
    let count = form.pointee.parameterCount
    let mark = state.pointee.poolCount
    let top = state.pointee.top
    guard arguments + count + 1 < state.pointee.stackEnd else { throw recursionFault(state.pointee.depth) }
    var index = given
    while index < count {
      Machine.set(arguments, UInt16(truncatingIfNeeded: index), .empty)
      index &+= 1
    }
    state.pointee.top = arguments + count
    defer {
      state.pointee.top = top
      if state.pointee.poolCount > mark { drainPool(to: mark) }
      clear(arguments, count)
    }
    index = 0
    while index < count {
      if !form.pointee.checks[index].accepts(arguments[index]) { try settle(form.pointee.form, index, arguments) }
      index &+= 1
    }
    let call = NativeCall(context: Context(machine: self), form: form.pointee.form, arguments: arguments)
    let result = try form.pointee.body(call)
    if meter.pointee.used > meter.pointee.ceiling || outsideBytes != nil { try checkMemory() }
    return result.retained()
  }

  /// The default for an argument that was not given, or the fault for one of the wrong type.
  @inline(never)
  private func settle(_ form: NativeForm, _ index: Int, _ arguments: UnsafeMutablePointer<Value>) throws {
    let parameter = form.parameters[index]
    let value = arguments[index]
    if value.tag == .empty {
      if let defaultValue = parameter.defaultValue {
        arguments[index] = defaultValue.retained()
        return
      }
      if index == form.restIndex {
        arguments[index] = .list(capacity: 0, meter)
        return
      }
      throw missing(form.native.name, parameter.name, form.native.signature)
    }
    if value.tag == .nil, let defaultValue = parameter.defaultValue, defaultValue.isNil { return }
    if parameter.type.accepts(value) { return }
    throw Fault(
      .type,
      "'\(parameter.name)' of '\(form.native.name)' must be \(Phrase.article(parameter.type.name)), found \(phrase(value))",
      help: form.native.signature, parameter: parameter.name)
  }

  /// The form whose first parameter fits the first argument.
  private func choose(_ group: NativeGroup, _ arguments: UnsafeMutablePointer<Value>, _ site: CallSite) throws
    -> NativeForm
  {
    if group.forms.count == 1 { return group.forms[0] }
    for form in group.forms { form.prepare() }
    guard let first = site.arguments.first, first.label == nil, !first.isSpread, site.arguments.count > (site.hasTrailing ? 1 : 0)
    else {
      return group.forms.first { $0.required == 0 } ?? group.forms[0]
    }
    let value = arguments[0]
    var best: NativeForm?
    // A host type before `number`: a tensor without axes stays a tensor, and its gradient with it.
    for wantsHost in value.tag == .host ? [true, false] : [false] {
      for form in group.forms where form.accepts(first: value) && (value.tag != .host || form.isForHost == wantsHost) {
        if takes(form, site) { return form }
        if best == nil { best = form }
      }
    }
    if let best { return best }
    let types = group.forms.compactMap { $0.parameters.first.map { Phrase.article($0.type.name) } }
    throw Fault(.type, "'\(group.name)' takes \(Phrase.listed(types, "or")) first, found \(phrase(value))", help: group.forms[0].native.signature)
  }

  /// Whether a form has room and names for the arguments of a call.
  private func takes(_ form: NativeForm, _ site: CallSite) -> Bool {
    var positional = 0
    for argument in site.arguments {
      if let label = argument.label {
        guard form.parameters.contains(where: { $0.name == label }) else { return false }
      } else if !argument.isSpread {
        positional += 1
      }
    }
    return form.restIndex != nil || positional <= form.parameterCount
  }

  /// An error of a native as a fault that underlines the argument it speaks of.
  @inline(never)
  private func placed(_ error: any Error, _ site: CallSite, _ source: SourceText?, _ form: NativeForm) -> Fault {
    var fault = translated(error)
    guard fault.place == nil, let parameter = fault.parameter, let source else { return fault }
    fault.parameter = nil
    if let range = site.range(of: parameter, in: form.parameters.map(\.name)) {
      fault.place = Place(source: source, range: range)
    }
    return fault
  }
}

extension CallSite {
  /// The argument given for a parameter; nil when it came from a default or a spread.
  func range(of parameter: String, in parameters: [String]) -> SourceRange? {
    if let labelled = arguments.first(where: { $0.label == parameter }) { return labelled.range }
    if hasTrailing, parameter == parameters.last { return arguments.last?.range }
    guard let index = parameters.firstIndex(of: parameter) else { return nil }
    let positional = arguments.dropLast(hasTrailing ? 1 : 0).filter { $0.label == nil && !$0.isSpread }
    return index < positional.count ? positional[index].range : nil
  }
}
