import Limn
import LimnTerminal

extension Command {
  static let doctor = Command(
    name: "doctor", takes: "", summary: "says what this machine has and what Limn makes of it",
    details: "Processor, libraries, models, memory, terminal. The exit code is 1 when something it needs does not work."
  ) { arguments throws(UsageError) in
    if let word = arguments.rest.first { throw UsageError(description: "'doctor' takes nothing, found '\(word)'") }
    let report = MachineReport()
    let lines = report.lines + [MachineReport.Line("pictures", TerminalDelegate.pictureMethod)]
    let width = lines.map(\.name.count).max() ?? 0
    for line in lines {
      let mark = line.isProblem ? "✗ " : "  "
      StandardStreams.out(mark + line.name + String(repeating: " ", count: width - line.name.count + 2) + line.text + "\n")
    }
    return lines.contains(where: \.isProblem) ? ExitCode.failed : ExitCode.done
  }
}
