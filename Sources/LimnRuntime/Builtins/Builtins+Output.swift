extension Builtins {
  static let output: [Native] = [
    Native("print(..values)", doc: "Writes the values on one line, with spaces between.", effect: .acts) { call in
      var line = ""
      for (index, value) in call.rest.enumerated() {
        if index > 0 { line += " " }
        line += call.text(value)
      }
      call.output(line + "\n")
      return .nil
    },
    Native("show(..values)", doc: "Displays the values and gives the first.", effect: .acts) { call in
      try call.show(call.rest)
      return call.rest.first ?? .nil
    },
    Native("help(f: function)", doc: "Writes what a function takes and does.", effect: .acts) { call in
      call.output((call.machine.help(call[0]) ?? "") + "\n")
      return .nil
    },
    Native("type(x)", doc: "The name of the value's type.") { call in call.make(call[0].typeName) },
    Native("string(x)", doc: "The value as text, as `print` writes it.") { call in
      if call[0].tag == .string { return call[0] }
      var result = Value.string(capacity: 16, call.machine.meter)
      try call.machine.append(call[0], to: &result)
      return call.machine.pooled(result)
    },
    Native("clock()", doc: "Seconds of a clock that only goes forward, for measuring.", effect: .acts) { call in
      .float(Machine.clock())
    },
  ]
}

extension Machine {
  /// Signature and doc of a function; nil for other values.
  func help(_ value: Value) -> String? {
    switch value.tag {
    case .native:
      return natives[Int(value.bits)].forms.map { "\($0.native.signature)\n  \($0.native.doc)" }.joined(separator: "\n")
    case .function:
      let code = value.asFunction.pointee.code.pointee.code
      guard let doc = code.doc else { return code.signatureText }
      return code.signatureText + "\n" + doc.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }.joined(separator: "\n")
    default: return nil
    }
  }
}
