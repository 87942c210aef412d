/// A declared type, made quick to check.
enum TypeCheck: Equatable, Sendable {
  case any, `nil`, bool, int, float, number, string, list, map, range, function
  case host(String)

  init(_ name: String) {
    self =
      switch name {
      case "any": .any
      case "nil": .nil
      case "bool": .bool
      case "int": .int
      case "float": .float
      case "number": .number
      case "string": .string
      case "list": .list
      case "map": .map
      case "range": .range
      case "function": .function
      default: .host(name)
      }
  }

  /// The names a script may write after `:` besides those of host types.
  static let names = [
    "any", "nil", "bool", "int", "float", "number", "string", "list", "map", "range", "function",
  ]

  var name: String {
    switch self {
    case .any: "any"
    case .nil: "nil"
    case .bool: "bool"
    case .int: "int"
    case .float: "float"
    case .number: "number"
    case .string: "string"
    case .list: "list"
    case .map: "map"
    case .range: "range"
    case .function: "function"
    case .host(let name): name
    }
  }

  /// Whether a value is taken for a parameter of this type. A float takes ints; a tensor without axes counts as a number.
  @inline(__always) func accepts(_ value: Value) -> Bool {
    switch self {
    case .any: true
    case .int: value.tag == .int || acceptsHost(value)
    case .float, .number: value.tag == .float || value.tag == .int || acceptsHost(value)
    case .string: value.tag == .string || acceptsHost(value)
    case .list: value.tag == .list
    default: acceptsOther(value)
    }
  }

  private func acceptsOther(_ value: Value) -> Bool {
    switch self {
    case .nil: value.isNil
    case .bool: value.tag == .bool
    case .map: value.tag == .map
    case .range: value.tag == .range
    case .function:
      value.tag == .function || value.tag == .native || (value.host?.isCallable ?? false)
    default: acceptsHost(value)
    }
  }

  private func acceptsHost(_ value: Value) -> Bool {
    guard let host = value.host else { return false }
    switch self {
    case .float, .number: return host.number != nil
    case .int:
      if case .int = host.number { return true }
      return false
    default: return host.isInstance(of: name)
    }
  }
}

/// The tags a declared type takes for sure, as bits; the slow check decides about the others.
struct QuickCheck {
  private let tags: UInt16

  init(_ type: TypeCheck) {
    func bit(_ tag: Value.Tag) -> UInt16 { 1 << UInt16(tag.raw) }
    switch type {
    // Not `empty`: an argument that was not given takes its default.
    case .any: tags = ~bit(.empty)
    case .nil: tags = bit(.nil)
    case .bool: tags = bit(.bool)
    case .int: tags = bit(.int)
    case .float, .number: tags = bit(.int) | bit(.float)
    case .string: tags = bit(.string)
    case .list: tags = bit(.list)
    case .map: tags = bit(.map)
    case .range: tags = bit(.range)
    case .function: tags = bit(.function) | bit(.native)
    case .host: tags = 0
    }
  }

  @inline(__always) func accepts(_ value: Value) -> Bool { tags >> UInt16(truncatingIfNeeded: value.tag.raw) & 1 == 1 }
}
