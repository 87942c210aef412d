import LimnTensor

/// A table of vectors looked up by id.
///
/// - Shape: ids `[T]` → `[T, features]`.
/// - Gradient: in the table where it is traced.
package struct Embedding: Sendable {
  package let table: Parameter
  package let count: Int
  package let features: Int

  /// - Throws: ``FormatError`` when the table is missing or has another shape.
  package init(_ weights: WeightReader, count: Int, features: Int) throws {
    table = try weights.take("weight", shape: [count, features])
    self.count = count
    self.features = features
  }

  /// The vectors of `ids`, in order.
  ///
  /// - Traps: when an id is not in the table.
  package func callAsFunction(_ ids: [Int]) -> Tensor { embedding(ids: ids, table: table.traced ?? table.weight.source) }

  /// The vectors of `ids`, where an id from `count` up means a row of `extra` and may stand anywhere in the text.
  ///
  /// The gathered rows of the table are joined with `extra` and gathered once more, so that a learned vector costs its
  /// own few rows and never a copy of the table.
  ///
  /// - Shape: `extra [E, features]` → `[T, features]`.
  /// - Gradient: in `extra`, and in the table where it is traced.
  package func callAsFunction(_ ids: [Int], extra: Tensor) -> Tensor {
    let known = self(ids.map { $0 < count ? $0 : 0 })
    guard ids.contains(where: { $0 >= count }) else { return known }
    let places = ids.enumerated().map { place, id in id < count ? place : ids.count + id - count }
    return Tensor.concatenated([known, extra], axis: 0).rows(at: places)
  }
}
