import LimnRuntime
import LimnSyntax

/// What a look at a program without running it found.
public struct CheckReport: Sendable {
  /// One finding: surely wrong, or surely of no use.
  public struct Finding: Sendable {
    /// The stable code, `E1001` or `W1101`; ``explanation(of:)`` has a page for each.
    public let code: String
    /// Whether it is an error; else a warning.
    public let isError: Bool
    /// What is wrong, without place and help.
    public let message: String
    /// The file it is in: the one checked, or a module that it uses.
    public let file: String
    /// Line and column of its first character, both from 1.
    public let line: Int
    public let column: Int
    /// All of it, with its place underlined; without a line end at the end.
    public let rendered: String
  }

  /// In the order of their places; those of modules first.
  public let findings: [Finding]
  public var errorCount: Int { findings.count(where: \.isError) }
  public var warningCount: Int { findings.count - errorCount }
  /// All findings as text, a blank line between; empty if there are none.
  public var rendered: String { findings.map(\.rendered).joined(separator: "\n\n") }
}

extension Session {
  /// Looks for mistakes without running anything: names, arguments, types and shapes as far as literals tell them, models
  /// by name, names nobody uses, code that never runs. What is not surely wrong is passed over.
  ///
  /// - Parameter name: What findings call the text.
  public func check(_ source: String, name: String) -> CheckReport {
    let found = interpreter.check(SourceText(source, name: name))
    return CheckReport(
      findings: found.map { source, diagnostic in
        let place = source.position(at: diagnostic.range.start)
        return CheckReport.Finding(
          code: diagnostic.code.description, isError: diagnostic.severity == .error, message: diagnostic.message, file: source.name,
          line: place.line, column: place.column, rendered: DiagnosticRenderer(source, isColored: isColored).render(diagnostic))
      })
  }
}

extension Session {
  /// The bytecode of a program as text, each line of it above the instructions that came from it; nothing runs.
  ///
  /// - Throws: When the program has errors.
  public func disassembly(of source: String, name: String) throws(LimnError) -> String {
    do { return try interpreter.disassembly(of: SourceText(source, name: name)) } catch { throw LimnError(error, isColored: isColored) }
  }
}
