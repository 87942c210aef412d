import LimnSyntax

extension FunctionCompiler {
  func unary(_ op: UnaryOperator, _ expression: Expression, into target: Int, _ range: SourceRange) {
    if op == .negate {
      // The smallest int has no negative: the machine tells.
      if case .int(let value) = expression.kind, value != .min, let small = Int32(exactly: -value) {
        return emit(Instruction(.loadInt, target, wide: Int(small)), range)
      }
      if case .float(let value) = expression.kind { return emit(.loadConstant, target, constant(-value), 0, range) }
    }
    let mark = next
    let opcode: Opcode = op == .negate ? .negate : op == .complement ? .complement : .not
    emit(opcode, target, operand(expression), 0, range)
    free(to: mark)
  }

  func binary(_ op: BinaryOperator, _ left: Expression, _ right: Expression, into target: Int, _ range: SourceRange) {
    let mark = next
    defer { free(to: mark) }
    if op == .and || op == .or {
      let result = isScratch(target) ? target : allocate(range)
      compile(left, into: result)
      let end = emitJump(op == .and ? .jumpIfFalse : .jumpIfTrue, result, left.range)
      compile(right, into: result)
      emit(.checkBool, result, 0, 0, right.range)
      land(end)
      if result != target { emit(.take, target, result, 0, range) }
      return
    }
    if let small = smallInt(right), let opcode = op.withInt {
      return emit(opcode, target, operand(left), small, range)
    }
    let a = stableOperand(left, before: right)
    emit(op.opcode, target, a, operand(right), range)
  }

  /// The value of a small int literal, which fits into an operand.
  func smallInt(_ expression: Expression) -> Int? {
    switch expression.kind {
    case .int(let value) where (0...32_000).contains(value): value
    case .unary(.negate, let inner):
      if case .int(let value) = inner.kind, (0...32_000).contains(value) { -value } else { nil }
    default: nil
    }
  }

  /// Jumps, to be landed, that are taken when a condition is false.
  func jumpUnless(_ condition: Expression, _ jumps: inout [Int]) {
    let mark = next
    defer { free(to: mark) }
    switch condition.kind {
    case .binary(.and, let left, let right, _):
      jumpUnless(left, &jumps)
      jumpUnless(right, &jumps)
    case .binary(let op, let left, let right, _) where op.isComparison:
      fused(op, left, right, isLoop: false, condition.range)
      jumps.append(here - 1)
    case .unary(.not, let inner):
      jumps.append(emitJump(.jumpIfTrue, operand(inner), inner.range))
    default:
      jumps.append(emitJump(.jumpIfFalse, operand(condition), condition.range))
    }
  }

  /// A comparison and its jump in one instruction; the data word, emitted last, is to be landed.
  func fused(_ op: BinaryOperator, _ left: Expression, _ right: Expression, isLoop: Bool, _ range: SourceRange) {
    // ORDER: Opcode.jumpUnlessLess … loopIfNotEqualInt, four rows of six.
    let column: Int
    switch op {
    case .less: column = 0
    case .lessEqual: column = 1
    case .greater: column = 2
    case .greaterEqual: column = 3
    case .equal: column = 4
    default: column = 5
    }
    if let small = smallInt(right) {
      let first: Opcode = isLoop ? .loopIfLessInt : .jumpUnlessLessInt
      emit(Opcode(rawValue: first.rawValue + UInt8(column))!, operand(left), small, 0, range)
    } else {
      let first: Opcode = isLoop ? .loopIfLess : .jumpUnlessLess
      let a = stableOperand(left, before: right)
      emit(Opcode(rawValue: first.rawValue + UInt8(column))!, a, operand(right), 0, range)
    }
    emit(Instruction(.jump, 0, wide: 0), range)
  }
}

extension BinaryOperator {
  var opcode: Opcode {
    switch self {
    case .power: .power
    case .multiply: .multiply
    case .divide: .divide
    case .remainder: .remainder
    case .matmul: .matmul
    case .add: .add
    case .subtract: .subtract
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessEqual: .lessEqual
    case .greater: .greater
    case .greaterEqual: .greaterEqual
    case .intersection: .intersection
    case .union: .union
    case .and, .or: preconditionFailure("'and' and 'or' are jumps")
    }
  }

  /// The form with a small int on the right.
  var withInt: Opcode? {
    switch self {
    case .add: .addInt
    case .subtract: .subtractInt
    case .multiply: .multiplyInt
    case .divide: .divideInt
    case .remainder: .remainderInt
    default: nil
    }
  }
}
