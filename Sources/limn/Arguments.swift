import Limn

/// A mistake in the command line, in a sentence.
struct UsageError: Error, CustomStringConvertible {
  let description: String
}

/// The words after a subcommand: options, which may stand anywhere, and the rest.
struct Arguments {
  enum Option {
    /// `--check`
    case flag
    /// `--seed N`, `--seed=N`; the last one counts, or all where a command asks for ``values(_:)``.
    case value
  }

  private(set) var rest: [String] = []
  private var found: [(name: String, value: String)] = []

  /// - Throws: For an option that is not among these, with the nearest; for one without its value.
  init(_ words: [String], options: [String: Option]) throws(UsageError) {
    var words = words[...]
    while let word = words.popFirst() {
      if word == "--" {
        rest += words
        return
      }
      guard word.hasPrefix("-"), word != "-" else {
        rest.append(word)
        continue
      }
      let equals = word.hasPrefix("--") ? word.firstIndex(of: "=") : nil
      let name = equals.map { String(word[..<$0]) } ?? word
      guard let option = options[name] else {
        let near = suggestion(for: name, among: Array(options.keys)).map { "; did you mean '\($0)'?" } ?? ""
        throw UsageError(description: "there is no option '\(name)'\(near)")
      }
      switch (option, equals) {
      case (.flag, nil): found.append((name, ""))
      case (.flag, _?): throw UsageError(description: "'\(name)' takes no value")
      case (.value, let equals?): found.append((name, String(word[word.index(after: equals)...])))
      case (.value, nil):
        guard let value = words.popFirst() else { throw UsageError(description: "'\(name)' takes a value") }
        found.append((name, value))
      }
    }
  }

  func has(_ name: String) -> Bool { found.contains { $0.name == name } }
  func value(_ name: String) -> String? { found.last { $0.name == name }?.value }
  func values(_ name: String) -> [String] { found.filter { $0.name == name }.map(\.value) }

  /// The one word besides the options.
  func only(_ what: String) throws(UsageError) -> String {
    guard rest.count == 1 else {
      throw UsageError(description: rest.isEmpty ? "\(what) is missing" : "one \(what) at a time, found \(rest.count): \(rest.joined(separator: " "))")
    }
    return rest[0]
  }
}
