import LimnRuntime
import LimnTensor

extension NativeCall {
  /// A tensor argument; an image stands for its [3, H, W], a number for a tensor without axes.
  func tensor(_ key: ParameterKey) throws -> Tensor {
    guard let tensor = Self.tensor(self[key]) else { throw mismatch(key, "a tensor") }
    return tensor
  }

  func optionalTensor(_ key: ParameterKey) throws -> Tensor? { has(key) ? try tensor(key) : nil }

  /// The tensor a value stands for; nil for what is none.
  static func tensor(_ value: Value) -> Tensor? {
    if let object = value.host as? TensorValue { return object.tensor }
    if let object = value.host as? ImageValue { return object.values }
    return value.number.map { Tensor(Float($0.double)) }
  }

  /// Axes of a reduction: nil for all, an int or a list of ints, negative counted from the end.
  func axes(_ key: ParameterKey, of tensor: Tensor) throws -> [Int]? {
    guard has(key) else { return nil }
    let given: [Int]
    if case .int(let axis)? = self[key].number { given = [axis] } else { given = try ints(key) }
    return try given.map { try axis($0, of: tensor.shape, key) }
  }

  /// One axis, negative counted from the end.
  func axis(_ key: ParameterKey, of shape: Shape) throws -> Int { try axis(int(key), of: shape, key) }

  private func axis(_ axis: Int, of shape: Shape, _ key: ParameterKey) throws -> Int {
    let found = axis < 0 ? axis + shape.rank : axis
    guard (0..<shape.rank).contains(found) else {
      throw fault(.shape, "there is no axis \(axis) in \(shape), which has \(shape.rank)", at: key)
    }
    return found
  }

  /// A shape given as a list of ints, or as one int.
  func shape(_ key: ParameterKey) throws -> Shape {
    let sizes: [Int]
    if case .int(let size)? = self[key].number { sizes = [size] } else { sizes = try ints(key) }
    let shape = try shapes(at: key) { try Shape.checked(sizes, op: "shape") }
    try require(bytes: shape.count * 4)
    return shape
  }

  /// Runs a shape rule; what it throws becomes the script's fault, underlined at `key`.
  func shapes<Result>(at key: ParameterKey? = nil, _ rule: () throws -> Result) throws -> Result {
    do { return try rule() } catch let error as ShapeError {
      if let key { throw fault(.shape, error.message, at: key) }
      throw Fault(.shape, error.message)
    }
  }

  static func text(_ sizes: [Int]) -> String { "[" + sizes.map(String.init).joined(separator: ", ") + "]" }

  /// A dtype by name.
  func dtype(_ key: ParameterKey) throws -> DType {
    DType(name: try choice(key, of: DType.allCases.map(\.name)))!
  }
}
