import LimnSyntax

/// Code as text: each line of the source above the instructions that came from it, with names for registers, slots, natives
/// and constants, and the numbers of the instructions that jumps lead to. Functions stand after the code that makes them.
struct Disassembly {
  let code: Code
  let natives: [NativeGroup]

  var text: String {
    var lines = [heading]
    // The line of the instruction before, known by where it begins and ends: counting them from the top takes long.
    var shown = SourceRange(start: 1, end: 0)
    var index = 0
    while index < code.instructionCount {
      let start = code.ranges[index].start
      if start < shown.start || start > shown.end, case let next = code.source.lineRange(at: start), next != shown {
        shown = next
        lines.append("\(code.source.position(at: start).line) | " + code.source[shown])
      }
      let instruction = code.header.pointee.instructions[index]
      let number = String(index)
      let words = ["\(instruction.op)"] + operands(instruction, at: index)
      lines.append("  " + String(repeating: " ", count: max(0, 4 - number.count)) + "\(number)  " + words.joined(separator: " "))
      index += instruction.op.hasData ? 2 : 1
    }
    let inner = code.tables.functions.map { Disassembly(code: $0, natives: natives).text }
    return ([lines.joined(separator: "\n")] + inner).joined(separator: "\n\n")
  }

  private var heading: String {
    let count = code.header.pointee.frameSize - code.header.pointee.firstOwned
    return (code.isTopLevel ? "top level" : code.signatureText) + ": \(Phrase.count(count, "register"))"
  }

  // MARK: Operands

  private func operands(_ i: Instruction, at index: Int) -> [String] {
    let (a, b, c) = (register(i.a, index), register(i.b, index), register(i.c, index))
    let next = index + 1
    switch i.op {
    case .move, .take, .takeCollection, .negate, .complement, .not, .appendOne, .appendItem: return [a, b]
    case .loadNil, .checkBool, .loopStart, .return, .catchError, .expect: return [a]
    case .returnNil: return []
    case .loadBool: return [a, i.b != 0 ? "true" : "false"]
    case .loadInt: return [a, "\(i.wide)"]
    case .loadConstant: return [a, constant(i.b)]
    case .loadCapture: return [a, "captured \(i.b)"]
    case .loadSelf: return [a, code.name ?? "itself"]
    case .loadSlot: return [a, slot(Int(i.b), of: code.module)]
    case .loadFar: return [a, far(i.b, i.c)]
    case .loadNative: return [a, native(i.b)]
    case .makeFunction: return [a, code.tables.functions[Int(i.b)].signatureText]
    case .addInt, .subtractInt, .multiplyInt, .divideInt, .remainderInt: return [a, b, "\(i.signedC)"]
    case .concat, .appendTexts, .makeList, .makeMap: return [a, "\(Phrase.count(Int(i.c), i.op == .makeMap ? "pair" : "value")) from", b]
    case .insertEntry: return [a, b, register(i.b &+ 1, index)]
    case .getField: return [a, b, constant(i.c)]
    case .getSlice: return [a, b, "parts from", a]
    case .setPath: return [a, path(i.c), "from", b]
    case .jump, .loop: return ["→ \(next + i.wide)"]
    case .jumpIfFalse, .jumpIfTrue, .loopIfTrue, .jumpIfGiven, .jumpIfCallable: return [a, "→ \(next + i.wide)"]
    case .rangeStart: return [a, i.b != 0 ? "closed" : "open"]
    case .rangeNext, .loopNext: return [b, "from", a, "→ \(target(index))"]
    case .loopNextPair: return [b, register(i.b &+ 1, index), "from", a, "→ \(target(index))"]
    case .callSlot: return [a, slot(Int(i.b), of: code.module), site(index)]
    case .callFar: return [a, far(i.b, i.c), site(index)]
    case .callNative: return [a, native(i.b), site(index)]
    case .callValue: return [register(i.a &+ 1, index), "from", a, site(index)]
    case .checkType:
      let type = code.tables.types[Int(i.b)]
      return [a, type.text]
    case .expectComparison: return [a, BinaryOperator.allCases[Int(i.c)].rawValue, b]
    case .useModule: return [code.tables.modules[Int(i.b)].name ?? ""]
    case .addTest: return [a, constant(i.b)]
    default:
      if i.op.comparesInt { return [a, "\(i.signedB)", "→ \(target(index))"] }
      if i.op.isFusedComparison { return [a, b, "→ \(target(index))"] }
      return [a, b, c]
    }
  }

