import Glibc
import Limn

/// The interactive session: reads inputs of one or more lines, evaluates them and displays their values.
@MainActor
public final class Repl {
  private let session: Session
  private let delegate: TerminalDelegate
  private let editor: LineEditor
  private let isTerminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1

  public init(_ session: Session, delegate: TerminalDelegate) {
    self.session = session
    self.delegate = delegate
    editor = LineEditor(historyFile: isatty(STDIN_FILENO) == 1 ? Self.historyFile() : nil)
  }

  /// Runs until Ctrl-D or `:quit`.
  public func run() {
    Interrupts.listen(session)
    if isTerminal { say("Limn \(Limn.version)   :help for help, Ctrl-D to leave") }
    while let input = readInput() {
      editor.remember(input)
      if input.hasPrefix(":") {
        if !command(input) { return }
      } else {
        evaluate(input)
      }
    }
    if isTerminal { say("") }
  }

  // MARK: reading

  /// One whole input: lines are added while it is unfinished. nil at the end of the session.
  private func readInput() -> String? {
    var lines: [String] = []
    while true {
      let line = editor.read(prompt: isTerminal ? (lines.isEmpty ? "limn> " : "    > ") : "")
      switch line {
      case .end:
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
      case .interrupted:
        lines = []
      case .text(let text):
        if lines.isEmpty, text.allSatisfy(\.isWhitespace) { continue }
        lines.append(text)
        let input = lines.joined(separator: "\n")
        // An empty line ends an unfinished input, so that nobody is caught in it.
        if input.hasPrefix(":") || text.isEmpty || !session.isIncomplete(input) { return input }
      }
    }
  }

  /// `~/.local/state/limn/history`, or where XDG_STATE_HOME says; the folder is made if it is not there.
  private static func historyFile() -> String? {
    let base: String
    if let state = getenv("XDG_STATE_HOME"), state.pointee != 0 {
      base = String(cString: state)
    } else if let home = getenv("HOME") {
      base = String(cString: home) + "/.local/state"
    } else {
      return nil
    }
    var folder = ""
    for part in (base + "/limn").split(separator: "/") {
      folder += "/" + part
      mkdir(folder, 0o700)
    }
    return folder + "/history"
  }

  // MARK: evaluating

  private func evaluate(_ input: String) {
    switch session.evaluate(input) {
    case .value(let display):
      if let display { delegate.show(display) }
    case .failed(let text):
      StandardStreams.error(text + "\n")
    case .interrupted:
      StandardStreams.error("interrupted; every name keeps its value\n")
    }
  }

  private func say(_ line: String) { StandardStreams.out(line + "\n") }

  // MARK: commands

  private static let help = """
    An input is one or more statements; an unfinished one goes on in the next line, an empty line ends it.
    The value of the last statement is shown and kept as _; a ; at the end mutes it. Ctrl-C ends an evaluation.

      :help [name]   this text, or what a function takes and does
      :vars          the names of this session
      :functions     everything that can be called
      :quit          leaves, as Ctrl-D does
    """

  /// Carries out `:name argument`. Returns whether the session goes on.
  private func command(_ input: String) -> Bool {
    let words = input.dropFirst().split(separator: " ", maxSplits: 1).map(String.init)
    switch words.first ?? "" {
    case "help", "doc", "h", "?":
      guard words.count > 1 else {
        say(Self.help)
        break
      }
      say(session.help(words[1]) ?? "there is no function '\(words[1])'")
    case "vars":
      for (name, display) in session.bindings {
        let line = display.text.prefix { $0 != "\n" }
        say("\(name) = \(line.count > 100 ? line.prefix(100) + " …" : line)")
      }
    case "functions":
      say(session.functionNames.joined(separator: " "))
    case "quit", "q", "exit":
      return false
    default:
      say("there is no command '\(input)'; :help lists them")
    }
    return true
  }
}
