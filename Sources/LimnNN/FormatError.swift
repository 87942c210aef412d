/// A file that cannot be used: which file, which key, what was found and what was expected.
///
/// Thrown by every reader of this module and by the loaders above it; scripts see it as an `io` or `model` error.
package struct FormatError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file as the user named it, or its path inside a model folder.
  package let file: String
  /// The tensor, config entry or JSON key the problem is about, when there is one.
  package let key: String?
  /// What was wrong, as a lower-case clause.
  package let problem: String
  package let found: String?
  package let expected: String?
  /// One suggestion, given only when it is surely right.
  package let help: String?

  package init(
    _ problem: String, file: String, key: String? = nil, found: String? = nil, expected: String? = nil,
    help: String? = nil
  ) {
    self.problem = problem
    self.file = file
    self.key = key
    self.found = found
    self.expected = expected
    self.help = help
  }

  /// The message without its suggestion: what was wrong, what was found, what was expected.
  package var message: String {
    var text = "'\(file)': "
    if let key { text += "'\(key)': " }
    text += problem
    switch (found, expected) {
    case (let found?, let expected?): text += ": found \(found), expected \(expected)"
    case (let found?, nil): text += ": found \(found)"
    case (nil, let expected?): text += ": expected \(expected)"
    case (nil, nil): break
    }
    return text
  }

  package var description: String { help.map { "\(message); \($0)" } ?? message }

  /// The first few of `names` in quotes, and how many more there are: `'a', 'b' and 7 more`.
  package static func listing(_ names: some Collection<String>, first: Int = 5) -> String {
    let shown = names.prefix(first).map { "'\($0)'" }.joined(separator: ", ")
    return names.count > first ? "\(shown) and \(names.count - first) more" : shown
  }
}
