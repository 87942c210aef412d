import Glibc
import Limn
import LimnTerminal

extension Command {
  static let check = Command(
    name: "check", takes: "[FILE|FOLDER …]", summary: "looks for mistakes without running anything",
    details: """
      Names, arguments, types and shapes as far as literals tell them, models by name, unused names, code that never runs.
      Without a file: all below this folder. The exit code is 1 when something was found.

        --errors         errors only, as `limn run` looks for before it starts
      """,
    options: ["--errors": .flag]
  ) { arguments throws(UsageError) in
    let files = try Files.sources(arguments.rest.isEmpty ? ["."] : arguments.rest)
    guard !files.isEmpty else { throw UsageError(description: "there is no .limn file to check") }
    var errors = 0, warnings = 0
    for file in files {
      var options = Session.Options()
      options.scriptFolder = Files.folder(of: file)
      options.isColored = SessionSetup.isColored(STDOUT_FILENO)
      let report = Session(options).check(try Files.read(file), name: file)
      for finding in report.findings where finding.isError || !arguments.has("--errors") {
        StandardStreams.out(finding.rendered + "\n\n")
        if finding.isError { errors += 1 } else { warnings += 1 }
      }
    }
    func counted(_ count: Int, _ what: String) -> String { "\(count) \(what)\(count == 1 ? "" : "s")" }
    let found = [(errors, "error"), (warnings, "warning")].filter { $0.0 > 0 }.map { counted($0.0, $0.1) }
    StandardStreams.out("\(found.isEmpty ? "nothing found" : found.joined(separator: ", ")) in \(counted(files.count, "file"))\n")
    return found.isEmpty ? ExitCode.done : ExitCode.failed
  }

  static let explain = Command(
    name: "explain", takes: "CODE", summary: "says what the code of a message means, with a wrong and a right example",
    details: "CODE stands in brackets in the message: error[E1001]."
  ) { arguments throws(UsageError) in
    let code = try arguments.only("code").uppercased()
    guard let page = explanation(of: code) else { throw UsageError(description: "there is no code '\(code)'; a message has it in brackets: error[E1001]") }
    StandardStreams.out(page + "\n")
    return ExitCode.done
  }

  static let format = Command(
    name: "fmt", takes: "[FILE|FOLDER …] [--check]", summary: "lays programs out the usual way",
    details: """
      Two spaces an indentation, one around operators, at most one empty line in a row. Where lines break, comments and
      what you lined up stay. Without a file: all below this folder; - reads standard input and writes standard output.
      A file with syntax errors is left as it is, and reported.

        --check          writes nothing, lists the files that would change; the exit code is 1 if there are any
      """,
    options: ["--check": .flag]
  ) { arguments throws(UsageError) in
    let files = try Files.sources(arguments.rest.isEmpty ? ["."] : arguments.rest)
    var isFine = true
    for file in files {
      let text = try Files.read(file)
      switch Limn.format(text, name: file, isColored: SessionSetup.isColored(STDERR_FILENO)) {
      case .refused(let problems):
        StandardStreams.error(problems + "\n")
        isFine = false
      case .formatted(let laidOut) where file == "-":
        StandardStreams.out(arguments.has("--check") ? "" : laidOut)
        if arguments.has("--check"), laidOut != text { isFine = false }
      case .formatted(let laidOut) where laidOut != text:
        StandardStreams.out(file + "\n")
        if arguments.has("--check") { isFine = false } else { try Files.write(laidOut, to: file) }
      case .formatted: break
      }
    }
    return isFine ? ExitCode.done : ExitCode.failed
  }
}
