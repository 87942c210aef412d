import Glibc
import Limn
import LimnTerminal

/// The options that every command which runs programs takes.
struct SessionSetup {
  static let options: [String: Arguments.Option] = [
    "--set": .value, "--pictures": .value, "--seed": .value, "--max-memory": .value, "--max-steps": .value, "--timeout": .value,
    "--write": .value,
  ]

  private(set) var options = Session.Options()
  private(set) var settings: [(name: String, value: String)] = []
  private(set) var picturePattern: String?

  init(_ arguments: Arguments) throws(UsageError) {
    options.isColored = Self.isColored(STDERR_FILENO)
    picturePattern = arguments.value("--pictures")
    if let text = arguments.value("--seed") {
      guard let seed = Int(text) else { throw UsageError(description: "--seed takes a whole number, found '\(text)'") }
      options.seed = seed
    }
    if let text = arguments.value("--max-memory") { options.memoryLimit = try Self.bytes(text) }
    if let text = arguments.value("--max-steps") {
      guard let steps = Int(text), steps > 0 else { throw UsageError(description: "--max-steps takes a number of steps, found '\(text)'") }
      options.stepLimit = steps
    }
    if let text = arguments.value("--timeout") {
      guard let seconds = Double(text.hasSuffix("s") ? String(text.dropLast()) : text), seconds > 0, seconds.isFinite else {
        throw UsageError(description: "--timeout takes seconds, found '\(text)'")
      }
      options.secondsLimit = seconds
    }
    options.writableFolders += arguments.values("--write")
    for text in arguments.values("--set") {
      guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
        throw UsageError(description: "--set takes name=value, found '\(text)'")
      }
      settings.append((String(text[..<equals]), String(text[text.index(after: equals)...])))
    }
  }

  /// Adds an argument of `main`.
  mutating func set(_ name: String, to value: String) { settings.append((name, value)) }

  /// Whether what is written there is read on a terminal by somebody who likes colours.
  static func isColored(_ stream: Int32) -> Bool { isatty(stream) == 1 && (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true) }

  /// `2GB`, `500 MB`, `1.5G`, or bytes. Powers of 1024, as memory is counted.
  static func bytes(_ text: String) throws(UsageError) -> Int {
    let number = text.prefix { $0.isNumber || $0 == "." || $0 == "_" }
    var unit = text.dropFirst(number.count).filter { $0 != " " }.uppercased()
    if unit.hasSuffix("IB") { unit.removeLast(2) } else if unit.hasSuffix("B") { unit.removeLast() }
    let factors = ["": 1.0, "K": 1024, "M": 1_048_576, "G": 1_073_741_824, "T": 1_099_511_627_776]
    guard let value = Double(number.filter { $0 != "_" }), let factor = factors[unit], value > 0, value * factor < 1e18 else {
      throw UsageError(description: "--max-memory takes a size such as 500MB or 2GB, found '\(text)'")
    }
    return Int(value * factor)
  }

  /// A session set up so, whose output goes to the terminal.
  ///
  /// - Parameter checksFirst: Whether whole programs are looked through before they run.
  func session(folder: String?, _ delegate: TerminalDelegate, checksFirst: Bool = false) -> Session {
    var options = options
    options.scriptFolder = folder
    options.checksFirst = checksFirst
    let session = Session(options)
    session.delegate = delegate
    return session
  }
}

extension SessionSetup {
  func with(seed: Int) -> SessionSetup {
    var copy = self
    copy.options.seed = seed
    return copy
  }

  /// The same for a program that came with a picture: it writes in its working folder only.
  var confined: SessionSetup {
    var copy = self
    copy.options.writesBesideScript = false
    copy.options.writableFolders = []
    return copy
  }

  /// A session for an example: nobody sees its output, and what it writes lands in a folder that is removed.
  static func example(folder: String?, in scratch: ScratchFolder) -> Session {
    var options = Session.Options()
    options.scriptFolder = folder
    options.workingFolder = scratch.path
    return Session(options)
  }
}
