import LimnBindings
import LimnImage
import LimnRuntime
import LimnTensor

/// A value of the language as Swift sees it: what goes into scripts and comes out of them.
///
/// Everyday values are copied; models, runs, functions and the rest come as a ``LimnReference``, which can be given back.
/// Literals of Swift are values: `["steps": 20, "prompt": "a panda"]`.
public enum LimnValue {
  case `nil`
  case bool(Bool)
  case int(Int)
  case float(Double)
  /// Learned tokens inside are written by their names.
  case string(String)
  /// Lists and maps that nest deeper than ``LimnValue/depthLimit`` levels stay a ``LimnReference`` there.
  case list([LimnValue])
  /// The entries in their order.
  case map([(key: LimnValue, value: LimnValue)])
  /// A tensor or a mask.
  case tensor(TensorValues)
  case image(Picture)
  /// Anything else: a model, a run, a function, a range.
  case reference(LimnReference)
}

/// The numbers of a tensor, row after row.
public struct TensorValues: Sendable, Equatable {
  /// The sizes of its axes; empty for a single number.
  public let shape: [Int]
  /// As many as the product of the shape; whole numbers above 2²⁴ are rounded.
  public let values: [Float]

  /// - Traps: When there are not as many values as the shape says.
  public init(shape: [Int], values: [Float]) {
    precondition(shape.allSatisfy { $0 >= 0 } && shape.reduce(1, *) == values.count, "a tensor of shape \(shape) does not have \(values.count) values")
    self.shape = shape
    self.values = values
  }
}

/// A value that stays in its session: it can be held, described, read member by member, and passed back.
///
/// - Important: It belongs to its session's thread.
public final class LimnReference: CustomStringConvertible {
  let held: Held
  private unowned let interpreter: Interpreter
  /// What `type(x)` gives: `model`, `run`, `function`.
  public let typeName: String
  /// What `print` would write.
  public let description: String

  init(_ value: Value, _ context: Context, _ interpreter: Interpreter) {
    held = Held(value)
    self.interpreter = interpreter
    typeName = value.typeName
    description = context.text(value)
  }

  /// The names after the dot.
  public var memberNames: [String] { held.value.host?.memberNames ?? [] }

  /// `x.name`; nil if there is no such member or it cannot be worked out.
  public func member(_ name: String) -> LimnValue? {
    interpreter.read { context in
      guard let value = try? held.value.host?.member(name, context) else { return nil }
      return LimnValue(value, context, interpreter)
    }
  }

  /// The Swift object inside, when the value is one that Swift gave (see ``LimnObject``).
  public var object: (any LimnObject)? { (held.value.host as? ObjectValue)?.object }

  func belongs(to other: Interpreter) -> Bool { interpreter === other }
}

extension LimnValue {
  /// How many levels of lists and maps are copied: Swift goes through them, and lets go of them, by calls in calls.
  public static let depthLimit = 200

  init(_ value: LimnRuntime.Value, _ context: Context, _ interpreter: Interpreter, depth: Int = 0) {
    switch value.kind {
    case .list where depth >= Self.depthLimit, .map where depth >= Self.depthLimit: self = .reference(LimnReference(value, context, interpreter))
    case .nil: self = .nil
    case .bool: self = .bool(value.bool!)
    case .int: self = .int(value.int!)
    case .float: self = .float(value.number!.double)
    case .string: self = .string(context.text(value))
    case .list: self = .list(value.list!.map { LimnValue($0, context, interpreter, depth: depth + 1) })
    case .map:
      self = .map(value.map!.map { (LimnValue($0.key, context, interpreter, depth: depth + 1), LimnValue($0.value, context, interpreter, depth: depth + 1)) })
    case .host:
      if let tensor = (value.host as? TensorValue)?.tensor {
        self = .tensor(TensorValues(shape: tensor.shape.dims, values: tensor.converted(to: .f32).detached().floats()))
      } else if let image = (value.host as? ImageValue)?.image {
        self = .image(Picture(image))
      } else {
        self = .reference(LimnReference(value, context, interpreter))
      }
    case .range, .function: self = .reference(LimnReference(value, context, interpreter))
    }
  }

  /// The value in the language, alive to the end of the call or `make` that the context belongs to.
  ///
  /// - Throws: When a map has a key that cannot be one.
  func made(_ context: Context, _ interpreter: Interpreter) throws -> LimnRuntime.Value {
    switch self {
    case .nil: return .nil
    case .bool(let value): return .bool(value)
    case .int(let value): return .int(value)
    case .float(let value): return .float(value)
    case .string(let text): return context.make(outside: text)
    case .list(let items): return context.make(try items.map { try $0.made(context, interpreter) })
    case .map(let entries):
      return try context.make(entries: try entries.map { (try $0.key.made(context, interpreter), try $0.value.made(context, interpreter)) })
    case .tensor(let tensor): return context.make(Tensor(tensor.values, try Shape.checked(tensor.shape, op: "tensor")))
    case .image(let picture): return context.make(picture.image)
    case .reference(let reference):
      precondition(reference.belongs(to: interpreter), "a value of one session was given to another")
      return reference.held.value
    }
  }
}

// What Swift programs ask of a value; nil when it is something else.
extension LimnValue {
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var int: Int? { if case .int(let value) = self { value } else { nil } }
  /// A float, an int, or the number of a tensor without axes.
  public var number: Double? {
    switch self {
    case .int(let value): Double(value)
    case .float(let value): value
    case .tensor(let tensor) where tensor.shape.isEmpty: Double(tensor.values[0])
    default: nil
    }
  }
  public var string: String? { if case .string(let value) = self { value } else { nil } }
  public var list: [LimnValue]? { if case .list(let value) = self { value } else { nil } }
  public var tensor: TensorValues? { if case .tensor(let value) = self { value } else { nil } }
  public var image: Picture? { if case .image(let value) = self { value } else { nil } }
  public var reference: LimnReference? { if case .reference(let value) = self { value } else { nil } }

  /// The value of a key that is this string; nil if there is none.
  public subscript(_ key: String) -> LimnValue? {
    guard case .map(let entries) = self else { return nil }
    return entries.first { $0.key.string == key }?.value
  }
}

extension LimnValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(nilLiteral: ()) { self = .nil }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int) { self = .int(value) }
  public init(floatLiteral value: Double) { self = .float(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral items: LimnValue...) { self = .list(items) }
  public init(dictionaryLiteral entries: (LimnValue, LimnValue)...) { self = .map(entries.map { (key: $0.0, value: $0.1) }) }
}
