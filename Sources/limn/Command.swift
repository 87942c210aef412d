import Glibc
import Limn
import LimnTerminal

/// Exit codes: 0 done, 1 the script failed, 2 wrong usage, 130 interrupted.
enum ExitCode {
  static let done: Int32 = 0
  static let failed: Int32 = 1
  static let usage: Int32 = 2
  static let interrupted: Int32 = 130
}

/// What the command line asks for.
enum Command {
  static let help = """
    limn                       the REPL
    limn run FILE              runs a program, and its function main if it has one
    limn -e CODE               runs CODE and prints its last value
    limn --version

    --set NAME=VALUE           an argument of main, by name; may be repeated
    --pictures PATTERN         also writes what is shown, as PATTERN with %d for its number: p-%d.png
    --seed N                   what a seed that is left out stands for (0)
    --help

    LIMN_IMAGES=kitty|iterm2|sixel|blocks|none   how pictures are shown in the terminal
    LIMN_THREADS=N                               threads to work with; the bytes are the same for any number
    NO_COLOR=1                                   errors without colours
    """

  @MainActor
  static func run(_ arguments: [String]) -> Int32 {
    let options: CommandOptions
    do { options = try CommandOptions(arguments) } catch {
      StandardStreams.error("limn: \(error)\n\nlimn --help lists what there is\n")
      return ExitCode.usage
    }
    switch options.action {
    case .help:
      StandardStreams.out(help + "\n")
      return ExitCode.done
    case .version:
      StandardStreams.out("limn \(version)\n")
      return ExitCode.done
    case .code(let code): return Script.run(code, name: "-e", folder: nil, showsLast: true, options)
    case .file(let path): return Script.run(file: path, options)
    case .repl:
      let delegate = TerminalDelegate(picturePattern: options.picturePattern)
      let session = Script.session(options, folder: nil, delegate)
      Repl(session, delegate: delegate).run()
      return ExitCode.done
    }
  }
}
