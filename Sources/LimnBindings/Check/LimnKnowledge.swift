import LimnRuntime
import LimnSyntax
import LimnTensor

/// What the checker asks of tensors, pictures and models: the rules of operators, indices and fields.
package struct LimnKnowledge: HostKnowledge {
  package init() {}

  package func binary(_ op: BinaryOperator, _ a: Known, _ b: Known) throws -> Known {
    guard let x = KnownShape.ofOperand(a), let y = KnownShape.ofOperand(b) else { return .anything }
    guard let first = x.shape, let second = y.shape else { return Known(type: op.isComparison ? nil : "tensor") }
    if op == .matmul { return .tensor(try KnownShape.matmul(first, second)) }
    let shape = try KnownShape.broadcast(first, second, op: op.rawValue)
    if op.isComparison {
      guard let shape else { return .anything }
      return shape.isEmpty ? Known(type: "bool") : .tensor(shape)
    }
    return .tensor(shape)
  }

  package func index(_ x: Known, _ index: [KnownIndex]) throws -> Known {
    guard x.type == "tensor" || x.type == "mask", let shape = x.shape else { return .anything }
    guard index.count <= shape.count else {
      throw Fault(.index, "\(index.count) indices for a tensor with \(shape.count) axes: \(KnownShape.text(shape))")
    }
    var result: [Int?] = []
    for (axis, part) in index.enumerated() {
      let size = shape[axis]
      switch part {
      case .whole: result.append(size)
      case .slice(let start, let end):
        guard let size else { result.append(nil); continue }
        result.append(try IndexItem.resolve(start: start, end: end, step: 1, count: size).count)
      case .at(let key):
        guard let position = key.int else {
          if key.type == "int" { continue }
          return Known(type: "tensor")
        }
        if let size, !(-size..<size).contains(position) {
          throw Fault(.index, "index \(position) is outside axis \(axis), which has \(size)")
        }
      case .unknown: return Known(type: "tensor")
      }
    }
    return .tensor(result + shape[index.count...])
  }

  package func members(of x: Known) -> [String]? {
    switch x.type {
    case "image": ImageValue.fields
    case "model": ModelValue.fields
    case "run": RunValue.fields
    case "timestep": TimestepValue.fields
    case "condition": ConditionValue.fields
    case "prediction": PredictionValue.fields
    default: nil
    }
  }

  package func member(_ x: Known, _ name: String) -> Known {
    switch (x.type, name) {
    case ("tensor", "shape"), ("mask", "shape"):
      x.shape.map { Known(type: "list", items: $0.map { size in size.map { .int($0) } ?? Known(type: "int") }) } ?? Known(type: "list")
    case ("tensor", "rank"): x.shape.map { .int($0.count) } ?? Known(type: "int")
    case ("run", "z"): Known(type: "tensor")
    case ("run", "cond"), ("run", "uncond"): Known(type: "condition")
    case ("run", "done"): Known(type: "bool")
    case ("run", "index"), ("run", "count"), ("timestep", "index"): Known(type: "int")
    case ("timestep", "alpha"), ("timestep", "sigma"): Known(type: "float")
    case ("prediction", "eps"), ("prediction", "x0"), ("prediction", "v"), ("prediction", "raw"), ("condition", "tensor"): Known(type: "tensor")
    default: .anything
    }
  }
}

/// One side of an operator that surely is a tensor or a number.
struct KnownOperand {
  /// Nil if it is not known.
  let shape: [Int?]?
}

/// Rules for shapes of which not every size is known.
enum KnownShape {
  /// The shape that an operand stands for; nil when it may be anything.
  static func ofOperand(_ x: Known) -> KnownOperand? {
    switch x.type {
    case "tensor", "mask": KnownOperand(shape: x.shape)
    case "int", "float", "number": KnownOperand(shape: [])
    default: nil
    }
  }

  static func text(_ shape: [Int?]) -> String { "[" + shape.map { $0.map(String.init) ?? "?" }.joined(separator: ", ") + "]" }

  /// The shape when every size is known and it is one.
  static func full(_ shape: [Int?]?) -> Shape? {
    guard let shape else { return nil }
    let sizes = shape.compactMap { $0 }
    return sizes.count == shape.count ? try? Shape.checked(sizes, op: "shape") : nil
  }

