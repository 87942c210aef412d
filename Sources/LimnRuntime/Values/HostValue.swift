import LimnSyntax

/// A value from outside the language: a tensor, a picture, a model.
///
/// The machine knows host values through this protocol only. Every requirement but `typeName` has a default that says
/// "no": a type that is only passed around implements nothing else.
///
/// **Value semantics.** Scripts must never see an object change. What looks like a change (`x[i] = v`, `m.k = v`)
/// answers with a new object in ``replacing(at:with:_:)`` and ``replacing(member:with:_:)``; the machine rebinds the
/// variable. The one exception is a random stream: it reports each draw with ``Making/willChange(_:)`` beforehand, so
/// that a failed statement and `:undo` can put it back.
///
/// **Values in hooks.** What a hook makes with its ``Context`` lives to the end of the surrounding native call or
/// operation; an object that stores a `Value` in a property stores the ``Held`` of it.
///
/// **Threads.** All hooks run on the interpreter's thread.
package protocol HostObject: AnyObject {
  /// What `type(x)` gives and error messages say: `tensor`, `image`, `model`.
  var typeName: String { get }

  /// Whether the value is taken where a parameter is declared with this type. Default: its own `typeName` only.
  func isInstance(of type: String) -> Bool

  /// What `print` writes, on one line unless the value is naturally a table. Default: `<typeName>`.
  func description(_ context: Context) -> String

  /// `==`, between host objects: whole values. Default: the same object.
  func isEqual(to other: any HostObject) -> Bool

  /// A hash for use as a map key, equal for equal objects; nil if the type cannot be a key. Default: nil.
  var keyHash: Int? { get }

  /// The number this value counts as wherever one is wanted: a tensor without axes. Default: nil.
  var number: Number? { get }

  /// Sizes of the axes, for `tensor[b, c, h, w]` in a parameter list; nil if the type has none. Default: nil.
  var shape: [Int]? { get }

  /// What a condition is told that met this value: `any(x)` or `all(x)`. Default: nil.
  var conditionHelp: String? { get }

  /// `self op other`, or `other op self` when `reversed`. Never called for `==`, `!=`, `and`, `or`.
  ///
  /// When both sides are host objects the left is asked first, then, if that gives nil, the right (reversed).
  /// - Returns: nil if the two do not go together; the machine then throws the type error.
  func binary(_ op: BinaryOperator, _ other: Value, reversed: Bool, _ context: Context) throws -> Value?

  /// `-x` and `!x`. Default: nil, a type error.
  func unary(_ op: UnaryOperator, _ context: Context) throws -> Value?

  /// `x[i, .., 2...]`. Default: nil, "cannot be indexed".
  func element(at index: [IndexItem], _ context: Context) throws -> Value?

  /// A copy in which the elements at `index` are `value`, for `x[i] = v`. Default: nil, "elements cannot be set".
  func replacing(at index: [IndexItem], with value: Value, _ context: Context) throws -> Value?

  /// The names after the dot, in a fixed order, for completion, `:inspect` and "did you mean". Default: none.
  var memberNames: [String] { get }

  /// Members that take long to work out: completion and `:inspect` name them without asking for them. Default: none.
  var slowMembers: Set<String> { get }

  /// `x.k`; nil if there is no such member.
  func member(_ name: String, _ context: Context) throws -> Value?

  /// A copy in which the member is `value`, for `x.k = v`; nil if it cannot be set. Default: nil.
  func replacing(member name: String, with value: Value, _ context: Context) throws -> Value?

  /// How many items a `for` over the value has; nil if it cannot be looped over. Default: nil.
  var itemCount: Int? { get }

  /// Item `index` of a loop, in `0..<itemCount`.
  func item(_ index: Int, _ context: Context) throws -> Value

  /// Whether `x(…)` is a call of ``call(_:_:)``. Default: false.
  var isCallable: Bool { get }

  /// `x(arguments)`, positional only.
  func call(_ arguments: [Value], _ context: Context) throws -> Value

  /// Whether the value is written into a string as one character: a learned token. Default: false.
  var isToken: Bool { get }

  /// A copy of all that a draw changes, to be given back to ``restore(_:)``. Only for values that move. Default: nil.
  func savedState() -> Any?

  /// Puts back what ``savedState()`` gave.
  func restore(_ state: Any)
}

/// One part of an index, already worked out.
package enum IndexItem {
  /// `..`: the whole axis.
  case whole
  /// A position (an int, negative counts from the end), or any other value the type understands (a mask, a list).
  case at(Value)
  /// From `start` to just before `end`, each step; nil is open, negative counts from the end. `step` is at least 1.
  case slice(start: Int?, end: Int?, step: Int)
}

extension IndexItem {
  /// The positions of an axis of `count` items that a slice covers, as first, number and step; checked.
  ///
  /// - Throws: An index fault when an end lies outside `0...count`.
  package static func resolve(start: Int?, end: Int?, step: Int, count: Int) throws -> (first: Int, count: Int, step: Int) {
    let first = try position(start ?? 0, count, "start")
    let last = try position(end ?? count, count, "end")
    return (first, last <= first ? 0 : (last - first - 1) / step + 1, step)
  }

  private static func position(_ value: Int, _ count: Int, _ which: String) throws -> Int {
    let position = value < 0 ? value + count : value
    guard (0...count).contains(position) else {
      throw Fault(.index, "the \(which) of the slice is \(value), but there are \(count) items")
    }
    return position
  }
}

extension HostObject {
  package func isInstance(of type: String) -> Bool { type == typeName }
  package func description(_ context: Context) -> String { "<\(typeName)>" }
  package func isEqual(to other: any HostObject) -> Bool { self === other }
  package var keyHash: Int? { nil }
  package var number: Number? { nil }
  package var shape: [Int]? { nil }
  package var conditionHelp: String? { nil }
  package func binary(_ op: BinaryOperator, _ other: Value, reversed: Bool, _ context: Context) throws -> Value? { nil }
  package func unary(_ op: UnaryOperator, _ context: Context) throws -> Value? { nil }
  package func element(at index: [IndexItem], _ context: Context) throws -> Value? { nil }
  package func replacing(at index: [IndexItem], with value: Value, _ context: Context) throws -> Value? { nil }
  package var memberNames: [String] { [] }
  package var slowMembers: Set<String> { [] }
  package func member(_ name: String, _ context: Context) throws -> Value? { nil }
  package func replacing(member name: String, with value: Value, _ context: Context) throws -> Value? { nil }
  package var itemCount: Int? { nil }
  package func item(_ index: Int, _ context: Context) throws -> Value { .nil }
  package var isCallable: Bool { false }
  package func call(_ arguments: [Value], _ context: Context) throws -> Value { .nil }
  package var isToken: Bool { false }
  package func savedState() -> Any? { nil }
  package func restore(_ state: Any) {}
}
