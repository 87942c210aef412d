extension Builtins {
  static let errors: [Native] = [
    Native("fail(message: string)", doc: "Stops with an error of kind `fail` that `catch` can take.", effect: .acts) { call in
      throw Fault(.fail, call.text(call[0]))
    },
    Native("fail(error: error)", doc: "Throws a caught error again, with its first place.", effect: .acts) { call in
      throw (call[0].host as! ErrorValue).fault
    },
    Native("assert(condition: bool, message: string = \"the assertion does not hold\")", doc: "Stops with an error unless the condition is true.", effect: .acts) {
      call in
      if try call.bool(0) { return .nil }
      throw Fault(.fail, call.text(call[1]))
    },
  ]
}
