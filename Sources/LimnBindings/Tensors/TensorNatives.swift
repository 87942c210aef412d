import LimnRuntime
import LimnTensor

/// Making tensors and taking them apart.
enum TensorNatives {
  static let all: [Native] = making + shaping

  private static let making: [Native] = [
    Native("tensor(values: any, dtype: string = nil)", doc: "A tensor of nested lists, a number, an image ([3, H, W]) or a mask; f32 unless the values are bools or `dtype` says otherwise.", known: .nested) { call in
      let tensor = try TensorReading.tensor(call[0], call)
      return call.make(call.has("dtype") ? tensor.converted(to: try call.dtype("dtype")) : tensor)
    },
    Native("zeros(shape: any)", doc: "A tensor of zeros, f32.", known: .shaped(by: "shape")) { call in call.make(Tensor.zeros(try call.shape(0))) },
    Native("ones(shape: any)", doc: "A tensor of ones, f32.", known: .shaped(by: "shape")) { call in call.make(Tensor.full(try call.shape(0), 1)) },
    Native("full(shape: any, value: float)", doc: "A tensor with one value everywhere, f32.", known: .shaped(by: "shape")) { call in
      call.make(Tensor.full(try call.shape(0), Float(try call.float(1))))
    },
    Native("arange(count: int)", doc: "The numbers 0, 1, … below `count`, f32.", known: .shaped(by: "count")) { call in
      let count = try call.int(0, in: 0...(1 << 30))
      try call.require(bytes: 4 * count)
      return call.make(Tensor.arange(count))
    },
    Native("eye(size: int)", doc: "The identity matrix [size, size].", known: Inference { call in .tensor(call["size"].int.map { [$0, $0] }) }) { call in
      let size = try call.int(0, in: 0...16384)
      try call.require(bytes: 4 * size * size)
      return call.make(Tensor.eye(size))
    },
    Native("detached(x: tensor)", doc: "The same values as a constant to gradients.", known: .like("x")) { call in
      call.make(try call.tensor(0).detached())
    },
    Native("item(x: tensor)", doc: "The one element of a tensor as a number.") { call in
      let tensor = try call.tensor(0)
      guard tensor.count == 1 else { throw call.fault(.shape, "item takes a tensor of one element, found \(tensor.shape)", at: 0) }
      return tensor.dtype == .bool ? .bool(tensor.floats()[0] != 0) : tensor.dtype.isInteger ? .int(tensor.ints()[0]) : .float(Double(tensor.floats()[0]))
    },
    Native("close(a: tensor, b: any, tolerance: float = 1e-6)", doc: "Whether two tensors of one shape, or a tensor and a number, differ nowhere by more than the tolerance.") { call in
      let (a, b, tolerance) = (try call.tensor(0), try call.tensor(1), Float(try call.float("tolerance")))
      guard a.shape == b.shape || a.rank == 0 || b.rank == 0 else { throw call.fault(.shape, "close compares tensors of one shape, found \(a.shape) and \(b.shape)", at: 1) }
      let shape = try Shape.broadcast(a.shape, b.shape, op: "close")
      return .bool(zip(a.expanded(shape).floats(), b.expanded(shape).floats()).allSatisfy { $0 == $1 || abs($0 - $1) <= tolerance })
    },
    Native("solve(a: tensor, b: tensor)", doc: "The x with a @ x = b, for a [n, n] and b [n] or [n, k], worked out in double precision; a constant to gradients.") { call in
      call.make(try LinearSystem.solve(try call.tensor(0), try call.tensor(1)))
    },
    Native("to_list(x: tensor)", doc: "The values as nested lists.", known: .gives("list")) { call in TensorReading.list(try call.tensor(0), call) },
  ]

