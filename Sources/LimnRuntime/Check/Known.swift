import LimnSyntax

/// What is known of a value before anything runs. Everything that is nil may be anything: a checker that knows less
/// says less, never something wrong.
package struct Known: Sendable {
  /// A type's name as `type(x)` gives it; `number` for an int or float.
  package var type: String?
  /// The value itself, when it stands in the source.
  package var literal: Literal?
  /// The sizes of a tensor's axes; a size that is not known is nil.
  package var shape: [Int?]?
  /// The items of a list.
  package var items: [Known]?
  /// What a host module knows beyond that: of a model its family.
  package var facts: (any Sendable)?
  /// Where a named value was made, to be shown as a second place.
  package var origin: SourceRange?
  /// The function of the script that it is.
  var function: Function?

  package init(type: String? = nil, literal: Literal? = nil, shape: [Int?]? = nil, items: [Known]? = nil, facts: (any Sendable)? = nil) {
    self.type = type
    self.literal = literal
    self.shape = shape
    self.items = items
    self.facts = facts
  }

  /// Nothing is known.
  package static let anything = Known()

  package init(_ literal: Literal) {
    self.literal = literal
    switch literal {
    case .nil: type = "nil"
    case .bool: type = "bool"
    case .int: type = "int"
    case .float: type = "float"
    case .string: type = "string"
    case .list(let items):
      type = "list"
      self.items = items.map { Known($0) }
    }
  }

  /// A tensor of a shape.
  package static func tensor(_ shape: [Int?]?) -> Known { Known(type: "tensor", shape: shape) }

  package static func int(_ value: Int) -> Known { Known(.int(value)) }

  // MARK: Reading

  package var int: Int? { literal?.int }
  package var string: String? { literal?.string }
  /// The ints of a list of known ints.
  package var ints: [Int]? {
    guard let items else { return nil }
    let ints = items.compactMap(\.int)
    return ints.count == items.count ? ints : nil
  }
  /// The shape, when every size is known.
  package var sizes: [Int]? {
    guard let shape else { return nil }
    let sizes = shape.compactMap { $0 }
    return sizes.count == shape.count ? sizes : nil
  }
  /// Whether it surely is nil.
  package var isNil: Bool { literal == .nil }

  /// As messages name a value: `the int 3`, `a list of 2`, `a tensor [2, 3]`.
  package var phrase: String {
    switch literal {
    case .nil: return "nil"
    case .bool(let value): return "the bool \(value)"
    case .int(let value): return "the int \(value)"
    case .float(let value): return "the float \(Machine.text(value))"
    case .string(let text):
      let shown = "\"" + text.map { ["\"": "\\\"", "\\": "\\\\", "{": "\\{", "\n": "\\n", "\t": "\\t"][$0] ?? String($0) }.joined() + "\""
      return shown.count <= 40 ? "the string \(shown)" : "the string \(shown.prefix(38))…\""
    default: break
    }
    if type == "list", let items { return items.isEmpty ? "an empty list" : "a list of \(items.count)" }
    return Phrase.article(type ?? "value") + (sizes.map { " \($0)" } ?? "")
  }
}

/// The arguments of one call of a native, as far as they are known, bound to its parameters.
package struct KnownCall: Sendable {
  /// By parameter; those not given hold the default.
  let arguments: [String: Known]
  let given: Set<String>
  /// The folder of the script.
  package let folder: String?
  let notes = KnownNotes()

  /// What is known of an argument.
  package subscript(_ parameter: String) -> Known { arguments[parameter] ?? .anything }

  /// Whether it stands in the call.
  package func isGiven(_ parameter: String) -> Bool { given.contains(parameter) }

  /// Tells something that is surely no error, but surely not meant.
  package func warn(_ message: String, at parameter: String, help: String? = nil) {
    notes.warnings.append((message, parameter, help))
  }

  /// The fault of an argument.
  package func fault(_ kind: FaultKind, _ message: String, at parameter: String, help: String? = nil) -> Fault {
    Fault(kind, message, help: help, parameter: parameter)
  }
}

/// The warnings of one call; made and read on one thread.
final class KnownNotes: @unchecked Sendable {
  var warnings: [(message: String, parameter: String, help: String?)] = []
}

/// What a native says of its result, and against its arguments, before anything runs.
///
/// It throws only what the body would surely throw for every value that fits what is known.
package struct Inference: Sendable {
  let infer: @Sendable (KnownCall) throws -> Known

  package init(_ infer: @escaping @Sendable (KnownCall) throws -> Known) { self.infer = infer }

  /// The result is of this type, whatever the arguments.
  package static func gives(_ type: String) -> Inference { Inference { _ in Known(type: type) } }

  /// The argument is one of these strings.
  package static func choice(_ parameter: String, of choices: [String], then other: Inference? = nil) -> Inference {
    Inference { call in
      try call.check(parameter, in: choices)
      return try other?.infer(call) ?? .anything
    }
  }
}

extension KnownCall {
  /// Throws what ``NativeCall/choice(_:of:)`` would.
  package func check(_ parameter: String, in choices: [String]) throws {
    guard let value = self[parameter].string, !choices.contains(value) else { return }
    throw Fault.notAChoice(value, choices, parameter)
  }
}

extension Fault {
  /// A string that is none of the declared ones.
  static func notAChoice(_ value: String, _ choices: [String], _ parameter: String) -> Fault {
    let listed = choices.map { "\"\($0)\"" }.joined(separator: ", ")
    return Fault(
      .value, "'\(parameter)' is \"\(value)\", expected one of \(listed)",
      help: nearest(to: value, in: choices).map { "did you mean \"\($0)\"?" }, parameter: parameter)
  }
}

/// What the checker asks of the modules that know tensors and models: the rules that are not natives.
package protocol HostKnowledge: Sendable {
  /// `a op b`, where at least one side is of a host type. Throws what the run would surely throw.
  func binary(_ op: BinaryOperator, _ a: Known, _ b: Known) throws -> Known
  /// `x[…]` of a host type; nil entries are parts that are not known, `..` and slices with unknown ends.
  func index(_ x: Known, _ index: [KnownIndex]) throws -> Known
  /// The names of a host type's fields; nil if they are not known.
  func members(of x: Known) -> [String]?
  /// `x.name`.
  func member(_ x: Known, _ name: String) -> Known
}

/// One part of an index, as far as it is known.
package enum KnownIndex: Sendable {
  case whole
  /// An int, or a list of them.
  case at(Known)
  /// Both ends known, or open.
  case slice(start: Int?, end: Int?)
  /// Something that keeps or drops an axis, nobody knows.
  case unknown
}
