import LimnSyntax

// Faults: finding their place, the handler that takes them, and what a failed statement leaves behind.
extension Machine {
  /// How many calls an error remembers.
  static let traceLimit = 64

  /// Any error as a fault.
  func translated(_ error: any Error) -> Fault {
    if let fault = error as? Fault { return fault }
    if let fault = translateError?(error) { return fault }
    return Fault(.value, "\(error)")
  }

  /// Notes a frame in the fault and looks for its handler.
  ///
  /// - Returns: The word to go on from; nil if the frame does not catch the fault.
  func settle(_ fault: inout Fault, _ code: UnsafeMutablePointer<CodeHeader>, _ pc: UnsafePointer<Instruction>) -> Int? {
    if fault.blamesCaller {
      fault.blamesCaller = false
      return nil
    }
    let code = code.pointee.code
    let word = pc - UnsafePointer(code.header.pointee.instructions) - 1
    let handler = fault.isFinal ? nil : code.tables.handlers.first { $0.start <= word && word < $0.end }?.target
    if let argument = fault.callersArgument {
      fault.callersArgument = nil
      if handler == nil, code.parameters.contains(where: { $0.name == argument }) {
        fault.parameter = argument
        fault.parameters = code.parameters.map(\.name)
        return nil
      }
    }
    let place = Place(source: code.source, range: place(of: &fault, code, pc))
    if fault.place == nil { fault.place = place }
    if fault.trace.count < Machine.traceLimit {
      fault.trace.append(TraceEntry(function: code.isTopLevel ? nil : code.name ?? "function", place: place))
    }
    return handler
  }

  /// The range of the running instruction, or of the argument the fault speaks of.
  private func place(of fault: inout Fault, _ code: Code, _ pc: UnsafePointer<Instruction>) -> SourceRange {
    let range = code.range(before: pc)
    guard fault.place == nil, let parameter = fault.parameter else { return range }
    fault.parameter = nil
    // The word before `pc` holds the call site when a call was made here.
    let word = pc - UnsafePointer(code.header.pointee.instructions) - 1
    guard word > 0, (pc - 2).pointee.op.hasData, !(pc - 2).pointee.op.isFusedComparison else { return range }
    let site = (pc - 1).pointee.wide
    guard code.tables.sites.indices.contains(site) else { return range }
    return code.tables.sites[site].range(of: parameter, in: fault.parameters) ?? range
  }

  /// Keeps what the local names of a failed top-level statement held.
  func recordReached(_ code: Code, _ r: UnsafeMutablePointer<Value>, _ pc: UnsafePointer<Instruction>) {
    let word = pc - UnsafePointer(code.header.pointee.instructions) - 1
    reached = []
    for local in code.tables.locals where local.start <= word && word < local.end {
      let value = r[local.register]
      if value.tag != .empty { reached.append((local.name, Held(value))) }
    }
  }

  func missingValue(_ code: UnsafeMutablePointer<CodeHeader>, slot: Int, module: Module?) -> Fault {
    let owner = module ?? code.pointee.code.module
    return Fault(.name, "'\(owner.slotNames[slot])' has no value yet: its declaration has not run")
  }

  // MARK: Expectations

  func expectationFault(_ code: UnsafeMutablePointer<CodeHeader>, _ pc: UnsafePointer<Instruction>) -> Fault {
    Fault(.fail, "expected \(code.pointee.code.source[code.pointee.code.range(before: pc)])")
  }

  func expectComparison(_ r: UnsafeMutablePointer<Value>, _ i: Instruction) throws {
    let op = BinaryOperator.allCases[Int(i.c)]
    let (x, y) = (r[Int(i.a)], r[Int(i.b)])
    if try compareSlowly(op, x, y) { return }
    throw Fault(
      .fail, "expected left \(op.rawValue) right: left is \(brief(x)), right is \(brief(y))")
  }

  /// A value for a message.
  func brief(_ value: Value) -> String {
    let shown = text(value, quoted: true)
    return shown.count <= 200 ? shown : "\(shown.prefix(199))…"
  }

  // MARK: Declared types

  /// Checks an argument against its declared type and binds the names of its shape.
  func checkType(_ r: UnsafeMutablePointer<Value>, _ register: Int, _ type: DeclaredType) throws {
    let value = r[register]
    if value.tag == .nil, type.acceptsNil { return }
    guard type.check.accepts(value) else { throw typeFault(value, type) }
    if type.check == .float, value.tag == .int { r[register] = .float(Double(value.asInt)) }
    guard let dimensions = type.dimensions else { return }
    guard let shape = value.host?.shape ?? (value.tag == .list ? [value.asList.pointee.count] : nil) else {
      throw typeFault(value, type)
    }
    let rest = dimensions.firstIndex { if case .rest = $0 { true } else { false } }
    let fixed = dimensions.count - (rest == nil ? 0 : 1)
    guard rest == nil ? shape.count == fixed : shape.count >= fixed else { throw shapeFault(shape, type, nil) }
    var axis = 0
    for (index, dimension) in dimensions.enumerated() {
      if index == rest {
        axis += shape.count - fixed
        continue
      }
      switch dimension {
      case .bind(_, let target): Machine.set(r, UInt16(target), .int(shape[axis]))
      case .same(let name, let target):
        if r[target].asInt != shape[axis] {
          throw shapeFault(shape, type, "where '\(name)' is \(r[target].asInt) already")
        }
      case .size(let size): if size != shape[axis] { throw shapeFault(shape, type, nil) }
      case .rest: break
      }
      axis += 1
    }
  }

  private func typeFault(_ value: Value, _ type: DeclaredType) -> Fault {
    var fault = Fault(
      .type, "'\(type.parameter)' of '\(type.function)' must be \(Phrase.article(type.text)), found \(phrase(value))",
      parameter: type.parameter)
    fault.blamesCaller = true
    fault.parameters = type.parameters
    return fault
  }

  private func shapeFault(_ shape: [Int], _ type: DeclaredType, _ reason: String?) -> Fault {
    var fault = Fault(
      .shape,
      "'\(type.parameter)' of '\(type.function)' must be \(Phrase.article(type.text))\(reason.map { " \($0)" } ?? ""), found the shape \(shape)",
      parameter: type.parameter)
    fault.blamesCaller = true
    fault.parameters = type.parameters
    return fault
  }

  // MARK: Modules and tests

  func useModule(_ module: Module) throws {
    if module.state == .ready { return }
    try runModule?(module)
  }

  func addTest(_ name: Value, _ function: Value, _ place: Place) {
    tests.append((name.asString.text, Held(function), place))
  }
}
