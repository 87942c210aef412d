// The tree of expressions. Statements, functions and programs: Tree+Statements.swift.
// Nodes are immutable classes (one allocation a node); brackets leave no node but widen the range of what they hold.

/// A word of the source used as a name, with its place.
package struct Name: Sendable {
  package let text: String
  package let range: SourceRange

  package init(_ text: String, range: SourceRange) {
    self.text = text
    self.range = range
  }
}

/// One expression; switch over ``kind``.
package final class Expression: Sendable {
  package let kind: Kind
  /// From the first to the last byte, brackets around it included.
  package let range: SourceRange

  package init(_ kind: Kind, range: SourceRange) {
    self.kind = kind
    self.range = range
  }

  package enum Kind: Sendable {
    /// Stands where the parser reported an error; never in a tree without errors.
    case missing
    /// `nil`
    case `nil`
    /// `true`, `false`
    case bool(Bool)
    /// `3`, `1_000`; never negative but for the smallest int, `-9223372036854775808`, whose magnitude is no int.
    case int(Int)
    /// `2.5e-3`; never negative, always finite.
    case float(Double)
    /// `"a {x}"`
    case string(StringLiteral)
    /// `x`
    case name(String)
    /// `[a, b]`, `[]`
    case list([Expression])
    /// `[k: v]`, `[:]`, in the order of the source.
    case map([MapEntry])
    /// `[f(x) for x in xs if p(x)]`, `[k: f(k) for k in ks]`
    case comprehension(Comprehension)
    /// `-x`, `!x`, `not x`
    case unary(UnaryOperator, Expression)
    /// `a + b`, and `a and b`, `a or b` (which look at `b` only when they must). The range is the operator's.
    case binary(BinaryOperator, Expression, Expression, operatorRange: SourceRange)
    /// `a..<b` (not closed), `a...b` (closed), outside of an index or inside brackets there.
    case range(lower: Expression, upper: Expression, isClosed: Bool)
    /// `x => x + 1`, `(a, b) => { … }`
    case function(Function)
    /// `f(x)`, `x.f(y)`, `m["k"](y)`, and `show a, b`
    case call(Call)
    /// `x.k` without brackets after it: a field, or the key `"k"` of a map.
    case field(Expression, Name)
    /// `x[i, .., 2...]`
    case index(Expression, [Index])
    /// `if a { } else if b { } else { }`
    case `if`(If)
    /// `try { } catch e { }`
    case `try`(Try)
  }
}

/// `-x` `!x` `not x`
package enum UnaryOperator: String, Sendable, CaseIterable {
  case negate = "-"
  case complement = "!"
  case not = "not"
}

/// An infix operator; the raw value is its spelling.
package enum BinaryOperator: String, Sendable, CaseIterable {
  case power = "^"
  case multiply = "*"
  case divide = "/"
  case remainder = "%"
  case matmul = "@"
  case add = "+"
  case subtract = "-"
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessEqual = "<="
  case greater = ">"
  case greaterEqual = ">="
  case intersection = "&"
  case union = "|"
  case and = "and"
  case or = "or"
}

/// The parts of a string in order; a string without interpolation has at most one part.
package final class StringLiteral: Sendable {
  package enum Part: Sendable {
    /// Text with its escapes resolved.
    case text(String)
    /// `{expr}`
    case value(Expression)
  }

  package let parts: [Part]
  package let range: SourceRange
  /// Whether it was written with `"""`.
  package let isMultiline: Bool

  package init(parts: [Part], range: SourceRange, isMultiline: Bool) {
    self.parts = parts
    self.range = range
    self.isMultiline = isMultiline
  }

  /// The text, when nothing is interpolated.
  package var plainText: String? {
    if parts.isEmpty { return "" }
    if parts.count == 1, case .text(let text) = parts[0] { return text }
    return nil
  }
}

/// `k: v`
package struct MapEntry: Sendable {
  package let key: Expression
  package let value: Expression
}

/// `[element for names in sequence if condition …]`; a map when it has a key.
package final class Comprehension: Sendable {
  /// `for names in sequence if condition`
  package struct Clause: Sendable {
    package let names: [Name]
    package let sequence: Expression
    package let condition: Expression?
  }

  /// The key of each entry; nil for a list.
  package let key: Expression?
  package let element: Expression
  /// At least one; the last runs innermost.
  package let clauses: [Clause]

  package init(key: Expression?, element: Expression, clauses: [Clause]) {
    self.key = key
    self.element = element
    self.clauses = clauses
  }
}

/// A call in any of its forms.
package final class Call: Sendable {
  package enum Callee: Sendable {
    /// `f(x)`: names bound to values that cannot be called are passed over.
    case name(Name)
    /// `x.f(y)`: the call `f(x, y)`, or, where the receiver is a name of a module of this file, that module's `f`.
    case method(receiver: Expression, name: Name)
    /// `m["k"](y)`, `(f)(x)`, `f(x)(y)`: whatever the expression gives is called.
    case value(Expression)
  }

  /// One argument: `x`, `name: x`, or `..x` (spread).
  package struct Argument: Sendable {
    package let label: Name?
    package let value: Expression
    package let isSpread: Bool
    /// With the label or the dots.
    package let range: SourceRange
  }

  package let callee: Callee
  package let arguments: [Argument]
  /// `f(x) { a, b => … }`: the function for the last parameter.
  package let trailing: Function?
  /// From `(` to `)`; for `show a, b` from the first to the last argument.
  package let argumentsRange: SourceRange
  /// Whether it was written `show a, b`.
  package let isShorthand: Bool

  package init(
    callee: Callee, arguments: [Argument], trailing: Function?, argumentsRange: SourceRange, isShorthand: Bool
  ) {
    self.callee = callee
    self.arguments = arguments
    self.trailing = trailing
    self.argumentsRange = argumentsRange
    self.isShorthand = isShorthand
  }
}

/// One part of an index.
package enum Index: Sendable {
  /// `..`: the whole axis.
  case wholeAxis(SourceRange)
  /// `i`
  case value(Expression)
  /// `a..<b`, `a...b`, `a...`, `..<b`; `range` covers it all.
  case slice(lower: Expression?, upper: Expression?, isClosed: Bool, range: SourceRange)

  package var range: SourceRange {
    switch self {
    case .wholeAxis(let range), .slice(_, _, _, let range): range
    case .value(let value): value.range
    }
  }
}

/// `if a { } else if b { } else { }`
package final class If: Sendable {
  package struct Branch: Sendable {
    package let condition: Expression
    package let body: Block
  }

  /// At least one; tried in order.
  package let branches: [Branch]
  package let otherwise: Block?

  package init(branches: [Branch], otherwise: Block?) {
    self.branches = branches
    self.otherwise = otherwise
  }
}

/// `try { } catch e { }`
package final class Try: Sendable {
  package let body: Block
  /// The name that holds the error in the handler.
  package let errorName: Name
  package let handler: Block

  package init(body: Block, errorName: Name, handler: Block) {
    self.body = body
    self.errorName = errorName
    self.handler = handler
  }
}
