import Glibc
import LimnSyntax

// Operators outside the loop's fast paths. Results are owned by the caller.
extension Machine {
  /// `r[a] = r[b] op r[c]`; with `a == b` strings and lists grow in place.
  @inline(never) func arithmetic(_ op: BinaryOperator, _ r: UnsafeMutablePointer<Value>, _ i: Instruction) throws {
    if i.a == i.b {
      try change(r + Int(i.a), op, r[Int(i.c)])
    } else {
      Machine.set(r, i.a, try binary(op, r[Int(i.b)], r[Int(i.c)]))
    }
  }

  /// `r[a] = r[b] op c`
  @inline(never) func arithmeticInt(_ op: BinaryOperator, _ r: UnsafeMutablePointer<Value>, _ i: Instruction) throws {
    Machine.set(r, i.a, try binary(op, r[Int(i.b)], .int(i.signedC)))
  }

  /// `place op= y`; a string or list held nowhere else grows where it is.
  func change(_ place: UnsafeMutablePointer<Value>, _ op: BinaryOperator, _ y: Value) throws {
    if op == .add {
      let x = place.pointee
      if x.tag == .int, y.tag == .int {
        let (sum, overflow) = x.asInt.addingReportingOverflow(y.asInt)
        if overflow { throw overflowFault(.add, x, y) }
        place.pointee = .int(sum)
        return
      }
      if x.tag == .string, y.tag == .string {
        // `s += s`: the second holder makes the first a copy, so that no buffer moves while it is read.
        let shared = x.bits == y.bits
        try reserve(x, y.asString.pointee.count, isCopied: shared)
        if shared { y.retain() }
        place.pointee.append(bytes: y.asString.buffer)
        if shared { y.release() }
        return
      }
      if x.tag == .list, y.tag == .list {
        let shared = x.bits == y.bits
        try reserve(x, y.asList.pointee.count, isCopied: shared)
        if shared { y.retain() }
        place.pointee.makeUniqueList(extra: y.asList.pointee.count)
        let target = place.pointee.asList
        let source = y.asList
        for index in 0..<source.pointee.count {
          (target.items + target.pointee.count + index).initialize(to: source.items[index].retained())
        }
        target.pointee.count += source.pointee.count
        if shared { y.release() }
        return
      }
    }
    let result = try binary(op, place.pointee, y)
    let old = place.pointee
    place.pointee = result
    old.release()
  }

  /// `x op y`, owned. Not for `and`, `or`.
  func binary(_ op: BinaryOperator, _ x: Value, _ y: Value) throws -> Value {
    if op == .equal { return .bool(try Equality.equal(x, y)) }
    if op == .notEqual { return .bool(try !Equality.equal(x, y)) }
    switch (x.tag, y.tag) {
    case (.int, .int): if let result = try ints(op, x, y) { return result }
    case (.int, .float): if let result = try floats(op, Double(x.asInt), y.asFloat, x, y) { return result }
    case (.float, .int): if let result = try floats(op, x.asFloat, Double(y.asInt), x, y) { return result }
    case (.float, .float): if let result = try floats(op, x.asFloat, y.asFloat, x, y) { return result }
    case (.string, .string): if let result = try strings(op, x, y) { return result }
    case (.list, .list) where op == .add:
      let count = x.asList.pointee.count + y.asList.pointee.count
      try require(count * MemoryLayout<Value>.stride)
      var result = Value.list(copying: x.asList.buffer, capacity: count, meter)
      for item in y.asList.buffer { result.append(taking: item.retained()) }
      return result
    default: break
    }
    if let host = x.host, let result = try owning({ try host.binary(op, y, reversed: false, context) }) {
      return result
    }
    if let host = y.host, let result = try owning({ try host.binary(op, x, reversed: true, context) }) {
      return result
    }
    throw operatorFault(op, x, y)
  }

  /// `x op y` where a bool is needed at once.
  @inline(never) func compareSlowly(_ op: BinaryOperator, _ x: Value, _ y: Value) throws -> Bool {
    let result = try binary(op, x, y)
    defer { result.release() }
    if result.tag != .bool { throw conditionFault(result, nil) }
    return result.asBool
  }

  func unary(_ op: UnaryOperator, _ x: Value) throws -> Value {
    if op == .negate {
      if x.tag == .int {
        if x.asInt == .min { throw overflowFault(.subtract, .int(0), x) }
        return .int(-x.asInt)
      }
      if x.tag == .float { return .float(-x.asFloat) }
    }
    if let host = x.host, let result = try owning({ try host.unary(op, context) }) { return result }
    var fault = Fault(.type, "'\(op.rawValue)' does not apply to \(phrase(x))")
    if op == .complement, x.tag == .bool {
      fault = Fault(.type, "'!' is for masks, found the bool \(x.asBool)", help: "use `not`")
    }
    throw fault
  }

  // MARK: Numbers and strings

