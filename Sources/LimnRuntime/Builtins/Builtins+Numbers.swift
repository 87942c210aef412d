import Glibc

extension Builtins {
  static let numbers: [Native] = [
    Native("int(x)", doc: "A number cut towards zero, or the int a string spells.") { call in
      switch call[0].number {
      case .int(let value): return .int(value)
      case .float(let value):
        guard let whole = Int(exactly: value.rounded(.towardZero)) else {
          throw call.fault(.value, "\(call.text(call[0])) does not fit into an int", at: 0)
        }
        return .int(whole)
      case nil: break
      }
      if let bool = call[0].bool { return .int(bool ? 1 : 0) }
      guard let text = call[0].string else { throw call.mismatch(0, "a number or a string") }
      guard let value = Int(text.trimmed.filter { $0 != "_" }) else {
        throw call.fault(.value, "\(call.brief(call[0])) spells no int", at: 0)
      }
      return .int(value)
    },
    Native("float(x)", doc: "A number as a float, or the float a string spells.") { call in
      if let number = call[0].number { return .float(number.double) }
      guard let text = call[0].string else { throw call.mismatch(0, "a number or a string") }
      guard let value = Double(text.trimmed.filter { $0 != "_" }) else {
        throw call.fault(.value, "\(call.brief(call[0])) spells no number", at: 0)
      }
      return .float(value)
    },
    Native("abs(x: number)", doc: "The number without its sign.") { call in
      switch call[0].number! {
      case .int(let value):
        if value == .min { throw call.machine.overflowFault(.subtract, .int(0), .int(value)) }
        return .int(abs(value))
      case .float(let value): return .float(abs(value))
      }
    },
    Native("sign(x: number)", doc: "−1, 0 or 1, of the number's own type.") { call in
      switch call[0].number! {
      case .int(let value): return .int(value.signum())
      case .float(let value): return .float(value > 0 ? 1 : value < 0 ? -1 : value)
      }
    },
    rounding("floor", "The largest int not above the number.") { $0.rounded(.down) },
    rounding("ceil", "The smallest int not below the number.") { $0.rounded(.up) },
    Native(
      "round(x: number, digits: int = 0)",
      doc: "The nearest int, halves away from zero; with digits the nearest float of that many decimals. An int stays one: `round(1250, -2)` is 1300."
    ) { call in
      let digits = try call.int(1, in: -300...300)
      guard case .float(let value)? = call[0].number else { return try rounded(call[0].number!, -digits, call) }
      if digits == 0 { return try whole(value.rounded(.toNearestOrAwayFromZero), call) }
      let scale = pow(10, Double(digits))
      let scaled = (value * scale).rounded(.toNearestOrAwayFromZero) / scale
      return .float(scaled.isFinite ? scaled : value)
    },
    Native("div(a: number, b: number)", doc: "The floored quotient; an int for ints.") { call in
      let (a, b) = (call[0].number!, call[1].number!)
      if case .int(let x) = a, case .int(let y) = b {
        if y == 0 { throw Fault(.value, "division by zero: div(\(x), 0)") }
        let (quotient, overflow) = x.dividedReportingOverflow(by: y)
        if overflow { throw Fault(.value, "div(\(x), \(y)) does not fit into an int of 64 bits") }
        return .int(x % y != 0 && (x < 0) != (y < 0) ? quotient - 1 : quotient)
      }
      if b.double == 0 { throw Fault(.value, "division by zero: div(\(call.text(call[0])), 0)") }
      return .float((a.double / b.double).rounded(.down))
    },
    function("sqrt", "The square root.", sqrt),
    function("exp", "e to the power of the number.", exp),
    function("log", "The natural logarithm.", log),
    function("sin", "The sine of an angle in radians.", sin),
    function("cos", "The cosine of an angle in radians.", cos),
    function("tan", "The tangent of an angle in radians.", tan),
    function("tanh", "The hyperbolic tangent.", tanh),
    Native("atan2(y: number, x: number)", doc: "The angle of the point in radians, −π to π.") { call in
      .float(atan2(try call.float(0), try call.float(1)))
    },
    Native("pi()", doc: "π.") { _ in .float(Double.pi) },
    Native("clamp(x: number, low: number, high: number)", doc: "The number, or the nearer end of low to high.") { call in
      let machine = call.machine
      if try machine.compareSlowly(.less, call[2], call[1]) {
        throw call.fault(.value, "'high' is \(call.text(call[2])), below 'low', \(call.text(call[1]))", at: 2)
      }
      if try machine.compareSlowly(.less, call[0], call[1]) { return call[1] }
      return try machine.compareSlowly(.greater, call[0], call[2]) ? call[2] : call[0]
    },
    Native("lerp(a: number, b: number, t: number)", doc: "a + (b − a) · t, which may lie beyond both.") { call in
      let (a, b, t) = (try call.float(0), try call.float(1), try call.float(2))
      return .float(a + (b - a) * t)
    },
    Native("is_nan(x: number)", doc: "Whether the number is nan.") { call in .bool(try call.float(0).isNaN) },
    Native("close(a: number, b: number, tolerance: float = 1e-6)", doc: "Whether two numbers differ by at most the tolerance.") {
      call in
      .bool(try close(call[0], call[1], try call.float(2), call))
    },
    Native("close(a: list, b: list, tolerance: float = 1e-6)", doc: "Whether lists of numbers differ nowhere by more than the tolerance.") {
      call in
      .bool(try close(call[0], call[1], try call.float(2), call))
    },
  ]