  static func matmul(_ a: [Int?], _ b: [Int?]) throws -> [Int?]? {
    guard let first = full(a), let second = full(b) else { return nil }
    return try faulty { try Shape.matmul(first, second).dims.map { $0 } }
  }

  static func broadcast(_ a: [Int?], _ b: [Int?], op: String) throws -> [Int?]? {
    if let first = full(a), let second = full(b) { return try faulty { try Shape.broadcast(first, second, op: op).dims.map { $0 } } }
    let rank = max(a.count, b.count)
    return (0..<rank).map { axis -> Int? in
      let x = axis < rank - a.count ? 1 : a[axis - rank + a.count]
      let y = axis < rank - b.count ? 1 : b[axis - rank + b.count]
      if x == 1 { return y }
      if y == 1 { return x }
      // Beside a size above 1 the other can only be that, or 1.
      return x ?? y
    }
  }

  /// Runs a shape rule; what it throws becomes the script's fault.
  static func faulty<Result>(at parameter: String? = nil, _ rule: () throws -> Result) throws -> Result {
    do { return try rule() } catch let error as ShapeError { throw Fault(.shape, error.message, parameter: parameter) }
  }

  /// A shape given as an int or a list of ints.
  static func argument(_ call: KnownCall, _ name: String) throws -> [Int?]? {
    let known = call[name]
    if let size = known.int { return try faulty(at: name) { try Shape.checked([size], op: "shape").dims } }
    guard let items = known.items else { return known.type == "int" ? [nil] : nil }
    if let sizes = known.ints { return try faulty(at: name) { try Shape.checked(sizes, op: "shape").dims } }
    guard items.allSatisfy({ $0.type == nil || $0.type == "int" || $0.type == "number" }) else { return nil }
    return items.map(\.int)
  }

  /// An axis counted from 0; nil if it or the shape is not known.
  static func axis(_ call: KnownCall, _ name: String, of shape: [Int?]?) throws -> Int? {
    guard let shape, let axis = call[name].int else { return nil }
    return try checked(axis, shape, call, name)
  }

  static func checked(_ axis: Int, _ shape: [Int?], _ call: KnownCall, _ name: String) throws -> Int {
    let found = axis < 0 ? axis + shape.count : axis
    guard shape.indices.contains(found) else {
      throw call.fault(.shape, "there is no axis \(axis) in \(text(shape)), which has \(shape.count)", at: name)
    }
    return found
  }
}

extension Inference {
  /// A tensor of the shape that an argument gives.
  static func shaped(by parameter: String) -> Inference { Inference { .tensor(try KnownShape.argument($0, parameter)) } }

  /// A tensor of the shape of an argument.
  static func like(_ parameter: String) -> Inference { Inference { .tensor($0[parameter].shape) } }

  /// A tensor without axes.
  static let scalar = Inference { _ in .tensor([]) }

  /// What two tensors are broadcast to.
  static func broadcast(_ a: String, _ b: String, op: String) -> Inference {
    Inference { call in
      guard let first = KnownShape.ofOperand(call[a])?.shape, let second = KnownShape.ofOperand(call[b])?.shape else { return Known(type: "tensor") }
      do { return .tensor(try KnownShape.broadcast(first, second, op: op)) } catch var fault as Fault {
        fault.parameter = b
        throw fault
      }
    }
  }

  /// A sum, mean or the like along axes.
  static let reduced = Inference { call in
    guard let shape = call["x"].shape else { return Known(type: "tensor") }
    if call["axes"].isNil { return call["keep"].literal == .bool(true) ? .tensor(shape.map { _ in 1 }) : call["keep"].literal == .bool(false) ? .tensor([]) : Known(type: "tensor") }
    guard let axes = call["axes"].int.map({ [$0] }) ?? call["axes"].ints else { return Known(type: "tensor") }
    let gone = try axes.map { try KnownShape.checked($0, shape, call, "axes") }
    guard case .bool(let keep)? = call["keep"].literal else { return Known(type: "tensor") }
    return .tensor(shape.enumerated().compactMap { axis, size -> Int?? in gone.contains(axis) ? (keep ? .some(1) : nil) : .some(size) })
  }

