import LimnSyntax

/// The page of `limn explain` for one code.
package struct Explanation: Sendable {
  package let code: DiagnosticCode
  /// What every diagnostic of the code says, in a few words.
  package let title: String
  /// Why it is so and what to do: one to four lines.
  package let text: String
  /// A program that gives just this code, and one that gives no finding; nil where it takes more than a few lines.
  package let wrong: String?
  package let right: String?

  init(_ code: DiagnosticCode, _ title: String, _ text: String, wrong: String? = nil, right: String? = nil) {
    self.code = code
    self.title = title
    self.text = text
    self.wrong = wrong
    self.right = right
  }

  /// The page; without a line end at the end.
  package var page: String {
    var parts = ["\(code): \(title)", text]
    if let wrong { parts.append("Wrong:\n\(Self.indented(wrong))") }
    if let right { parts.append("Right:\n\(Self.indented(right))") }
    return parts.joined(separator: "\n\n")
  }

  private static func indented(_ code: String) -> String {
    code.split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }.joined(separator: "\n")
  }
}

/// Every code with its page: one table, in the order of the numbers.
package enum Explanations {
  package static let all: [Explanation] = syntax + names + faults

  /// The page of a code as people type it: `E1001`, `e1001`, `1001`; nil if there is no such code.
  package static func page(of spelling: String) -> String? {
    var digits = spelling[...]
    if let letter = digits.first, "eEwW".contains(letter) { digits = digits.dropFirst() }
    guard let number = Int(digits) else { return nil }
    return all.first { $0.code.number == number }?.page
  }

  /// The code nearest to a misspelled one, for suggestions.
  package static var codes: [String] { all.map(\.code.description) }
}
