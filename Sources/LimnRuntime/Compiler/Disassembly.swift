import LimnSyntax

extension Code {
  /// The instructions as text, one a line, functions inside after their maker; for tests and for the curious.
  var disassembly: String {
    var lines = ["\(name ?? "top level"): \(parameters.count) parameters, \(header.pointee.frameSize) registers"]
    var index = 0
    while index < instructionCount {
      let instruction = header.pointee.instructions[index]
      var line = "\(index)\t\(instruction.op) \(instruction.a) \(instruction.b) \(instruction.c)"
      if instruction.op.hasData {
        index += 1
        let data = header.pointee.instructions[index]
        line += " [\(data.a) \(data.wide)]"
      }
      lines.append(line)
      index += 1
    }
    return (lines + tables.functions.map(\.disassembly)).joined(separator: "\n")
  }
}

extension CompiledStatement {
  /// The statement's bytecode as text.
  package var disassembly: String { code.disassembly }
}