  static let reshaped = Inference { call in
    guard let sizes = call["shape"].ints else { return Known(type: "tensor") }
    if let shape = KnownShape.full(call["x"].shape) {
      return .tensor(try KnownShape.faulty(at: "shape") { try shape.reshaped(sizes).dims })
    }
    return .tensor(sizes.map { $0 == -1 ? nil : $0 })
  }

  static let permuted = Inference { call in
    guard let axes = call["axes"].ints, let shape = KnownShape.full(call["x"].shape) else { return Known(type: "tensor") }
    let order = try KnownShape.faulty(at: "axes") { try shape.permuted(axes) }
    return .tensor(order.map { shape[$0] })
  }

  static let transposed = Inference { call in
    guard var shape = call["x"].shape, let a = try KnownShape.axis(call, "a", of: shape), let b = try KnownShape.axis(call, "b", of: shape) else {
      return Known(type: "tensor")
    }
    shape.swapAt(a, b)
    return .tensor(shape)
  }

  static let unsqueezed = Inference { call in
    guard var shape = call["x"].shape, let axis = call["axis"].int, (-shape.count - 1...shape.count).contains(axis) else { return Known(type: "tensor") }
    shape.insert(1, at: axis < 0 ? axis + shape.count + 1 : axis)
    return .tensor(shape)
  }

  static let squeezed = Inference { call in
    guard var shape = call["x"].shape, let axis = try KnownShape.axis(call, "axis", of: shape) else { return Known(type: "tensor") }
    if let size = shape[axis], size != 1 {
      throw call.fault(
        .shape, "only an axis of size 1 can be squeezed, axis \(axis) of \(KnownShape.text(shape)) has \(size)", at: "axis")
    }
    shape.remove(at: axis)
    return .tensor(shape)
  }

  static let expanded = Inference { call in
    guard let target = KnownShape.full(try KnownShape.argument(call, "shape")) else { return Known(type: "tensor") }
    if let shape = KnownShape.full(call["x"].shape) { try KnownShape.faulty(at: "shape") { try shape.expands(to: target, op: "expand") } }
    return .tensor(target.dims)
  }

  static let concatenated = Inference { call in
    guard let shapes = parts(call), let axis = call["axis"].int, let first = shapes.first else { return Known(type: "tensor") }
    let place = try KnownShape.checked(axis, first.dims, call, "axis")
    return .tensor(try KnownShape.faulty(at: "tensors") { try Shape.concatenated(shapes, axis: place).dims })
  }

  static let stacked = Inference { call in
    guard let shapes = parts(call), let axis = call["axis"].int, !shapes.isEmpty else { return Known(type: "tensor") }
    return .tensor(try KnownShape.faulty(at: "tensors") { try Shape.stacked(shapes, axis: axis).dims })
  }

  /// The shapes of a list of tensors, if all are known.
  private static func parts(_ call: KnownCall) -> [Shape]? {
    guard let items = call["tensors"].items else { return nil }
    let shapes = items.compactMap { $0.type == "tensor" ? KnownShape.full($0.shape) : nil }
    return shapes.count == items.count ? shapes : nil
  }

  /// A tensor of nested lists of numbers.
  static let nested = Inference { call in
    let values = call["values"]
    if call.isGiven("dtype") { try call.check("dtype", in: DType.allCases.map(\.name)) }
    if values.type == "tensor" || values.type == "mask" { return .tensor(values.shape) }
    guard values.type == "list" || values.type == "int" || values.type == "float" || values.type == "number" else { return Known(type: "tensor") }
    return .tensor(try sizes(values, 0, call))
  }

  /// The sizes of nested lists; nil if they are not known.
  private static func sizes(_ value: Known, _ depth: Int, _ call: KnownCall) throws -> [Int?]? {
    switch value.type {
    case "int", "float", "number", "bool": return []
    case "list": break
    default: return nil
    }
    guard let items = value.items, depth < Shape.mostAxes else { return nil }
    var inner: [Int?]?
    for (index, item) in items.enumerated() {
      guard let found = try sizes(item, depth + 1, call) else { return nil }
      if index > 0, found != inner { throw call.fault(.shape, "the lists are of different lengths", at: "values") }
      inner = found
    }
    return [items.count] + (inner ?? [])
  }
}

extension BinaryOperator {
  fileprivate var isComparison: Bool {
    switch self {
    case .less, .lessEqual, .greater, .greaterEqual, .equal, .notEqual: true
    default: false
    }
  }
}
