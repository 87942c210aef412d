import LimnSyntax

/// What formatting a program gave.
public enum Formatting: Sendable, Equatable {
  /// The program in the layout of `limn fmt`; the same text if it had it already.
  case formatted(String)
  /// The text has syntax errors, here with their places underlined, and is left as it is.
  case refused(String)
}

/// Lays a program out: two blanks an indentation, one around operators, at most one empty line in a row. Where lines
/// break, comments, and what the author lined up stay. Formatting twice gives the same as once.
///
/// - Parameter name: What errors call the text.
public func format(_ source: String, name: String, isColored: Bool = false) -> Formatting {
  let text = SourceText(source, name: name)
  do { return .formatted(try formatted(text)) } catch {
    return .refused(DiagnosticRenderer(text, isColored: isColored).render(error.diagnostics))
  }
}
