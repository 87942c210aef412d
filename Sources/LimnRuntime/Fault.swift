import LimnSyntax

/// What sort of mistake an error is: `e.kind` in a script.
package enum FaultKind: String, Hashable, Sendable, CaseIterable {
  case syntax, name, type, shape, value, index, io, model, memory, limit, fail, interrupt
}

/// A script's mistake, thrown by natives and host objects and by the machine itself.
///
/// It carries data only; the machine adds the place and the calls that led there.
///
///     throw Fault(.value, "'radius' must not be negative: found \(radius)", help: "blur(photo, 2.0)")
package struct Fault: Error, Sendable {
  package var kind: FaultKind
  /// What was wrong, what was found, what was expected: lower case, no final period.
  package var message: String
  /// One suggestion, only when it is surely right.
  package var help: String?
  /// The parameter whose argument is to be underlined instead of the whole call.
  package var parameter: String?
  /// Whether `catch` lets it pass: interrupts, and the limits of steps and time.
  package var isFinal = false
  /// Whether the mistake is the caller's, so that the call is underlined and not the function's own text.
  var blamesCaller = false
  /// The parameter of the function that called `fail` whose argument is to be underlined, unless a `try` there takes the error.
  var callersArgument: String?
  /// The names of the parameters of the function that `parameter` belongs to, when a script's function throws.
  var parameters: [String] = []
  /// Where it happened, once the machine knows, and the calls around it, innermost first.
  package internal(set) var place: Place?
  package internal(set) var trace: [TraceEntry] = []

  package init(_ kind: FaultKind, _ message: String, help: String? = nil, parameter: String? = nil) {
    self.kind = kind
    self.message = message
    self.help = help
    self.parameter = parameter
  }

  /// The error that ends an evaluation when the interrupt flag is set.
  package static var interrupted: Fault {
    var fault = Fault(.interrupt, "interrupted")
    fault.isFinal = true
    return fault
  }
}

/// A range of one source text.
package struct Place: Sendable {
  package let source: SourceText
  package let range: SourceRange

  /// `poster.limn:4:15`
  package var description: String {
    let position = source.position(at: range.start)
    return "\(source.name):\(position.line):\(position.column)"
  }
}

/// One call on the way to an error.
package struct TraceEntry: Sendable {
  /// The function's name; `function` for one without, nil for the top level of a file.
  package let function: String?
  /// Where in it the next call, or the error, stands.
  package let place: Place
}

extension FaultKind {
  /// The number of its errors: 2000 and its position. The order of the cases is fixed by it.
  package var code: DiagnosticCode { DiagnosticCode(2000 + (FaultKind.allCases.firstIndex(of: self) ?? 0)) }
}

extension Fault {
  /// The error as a diagnostic of the source it happened in; nil when it has no place.
  package var diagnostic: Diagnostic? {
    guard let place else { return nil }
    return Diagnostic(kind.code, message, at: place.range, help: help)
  }
}
