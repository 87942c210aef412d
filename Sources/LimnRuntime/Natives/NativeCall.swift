import LimnSyntax

/// Names a parameter of a native: by position or by name.
package enum ParameterKey: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
  case index(Int)
  case name(String)

  package init(integerLiteral value: Int) { self = .index(value) }
  package init(stringLiteral value: String) { self = .name(value) }
}

/// The arguments of one call of a native, bound to its parameters, and the way to make the result.
///
/// Arguments are borrowed: they live as long as the call. Every accessor throws a fault that names the parameter and
/// underlines the argument.
package struct NativeCall: Making {
  package let context: Context
  unowned(unsafe) let form: NativeForm
  /// One for each parameter, in their order; those not given and without default are empty.
  let arguments: UnsafeMutablePointer<Value>

  /// The argument as it is; nil (the value) when it was not given.
  package subscript(_ key: ParameterKey) -> Value {
    let value = arguments[index(key)]
    return value.tag == .empty ? .nil : value
  }

  /// Whether something other than nil was given, or is the default.
  package func has(_ key: ParameterKey) -> Bool { !arguments[index(key)].isNil }

  /// The arguments that `..rest` took.
  package var rest: [Value] {
    guard let index = form.restIndex else { return [] }
    return arguments[index].list ?? []
  }

  // MARK: One value

  package func int(_ key: ParameterKey, in range: ClosedRange<Int>? = nil) throws -> Int {
    guard case .int(let value)? = self[key].number else { throw mismatch(key, "an int") }
    if let range, !range.contains(value) { throw outside(key, "\(value)", "\(range.lowerBound)", "\(range.upperBound)") }
    return value
  }

  /// A float or an int as a float.
  package func float(_ key: ParameterKey, in range: ClosedRange<Double>? = nil) throws -> Double {
    guard let value = self[key].number?.double else { throw mismatch(key, "a number") }
    if let range, !range.contains(value) {
      throw outside(key, "\(value)", "\(range.lowerBound)", "\(range.upperBound)")
    }
    return value
  }

  package func bool(_ key: ParameterKey) throws -> Bool {
    guard let value = self[key].bool else { throw mismatch(key, "a bool") }
    return value
  }

  /// The text, tokens as private code points; ``Making/tokens`` knows them.
  package func string(_ key: ParameterKey) throws -> String {
    guard let value = self[key].string else { throw mismatch(key, "a string") }
    return value
  }

  /// A callable value, for ``Making/invoke(_:_:)``.
  package func function(_ key: ParameterKey) throws -> Value {
    let value = self[key]
    guard TypeCheck.function.accepts(value) else { throw mismatch(key, "a function") }
    return value
  }

  /// A host object of this class.
  package func host<Object: HostObject>(_ type: Object.Type, _ key: ParameterKey) throws -> Object {
    guard let object = self[key].host as? Object else { throw mismatch(key, declared(key)) }
    return object
  }

  /// One of a fixed set of strings; an unknown one is an error with the nearest.
  package func choice(_ key: ParameterKey, of choices: [String]) throws -> String {
    let value = try string(key)
    if choices.contains(value) { return value }
    throw Fault.notAChoice(context.text(self[key]), choices, name(key))
  }

  // MARK: Several values

  package func list(_ key: ParameterKey) throws -> [Value] {
    guard let value = self[key].list else { throw mismatch(key, "a list") }
    return value
  }

  package func map(_ key: ParameterKey) throws -> [(key: Value, value: Value)] {
    guard let value = self[key].map else { throw mismatch(key, "a map") }
    return value
  }

  /// A list of ints, as for a shape.
  package func ints(_ key: ParameterKey, in range: ClosedRange<Int>? = nil) throws -> [Int] {
    try list(key).map { item in
      guard case .int(let value)? = item.number else { throw mismatch(key, "a list of ints") }
      if let range, !range.contains(value) { throw outside(key, "\(value)", "\(range.lowerBound)", "\(range.upperBound)") }
      return value
    }
  }

  /// A list of numbers as floats.
  package func floats(_ key: ParameterKey) throws -> [Double] {
    try list(key).map { item in
      guard let value = item.number?.double else { throw mismatch(key, "a list of numbers") }
      return value
    }
  }

  package func strings(_ key: ParameterKey) throws -> [String] {
    try list(key).map { item in
      guard let value = item.string else { throw mismatch(key, "a list of strings") }
      return value
    }
  }

  // MARK: If given

  package func optionalInt(_ key: ParameterKey, in range: ClosedRange<Int>? = nil) throws -> Int? {
    has(key) ? try int(key, in: range) : nil
  }

  package func optionalFloat(_ key: ParameterKey, in range: ClosedRange<Double>? = nil) throws -> Double? {
    has(key) ? try float(key, in: range) : nil
  }

  package func optionalBool(_ key: ParameterKey) throws -> Bool? { has(key) ? try bool(key) : nil }

  package func optionalString(_ key: ParameterKey) throws -> String? { has(key) ? try string(key) : nil }

  package func optionalFunction(_ key: ParameterKey) throws -> Value? { has(key) ? try function(key) : nil }

  package func optionalHost<Object: HostObject>(_ type: Object.Type, _ key: ParameterKey) throws -> Object? {
    has(key) ? try host(type, key) : nil
  }

  // MARK: Faults

  /// A fault that underlines this argument.
  package func fault(_ kind: FaultKind, _ message: String, at key: ParameterKey, help: String? = nil) -> Fault {
    Fault(kind, message, help: help, parameter: name(key))
  }

  /// The type fault for an argument: `'radius' must be a number, found the string "x"`.
  package func mismatch(_ key: ParameterKey, _ expected: String) -> Fault {
    fault(.type, "'\(name(key))' must be \(expected), found \(context.machine.phrase(self[key]))", at: key)
  }

  private func outside(_ key: ParameterKey, _ found: String, _ low: String, _ high: String) -> Fault {
    fault(.value, "'\(name(key))' is \(found), expected \(low) to \(high)", at: key)
  }

  private func declared(_ key: ParameterKey) -> String { Phrase.article(form.parameters[index(key)].type.name) }

  private func name(_ key: ParameterKey) -> String { form.parameters[index(key)].name }

  /// - Traps: When the signature has no such parameter: a bug in the native.
  @inline(__always) func index(_ key: ParameterKey) -> Int {
    switch key {
    case .index(let index): return index
    case .name(let name):
      guard let index = form.parameters.firstIndex(where: { $0.name == name }) else {
        preconditionFailure("'\(form.native.name)' has no parameter '\(name)'")
      }
      return index
    }
  }
}
