/// The natives of the language itself, without tensors and pictures.
enum Builtins {
  static let all: [Native] = areas.flatMap(\.natives)

  /// By area, as the reference lists them.
  static let areas: [(name: String, natives: [Native])] = [
    ("output", output), ("numbers", numbers), ("lists", lists), ("functions", functions), ("maps", maps), ("strings", strings),
    ("ranges", ranges), ("errors", errors),
  ]
}

extension Interpreter {
  /// The language's own natives by area, for the reference.
  package static var ownNatives: [(name: String, natives: [Native])] { Builtins.areas }
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
