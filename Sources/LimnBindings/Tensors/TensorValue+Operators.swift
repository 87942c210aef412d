import LimnRuntime
import LimnSyntax
import LimnTensor

/// The other side of an operator, as a tensor.
enum Operand {
  /// Numbers become tensors without axes in the type of `tensor`, so that a number never changes a float tensor's dtype;
  /// an int beside a tensor of ints stays an int.
  static func tensor(_ value: Value, beside tensor: Tensor) -> Tensor? {
    if let other = value.host as? TensorValue { return other.tensor }
    if let other = value.host as? ImageValue { return other.values }
    switch value.number {
    case .int(let number) where tensor.dtype.isInteger: return Tensor(ints: [number], [])
    case .some(let number): return Tensor(Float(number.double))
    case nil: break
    }
    if let flag = value.bool, tensor.dtype == .bool { return Tensor(bools: [flag], []) }
    return nil
  }
}

extension DType {
  /// Whether values are whole numbers; bool is not a number.
  var isInteger: Bool { self == .i64 || self == .i32 || self == .u8 }
}

extension TensorValue {
  package func binary(_ op: BinaryOperator, _ other: Value, reversed: Bool, _ context: Context) throws -> Value? {
    guard let second = Operand.tensor(other, beside: tensor) else { return nil }
    let (a, b) = reversed ? (second, tensor) : (tensor, second)
    let staysMask = isMask && ((other.host as? TensorValue)?.isMask ?? true)
    return try TensorOperators.apply(op, a, b, isMask: staysMask, context)
  }

  package func unary(_ op: UnaryOperator, _ context: Context) throws -> Value? {
    switch op {
    case .negate: return context.make(-tensor.asNumbers)
    case .complement where tensor.dtype == .bool: return context.make(TensorValue(tensor.logicalNot(), isMask: true))
    case .complement: return context.make(TensorValue(1 - tensor, isMask: isMask))
    case .not: return nil
    }
  }
}

extension Tensor {
  /// Bools as 0 and 1, numbers as they are.
  var asNumbers: Tensor { dtype == .bool ? converted(to: .f32) : self }
}

/// Infix operators between two tensors, with the shape rules checked first so that a mistake is an error and not a trap.
enum TensorOperators {
  static func apply(_ op: BinaryOperator, _ a: Tensor, _ b: Tensor, isMask: Bool, _ context: Context) throws -> Value? {
    if op == .matmul {
      try context.require(bytes: 4 * (try checked { try Shape.matmul(a.shape, b.shape) }).count)
      return context.make(matmul(a.asNumbers, b.asNumbers))
    }
    try context.require(bytes: 4 * (try checked { try Shape.broadcast(a.shape, b.shape, op: op.rawValue) }).count)
    switch op {
    case .add: return context.make(a.asNumbers + b.asNumbers)
    case .subtract: return context.make(a.asNumbers - b.asNumbers)
    case .multiply: return context.make(TensorValue(a.asNumbers * b.asNumbers, isMask: isMask))
    case .divide: return context.make(a.asNumbers / b.asNumbers)
    case .remainder: return context.make(a.asNumbers.remainder(b.asNumbers))
    case .power: return context.make(pow(a.asNumbers, b.asNumbers))
    case .intersection, .union: return context.make(combined(op, a, b, isMask: isMask))
    case .less: return comparison(a.less(b), isMask, context)
    case .lessEqual: return comparison(a.lessEqual(b), isMask, context)
    case .greater: return comparison(a.greater(b), isMask, context)
    case .greaterEqual: return comparison(a.greaterEqual(b), isMask, context)
    default: return nil
    }
  }

  /// `&` and `|`: and, or for bools; the smaller and the larger for soft masks.
  private static func combined(_ op: BinaryOperator, _ a: Tensor, _ b: Tensor, isMask: Bool) -> TensorValue {
    if a.dtype == .bool, b.dtype == .bool {
      return TensorValue(op == .intersection ? a.logicalAnd(b) : a.logicalOr(b), isMask: true)
    }
    let (x, y) = (a.asNumbers, b.asNumbers)
    return TensorValue(op == .intersection ? minimum(x, y) : maximum(x, y), isMask: isMask)
  }

  /// Elementwise as soon as a side has axes, else a bool. A 2-D answer is a mask: `run.maps["x"] > 0.5`.
  private static func comparison(_ result: Tensor, _ isMask: Bool, _ context: Context) -> Value {
    result.rank == 0 ? .bool(result.item != 0) : context.make(TensorValue(result, isMask: true))
  }
}

/// Runs a shape rule; what it throws becomes the script's fault.
func checked<Result>(at parameter: String? = nil, _ rule: () throws -> Result) throws -> Result {
  do { return try rule() } catch let error as ShapeError { throw Fault(.shape, error.message, parameter: parameter) }
}
