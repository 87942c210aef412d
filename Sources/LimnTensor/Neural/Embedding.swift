import CLimnKernels

/// Rows of a table.
///
/// - Shape: `table [V, D]` → `[ids.count, D]`.
/// - Traps: with the message of `Shape.embedding` if an id is outside of the table.
/// - Gradient: in `table`.
package func embedding(ids: [Int], table: Tensor) -> Tensor {
  orTrap { try Shape.embedding(ids: ids, table: table.shape) }
  let y = gathered(ids, table)
  return table.isTraced ? y.recorded(.embedding, [table], ints: ids) : y
}

/// Rows of a table for a tensor of ids, whose axes the result keeps.
///
/// - Shape: `ids [...]` of integers, `table [V, D]` → `[..., D]`.
package func embedding(ids: Tensor, table: Tensor) -> Tensor {
  embedding(ids: ids.ints(), table: table).reshaped(Shape(ids.shape.dims + [table.shape[1]]))
}

private func gathered(_ ids: [Int], _ table: Tensor) -> Tensor {
  let width = table.shape[1]
  if table.dtype != .f32 {
    // Only the rows asked for are widened.
    return Tensor.concatenated(
      ids.map { table.detached().sliced(axis: 0, from: $0, to: $0 + 1).converted(to: .f32) }, axis: 0)
  }
  let rows = table.floatContiguous()
  let result = Tensor.uninitialized([ids.count, width])
  withExtendedLifetime(rows.storage) {
    limn_gather_rows_f32(ids.count, width, ids, rows.pointer(), result.mutablePointer())
  }
  return result
}

extension Op {
  static let embedding = Op(
    "embedding", forward: { x, a in gathered(a.ints, x[0]) },
    backward: { row, upstream, gradients in
      let dy = upstream.floatContiguous()
      let dtable = Tensor.uninitialized(row.inputShapes[0])
      withExtendedLifetime(dy.storage) {
        limn_scatter_rows_f32(
          row.ints.count, dtable.shape[0], dtable.shape[1], row.ints, dy.pointer(), dtable.mutablePointer())
      }
      gradients.add(to: 0, dtable)
    })
}
