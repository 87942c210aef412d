/// Something to tell the writer of a script: a value, made into text only by ``DiagnosticRenderer``.
package struct Diagnostic: Error, Hashable, Sendable {
  package enum Severity: String, Hashable, Sendable {
    case error
    case warning
    case note
  }

  /// A second place that explains the first.
  package struct Secondary: Hashable, Sendable {
    package let range: SourceRange
    /// A few words beside the underline.
    package let label: String

    package init(range: SourceRange, label: String) {
      self.range = range
      self.label = label
    }
  }

  package var code: DiagnosticCode
  package var severity: Severity
  /// What was wrong, what was found, what was expected: lower case, no final period.
  package var message: String
  package var range: SourceRange
  /// A few words beside the primary underline.
  package var label: String?
  package var secondary: [Secondary]
  /// One suggestion, only when it is surely right.
  package var help: String?

  package init(
    _ code: DiagnosticCode, _ message: String, at range: SourceRange, severity: Severity = .error,
    label: String? = nil, secondary: [Secondary] = [], help: String? = nil
  ) {
    self.code = code
    self.severity = severity
    self.message = message
    self.range = range
    self.label = label
    self.secondary = secondary
    self.help = help
  }
}
