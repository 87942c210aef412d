import LimnSyntax

/// Colours for the line that is being typed, from the language's own lexer.
package enum Highlighter {
  /// A part of the text, in bytes, and the number of its colour in an SGR sequence.
  package struct Span: Equatable {
    package let bytes: Range<Int>
    package let color: String
  }

  private static let keyword = "35", string = "32", number = "36", comment = "90", call = "34", label = "33", wrong = "31", command = "1;33"

  /// The coloured parts of an input, in order; what lies between them has the terminal's own colour.
  package static func spans(of text: String) -> [Span] {
    if let first = text.utf8.first, first == UInt8(ascii: ":") || first == UInt8(ascii: "?") {
      let name = text.prefix { !$0.isWhitespace }
      let end = name.utf8.count
      // What follows a command is mostly an expression.
      let rest = spans(of: " " + text.dropFirst(name.count).dropFirst())
      return [Span(bytes: 0..<end, color: command)] + rest.map { Span(bytes: ($0.bytes.lowerBound + end)..<($0.bytes.upperBound + end), color: $0.color) }
    }
    let stream = tokenize(SourceText(text, name: "input"))
    let tokens = stream.tokens
    var spans: [Span] = []
    for (index, token) in tokens.enumerated() where token.end > token.start {
      if let color = color(of: token, after: index > 0 ? tokens[index - 1] : nil, before: index + 1 < tokens.count ? tokens[index + 1] : nil) {
        spans.append(Span(bytes: Int(token.start)..<Int(token.end), color: color))
      }
    }
    spans += stream.comments.map { Span(bytes: Int($0.range.start)..<Int($0.range.end), color: comment) }
    return spans.sorted { $0.bytes.lowerBound < $1.bytes.lowerBound }
  }

  private static func color(of token: Token, after previous: Token?, before next: Token?) -> String? {
    switch token.kind {
    case .int, .float, .true, .false, .nil: return previous?.kind == .dot ? nil : number
    case .stringOpen, .stringText, .stringClose: return string
    case .unknown: return wrong
    case _ where token.kind.isWord:
      // After a dot and before a colon every word is a plain name.
      if next?.kind == .colon, previous?.kind == .leftParen || previous?.kind == .comma { return label }
      if next?.kind == .leftParen, next?.start == token.end, !token.kind.isKeyword || previous?.kind == .dot { return call }
      return token.kind.isKeyword && previous?.kind != .dot ? keyword : nil
    default: return nil
    }
  }
}
