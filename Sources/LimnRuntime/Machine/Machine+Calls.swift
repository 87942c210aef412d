import LimnSyntax

// Calls that need more than moving the program counter: names, defaults, spreads, host values, calls from Swift.
extension Machine {
  static func isCallable(_ value: Value) -> Bool {
    value.tag == .function || value.tag == .native || (value.host?.isCallable ?? false)
  }

  /// Binds the arguments of a call to a function of the language, or makes any other call at once.
  ///
  /// - Returns: The code to enter; nil if the call is done and its result stands in `arguments[0]`.
  @inline(never) func callSlowly(
    _ callee: Value, _ arguments: UnsafeMutablePointer<Value>, _ code: UnsafeMutablePointer<CodeHeader>, site: Int
  ) throws -> UnsafeMutablePointer<CodeHeader>? {
    let site = code.pointee.code.tables.sites[site]
    let plainCount = site.isPlain ? site.arguments.count : 0xFFFF
    switch callee.tag {
    case .function:
      let target = callee.asFunction.pointee.code
      try bind(target.pointee.code, arguments, site)
      return target
    case .native:
      let result = try callNative(Int(callee.bits), arguments, plainCount: plainCount, site: site, source: code.pointee.code.source)
      Machine.set(arguments, 0, result)
    case .host where callee.asHost.pointee.object.isCallable:
      guard site.isPlain || site.hasTrailing, !site.arguments.contains(where: { $0.isSpread || $0.label != nil }) else {
        throw Fault(.type, "\(phrase(callee)) takes arguments by position only")
      }
      let count = site.arguments.count
      let values = (0..<count).map { arguments[$0] }
      let result = try owning { try callee.asHost.pointee.object.call(values, context) } ?? .nil
      clear(arguments, count)
      Machine.set(arguments, 0, result)
    default:
      if let fallback = site.fallback {
        let result = try callNative(
          fallback, arguments, plainCount: plainCount, site: site, source: code.pointee.code.source)
        Machine.set(arguments, 0, result)
        return nil
      }
      if callee.tag == .empty { throw Fault(.name, "'\(site.name)' has no value yet") }
      throw Fault(.type, "'\(site.name)' is \(phrase(callee)), which cannot be called")
    }
    return nil
  }

  /// Calls from Swift: positional arguments, borrowed; the result is owned.
  func invoke(_ function: Value, _ arguments: [Value], named: [(String, Value)] = []) throws -> Value {
    try countCall()
    if let host = function.host, host.isCallable { return try owning { try host.call(arguments, context) } ?? .nil }
    let base = state.pointee.top
    guard base + arguments.count + 64 < state.pointee.stackEnd else { throw recursionFault(state.pointee.depth) }
    let count = arguments.count + named.count
    for (index, argument) in arguments.enumerated() { Machine.set(base, UInt16(index), argument.retained()) }
    for (index, argument) in named.enumerated() {
      Machine.set(base, UInt16(arguments.count + index), argument.1.retained())
    }
    func site() -> CallSite {
      CallSite(
        name: "the function",
        arguments: arguments.map { _ in .unlabelled(nil) } + named.map { .unlabelled($0.0) },
        hasTrailing: false, fallback: nil)
    }
    do {
      switch function.tag {
      case .function:
        let target = function.asFunction.pointee.code
        if target.pointee.parameterCount != count || !named.isEmpty { try bind(target.pointee.code, base, site()) }
        function.retain()
        defer { function.release() }
        defer { state.pointee.top = base }
        return try run(target, base: base, function: function.asFunction)
      case .native:
        return try callNative(
          Int(function.bits), base, plainCount: named.isEmpty ? count : 0xFFFF, site: site(), source: nil)
      default: throw Fault(.type, "\(phrase(function)) cannot be called")
      }
    } catch {
      clear(base, count)
      throw error
    }
  }

  /// Calls a function with one argument, borrowed: what `map` does a million times. The result is owned.
  func invoke(_ function: Value, with argument: Value) throws -> Value {
    guard function.tag == .function, function.asFunction.pointee.code.pointee.parameterCount == 1 else {
      return try invoke(function, [argument])
    }
    try countCall()
    let base = state.pointee.top
    guard base + 1 < state.pointee.stackEnd else { throw recursionFault(state.pointee.depth) }
    Machine.set(base, 0, argument.retained())
    defer { state.pointee.top = base }
    return try run(function.asFunction.pointee.code, base: base, function: function.asFunction)
  }

  /// Releases registers and leaves nil in them.
  func clear(_ registers: UnsafeMutablePointer<Value>, _ count: Int) { release(registers, from: 0, to: count) }

  func release(_ registers: UnsafeMutablePointer<Value>, from start: Int, to end: Int) {
    for index in start..<max(start, end) {
      let value = registers[index]
      registers[index] = .nil
      value.release()
    }
  }

