import Glibc
import Limn
import LimnTerminal

/// Running a program to its end.
@MainActor
enum Script {
  static func session(_ options: CommandOptions, folder: String?, _ delegate: TerminalDelegate, checksFirst: Bool = false) -> Session {
    var setup = Session.Options()
    setup.seed = options.seed
    setup.scriptFolder = folder
    setup.checksFirst = checksFirst
    setup.isColored = isatty(STDERR_FILENO) == 1 && (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true)
    let session = Session(setup)
    session.delegate = delegate
    return session
  }

  static func run(file path: String, _ options: CommandOptions) -> Int32 {
    guard let source = read(path) else {
      StandardStreams.error("limn: cannot read '\(path)': \(String(cString: strerror(errno)).lowercased())\n")
      return ExitCode.usage
    }
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) }
    return run(source, name: path, folder: folder.map { $0.isEmpty ? "/" : $0 }, showsLast: false, options)
  }

  static func run(_ source: String, name: String, folder: String?, showsLast: Bool, _ options: CommandOptions) -> Int32 {
    let delegate = TerminalDelegate(picturePattern: options.picturePattern)
    let session = session(options, folder: folder, delegate, checksFirst: true)
    Interrupts.listen(session)
    var outcome = session.evaluate(source, name: name)
    if case .value(let display) = outcome {
      if showsLast, let display { delegate.show(display) }
      if !showsLast { outcome = session.callMain(options.settings) }
    }
    switch outcome {
    case .value:
      guard let failure = delegate.failure else { return ExitCode.done }
      StandardStreams.error("error: \(failure)\n")
      return ExitCode.failed
    case .failed(let text):
      StandardStreams.error(text + "\n")
      return ExitCode.failed
    case .interrupted:
      StandardStreams.error("interrupted\n")
      return ExitCode.interrupted
    }
  }

  /// The text of a file, or of standard input for `-`; nil with errno set when it cannot be read.
  private static func read(_ path: String) -> String? {
    let file = path == "-" ? STDIN_FILENO : open(path, O_RDONLY)
    guard file >= 0 else { return nil }
    defer { if path != "-" { close(file) } }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      guard count > 0 else { return nil }
      bytes.append(contentsOf: buffer[..<count])
    }
  }
}