  private static let shaping: [Native] = [
    Native("reshape(x: tensor, shape: list)", doc: "The same elements with other sizes; one size may be -1.", known: .reshaped) { call in
      let tensor = try call.tensor(0)
      let sizes = try call.ints("shape")
      return call.make(tensor.reshaped(try call.shapes(at: "shape") { try tensor.shape.reshaped(sizes) }))
    },
    Native("permute(x: tensor, axes: list)", doc: "The axes in another order.", known: .permuted) { call in
      let tensor = try call.tensor(0)
      let axes = try call.ints("axes")
      return call.make(tensor.permuted(try call.shapes(at: "axes") { try tensor.shape.permuted(axes) }))
    },
    Native("transpose(x: tensor, a: int = -2, b: int = -1)", doc: "Two axes exchanged; without names the last two.", known: .transposed) { call in
      let tensor = try call.tensor(0)
      return call.make(tensor.transposed(try call.axis("a", of: tensor.shape), try call.axis("b", of: tensor.shape)))
    },
    Native("unsqueeze(x: tensor, axis: int)", doc: "A new axis of size 1 before `axis`.", known: .unsqueezed) { call in
      let tensor = try call.tensor(0)
      let axis = try call.int("axis", in: -tensor.rank - 1...tensor.rank)
      return call.make(tensor.unsqueezed(axis < 0 ? axis + tensor.rank + 1 : axis))
    },
    Native("squeeze(x: tensor, axis: int)", doc: "Without an axis of size 1.", known: .squeezed) { call in
      let tensor = try call.tensor(0)
      let axis = try call.axis("axis", of: tensor.shape)
      guard tensor.shape[axis] == 1 else {
        throw call.fault(.shape, "only an axis of size 1 can be squeezed, axis \(axis) of \(tensor.shape) has \(tensor.shape[axis])", at: "axis")
      }
      return call.make(tensor.squeezed(axis))
    },
    Native("expand(x: tensor, shape: list)", doc: "Broadcast to a larger shape.", known: .expanded) { call in
      let tensor = try call.tensor(0)
      let shape = try call.shape("shape")
      try call.shapes(at: "shape") { try tensor.shape.expands(to: shape, op: "expand") }
      return call.make(tensor.expanded(shape))
    },
    Native("concat(tensors: list, axis: int = 0)", doc: "Tensors one after another along an axis.", known: .concatenated) { call in
      let parts = try tensors(call)
      guard let first = parts.first else { throw call.fault(.value, "concat needs at least one tensor", at: 0) }
      let axis = try call.axis("axis", of: first.shape)
      _ = try call.shapes(at: "tensors") { try Shape.concatenated(parts.map(\.shape), axis: axis) }
      return call.make(Tensor.concatenated(parts, axis: axis))
    },
    Native("stack(tensors: list, axis: int = 0)", doc: "Tensors of one shape along a new axis.", known: .stacked) { call in
      let parts = try tensors(call)
      let axis = try call.int("axis")
      let shape = try call.shapes(at: 0) { try Shape.stacked(parts.map(\.shape), axis: axis) }
      return call.make(Tensor.stacked(parts, axis: axis < 0 ? axis + shape.rank : axis))
    },
    Native("flip(x: tensor, axis: int)", doc: "The elements of an axis in reverse.", known: .like("x")) { call in
      let tensor = try call.tensor(0)
      return call.make(tensor.flipped(axis: try call.axis("axis", of: tensor.shape)))
    },
  ]

  private static func tensors(_ call: NativeCall) throws -> [Tensor] {
    try call.list(0).map { item in
      guard let tensor = NativeCall.tensor(item) else { throw call.mismatch(0, "a list of tensors") }
      return tensor
    }
  }
}

/// Nested lists to tensors and back.
enum TensorReading {
  static func tensor(_ value: Value, _ call: NativeCall) throws -> Tensor {
    if let tensor = NativeCall.tensor(value) { return value.host == nil ? Tensor(tensor.floats(), []) : tensor }
    guard value.list != nil || value.range != nil else { throw call.mismatch(0, "numbers, nested lists of numbers, an image or a mask") }
    if let items = value.list, let first = items.first, first.host is TensorValue {
      let parts = items.compactMap(NativeCall.tensor)
      guard parts.count == items.count, parts.allSatisfy({ $0.shape == parts[0].shape }) else {
        throw call.fault(.shape, "the tensors of the list must have one shape", at: 0)
      }
      return Tensor.stacked(parts, axis: 0)
    }
    var numbers: [Float] = []
    var sizes: [Int] = []
    var bools = false
    try collect(value, 0, &sizes, &numbers, &bools, call)
    let tensor = Tensor(numbers, Shape(sizes))
    return bools ? tensor.converted(to: .bool) : tensor
  }

  private static func collect(_ value: Value, _ depth: Int, _ sizes: inout [Int], _ numbers: inout [Float], _ bools: inout Bool, _ call: NativeCall) throws {
    if let number = value.number {
      guard depth == sizes.count else { throw uneven(call) }
      return numbers.append(Float(number.double))
    }
    if let flag = value.bool {
      guard depth == sizes.count else { throw uneven(call) }
      bools = true
      return numbers.append(flag ? 1 : 0)
    }
    let items: [Value]
    if let list = value.list { items = list } else if value.range != nil { items = try call.items(of: value) } else {
      throw call.fault(.type, "a tensor holds numbers, found \(call.brief(value))", at: 0)
    }
    guard depth < Shape.mostAxes else { throw call.fault(.shape, "a tensor has at most \(Shape.mostAxes) axes", at: 0) }
    if sizes.count == depth {
      guard numbers.isEmpty else { throw uneven(call) }
      sizes.append(items.count)
    }
    guard sizes[depth] == items.count else { throw uneven(call) }
    for item in items { try collect(item, depth + 1, &sizes, &numbers, &bools, call) }
  }

  private static func uneven(_ call: NativeCall) -> Fault { call.fault(.shape, "the lists are of different lengths", at: 0) }

  static func list(_ tensor: Tensor, _ call: NativeCall) -> Value {
    if tensor.rank == 0 { return tensor.dtype.isInteger ? .int(tensor.ints()[0]) : tensor.dtype == .bool ? .bool(tensor.floats()[0] != 0) : .float(Double(tensor.item)) }
    return call.make((0..<tensor.shape[0]).map { list(tensor.selected(axis: 0, index: $0), call) })
  }
}
