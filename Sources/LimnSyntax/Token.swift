/// What a token is. Words that are only special in one place (`use`, `as`, `test`, `show`, `print`) are names.
package enum TokenKind: UInt8, Sendable {
  case end
  /// A character that begins nothing; already reported, so the parser fails on it in silence.
  case unknown
  case name, int, float

  // A string is stringOpen, any number of stringText and interpolations, stringClose.
  case stringOpen, stringText, interpolationOpen, interpolationClose, stringClose

  case leftParen, rightParen, leftBracket, rightBracket, leftBrace, rightBrace
  case comma, colon, semicolon, dot, arrow
  /// `..`
  case dots
  /// `..<`
  case rangeUpTo
  /// `...`
  case rangeThrough
  case plus, minus, star, slash, percent, at, caret
  case equalEqual, notEqual, less, lessEqual, greater, greaterEqual
  case ampersand, bar, bang
  case assign, plusAssign, minusAssign, starAssign, slashAssign

  // Only in signatures of natives, or to give good errors.
  /// `->`
  case thinArrow
  case question, plusPlus
  /// `^=` `%=` `&=` `|=` `@=`
  case foreignAssign

  case `let`, `var`, `func`, `for`, `in`, `while`, `return`, `break`, `continue`, expect
  case `if`, `else`, `try`, `catch`, `true`, `false`, `nil`, and, or, not

  /// The reserved words, for completion and suggestions.
  package static let keywords = [
    "let", "var", "func", "for", "in", "while", "return", "break", "continue", "expect", "if", "else", "try", "catch",
    "true", "false", "nil", "and", "or", "not",
  ]

  /// Whether it is a reserved word.
  package var isKeyword: Bool { rawValue >= TokenKind.let.rawValue }

  /// Whether it is a name or a reserved word: after `.` and before `:` both are plain names.
  package var isWord: Bool { self == .name || isKeyword }
}

/// One token: a kind, its bytes, and what stood before it.
package struct Token: Sendable {
  package struct Flags: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// First token of its line.
    package static let newlineBefore = Flags(rawValue: 1)
    /// Blanks, a comment or a line end before it.
    package static let spaceBefore = Flags(rawValue: 2)
    /// A `///` comment before it.
    package static let docBefore = Flags(rawValue: 4)
    /// Not in the source: closes a string that was cut short, which is already reported.
    package static let synthetic = Flags(rawValue: 8)
  }

  package let start: UInt32
  package let end: UInt32
  package let kind: TokenKind
  package let flags: Flags

  package var range: SourceRange { SourceRange(start: start, end: end) }
  package var newlineBefore: Bool { flags.contains(.newlineBefore) }
}

/// A comment, from its slashes to the end of its line.
package struct Comment: Sendable {
  package let range: SourceRange
  /// Whether it begins with exactly three slashes.
  package let isDoc: Bool
  /// The token it stands before.
  package let tokenIndex: Int
}

/// All tokens of a text. Between two tokens stand only blanks, line ends and comments.
package struct TokenStream: Sendable {
  package let source: SourceText
  /// In order; the last is always `end`.
  package let tokens: [Token]
  package let comments: [Comment]
  package let diagnostics: [Diagnostic]
  /// The opening quotes of a `"""` string that the text ends in.
  package let openMultilineString: SourceRange?

  /// The blanks and comments before a token.
  package func trivia(before index: Int) -> SourceRange {
    SourceRange(start: index == 0 ? 0 : tokens[index - 1].end, end: tokens[index].start)
  }

  /// The source again, put together from tokens and what stands between them.
  package func printed() -> String {
    var text = ""
    for (index, token) in tokens.enumerated() {
      text += source[trivia(before: index)]
      text += source[token.range]
    }
    return text
  }
}