  private func ints(_ op: BinaryOperator, _ x: Value, _ y: Value) throws -> Value? {
    let (a, b) = (x.asInt, y.asInt)
    let result: (partialValue: Int, overflow: Bool)
    switch op {
    case .add: result = a.addingReportingOverflow(b)
    case .subtract: result = a.subtractingReportingOverflow(b)
    case .multiply: result = a.multipliedReportingOverflow(by: b)
    case .divide:
      if b == 0 { throw zeroFault(op, x) }
      return .float(Double(a) / Double(b))
    case .remainder:
      if b == 0 { throw zeroFault(op, x) }
      if b == -1 { return .int(0) }
      let remainder = a % b
      return .int(remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder)
    case .power:
      if b < 0 {
        if a == 0 { throw zeroFault(op, x) }
        return .float(pow(Double(a), Double(b)))
      }
      guard let power = Machine.power(a, b) else { throw overflowFault(op, x, y) }
      return .int(power)
    case .less: return .bool(a < b)
    case .lessEqual: return .bool(a <= b)
    case .greater: return .bool(a > b)
    case .greaterEqual: return .bool(a >= b)
    default: return nil
    }
    if result.overflow { throw overflowFault(op, x, y) }
    return .int(result.partialValue)
  }

  private func floats(_ op: BinaryOperator, _ a: Double, _ b: Double, _ x: Value, _ y: Value) throws -> Value? {
    switch op {
    case .add: return .float(a + b)
    case .subtract: return .float(a - b)
    case .multiply: return .float(a * b)
    case .divide:
      if b == 0 { throw zeroFault(op, x) }
      return .float(a / b)
    case .remainder:
      if b == 0 { throw zeroFault(op, x) }
      let remainder = fmod(a, b)
      return .float(remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder)
    case .power: return .float(pow(a, b))
    case .less: return .bool(a < b)
    case .lessEqual: return .bool(a <= b)
    case .greater: return .bool(a > b)
    case .greaterEqual: return .bool(a >= b)
    default: return nil
    }
  }

  /// `base ^ exponent` by squaring; nil when it does not fit.
  static func power(_ base: Int, _ exponent: Int) -> Int? {
    var (result, factor, left) = (1, base, exponent)
    while left > 0 {
      if left & 1 == 1 {
        let (product, overflow) = result.multipliedReportingOverflow(by: factor)
        if overflow { return nil }
        result = product
      }
      left >>= 1
      if left > 0 {
        let (square, overflow) = factor.multipliedReportingOverflow(by: factor)
        if overflow { return nil }
        factor = square
      }
    }
    return result
  }

  private func strings(_ op: BinaryOperator, _ x: Value, _ y: Value) throws -> Value? {
    let (a, b) = (x.asString, y.asString)
    if op == .add {
      try require(a.pointee.count + b.pointee.count)
      var result = Value.string(capacity: a.pointee.count + b.pointee.count, meter)
      result.append(bytes: a.buffer)
      result.append(bytes: b.buffer)
      return result
    }
    // UTF-8 keeps the order of code points.
    let order = memcmp(a.bytes, b.bytes, min(a.pointee.count, b.pointee.count))
    let sign = order != 0 ? Int(order) : a.pointee.count - b.pointee.count
    switch op {
    case .less: return .bool(sign < 0)
    case .lessEqual: return .bool(sign <= 0)
    case .greater: return .bool(sign > 0)
    case .greaterEqual: return .bool(sign >= 0)
    default: return nil
    }
  }

  // MARK: Faults

  @inline(never) func overflowFault(_ op: BinaryOperator, _ x: Value, _ y: Value) -> Fault {
    Fault(
      .value, "\(text(x)) \(op.rawValue) \(text(y)) does not fit into an int of 64 bits",
      help: "work in floats: \(text(x)).0")
  }

  private func zeroFault(_ op: BinaryOperator, _ x: Value) -> Fault {
    Fault(.value, op == .power ? "0 to a negative power" : "division by zero: \(text(x)) \(op.rawValue) 0")
  }

  private func operatorFault(_ op: BinaryOperator, _ x: Value, _ y: Value) -> Fault {
    var help: String?
    if op == .add, x.tag == .string || y.tag == .string {
      help = "put values into text with braces: \"…{x}\""
    } else if x.tag == .bool, y.tag == .bool {
      help = op == .intersection ? "use `and`" : op == .union ? "use `or`" : nil
    } else if op == .add, x.tag == .list {
      help = "append one item with `xs + [x]`"
    }
    return Fault(.type, "'\(op.rawValue)' does not go between \(phrase(x)) and \(phrase(y))", help: help)
  }

  /// The fault for something else than a bool where only a bool is meant.
  @inline(never) func conditionFault(_ value: Value, _ word: String?) -> Fault {
    let help: String? =
      switch value.tag {
      case .int, .float: "compare it: `x != 0`"
      case .string: "compare it: `x != \"\"`"
      case .list, .map: "ask for its length: `len(x) > 0`"
      case .nil: "compare it: `x != nil`"
      case .host: value.asHost.pointee.object.conditionHelp
      default: nil
      }
    let what = word == nil ? "a condition" : "what stands after '\(word!)'"
    return Fault(.type, "\(what) must be a bool, found \(phrase(value))", help: help)
  }
}
