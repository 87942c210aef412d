/// The command line, taken apart.
struct CommandOptions {
  enum Action {
    case repl
    case file(String)
    case code(String)
    case help
    case version
  }

  /// A mistake in the command line, in a sentence.
  struct UsageError: Error, CustomStringConvertible {
    let description: String
  }

  private(set) var action = Action.repl
  private(set) var settings: [(name: String, value: String)] = []
  private(set) var picturePattern: String?
  private(set) var seed = 0

  init(_ arguments: [String]) throws(UsageError) {
    var rest = arguments[...]
    var files: [String] = []
    var isRun = false
    while let argument = rest.popFirst() {
      switch argument {
      case "-h", "--help": action = .help
      case "--version": action = .version
      case "-e": action = .code(try Self.value(of: argument, &rest))
      case "--set": settings.append(try Self.setting(try Self.value(of: argument, &rest)))
      case "--pictures": picturePattern = try Self.value(of: argument, &rest)
      case "--seed":
        let text = try Self.value(of: argument, &rest)
        guard let number = Int(text) else { throw UsageError(description: "--seed takes a whole number, found '\(text)'") }
        seed = number
      case "run" where files.isEmpty && !isRun: isRun = true
      case "repl" where files.isEmpty && !isRun: break
      case _ where argument.hasPrefix("-") && argument != "-": throw UsageError(description: "there is no option '\(argument)'")
      default: files.append(argument)
      }
    }
    if files.count > 1 { throw UsageError(description: "one file at a time, found \(files.count): \(files.joined(separator: ", "))") }
    if let file = files.first {
      guard isRun || file.hasSuffix(".limn") else { throw UsageError(description: "there is no command '\(file)'") }
      action = .file(file)
    } else if isRun {
      guard case .repl = action else { return }
      throw UsageError(description: "'run' takes a file")
    }
  }

  private static func value(of option: String, _ rest: inout ArraySlice<String>) throws(UsageError) -> String {
    guard let value = rest.popFirst() else { throw UsageError(description: "\(option) takes a value") }
    return value
  }

  private static func setting(_ text: String) throws(UsageError) -> (name: String, value: String) {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw UsageError(description: "--set takes name=value, found '\(text)'")
    }
    return (String(text[..<equals]), String(text[text.index(after: equals)...]))
  }
}
