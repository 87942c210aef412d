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
}
