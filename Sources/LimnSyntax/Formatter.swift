// The layout of a program, worked out from its tokens and comments; where lines break is the author's choice.
// Pieces and lines: Formatter+Lines. Blanks inside a line: Formatter+Spacing. Indentation: Formatter+Indentation.
// Columns that the author lined up: Formatter+Alignment.

/// Why a text was left as it is.
package struct FormatRefusal: Error {
  /// The errors of the text.
  package let diagnostics: [Diagnostic]
}

/// Returns a program in the layout of `limn fmt`: the same tokens and comments on the same lines, with two blanks an
/// indentation, one blank around operators, at most one empty line in a row and nothing behind the last word of a line.
/// A `;` that ends a line goes, but for the one that mutes the input. What the author lined up stays lined up.
///
///     let run =sample( pipe,"a cat" ,seed:7 );     // becomes
///     let run = sample(pipe, "a cat", seed: 7)
///
/// Formatting what has been formatted changes nothing.
/// - Throws: ``FormatRefusal`` when the text has syntax errors.
/// - Complexity: O(n) a round, with few rounds.
package func formatted(_ source: SourceText) throws(FormatRefusal) -> String {
  let program = parse(source)
  if program.hasErrors { throw FormatRefusal(diagnostics: program.diagnostics) }
  var text = source.text
  // A round may part what only seemed to be lined up, so the next one closes the gap.
  for _ in 0..<8 {
    var round = Formatter(SourceText(text, name: source.name))
    let next = round.text()
    if next == text { break }
    text = next
  }
  return text
}

/// One round of formatting.
struct Formatter {
  /// Blanks a level.
  static let step = 2

  let source: SourceText
  var lines: [Line]
  /// The `#!` line, which is neither token nor comment.
  let shebang: String?

  init(_ source: SourceText) {
    self.source = source
    shebang = source.bytes.starts(with: [ascii("#"), ascii("!")]) ? source[source.lineRange(at: 0)] : nil
    lines = Formatter.lines(of: tokenize(source), hasShebang: shebang != nil)
  }

  mutating func text() -> String {
    settleSpaces()
    // Indentation hangs on columns, and columns on what is lined up across lines.
    for _ in 0..<3 {
      indent()
      align()
    }
    indent()
    var out = shebang.map { $0 + "\n" } ?? ""
    for (index, line) in lines.enumerated() {
      if line.isAfterBlank, index > 0 || shebang != nil { out += "\n" }
      out += String(repeating: " ", count: line.indent)
      for (place, piece) in line.pieces.enumerated() {
        if place > 0 { out += String(repeating: " ", count: piece.gap) }
        out += piece.text
      }
      out += "\n"
    }
    return out
  }

  /// One line of the source: at least one piece. A piece of several lines (a `"""` string) belongs to its first.
  struct Line {
    var pieces: [Piece]
    /// Whether empty lines stand before it.
    let isAfterBlank: Bool
    /// The column its first piece stands in, and is to stand in.
    let oldIndent: Int
    var indent = 0

    /// The column a piece is to stand in.
    func column(of place: Int) -> Int {
      var column = indent
      for index in 0..<place { column = pieces[index].end(from: column) + pieces[index + 1].gap }
      return column
    }
  }

  /// A token, a whole string with all that is in it, or a comment.
  struct Piece {
    enum Kind: Equatable {
      case token(TokenKind)
      case string
      case comment
    }

    let kind: Kind
    let text: String
    /// Where it stands in the source, in columns from 0.
    let oldColumn: Int
    /// The blanks before it in the source, on its line.
    let oldGap: Int
    /// Whether it is the first on its line.
    let isLineStart: Bool
    /// The fewest blanks before it, and those it gets.
    var leastGap = 0
    var gap = 0

    /// Columns it takes: of its last line if it has several.
    var width: Int { (text.split(separator: "\n", omittingEmptySubsequences: false).last ?? "").displayWidth }
    var isMultiline: Bool { text.utf8.contains(ascii("\n")) }
    func end(from column: Int) -> Int { isMultiline ? width : column + width }

    var token: TokenKind? {
      if case .token(let kind) = kind { return kind }
      return nil
    }
  }
}
