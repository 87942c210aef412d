import LimnRuntime
import LimnSyntax
import LimnTensor

/// A tensor, or a mask, as scripts see it.
///
/// A mask is an `[H, W]` tensor of 0…1 that is shown as a picture; what makes one a mask is only how it was made, and any
/// 2-D bool or float tensor is taken wherever a mask is wanted.
package final class TensorValue: HostObject {
  package let tensor: Tensor
  /// Whether it is shown as a picture and called `mask`.
  package let isMask: Bool

  package init(_ tensor: Tensor, isMask: Bool = false) {
    self.tensor = tensor
    self.isMask = isMask && tensor.rank == 2
  }

  package var typeName: String { isMask ? "mask" : "tensor" }

  package func isInstance(of type: String) -> Bool {
    type == "tensor" || type == "mask" && Self.isMaskLike(tensor)
  }

  static func isMaskLike(_ tensor: Tensor) -> Bool { tensor.rank == 2 && tensor.dtype != .i64 && tensor.dtype != .i32 }

  package var shape: [Int]? { tensor.shape.dims }

  /// A tensor without axes counts as a number wherever one is wanted; a traced one too, as the constant it is.
  package var number: Number? {
    guard tensor.rank == 0 else { return nil }
    switch tensor.dtype {
    case .i64, .i32, .u8: return .int(tensor.ints()[0])
    case .bool: return nil
    default: return .float(Double(tensor.item))
    }
  }

  package var conditionHelp: String? { tensor.dtype == .bool ? "any(…) or all(…)" : "any(… > 0) or all(… > 0)" }

  package func description(_ context: Context) -> String { TensorText.line(self) }

  package func isEqual(to other: any HostObject) -> Bool {
    guard let other = other as? TensorValue, other.tensor.shape == tensor.shape else { return false }
    // As floats large ints would be rounded, and different ones equal.
    if tensor.dtype.isInteger, other.tensor.dtype.isInteger { return other.tensor.ints() == tensor.ints() }
    return other.tensor.floats() == tensor.floats()
  }

  // MARK: members

  package var memberNames: [String] { isMask ? ["shape", "dtype", "width", "height", "area"] : ["shape", "dtype", "rank", "count"] }

  package func member(_ name: String, _ context: Context) throws -> Value? {
    switch name {
    case "shape": context.make(tensor.shape.dims)
    case "dtype": context.make(tensor.dtype.name)
    case "rank": .int(tensor.rank)
    case "count": .int(tensor.count)
    case "width" where tensor.rank == 2: .int(tensor.shape[1])
    case "height" where tensor.rank == 2: .int(tensor.shape[0])
    case "area" where tensor.rank == 2: .float(Double(tensor.converted(to: .f32).mean().item))
    default: nil
    }
  }

  // MARK: loops

  package var itemCount: Int? { tensor.rank == 0 ? nil : tensor.shape[0] }

  package func item(_ index: Int, _ context: Context) throws -> Value {
    context.make(tensor.selected(axis: 0, index: index))
  }
}

extension Making {
  /// A tensor as a value.
  package func make(_ tensor: Tensor) -> Value { make(TensorValue(tensor)) }

  /// An `[H, W]` tensor of 0…1 as a mask.
  package func make(mask tensor: Tensor) -> Value { make(TensorValue(tensor, isMask: true)) }
}

extension TensorValue {
  /// What a session shows of the value when it stands alone: several lines for a large one.
  package var display: String { TensorText.display(self) }
}