  private static func function(_ name: String, _ doc: String, _ body: @escaping @Sendable (Double) -> Double) -> Native {
    Native("\(name)(x: number)", doc: doc) { call in
      let x = try call.float(0)
      let result = body(x)
      if result.isNaN, !x.isNaN { throw call.fault(.value, "\(name) of \(call.text(call[0])) is not a real number", at: 0) }
      return .float(result)
    }
  }

  private static func rounding(_ name: String, _ doc: String, _ body: @escaping @Sendable (Double) -> Double) -> Native {
    Native("\(name)(x: number)", doc: doc) { call in
      guard case .float(let value)? = call[0].number else { return call[0].number!.value }
      return try whole(body(value), call)
    }
  }

  /// An int to a multiple of ten to some power, halves away from zero.
  private static func rounded(_ number: Number, _ zeros: Int, _ call: NativeCall) throws -> Value {
    guard case .int(let value) = number, zeros > 0 else { return number.value }
    func tooLarge() -> Fault { call.fault(.value, "\(value) rounded to \(zeros) zeros does not fit into an int of 64 bits", at: 0) }
    // 10^18 is the largest power of ten that is an int, and half of 10^19 is one still.
    guard zeros <= 18, let unit = Machine.power(10, zeros) else {
      if zeros == 19, value.magnitude >= 5_000_000_000_000_000_000 { throw tooLarge() }
      return .int(0)
    }
    let rest = value % unit
    let down = value - rest
    guard rest.magnitude >= (unit / 2).magnitude else { return .int(down) }
    let (up, overflow) = down.addingReportingOverflow(value < 0 ? -unit : unit)
    guard !overflow else { throw tooLarge() }
    return .int(up)
  }

  private static func whole(_ value: Double, _ call: NativeCall) throws -> Value {
    guard let result = Int(exactly: value) else {
      throw call.fault(.value, "\(call.text(call[0])) does not fit into an int", at: 0)
    }
    return .int(result)
  }

  private static func close(_ a: Value, _ b: Value, _ tolerance: Double, _ call: NativeCall, depth: Int = 0) throws -> Bool {
    if let x = a.number, let y = b.number { return x.double == y.double || abs(x.double - y.double) <= tolerance }
    guard let xs = a.list, let ys = b.list, xs.count == ys.count else { return false }
    if depth > Equality.maximumDepth { throw Fault(.limit, "values are nested more than \(Equality.maximumDepth) deep") }
    // A list that holds another twice, and so on, is gone through for ever.
    try call.checkInterrupt()
    for (x, y) in zip(xs, ys) where try !close(x, y, tolerance, call, depth: depth + 1) { return false }
    return true
  }
}

extension String {
  /// The text without white space at its ends.
  var trimmed: String {
    let scalars = unicodeScalars
    guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
      let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
    else { return "" }
    return String(scalars[first...last])
  }
}
