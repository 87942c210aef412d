import LimnRuntime
import LimnTensor

/// Elementwise functions and reductions of tensors; those of numbers and lists are the language's own.
enum MathNatives {
  static let all: [Native] = elementwise + reductions + others

  private static func map(_ name: String, _ doc: String, _ body: @escaping @Sendable (Tensor) -> Tensor) -> Native {
    Native("\(name)(x: tensor)", doc: doc + ", elementwise.", known: .like("x")) { call in call.make(body(try call.tensor(0).asNumbers)) }
  }

  private static let elementwise: [Native] = [
    map("exp", "e to the power of x") { $0.exp() },
    map("log", "The natural logarithm") { $0.log() },
    map("sqrt", "The square root") { $0.sqrt() },
    map("sin", "The sine of an angle in radians") { $0.sin() },
    map("cos", "The cosine of an angle in radians") { $0.cos() },
    map("tanh", "The hyperbolic tangent") { $0.tanh() },
    map("erf", "The error function") { $0.erf() },
    map("abs", "The size without the sign") { $0.abs() },
    map("sigmoid", "1 / (1 + exp(-x))") { $0.sigmoid() },
    map("silu", "x · sigmoid(x)") { $0.silu() },
    map("gelu", "x · Φ(x), exact") { $0.gelu() },
    map("relu", "x where positive, else 0") { $0.relu() },
    map("floor", "The largest whole number not above x") { $0.floor() },
    map("round", "The nearest whole number, halves to even") { $0.round() },
  ]

  private static func reduce(_ name: String, _ doc: String, _ body: @escaping @Sendable (Tensor, [Int]?, Bool) -> Tensor) -> Native {
    Native("\(name)(x: tensor, axes: any = nil, keep: bool = false)", doc: doc + " of all elements or along the axes named; `keep` keeps them with size 1.", known: .reduced) { call in
      let tensor = try call.tensor(0).asNumbers
      let axes = try call.axes("axes", of: tensor)
      if tensor.count == 0, name != "sum" { throw call.fault(.value, "\(name) of a tensor without elements: \(tensor.shape)", at: 0) }
      return call.make(body(tensor, axes, try call.bool("keep")))
    }
  }

  private static let reductions: [Native] = [
    reduce("sum", "The sum") { $0.sum(axes: $1, keepDims: $2) },
    reduce("mean", "The mean") { $0.mean(axes: $1, keepDims: $2) },
    reduce("max", "The largest") { $0.max(axes: $1, keepDims: $2) },
    reduce("min", "The smallest") { $0.min(axes: $1, keepDims: $2) },
    reduce("variance", "The mean squared distance from the mean") { $0.variance(axes: $1, keepDims: $2) },
    reduce("deviation", "The standard deviation, the square root of the variance,") { $0.variance(axes: $1, keepDims: $2).sqrt() },
    Native("argmax(x: tensor, axis: int = -1)", doc: "Where along the axis the largest element is, i64.") { call in
      let tensor = try call.tensor(0).asNumbers
      guard tensor.rank > 0, tensor.count > 0 else { throw call.fault(.shape, "argmax needs an axis with elements, found \(tensor.shape)", at: 0) }
      return call.make(tensor.argmax(axis: try call.axis("axis", of: tensor.shape)))
    },
    Native("any(x: tensor)", doc: "Whether an element is true or not 0.", known: .gives("bool")) { call in .bool(try call.tensor(0).any()) },
    Native("all(x: tensor)", doc: "Whether every element is true or not 0.", known: .gives("bool")) { call in .bool(try call.tensor(0).all()) },
    Native("norm(x: tensor)", doc: "The square root of the sum of squares.", known: .scalar) { call in
      let x = try call.tensor(0).asNumbers
      return call.make((x * x).sum().sqrt())
    },
  ]

  private static let others: [Native] = [
    Native("softmax(x: tensor, axis: int = -1)", doc: "exp(x) divided by its sum along the axis.", known: .like("x")) { call in
      let tensor = try call.tensor(0).asNumbers
      return call.make(tensor.softmax(axis: try call.axis("axis", of: tensor.shape)))
    },
    Native("clamp(x: tensor, low: float, high: float)", doc: "Elements brought into low…high.", known: .like("x")) { call in
      let (low, high) = (try call.float("low"), try call.float("high"))
      guard low <= high else { throw call.fault(.value, "'low' is \(low), above 'high', \(high)", at: "low") }
      return call.make(try call.tensor(0).asNumbers.clamped(Float(low), Float(high)))
    },
    Native("minimum(a: tensor, b: any)", doc: "The smaller of two, elementwise.", known: .broadcast("a", "b", op: "elementwise")) { call in
      try pair(call) { minimum($0, $1) }
    },
    Native("maximum(a: tensor, b: any)", doc: "The larger of two, elementwise.", known: .broadcast("a", "b", op: "elementwise")) { call in
      try pair(call) { maximum($0, $1) }
    },
    Native("select(condition: tensor, a: any, b: any)", doc: "Elements of `a` where the condition holds, else of `b`.") { call in
      let (condition, a, b) = (try call.tensor(0), try call.tensor("a"), try call.tensor("b"))
      try checked { _ = try Shape.broadcast(try Shape.broadcast(condition.shape, a.shape, op: "select"), b.shape, op: "select") }
      return call.make(LimnTensor.select(condition.dtype == .bool ? condition : condition.notEqual(Tensor(0)), a, b))
    },
    Native("lerp(a: tensor, b: tensor, weight: any)", doc: "a + weight · (b - a): classifier-free guidance when `a` is the unconditional prediction.", known: .broadcast("a", "b", op: "lerp")) { call in
      let (a, b, weight) = (try call.tensor(0), try call.tensor(1), try call.tensor("weight"))
      try checked(at: "b") { _ = try Shape.broadcast(a.shape, b.shape, op: "lerp") }
      return call.make(a + weight * (b - a))
    },
  ]

  private static func pair(_ call: NativeCall, _ body: (Tensor, Tensor) -> Tensor) throws -> Value {
    let (a, b) = (try call.tensor(0), try call.tensor(1))
    try checked(at: "b") { _ = try Shape.broadcast(a.shape, b.shape, op: "elementwise") }
    return call.make(body(a.asNumbers, b.asNumbers))
  }
}
