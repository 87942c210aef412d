import LimnNN
import LimnTensor

/// Keys and values that the words of one condition give in each cross-attention layer, so that they are computed once
/// for all steps of a run.
///
/// Belongs to one run on one thread. It answers only for the very context and weight it was filled from, and never
/// holds a traced tensor.
package final class ContextCache {
  private struct Entry {
    let context: Tensor
    let key: Parameter
    let value: Parameter
    let tensors: (key: Tensor, value: Tensor)
  }

  private var entries: [Int: Entry] = [:]

  /// Those of rows that are evaluated on a thread of their own.
  private var parts: [Int: ContextCache] = [:]

  package init() {}

  /// The cache of a group of rows, for its thread; always the same one.
  func part(_ group: Int) -> ContextCache {
    if let part = parts[group] { return part }
    let part = ContextCache()
    parts[group] = part
    return part
  }

  /// The keys and values of a layer for `context`, computed by the projections when they are not held.
  func projected(_ context: Tensor, layer: Int, key: Linear, value: Linear) -> (key: Tensor, value: Tensor) {
    let traced = context.isTraced || key.weight.isTraced || value.weight.isTraced
    if traced { return (key(context), value(context)) }
    if let entry = entries[layer], entry.context.isSameView(as: context), entry.key.isSame(as: key.weight),
      entry.value.isSame(as: value.weight)
    {
      return entry.tensors
    }
    let tensors = (key: key(context), value: value(context))
    entries[layer] = Entry(context: context, key: key.weight, value: value.weight, tensors: tensors)
    return tensors
  }
}

extension Parameter {
  /// Whether both compute the same: one weight with the same adapters beside it. Neither is traced.
  fileprivate func isSame(as other: Parameter) -> Bool {
    weight === other.weight && adapters.count == other.adapters.count
      && zip(adapters, other.adapters).allSatisfy { $0.scale == $1.scale && $0.down.isSameView(as: $1.down) && $0.up.isSameView(as: $1.up) }
  }
}

extension Tensor {
  /// Whether both are the same window on the same memory. Held storage is never written in place, so equal views are equal values.
  fileprivate func isSameView(as other: Tensor) -> Bool {
    storage === other.storage && offset == other.offset && shape == other.shape
      && (0..<shape.rank).allSatisfy { strides[$0] == other.strides[$0] }
  }
}
