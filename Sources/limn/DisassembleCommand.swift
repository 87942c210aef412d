import Limn
import LimnTerminal

extension Command {
  static let disassemble = Command(
    name: "disasm", takes: "FILE", summary: "the machine's instructions, below the lines they come from",
    details: "Nothing runs. FILE may be - for standard input. docs/internals/LimnRuntime.md says what the instructions do.",
    options: [:]
  ) { arguments throws(UsageError) in
    let path = try arguments.only("file")
    let text = try Files.read(path)
    var options = Session.Options()
    options.scriptFolder = Files.folder(of: path)
    options.isColored = SessionSetup.isColored(2)
    do { StandardStreams.out(try Session(options).disassembly(of: text, name: path)) } catch {
      StandardStreams.error("\(error)\n")
      return ExitCode.failed
    }
    return ExitCode.done
  }
}
