import Glibc
import Limn
import LimnSyntax

// The `:commands`. Their names and help: Session.commands.
extension Repl {
  private static let intro = """
    An input is one or more statements; Enter goes on in a new line while it is unfinished, an empty line ends it.
    The value of the last statement is shown and kept as _; a ; at the end mutes it. Tab completes, Up searches the
    history for what stands before the cursor, Ctrl-R anywhere. Ctrl-C ends an evaluation, twice within a second the session.
    """

  /// Carries out `:name argument` or `?name`. Returns whether the session goes on.
  func command(_ input: String) -> Bool {
    let isQuestion = input.hasPrefix("?")
    let body = isQuestion ? "doc " + input.dropFirst() : String(input.dropFirst())
    let name = String(body.prefix { !$0.isWhitespace })
    let argument = Self.trimmed(body.dropFirst(name.count))
    switch name {
    case "help", "h", "doc": help(argument)
    case "type": say(argument.isEmpty ? "type of what? :type EXPR" : session.type(of: argument))
    case "inspect": inspect(argument)
    case "explain": say(explanation(of: argument) ?? (argument.isEmpty ? "explain what? :explain CODE, as in error[E1001]" : "there is no code '\(argument)'"))
    case "vars": vars()
    case "functions": functions()
    case "time": time(argument)
    case "mem": session.memory().forEach(say)
    case "concepts": concepts()
    case "undo": undo(argument)
    case "history": history(argument)
    case "save": save(argument)
    case "load": load(argument)
    case "reset":
      session.reset()
      say("all names are forgotten")
    case "quit", "q", "exit": return false
    default:
      let names = Session.commands.map(\.name)
      say("there is no command ':\(name)'" + (nearest(to: name, in: names).map { "; did you mean ':\($0)'?" } ?? "; :help lists them"))
    }
    return true
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text.drop { $0.isWhitespace }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }

  /// A count after a command; nil, said, when it is none.
  private func count(_ argument: String, otherwise: Int) -> Int? {
    if argument.isEmpty { return otherwise }
    if let number = Int(argument), number > 0 { return number }
    say("'\(argument)' is no number of inputs")
    return nil
  }

  // MARK: Help

  private func help(_ name: String) {
    if name.isEmpty || name == "doc" {
      say(Self.intro + "\n")
      let widest = Session.commands.map(\.usage.count).max() ?? 0
      for command in Session.commands {
        say("  :\(command.usage)" + String(repeating: " ", count: widest - command.usage.count) + "   \(command.doc)")
      }
    } else if let text = session.help(name) {
      say(text)
    } else if name.hasPrefix(":"), let command = Session.commands.first(where: { $0.name == name.dropFirst() }) {
      say(":\(command.usage)\n    \(command.doc)")
    } else if let type = session.typeOfKnown(name) {
      say("\(name): \(type)")
    } else {
      say("there is no function '\(name)'" + (nearest(to: name, in: session.functionNames).map { "; did you mean '\($0)'?" } ?? ""))
    }
  }

  private func functions() {
    var line = ""
    for name in session.functionNames {
      if line.count + name.count + 1 > (editor?.columns ?? 100) {
        say(line)
        line = ""
      }
      line += line.isEmpty ? name : " " + name
    }
    if !line.isEmpty { say(line) }
  }

  // MARK: Values

  private func vars() {
    let rows = session.variables()
    guard !rows.isEmpty else { return say("there are no names yet") }
    table([["name", "type", "shape", "dtype", "bytes"]] + rows.map { [$0.name, $0.type, $0.shape, $0.dtype, $0.bytes] })
  }

  private func concepts() {
    let rows = session.learnedThings()
    guard !rows.isEmpty else { return say("no model has learned anything, or was given a token or a LoRA") }
    table([["model", "family", "kind", "name", "size", "from"]] + rows.map { [$0.model, $0.family, $0.kind, $0.name, $0.size, $0.file.isEmpty ? "here" : $0.file] }, endsInNumbers: false)
  }

