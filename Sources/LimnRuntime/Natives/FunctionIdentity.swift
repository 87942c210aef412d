import LimnSyntax

/// What the results of a function depend on besides its arguments.
package struct FunctionIdentity {
  /// The texts of the function and of those it can reach, in the order they are met.
  package fileprivate(set) var texts: [String] = []
  /// The values that names from outside have in them, functions left out.
  package fileprivate(set) var data: [(name: String, value: Value)] = []
  fileprivate var seenCodes: Set<ObjectIdentifier> = []
  fileprivate var seenNames: Set<String> = []
}

extension Making {
  /// Walks a function of the language: its text, the values it took along, the top-level names it reads, and so on through the
  /// functions among them.
  package func identity(of function: Value) -> FunctionIdentity {
    var result = FunctionIdentity()
    result.add(function)
    return result
  }
}

extension FunctionIdentity {
  fileprivate mutating func add(_ function: Value) {
    guard function.tag == .function else { return }
    let body = function.asFunction
    let code = body.pointee.owner.takeUnretainedValue()
    add(code)
    for index in 0..<body.pointee.captureCount { add("captured value \(index + 1) of line \(code.source.position(at: code.range.start).line)", body.captures[index]) }
  }

  private mutating func add(_ code: Code) {
    guard seenCodes.insert(ObjectIdentifier(code)).inserted else { return }
    texts.append(code.source[code.range])
    var index = 0
    while index < code.instructionCount {
      let instruction = code.header.pointee.instructions[index]
      switch instruction.op {
      case .loadSlot, .callSlot: add(slot: Int(instruction.b), of: code.module)
      case .loadFar, .callFar: add(slot: Int(instruction.c), of: code.tables.modules[Int(instruction.b)])
      default: break
      }
      index += instruction.op.hasData ? 2 : 1
    }
    for inner in code.tables.functions { add(inner) }
  }

  private mutating func add(slot: Int, of module: Module) {
    let name = (module.name.map { $0 + "." } ?? "") + module.slotNames[slot]
    guard seenNames.insert(name).inserted else { return }
    add(name, module.slots[slot])
  }

  private mutating func add(_ name: String, _ value: Value) {
    if value.tag == .function { return add(value) }
    guard value.tag != .empty, value.tag != .native else { return }
    // Captured values have no names of their own: two functions of one line would share one.
    let same = data.count { $0.name == name || $0.name.hasPrefix(name + " (") }
    data.append((same == 0 ? name : "\(name) (\(same + 1))", value))
  }
}

extension Code {
  /// The part of the source its instructions came from.
  fileprivate var range: SourceRange {
    let own = ranges.filter { $0.end > $0.start }
    return SourceRange(start: own.map(\.start).min() ?? 0, end: own.map(\.end).max() ?? 0)
  }
}
