extension Builtins {
  static let errors: [Native] = [
    Native(
      "fail(message: string, kind: string = nil, argument: string = nil)",
      doc: "Stops with an error that `catch` can take, of the kind `fail` unless another is named; with `argument`, of the kind `value`, where the function that fails was called with that argument.",
      effect: .acts
    ) { call in
      let argument = try call.optionalString("argument")
      let kinds = FaultKind.allCases.filter { ![.syntax, .name, .limit, .interrupt].contains($0) }.map(\.rawValue)
      let kind = call.has("kind") ? FaultKind(rawValue: try call.choice("kind", of: kinds))! : argument == nil ? .fail : .value
      var fault = Fault(kind, call.text(call[0]))
      fault.callersArgument = argument
      throw fault
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