  /// Columns as wide as their widest cell; a last one of numbers is right-aligned.
  private func table(_ rows: [[String]], endsInNumbers: Bool = true) {
    let widths = rows[0].indices.map { column in rows.map { $0[column].displayWidth }.max() ?? 0 }
    for row in rows {
      let cells = row.enumerated().map { column, text in
        let blanks = String(repeating: " ", count: widths[column] - text.displayWidth)
        return endsInNumbers && column == row.count - 1 ? blanks + text : text + blanks
      }
      let line = cells.joined(separator: "  ")
      say(String(line.reversed().drop { $0 == " " }.reversed()))
    }
  }

  private func inspect(_ expression: String) {
    guard !expression.isEmpty else { return say("inspect what? :inspect EXPR") }
    if let lines = session.inspect(expression) { return lines.forEach(say) }
    // It has to run first; then its value is _.
    Interrupts.setEvaluating(true)
    let outcome = session.evaluate(expression)
    Interrupts.setEvaluating(false)
    delegate.endProgress()
    switch outcome {
    case .value(nil): say("it has no value")
    case .value: session.inspect("_")?.forEach(say)
    case .failed(let text): StandardStreams.error(text + "\n")
    case .interrupted: StandardStreams.error("interrupted; every name keeps its value\n")
    }
  }

  private func time(_ expression: String) {
    guard !expression.isEmpty else { return say("time what? :time EXPR") }
    let (began, steps) = (ProgressLine.clock(), delegate.stepCount)
    session.beginMeasuring()
    evaluate(expression)
    let seconds = ProgressLine.clock() - began
    let made = delegate.stepCount - steps
    let rate = made > 0 ? ", \(made) model evaluations, \(ByteText.short(Double(made) / seconds)) a second" : ""
    say("\(ByteText.seconds(seconds))\(rate), at most \(ByteText.bytes(session.peakTensorBytes)) of tensors")
  }

  // MARK: Going back

  private func undo(_ argument: String) {
    guard let count = count(argument, otherwise: 1) else { return }
    let possible = session.undoCount
    guard let undone = session.undo(count) else {
      return say(possible == 0 ? "there is nothing to take back" : "only \(possible) input\(possible == 1 ? "" : "s") can be taken back")
    }
    say("took back \(undone.inputs == 1 ? "one input" : "\(undone.inputs) inputs"): names and random streams are as before")
    if !undone.files.isEmpty { say("files stay: " + undone.files.joined(separator: ", ")) }
  }

  private func history(_ argument: String) {
    guard let count = count(argument, otherwise: 20) else { return }
    for input in newestInputs(count + 1).dropLast() {  // the last is the command itself
      let lines = input.split(separator: "\n", omittingEmptySubsequences: false)
      for (index, line) in lines.enumerated() { say((index == 0 ? "  " : "    > ") + line) }
    }
  }

  // MARK: Files

  private func save(_ path: String) {
    guard !path.isEmpty else { return say("save where? :save FILE") }
    let script = session.script()
    guard write(script, to: path) else {
      return StandardStreams.error("error: cannot write '\(path)': \(String(cString: strerror(errno)).lowercased())\n")
    }
    let count = session.statementCount
    say("wrote \(count) statement\(count == 1 ? "" : "s") to \(path)")
    if session.scriptHasLostValue {
      StandardStreams.error("warning: a statement used what a failed one had reached, which a program cannot do again; it is marked there\n")
    }
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) }
    if let folder, folder != ".", session.readsRelativePaths {
      StandardStreams.error("warning: relative paths in a program start at its folder, here '\(folder)'; in this session they started at the working folder\n")
    }
  }

  private func write(_ text: String, to path: String) -> Bool {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard file >= 0 else { return false }
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      guard count > 0 else { break }
      sent += count
    }
    return close(file) == 0 && sent == bytes.count
  }

  private func load(_ path: String) {
    guard !path.isEmpty else { return say("load what? :load FILE") }
    guard let source = Self.contents(of: path) else {
      return StandardStreams.error("error: cannot read '\(path)': \(String(cString: strerror(errno)).lowercased())\n")
    }
    if let folder = path.lastIndex(of: "/").map({ String(path[..<$0]) }), folder != "." {
      StandardStreams.error("warning: in a session relative paths and modules are looked for in the working folder, not in '\(folder)'\n")
    }
    evaluate(source, name: path)
  }
}
