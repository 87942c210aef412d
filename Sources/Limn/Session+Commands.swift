// The `:commands` of a session, for completion and help. What they do is the terminal's: Repl+Commands.swift.
extension Session {
  /// A command that is typed after a colon.
  package struct Command: Sendable {
    package enum Argument: Sendable {
      case none, name, expression, file, code
    }

    package let name: String
    /// How it is written in the help: `doc NAME`.
    package let usage: String
    package let doc: String
    package let argument: Argument
  }

  /// All commands, in the order of the help.
  package static let commands: [Command] = [
    Command(name: "help", usage: "help [NAME]", doc: "this text, or what a function takes and does", argument: .name),
    Command(name: "doc", usage: "doc NAME", doc: "the same; also ?NAME", argument: .name),
    Command(name: "type", usage: "type EXPR", doc: "the type of an expression; nothing runs", argument: .expression),
    Command(name: "inspect", usage: "inspect EXPR", doc: "the parts of a value", argument: .expression),
    Command(name: "vars", usage: "vars", doc: "the names of this session, with types and sizes", argument: .none),
    Command(name: "explain", usage: "explain CODE", doc: "what an error's code means: E1001", argument: .code),
    Command(name: "functions", usage: "functions", doc: "everything that can be called", argument: .none),
    Command(name: "time", usage: "time EXPR", doc: "evaluates, and says how long it took", argument: .expression),
    Command(name: "mem", usage: "mem", doc: "memory: the process, tensors, models", argument: .none),
    Command(name: "concepts", usage: "concepts", doc: "what models learned or were given: tokens, adapters, weights", argument: .none),
    Command(name: "undo", usage: "undo [N]", doc: "takes back the last N inputs: names and random streams", argument: .none),
    Command(name: "history", usage: "history [N]", doc: "the last N inputs", argument: .none),
    Command(name: "save", usage: "save FILE", doc: "writes what took effect as a program", argument: .file),
    Command(name: "load", usage: "load FILE", doc: "runs a program's statements here", argument: .file),
    Command(name: "reset", usage: "reset", doc: "forgets all names", argument: .none),
    Command(name: "quit", usage: "quit", doc: "leaves, as Ctrl-D does", argument: .none),
  ]

  /// Completions of a line that begins with `:` or `?`.
  func commandCompletions(_ before: String) -> [Completion] {
    let start = before.firstIndex { !$0.isWhitespace } ?? before.startIndex
    let line = before[before.index(after: start)...]
    if before[start] == "?" { return nameCompletions(line, before) }
    guard let space = line.firstIndex(where: \.isWhitespace) else {
      var found = Candidates(before, String(line))
      found.add(Self.commands.map { Candidate($0.name, $0.doc, .command, suffix: $0.argument == .none ? "" : " ") })
      return found.completions
    }
    let argument = line[space...].drop(while: \.isWhitespace)
    switch Self.commands.first(where: { $0.name == line[..<space] })?.argument {
    case .name: return nameCompletions(argument, before)
    case .expression: return completions(String(argument), from: String(before.dropLast(argument.count)))
    case .file:
      var found = Candidates(before, String(argument))
      found.add(FileNames.beginning(with: String(argument), in: nil).map { Candidate($0, "", .file) })
      return found.completions
    case .code:
      var found = Candidates(before, String(argument).uppercased())
      found.add(explainedCodes.map { Candidate($0, "", .command) })
      return found.completions
    default: return []
    }
  }

  private func nameCompletions(_ typed: Substring, _ before: String) -> [Completion] {
    let name = typed.drop(while: \.isWhitespace)
    return completions(String(name), from: String(before.dropLast(name.count)))
  }
}
