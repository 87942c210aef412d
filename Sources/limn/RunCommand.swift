import Glibc
import Limn
import LimnTerminal

extension Command {
  static let repl = Command(
    name: "repl", takes: "", summary: "the interactive session",
    details: sessionOptions + "\n  --no-init              leaves out the start, ~/.config/limn/init.limn",
    options: SessionSetup.options.merging(["--no-init": .flag]) { a, _ in a }
  ) { arguments throws(UsageError) in
    if let word = arguments.rest.first { throw UsageError(description: "there is no command '\(word)'") }
    let setup = try SessionSetup(arguments)
    let delegate = TerminalDelegate(picturePattern: setup.picturePattern)
    Repl(setup.session(folder: nil, delegate), delegate: delegate, runsInit: !arguments.has("--no-init")).run()
    return ExitCode.done
  }

  static let run = Command(
    name: "run", takes: "FILE [--set NAME=VALUE …]", summary: "runs a program, and its function main if it has one",
    details: "FILE may be - for standard input. `limn run FILE --help` prints what its main takes.\n\n" + sessionOptions,
    options: SessionSetup.options.merging(["-e": .value, "--help": .flag, "-h": .flag]) { a, _ in a }
  ) { arguments throws(UsageError) in
    let setup = try SessionSetup(arguments)
    if let code = arguments.value("-e") {
      return Program(text: code, name: "-e", folder: nil).run(setup, showsLast: true)
    }
    let program = try Program(path: try arguments.only("file to run"))
    if arguments.has("--help") || arguments.has("-h") { return program.help(setup) }
    return program.run(setup, showsLast: false)
  }
}

/// A program and its way to an exit code.
@MainActor
struct Program {
  let text: String
  /// What errors call it.
  let name: String
  /// Where the files it names without a folder are looked for.
  let folder: String?

  init(text: String, name: String, folder: String?) {
    (self.text, self.name, self.folder) = (text, name, folder)
  }

  init(path: String) throws(UsageError) { self.init(text: try Files.read(path), name: path, folder: Files.folder(of: path)) }

  /// - Parameter showsLast: Whether the last value is displayed, as for `-e`; else `main` is called if there is one.
  func run(_ setup: SessionSetup, showsLast: Bool) -> Int32 {
    let delegate = TerminalDelegate(picturePattern: setup.picturePattern)
    let session = setup.session(folder: folder, delegate, checksFirst: true)
    Interrupts.listen(session)
    Interrupts.setEvaluating(true)  // a second Ctrl-C within a second ends what does not look up
    var outcome = session.evaluate(text, name: name)
    if case .value(let display) = outcome {
      if showsLast, let display { delegate.show(display) }
      if !showsLast { outcome = session.callMain(setup.settings) }
    }
    if let code = Self.exitCode(of: outcome) { return code }
    guard let failure = delegate.failure else { return ExitCode.done }
    StandardStreams.error("error: \(failure)\n")
    return ExitCode.failed
  }

  /// Says what went wrong; nil if nothing did.
  static func exitCode(of outcome: Session.Outcome) -> Int32? {
    switch outcome {
    case .value: return nil
    case .failed(let text):
      StandardStreams.error(text + "\n")
      return ExitCode.failed
    case .interrupted:
      StandardStreams.error("interrupted\n")
      return ExitCode.interrupted
    }
  }

  /// What `main` takes and the file is for; nothing runs.
  func help(_ setup: SessionSetup) -> Int32 {
    do {
      let section = try Reference.Section(source: text, name: name, file: name)
      guard let main = section.entries.first(where: { $0.name == "main" }) else {
        StandardStreams.out((section.doc.isEmpty ? "" : section.doc + "\n\n") + "\(name) defines no function main: it takes no --set\n")
        return ExitCode.done
      }
      let parts = [section.doc, main.doc, "limn run \(name)  calls  \(main.signatures[0])", "--set NAME=VALUE gives an argument"]
      StandardStreams.out(parts.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n")
      return ExitCode.done
    } catch {
      StandardStreams.error("\(error)\n")
      return ExitCode.failed
    }
  }
}
