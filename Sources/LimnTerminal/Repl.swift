import Glibc
import Limn
import LimnRuntime

/// The interactive session: reads inputs of one or more lines, evaluates them and displays their values.
@MainActor
public final class Repl {
  let session: Session
  let delegate: TerminalDelegate
  /// nil where nobody types: lines are read from a pipe as they are.
  let editor: LineEditor?
  /// The inputs of this session, for `:history` where there is no editor.
  private var inputs: [String] = []
  private let isTerminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
  private let runsInit: Bool

  /// - Parameter runsInit: Whether `init.limn` in the folder for settings is run first.
  public init(_ session: Session, delegate: TerminalDelegate, runsInit: Bool = true) {
    self.session = session
    self.delegate = delegate
    self.runsInit = runsInit
    session.canUndo = true
    editor = isTerminal
      ? LineEditor(
        history: HistoryFile.standard(),
        language: LineEditor.Language(isIncomplete: { session.isIncomplete($0) }, completions: { session.completions($0, cursor: $1) }))
      : nil
  }

  /// Runs until Ctrl-D or `:quit`.
  public func run() {
    Interrupts.listen(session)
    prepareRescue()
    if isTerminal { say("Limn \(Limn.version)   :help for help, Ctrl-D to leave") }
    if let complaint = PictureTerminal.complaint(environment: StandardStreams.environment) { StandardStreams.error("warning: \(complaint)\n") }
    if runsInit { runInit() }
    while let input = readInput() {
      editor?.remember(input)
      inputs.append(input)
      if input.hasPrefix(":") || input.hasPrefix("?") {
        if !command(input) { return }
      } else {
        evaluate(input)
      }
    }
  }

  // MARK: reading

  /// One whole input. nil at the end of the session.
  private func readInput() -> String? {
    guard let editor else { return readPipe() }
    guard editor.editsWholeInputs else { return readLines(editor) }
    while true {
      switch editor.read(prompt: "limn> ") {
      case .end: return nil
      case .interrupted: continue
      case .text(let text):
        let input = Self.trimmed(text)
        if !input.isEmpty { return input }
      }
    }
  }

  /// The same line by line, for a terminal that cannot move its cursor.
  private func readLines(_ editor: LineEditor) -> String? {
    var lines: [String] = []
    while true {
      switch editor.read(prompt: lines.isEmpty ? "limn> " : "    > ") {
      case .end: return lines.isEmpty ? nil : lines.joined(separator: "\n")
      case .interrupted: lines = []
      case .text(let text): if let input = added(text, to: &lines) { return input }
      }
    }
  }

  /// The same from a pipe, without prompts.
  private func readPipe() -> String? {
    var lines: [String] = []
    while let line = readLine() {
      if let input = added(line, to: &lines) { return input }
    }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }

  /// Adds a line; gives the input once it is whole. An empty line ends one that is unfinished.
  private func added(_ line: String, to lines: inout [String]) -> String? {
    if lines.isEmpty, line.allSatisfy(\.isWhitespace) { return nil }
    lines.append(line)
    let input = lines.joined(separator: "\n")
    return input.hasPrefix(":") || line.isEmpty || !session.isIncomplete(input) ? input : nil
  }

  private static func trimmed(_ text: String) -> String {
    var text = Substring(text)
    while let last = text.last, last.isWhitespace { text.removeLast() }
    // Leading blanks of a pasted line mean nothing; those of the lines after it stay.
    return String(text.drop { $0.isWhitespace })
  }

  /// The newest inputs, oldest first.
  func newestInputs(_ count: Int) -> [String] { editor?.remembered(count) ?? inputs.suffix(count) }

  // MARK: evaluating

  /// Evaluates a text and displays its value.
  ///
  /// - Parameter name: What errors call it; nil numbers it.
  func evaluate(_ input: String, name: String? = nil) {
    Interrupts.setEvaluating(true)
    let outcome = session.evaluate(input, name: name)
    Interrupts.setEvaluating(false)
    delegate.endProgress()
    switch outcome {
    case .value(let display):
      if let display { delegate.show(display) }
    case .failed(let text):
      StandardStreams.error(text + "\n")
    case .interrupted:
      StandardStreams.error("interrupted; every name keeps its value\n")
    }
  }

  /// Keeps at hand what a forced end writes: the statements that took effect before the one that runs.
  private func prepareRescue() {
    guard isTerminal else { return }
    let path = (HistoryFile.stateFolder() ?? ".") + "/session-\(getpid()).limn"
    session.log.willRun = { [unowned session] in
      let script = session.script(isThorough: false)
      MainActor.assumeIsolated { Interrupts.save(script, to: path) }
    }
  }

  /// Runs the user's own start: `limn/init.limn` in XDG_CONFIG_HOME or `~/.config`. What it does cannot be taken back.
  private func runInit() {
    guard let folder = HistoryFile.folder("XDG_CONFIG_HOME", orInHome: ".config", isMade: false),
      let source = Self.contents(of: folder + "/init.limn")
    else { return }
    if case .failed(let text) = session.evaluate(source, name: folder + "/init.limn") { StandardStreams.error(text + "\n") }
    session.log.settle()
  }

  /// The text of a file; nil with errno set when it cannot be read.
  static func contents(of path: String) -> String? {
    FileBytes.read(path).map { String(decoding: $0, as: UTF8.self) }
  }

  func say(_ line: String) { StandardStreams.out(line + "\n") }
}
