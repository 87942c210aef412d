/// One statement; switch over ``kind``.
package struct Statement: Sendable {
  package let kind: Kind
  /// From the first to the last byte, without the `;`.
  package let range: SourceRange
  /// The text of the `///` lines above it, without the slashes.
  package let doc: String?

  package init(_ kind: Kind, range: SourceRange, doc: String? = nil) {
    self.kind = kind
    self.range = range
    self.doc = doc
  }

  package enum Kind: Sendable {
    /// `use module as alias`
    case use(module: Name, alias: Name?)
    /// `let a = 1, b = 2` or `var …`
    case binding(isVariable: Bool, [Binding])
    /// `func f(x, y = 2) { … }`; the function has a name.
    case function(Function)
    /// `for a, b in xs { … }`
    case `for`(For)
    /// `while c { … }`
    case `while`(condition: Expression, body: Block)
    /// `return`, `return x`
    case `return`(Expression?)
    /// `break`
    case `break`
    /// `continue`
    case `continue`
    /// `test "name" { … }`
    case test(name: StringLiteral, body: Block)
    /// `expect x == y`
    case expect(Expression)
    /// `place = value`, `place += value`: the place is a name, or fields and indices of one.
    case assign(place: Expression, AssignmentOperator, value: Expression)
    /// A call, an `if`, or a value to show; also `show a, b` as a call of `show`.
    case expression(Expression)
  }
}

/// `name = value` of a `let` or `var`.
package struct Binding: Sendable {
  package let name: Name
  package let value: Expression
}

/// `=` `+=` `-=` `*=` `/=`
package enum AssignmentOperator: String, Sendable, CaseIterable {
  case set = "="
  case add = "+="
  case subtract = "-="
  case multiply = "*="
  case divide = "/="
}

/// `for names in sequence { … }`
package final class For: Sendable {
  /// At least one.
  package let names: [Name]
  package let sequence: Expression
  package let body: Block

  package init(names: [Name], sequence: Expression, body: Block) {
    self.names = names
    self.sequence = sequence
    self.body = body
  }
}

/// `{ statements }`; where a value is wanted, that of the last statement.
package final class Block: Sendable {
  package let statements: [Statement]
  /// With the braces.
  package let range: SourceRange

  package init(_ statements: [Statement], range: SourceRange) {
    self.statements = statements
    self.range = range
  }
}

/// A function in any of its forms: `func f(x) { }`, `x => x`, or a trailing block.
package final class Function: Sendable {
  package enum Form: Sendable {
    /// `func f(x) { … }`
    case declaration
    /// `x => …`
    case arrow
    /// `f(x) { a, b => … }`
    case trailingBlock
  }

  package enum Body: Sendable {
    case block(Block)
    case expression(Expression)

    package var range: SourceRange {
      switch self {
      case .block(let block): block.range
      case .expression(let value): value.range
      }
    }
  }

  package let form: Form
  /// The name of a declaration; nil for the other forms.
  package let name: Name?
  /// Only a declaration's parameters have types or defaults.
  package let parameters: [Parameter]
  package let body: Body
  /// The text of the `///` lines above a declaration.
  package let doc: String?
  package let range: SourceRange

  package init(
    form: Form, name: Name?, parameters: [Parameter], body: Body, doc: String? = nil, range: SourceRange
  ) {
    self.form = form
    self.name = name
    self.parameters = parameters
    self.body = body
    self.doc = doc
    self.range = range
  }
}

/// `name: type = default`; in the signature of a native also `..name`.
package struct Parameter: Sendable {
  package let name: Name
  package let type: TypeAnnotation?
  /// Worked out at each call.
  package let defaultValue: Expression?
  /// `..name`: takes the arguments that are left. Only in signatures of natives.
  package let isRest: Bool
  package let range: SourceRange
}

/// `tensor[b, c, h, w]`
package struct TypeAnnotation: Sendable {
  package enum Dimension: Sendable {
    /// `h`: bound at the call; equal wherever it stands.
    case name(Name)
    /// `3`
    case size(Int, SourceRange)
    /// `..`: any number of axes, at most once.
    case rest(SourceRange)
  }

  package let name: Name
  /// Nil without brackets; `[]` is a tensor without axes.
  package let dimensions: [Dimension]?
  package let range: SourceRange
}

/// What parsing gives: always a tree, with the diagnostics found on the way.
package struct Program: Sendable {
  package let source: SourceText
  package let statements: [Statement]
  /// In the order of their places.
  package let diagnostics: [Diagnostic]
  /// The first `///` lines of the file, when they belong to no definition.
  package let doc: String?
  /// Whether the input ends with `;`, which mutes its last value.
  package let isMuted: Bool
  /// Whether the input is not wrong but unfinished: an open bracket, brace or `"""`, or an operator at its end.
  package let isIncomplete: Bool

  /// Whether a diagnostic is an error, so that the tree must not be run.
  package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}