  /// Where the jump of an instruction with a word of data leads.
  private func target(_ index: Int) -> Int { index + 2 + code.header.pointee.instructions[index + 1].wide }

  /// `r2`, with the name it has here; top-level names are registers of top-level code.
  private func register(_ number: UInt16, _ index: Int) -> String {
    let number = Int(number)
    if code.isTopLevel, number < Module.slotLimit { return slot(number, of: code.module) }
    let shown = "r\(number - code.header.pointee.firstOwned)"
    // A name begins after the instruction that gives its value, which is where it is written.
    let local = code.tables.locals.last { $0.register == number && $0.start <= index + 1 && index < $0.end && !$0.name.isEmpty }
    return local.map { "\(shown):\($0.name)" } ?? shown
  }

  private func constant(_ number: UInt16) -> String {
    let value = code.header.pointee.constants[Int(number)]
    switch value.tag {
    case .string:
      let text = value.asString.text
      return "\"" + text.prefix(40).map { $0 == "\n" ? "\\n" : $0 == "\"" ? "\\\"" : String($0) }.joined() + (text.count > 40 ? "…\"" : "\"")
    case .float: return Machine.text(value.asFloat)
    default: return "\(value.asInt)"
    }
  }

  private func slot(_ slot: Int, of module: Module) -> String { module.slotNames.indices.contains(slot) ? module.slotNames[slot] : "slot \(slot)" }

  private func far(_ module: UInt16, _ slot: UInt16) -> String {
    let module = code.tables.modules[Int(module)]
    return "\(module.name ?? "").\(self.slot(Int(slot), of: module))"
  }

  private func native(_ number: UInt16) -> String { natives[Int(number)].name }

  /// What a call gives: `(2 arguments)`, with labels where there are some.
  private func site(_ index: Int) -> String {
    let site = code.tables.sites[code.header.pointee.instructions[index + 1].wide]
    let labels = site.arguments.map { ($0.isSpread ? ".." : "") + ($0.label.map { "\($0):" } ?? "") }
    let shown = labels.allSatisfy(\.isEmpty) ? "" : ": " + labels.map { $0.isEmpty ? "_" : $0 }.joined(separator: " ")
    return "(\(Phrase.count(site.arguments.count, "argument"))\(shown))"
  }

  private func path(_ number: UInt16) -> String {
    let path = code.tables.paths[Int(number)]
    let steps = path.steps.map { step in
      if case .field(let name) = step { return ".\(name)" }
      return "[…]"
    }
    return steps.joined() + " \(path.op?.rawValue ?? "")="
  }
}

extension Opcode {
  /// Whether a fused comparison has an int for its second operand.
  var comparesInt: Bool {
    (Opcode.jumpUnlessLessInt.rawValue...Opcode.jumpUnlessNotEqualInt.rawValue).contains(rawValue)
      || (Opcode.loopIfLessInt.rawValue...Opcode.loopIfNotEqualInt.rawValue).contains(rawValue)
  }
}

extension Interpreter {
  /// The bytecode of a program as text; nothing of it runs.
  package func disassembly(of source: SourceText) throws(CompileErrors) -> String {
    try compile(source).statements.map { disassembly(of: $0) }.joined(separator: "\n\n") + "\n"
  }

  /// The bytecode of one statement.
  package func disassembly(of statement: CompiledStatement) -> String {
    Disassembly(code: statement.code, natives: machine.natives).text
  }
}
