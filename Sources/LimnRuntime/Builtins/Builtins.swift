/// The natives of the language itself, without tensors and pictures.
enum Builtins {
  static let all: [Native] = output + numbers + lists + functions + maps + strings + ranges + errors
}

extension NativeCall {
  var machine: Machine { context.machine }

  /// Takes an argument out of its register, so that a list, map or string nobody else holds can be changed in place.
  /// The caller owns it.
  func take(_ index: Int) -> Value {
    let value = arguments[index]
    arguments[index] = .nil
    return value
  }

  /// Calls a function and owns the result; for loops over many items, so that the pool stays small.
  func owned(_ function: Value, _ arguments: Value...) throws -> Value {
    try machine.invoke(function, arguments)
  }
}
