import LimnTensor

/// Watches the attention layers of one evaluation of a UNet: keeps the asked columns, and edits where asked.
///
/// Without an observer the fused attention runs and nothing is kept. With one, the kept columns come from the fused
/// path itself or are computed beside it, so a captured run gives the bytes of an uncaptured one; only `edit` replaces
/// the arithmetic. What is kept is the mean over heads of the asked columns, `[positions, H, W]` a layer.
/// Inside an open tape the kept columns are traced, so a loss on them reaches words and weights.
package final class AttentionObserver {
  /// Replaces the probabilities of one layer: `[rows, heads, queries, keys]` → the same shape.
  package typealias Edit = (AttentionLayer, Tensor) throws -> Tensor

  /// What to keep, one entry a row of the batch; rows past the end are not kept.
  package var rows: [AttentionRow]
  package var kinds: Set<AttentionLayer.Kind>
  /// Only these blocks; nil means all.
  package var blocks: Set<AttentionLayer.Block>?
  package var edit: Edit?
  /// Called with the whole probabilities `[rows, heads, queries, keys]` of every layer of `kinds` and `blocks`, after
  /// `edit`. The memory is the caller's to keep or let go.
  package var inspect: ((AttentionLayer, Tensor) throws -> Void)?
  /// What this evaluation kept.
  package private(set) var record = AttentionRecord()
  /// Every layer that ran, kept or not.
  package private(set) var layers: [AttentionLayer] = []

  package init(
    rows: [AttentionRow] = [], kinds: Set<AttentionLayer.Kind> = [.cross], blocks: Set<AttentionLayer.Block>? = nil,
    edit: Edit? = nil
  ) {
    self.rows = rows
    self.kinds = kinds
    self.blocks = blocks
    self.edit = edit
  }

  /// Whether layers that do not look at the words are watched or edited.
  var watchesOwn: Bool { edit != nil || kinds.contains(.own) }

  /// Whether rows can be watched one by one: nothing is called with all of them.
  var canPartRows: Bool { edit == nil && inspect == nil }

  /// One that watches some of the rows, on a thread of its own.
  func part(_ range: Range<Int>) -> AttentionObserver {
    let own = range.lowerBound < rows.count ? Array(rows[range.clamped(to: 0..<rows.count)]) : []
    return AttentionObserver(rows: own, kinds: kinds, blocks: blocks)
  }

  /// Takes over what such a one has kept, once it is done.
  func take(_ part: AttentionObserver) {
    record.add(part.record)
    if layers.isEmpty { layers = part.layers }
  }

  /// Queries a piece, when whole probabilities of a row would take more than this many floats (16 MiB).
  private static let pieceLimit = 1 << 22
}

extension AttentionObserver {
  /// Attention of one layer, watched.
  ///
  /// - Shape: `q [N, H·W, C]`, `k`, `v [N, T, C]` → `[N, H·W, C]`.
  /// - Throws: what `edit` throws; ``ShapeError`` when it returns another shape.
  func attend(_ layer: AttentionLayer, _ q: Tensor, _ k: Tensor, _ v: Tensor, precision: Precision) throws -> Tensor {
    layers.append(layer)
    let watched = kinds.contains(layer.kind) && (blocks?.contains(layer.block) ?? true)
    if let edit { return try attend(layer, q, k, v, watched: watched, edit: edit) }
    guard watched else { return attention(q, k, v, heads: layer.heads, precision: precision) }
    if let inspect { try inspect(layer, attentionProbabilities(q, k, heads: layer.heads)) }
    let asked = Array(rows.prefix(q.shape[0]).enumerated().filter { !$1.positions.isEmpty })
    for (_, row) in asked { try check(row.positions, keys: k.shape[1], layer) }
    if q.isTraced || k.isTraced {
      for (index, row) in asked {
        let q = q.sliced(axis: 0, from: index, to: index + 1), k = k.sliced(axis: 0, from: index, to: index + 1)
        keep(layer, row, tracedColumns(q, k, at: row.positions, layer))
      }
      return attention(q, k, v, heads: layer.heads)
    }
    // The fused kernel hands out the columns of all rows at once; each row then takes its own.
    let keys = Set(asked.flatMap(\.element.positions)).sorted()
    guard !keys.isEmpty else { return attention(q, k, v, heads: layer.heads, precision: precision) }
    let capture = AttentionCapture(keys: keys)
    let result = attention(q, k, v, heads: layer.heads, precision: precision, capture: capture)
    let columns = capture.probabilities!.mean(axes: [1]).transposed(1, 2)  // [N, keys, queries]
    for (index, row) in asked {
      let own = columns.selected(axis: 0, index: index)
      keep(layer, row, row.positions == keys ? own : own.rows(at: row.positions.map { keys.firstIndex(of: $0)! }))
    }
    return result
  }

  /// The same through the whole probabilities, which `edit` may replace; what is kept is what was used.
  private func attend(
    _ layer: AttentionLayer, _ q: Tensor, _ k: Tensor, _ v: Tensor, watched: Bool, edit: Edit
  ) throws -> Tensor {
    let probabilities = attentionProbabilities(q, k, heads: layer.heads)
    let edited = try edit(layer, probabilities)
    guard edited.shape == probabilities.shape else {
      throw ShapeError("edit: the probabilities of '\(layer.name)' are \(edited.shape), expected \(probabilities.shape)")
    }
    if watched {
      try inspect?(layer, edited)
      for (index, row) in rows.prefix(q.shape[0]).enumerated() where !row.positions.isEmpty {
        try check(row.positions, keys: k.shape[1], layer)
        keep(layer, row, columns(of: edited.sliced(axis: 0, from: index, to: index + 1), at: row.positions))
      }
    }
    return applyAttention(edited, v, heads: layer.heads)
  }

  /// The asked columns of one row as a function of its queries and keys, in pieces of queries so that self-attention
  /// at a large size stays small.
  private func tracedColumns(_ q: Tensor, _ k: Tensor, at positions: [Int], _ layer: AttentionLayer) -> Tensor {
    let queries = q.shape[1]
    let piece = max(1, min(queries, Self.pieceLimit / (layer.heads * k.shape[1])))
    let parts = stride(from: 0, to: queries, by: piece).map { start in
      let some = q.sliced(axis: 1, from: start, to: min(start + piece, queries))
      return columns(of: attentionProbabilities(some, k, heads: layer.heads), at: positions)
    }
    return Tensor.concatenated(parts, axis: 1)
  }

  /// `[1, heads, queries, keys]` → `[positions, queries]`, the mean over heads.
  private func columns(of probabilities: Tensor, at positions: [Int]) -> Tensor {
    probabilities.mean(axes: [0, 1]).transposed(0, 1).rows(at: positions)
  }

  private func check(_ positions: [Int], keys: Int, _ layer: AttentionLayer) throws {
    if let outside = positions.first(where: { $0 < 0 || $0 >= keys }) {
      throw ShapeError("capture: position \(outside) is outside the \(keys) keys of '\(layer.name)'")
    }
  }

  private func keep(_ layer: AttentionLayer, _ row: AttentionRow, _ columns: Tensor) {
    record.keep(layer, row, columns.reshaped([row.positions.count, layer.height, layer.width]))
  }
}
