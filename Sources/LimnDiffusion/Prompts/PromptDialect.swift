/// A syntax of prompts together with what its weights mean.
package enum PromptDialect: String, CaseIterable, Sendable {
  /// `(words:1.3)`; brackets without a number are text. Vectors are scaled, then the mean of the whole prompt is restored.
  case limn
  /// That of AUTOMATIC1111: `(x)`, `[x]`, `(x:1.3)`, `\(`, `BREAK`. Vectors are scaled, then each row's mean is restored.
  case a1111
  /// That of the compel library: `x+`, `x--`, `(x)1.3`. Weights stretch the way from the empty prompt; those below 1 also blend with
  /// the prompt in which nobody looks at the words.
  case compel
}

/// A prompt that is not well formed in its dialect.
package struct PromptSyntaxError: Error, Equatable, CustomStringConvertible {
  package let message: String
  /// The character it is about, counted from 1.
  package let character: Int
  /// Some of the prompt from there on.
  package let excerpt: String

  /// - Parameter offset: In UTF-8.
  init(_ message: String, _ source: [UInt8], at offset: Int) {
    self.message = message
    character = String(decoding: source[..<offset], as: UTF8.self).count + 1
    let rest = String(decoding: source[offset...], as: UTF8.self)
    excerpt = rest.count > 24 ? rest.prefix(24) + "…" : rest
  }

  package var description: String { "\(message), at character \(character) of the prompt: '\(excerpt)'" }
}
