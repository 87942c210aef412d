import LimnSyntax

/// A value that stands in the source as it is, known before anything runs.
package indirect enum Literal: Equatable, Sendable {
  case `nil`
  case bool(Bool)
  case int(Int)
  case float(Double)
  case string(String)
  case list([Literal])

  /// The literal an expression is; nil when it must be worked out.
  init?(_ expression: Expression) {
    switch expression.kind {
    case .nil: self = .nil
    case .bool(let value): self = .bool(value)
    case .int(let value): self = .int(value)
    case .float(let value): self = .float(value)
    case .string(let text):
      guard let plain = text.plainText else { return nil }
      self = .string(plain)
    case .unary(.negate, let operand):
      switch Literal(operand) {
      // The smallest int has no negative: a fault that only a run tells.
      case .int(let value) where value != .min: self = .int(-value)
      case .float(let value): self = .float(-value)
      default: return nil
      }
    case .list(let items):
      var literals: [Literal] = []
      for item in items {
        guard let literal = Literal(item) else { return nil }
        literals.append(literal)
      }
      self = .list(literals)
    default: return nil
    }
  }

  /// The literal that a text is, written as in a script; nil if it is anything else.
  package init?(parsing text: String) {
    let program = parse(SourceText(text, name: "value"))
    guard !program.hasErrors, program.statements.count == 1, case .expression(let expression) = program.statements[0].kind else { return nil }
    self.init(expression)
  }

  package var string: String? {
    if case .string(let text) = self { return text }
    return nil
  }

  package var int: Int? {
    if case .int(let value) = self { return value }
    return nil
  }

  /// The strings of a list of strings.
  package var strings: [String]? {
    guard case .list(let items) = self else { return nil }
    let texts = items.compactMap(\.string)
    return texts.count == items.count ? texts : nil
  }

  /// The ints of a list of ints: a shape, a size.
  package var ints: [Int]? {
    guard case .list(let items) = self else { return nil }
    let numbers = items.compactMap(\.int)
    return numbers.count == items.count ? numbers : nil
  }
}

extension Making {
  /// The value a literal stands for.
  package func make(_ literal: Literal) -> Value {
    switch literal {
    case .nil: .nil
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .float(let value): .float(value)
    case .string(let text): make(outside: text)
    case .list(let items): make(items.map { make($0) })
    }
  }
}
