import LimnRuntime
import LimnTensor

extension TensorValue {
  /// `x[i, .., 2...]`: axes not named are whole.
  package func element(at index: [IndexItem], _ context: Context) throws -> Value? {
    let result = try TensorIndex.view(tensor, index)
    return context.make(TensorValue(result, isMask: isMask))
  }

  /// `x[i] = v`: `v` is broadcast to the place it goes to.
  package func replacing(at index: [IndexItem], with value: Value, _ context: Context) throws -> Value? {
    guard let source = Operand.tensor(value, beside: tensor) else {
      throw Fault(.type, "an element of a tensor must be a number or a tensor, found \(context.brief(value))")
    }
    return context.make(TensorValue(try TensorIndex.replacing(tensor, index, with: source), isMask: isMask))
  }
}

/// Indices worked out to slices of a tensor's axes.
enum TensorIndex {
  /// What an index does to one axis.
  private enum Step {
    case take(Int)
    case slice(first: Int, count: Int, step: Int)
    case rows([Int])
  }

  static func view(_ tensor: Tensor, _ index: [IndexItem]) throws -> Tensor {
    var result = tensor
    var axis = 0
    for step in try steps(tensor.shape, index) {
      switch step {
      case .take(let position): result = result.selected(axis: axis, index: position)
      case .slice(let first, let count, let step):
        result = result.sliced(axis: axis, from: first, to: count == 0 ? first : first + (count - 1) * step + 1, step: step)
        axis += 1
      case .rows(let rows):
        let moved = axis == 0 ? result : result.transposed(0, axis)
        let gathered = moved.rows(at: rows)
        result = axis == 0 ? gathered : gathered.transposed(0, axis)
        axis += 1
      }
    }
    return result
  }

  /// A copy of `tensor` with the elements at `index` replaced.
  static func replacing(_ tensor: Tensor, _ index: [IndexItem], with source: Tensor) throws -> Tensor {
    var slices: [Tensor.AxisSlice] = []
    var region: [Int] = []  // sizes of the place, without the axes an int took
    for (axis, step) in try steps(tensor.shape, index).enumerated() {
      switch step {
      case .take(let position): slices.append(Tensor.AxisSlice(from: position, to: position + 1))
      case .slice(let first, let count, let step):
        slices.append(Tensor.AxisSlice(from: first, to: count == 0 ? first : first + (count - 1) * step + 1, step: step))
        region.append(count)
      case .rows:
        throw Fault(.index, "axis \(axis) is indexed by a list, which can be read but not set", help: "x[i] = v in a loop")
      }
    }
    for axis in slices.count..<tensor.rank {
      slices.append(Tensor.AxisSlice(from: 0, to: tensor.shape[axis]))
      region.append(tensor.shape[axis])
    }
    let place = Shape(region)
    try checked { try source.shape.expands(to: place, op: "assignment") }
    let kept = Shape(slices.map { ($0.to - $0.from + $0.step - 1) / $0.step })
    return tensor.replacing(slices, with: source.expanded(place).reshaped(kept))
  }

  private static func steps(_ shape: Shape, _ index: [IndexItem]) throws -> [Step] {
    guard index.count <= shape.rank else {
      throw Fault(.index, "\(index.count) indices for a tensor with \(shape.rank) axes: \(shape)")
    }
    return try index.enumerated().map { axis, item in
      let size = shape[axis]
      switch item {
      case .whole: return .slice(first: 0, count: size, step: 1)
      case .slice(let start, let end, let step):
        let range = try IndexItem.resolve(start: start, end: end, step: step, count: size)
        return .slice(first: range.first, count: range.count, step: range.step)
      case .at(let value):
        if case .int(let position)? = value.number { return .take(try inside(position, size, axis)) }
        if let items = value.list {
          return .rows(try items.map { item in
            guard case .int(let position)? = item.number else { throw Fault(.index, "a list used as an index must hold ints") }
            return try inside(position, size, axis)
          })
        }
        throw Fault(.index, "axis \(axis) is indexed by \(value.typeName), expected an int, a range, a list of ints or ..")
      }
    }
  }

  private static func inside(_ position: Int, _ size: Int, _ axis: Int) throws -> Int {
    let found = position < 0 ? position + size : position
    guard (0..<size).contains(found) else {
      throw Fault(.index, "index \(position) is outside axis \(axis), which has \(size)")
    }
    return found
  }
}