  // MARK: Binding

  private func bind(_ code: Code, _ arguments: UnsafeMutablePointer<Value>, _ site: CallSite) throws {
    let parameters = code.parameters
    let name = code.name ?? "the function"
    if site.isPlain {
      let given = site.arguments.count
      if given > parameters.count { throw tooMany(name, given, parameters.count, code.signatureText, site) }
      for index in given..<parameters.count {
        if !parameters[index].hasDefault { throw missing(name, parameters[index].name, code.signatureText) }
        Machine.set(arguments, UInt16(index), .empty)
      }
      return
    }
    let target = Binding(
      function: name, parameters: parameters.map(\.name), rest: nil, signature: code.signatureText)
    try bind(arguments, site, to: target)
    for index in 0..<parameters.count where arguments[index].tag == .empty && !parameters[index].hasDefault {
      throw missing(name, parameters[index].name, code.signatureText)
    }
  }

  /// The face of what is called, for binding.
  struct Binding {
    let function: String
    let parameters: [String]
    let rest: Int?
    let signature: String
  }

  /// Moves arguments to the places of their parameters; those not given become empty.
  func bind(_ arguments: UnsafeMutablePointer<Value>, _ site: CallSite, to target: Binding) throws {
    var bound = [Value](repeating: .empty, count: target.parameters.count)
    var rest: [Value] = []
    var position = 0
    let written = Set(site.arguments.compactMap(\.label))
    for (index, argument) in site.arguments.enumerated() {
      let value = arguments[index]
      if site.hasTrailing, index == site.arguments.count - 1 {
        guard let last = target.parameters.indices.last else { throw tooMany(target, site) }
        if bound[last].tag != .empty { throw twice(target, target.parameters[last]) }
        bound[last] = value
      } else if argument.isSpread {
        guard let entries = value.map else {
          throw Fault(.type, "'..' passes on the entries of a map, found \(phrase(value))", parameter: nil)
        }
        for (key, entry) in entries {
          guard key.tag == .string else {
            throw Fault(.type, "'..' needs names as keys, found \(phrase(key))")
          }
          let label = key.asString.text
          if written.contains(label) { continue }
          try enter(label, entry, &bound, target)
        }
      } else if let label = argument.label {
        try enter(label, value, &bound, target)
      } else {
        if let rest = target.rest, position >= rest {
        } else if position >= bound.count {
          throw tooMany(target, site)
        }
        if let restIndex = target.rest, position >= restIndex {
          rest.append(value)
        } else {
          if bound[position].tag != .empty { throw twice(target, target.parameters[position]) }
          bound[position] = value
        }
        position += 1
      }
    }
    for value in bound { value.retain() }
    if let index = target.rest {
      bound[index] = rest.withUnsafeBufferPointer { .list(copying: $0, meter) }
    }
    clear(arguments, site.arguments.count)
    for (index, value) in bound.enumerated() { Machine.set(arguments, UInt16(index), value) }
  }

  private func enter(_ label: String, _ value: Value, _ bound: inout [Value], _ target: Binding) throws {
    guard let index = target.parameters.firstIndex(of: label), index != target.rest else {
      throw Fault(
        .name, "'\(target.function)' has no parameter '\(label)'",
        help: nearest(to: label, in: target.parameters).map { "did you mean '\($0):'?" } ?? target.signature)
    }
    if bound[index].tag != .empty { throw twice(target, label) }
    bound[index] = value
  }

  private func twice(_ target: Binding, _ parameter: String) -> Fault {
    Fault(.type, "'\(parameter)' of '\(target.function)' is given twice", help: target.signature)
  }

  private func tooMany(_ target: Binding, _ site: CallSite) -> Fault {
    let given = site.arguments.count { $0.label == nil && !$0.isSpread }
    return tooMany(target.function, given, target.parameters.count, target.signature, site)
  }

  private func tooMany(_ name: String, _ given: Int, _ taken: Int, _ signature: String, _ site: CallSite) -> Fault {
    let called = name == "the function" ? name : "'\(name)'"
    return Fault(
      .type, "\(called) takes \(Phrase.count(taken, "argument")), found \(given)", help: signature)
  }

  func missing(_ name: String, _ parameter: String, _ signature: String) -> Fault {
    let called = name == "the function" ? name : "'\(name)'"
    return Fault(.type, "\(called) needs an argument '\(parameter)'", help: signature)
  }

  func recursionFault(_ depth: Int) -> Fault {
    Fault(.limit, "calls are nested more than \(depth) deep", help: "does the recursion end?")
  }
}

extension CallArgument {
  /// An argument of a call from Swift, which has no place.
  static func unlabelled(_ label: String?) -> CallArgument {
    CallArgument(label: label, isSpread: false, range: SourceRange(start: 0, end: 0))
  }
}
