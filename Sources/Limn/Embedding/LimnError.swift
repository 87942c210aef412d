import LimnRuntime
import LimnSyntax

/// Why a source could not be run to its end: everything found wrong with it, or the one error that stopped it.
public struct LimnError: Error, Sendable, CustomStringConvertible {
  /// What sort of mistake it is: `e.kind` in a script.
  public enum Kind: String, Sendable, CaseIterable {
    case syntax, name, type, shape, value, index, io, model, memory, limit, fail, interrupt
  }

  /// One mistake, with its place.
  public struct Diagnostic: Sendable, Equatable {
    /// `E1001`: stays the same from version to version; empty when the error came without a place.
    public let code: String
    public let message: String
    /// One suggestion, when there is a sure one.
    public let help: String?
    /// The name of the source, and where in it, counted from 1; columns count characters. Nil without a place.
    public let source: String?
    public let line: Int?
    public let column: Int?
  }

  public let kind: Kind
  /// At least one, in the order of their places.
  public let diagnostics: [Diagnostic]
  /// All of them as text, each with its place underlined.
  public let description: String

  init(_ errors: CompileErrors, isColored: Bool) {
    kind = .syntax
    diagnostics = errors.diagnostics.map { Self.diagnostic($0.diagnostic, $0.source) }
    description = errors.rendered(isColored: isColored)
  }

  init(_ fault: Fault, isColored: Bool) {
    kind = Kind(rawValue: fault.kind.rawValue) ?? .fail
    if let place = fault.place, let diagnostic = fault.diagnostic {
      diagnostics = [Self.diagnostic(diagnostic, place.source)]
    } else {
      diagnostics = [Diagnostic(code: "", message: fault.message, help: fault.help, source: nil, line: nil, column: nil)]
    }
    description = fault.rendered(isColored: isColored)
  }

  private static func diagnostic(_ diagnostic: LimnSyntax.Diagnostic, _ source: SourceText) -> Diagnostic {
    let position = source.position(at: diagnostic.range.start)
    return Diagnostic(
      code: "\(diagnostic.code)", message: diagnostic.message, help: diagnostic.help, source: source.name, line: position.line,
      column: position.column)
  }
}
