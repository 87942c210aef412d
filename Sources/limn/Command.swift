import Glibc
import Limn
import LimnTerminal

/// Exit codes: 0 done, 1 the script failed or something was found, 2 wrong usage, 130 interrupted.
enum ExitCode {
  static let done: Int32 = 0
  static let failed: Int32 = 1
  static let usage: Int32 = 2
  static let interrupted: Int32 = 130
}

/// One subcommand: what it is called, what it takes, what it does.
struct Command: Sendable {
  let name: String
  /// What follows the name: `FILE [--set NAME=VALUE]`.
  let takes: String
  /// One line.
  let summary: String
  /// More, for `limn NAME --help`; may be empty.
  var details = ""
  var options: [String: Arguments.Option] = [:]
  let run: @MainActor @Sendable (Arguments) throws(UsageError) -> Int32

  static let all: [Command] = [.repl, .run, .check, .format, .test, .doc, .rerun, .explain, .disassemble, .doctor, .bench, .gates]

  /// Carries out a command line.
  @MainActor
  static func run(_ words: [String]) -> Int32 {
    do {
      return try dispatch(words)
    } catch {
      StandardStreams.error("limn: \(error)\n\nlimn --help lists what there is\n")
      return ExitCode.usage
    }
  }

  @MainActor
  private static func dispatch(_ words: [String]) throws(UsageError) -> Int32 {
    guard let first = words.first else { return try Command.repl.run(Arguments([], options: [:])) }
    if let command = all.first(where: { $0.name == first }) { return try command.start(Array(words.dropFirst())) }
    switch first {
    case "-h", "--help", "help":
      if words.count > 1, let command = all.first(where: { $0.name == words[1] }) { return command.help() }
      StandardStreams.out(overview + "\n")
      return ExitCode.done
    case "--version", "-V":
      StandardStreams.out("limn \(version)\n")
      return ExitCode.done
    default: break
    }
    // `limn FILE`, `limn -e CODE` and `limn --seed 7` are `run` and `repl` without the word.
    if first.hasPrefix("-") || first.hasSuffix(".limn") {
      let isRun = words.contains("-e") || words.contains { $0.hasSuffix(".limn") } || words.contains("-")
      return try (isRun ? Command.run : Command.repl).start(words)
    }
    let near = suggestion(for: first, among: all.map(\.name)).map { "; did you mean 'limn \($0)'?" } ?? ""
    throw UsageError(description: "there is no command '\(first)'\(near)")
  }

  @MainActor
  private func start(_ words: [String]) throws(UsageError) -> Int32 {
    // `limn run FILE --help` is about the file.
    if name != "run" || words.count == 1, words.contains("--help") || words.contains("-h") { return help() }
    return try run(Arguments(words, options: options))
  }

  private func help() -> Int32 {
    StandardStreams.out("limn \(name) \(takes)\n\n\(summary)\(details.isEmpty ? "" : "\n\n" + details)\n")
    return ExitCode.done
  }

  private static var overview: String {
    let usages = all.map { $0.name == "repl" ? "limn" : "limn \($0.name) \($0.takes)" } + ["limn -e CODE"]
    let summaries = all.map(\.summary) + ["runs CODE and prints its last value"]
    let lines = zip(usages, summaries).map { usage, summary in
      usage.count < 30 ? "  " + usage + String(repeating: " ", count: 32 - usage.count) + summary : "  \(usage)\n" + String(repeating: " ", count: 34) + summary
    }
    return """
      Limn, a small language for text-to-image diffusion

      \(lines.joined(separator: "\n"))

      limn COMMAND --help says more; limn --version. For what runs programs:
      \(Self.sessionOptions)

        LIMN_IMAGES=kitty|iterm2|sixel|blocks|none   how pictures are shown in the terminal
        LIMN_THREADS=N                               threads to work with; the bytes are the same for any number
        NO_COLOR=1                                   errors without colours
      """
  }

  static let sessionOptions = """
      --set NAME=VALUE       an argument of main, by name; may be repeated
      --seed N               what a seed that is left out stands for (0)
      --pictures PATTERN     also writes what is shown, as PATTERN with %d for its number: p-%d.png
      --write FOLDER         lets the program write there too, besides the working folder and its own; may be repeated
      --max-memory SIZE      what strings, lists, maps and tensors may take: 500MB, 2GB
      --max-steps N          calls and rounds of loops that a statement may make
      --timeout SECONDS      how long a statement may take
    """
}
