import LimnTensor

/// Where each word looked: kept attention columns by layer, picture and guidance half, as means over the steps.
///
/// A value, so that a run that holds one can be forked and gone back to. Steps are added as sums, one map a layer,
/// whatever their number.
package struct AttentionRecord: Sendable {
  /// One layer's kept columns of one row.
  struct Entry: Sendable {
    let layer: AttentionLayer
    let row: AttentionRow
    /// `[positions, H, W]`, summed over `steps` evaluations.
    var sum: Tensor
    var steps: Int
  }

  private struct Key: Hashable {
    let layer: AttentionLayer
    let row: AttentionRow
  }

  private(set) var entries: [Entry] = []
  /// The evaluations added one by one, where they were asked to be kept apart.
  package private(set) var steps: [AttentionRecord] = []
  private var places: [Key: Int] = [:]

  package init() {}

  package var isEmpty: Bool { entries.isEmpty }

  /// The layers something was kept of, in the order they run.
  package var layers: [AttentionLayer] {
    var seen = Set<AttentionLayer>()
    return entries.map(\.layer).filter { seen.insert($0).inserted }
  }

  /// The rows something was kept of.
  package var rows: [AttentionRow] {
    var seen = Set<AttentionRow>()
    return entries.map(\.row).filter { seen.insert($0).inserted }
  }

  /// Adds one layer's kept columns of one row, `[positions, H, W]`, summed over `steps` evaluations.
  package mutating func keep(_ layer: AttentionLayer, _ row: AttentionRow, _ columns: Tensor, steps: Int = 1) {
    let key = Key(layer: layer, row: row)
    if let place = places[key] {
      entries[place].sum = entries[place].sum + columns
      entries[place].steps += steps
    } else {
      places[key] = entries.count
      entries.append(Entry(layer: layer, row: row, sum: columns, steps: steps))
    }
  }

  /// Adds the evaluations of another record, such as the next step of a run.
  ///
  /// - Parameter keepsStep: Whether the other record is also kept by itself, in ``steps``; the memory then grows with the steps.
  package mutating func add(_ other: AttentionRecord, keepsStep: Bool = false) {
    for entry in other.entries { keep(entry.layer, entry.row, entry.sum, steps: entry.steps) }
    if keepsStep { steps.append(other) }
  }

  /// The same maps as constants: without the tape they were recorded on.
  package func detached() -> AttentionRecord {
    var copy = self
    for index in copy.entries.indices { copy.entries[index].sum = copy.entries[index].sum.detached() }
    copy.steps = copy.steps.map { $0.detached() }
    return copy
  }
}

/// Which maps of a record to average.
package struct AttentionQuery: Sendable {
  /// Token positions of the word, all occurrences; the map is their mean.
  package var positions: [Int]
  package var picture = 0
  package var role = GuidanceRole.conditional
  package var kind = AttentionLayer.Kind.cross
  /// Only layers whose longer side has this many cells; the map keeps that size. nil: all layers, at the size asked.
  package var size: Int?
  package var blocks: Set<AttentionLayer.Block>?
  /// Only the layer of this name.
  package var layer: String?

  package init(_ positions: [Int]) { self.positions = positions }
}

extension AttentionRecord {
  /// The mean map of `query` over its positions and layers.
  ///
  /// Layers of one size are averaged first; with several sizes each is resized (bilinear) to `height` × `width` and
  /// weighted by its number of layers, which is the mean over all layers.
  ///
  /// - Shape: → `[H, W]`: `height`, `width`, or the layers' own size when the query names a size or a layer.
  /// - Units: probability, 0…1.
  /// - Throws: ``ShapeError`` when no kept layer or no kept position fits the query.
  /// - Gradient: in what the UNet was traced in.
  package func map(_ query: AttentionQuery, height: Int, width: Int) throws -> Tensor {
    let chosen = try entries(for: query)
    let keepsSize = query.size != nil || query.layer != nil
    var bySize: [(height: Int, width: Int, sum: Tensor)] = []
    for entry in chosen {
      let map = try mean(of: entry, at: query.positions)
      let (rows, columns) = (entry.layer.height, entry.layer.width)
      if let place = bySize.firstIndex(where: { $0.height == rows && $0.width == columns }) {
        bySize[place].sum = bySize[place].sum + map
      } else {
        bySize.append((rows, columns, map))
      }
    }
    var total: Tensor?
    for (rows, columns, sum) in bySize {
      var map = sum
      if !keepsSize, rows != height || columns != width {
        map = resized(sum.reshaped([1, 1, rows, columns]), height: height, width: width, mode: .bilinear)
          .reshaped([height, width])
      }
      total = total.map { $0 + map } ?? map
    }
    return total! / Float(chosen.count)
  }

  private func entries(for query: AttentionQuery) throws -> [Entry] {
    let ofRow = entries.filter {
      $0.row.picture == query.picture && $0.row.role == query.role && $0.layer.kind == query.kind
    }
    guard !ofRow.isEmpty else {
      throw ShapeError(
        "maps: no \(query.kind.rawValue) attention was captured for the \(query.role.rawValue) half of picture \(query.picture)")
    }
    let chosen = ofRow.filter { entry in
      (query.size.map { max(entry.layer.height, entry.layer.width) == $0 } ?? true)
        && (query.blocks?.contains(entry.layer.block) ?? true) && (query.layer.map { entry.layer.name == $0 } ?? true)
    }
    guard chosen.isEmpty else { return chosen }
    var seen = Set<String>()
    let kept = ofRow.map { "\($0.layer.block.rawValue) \($0.layer.width)×\($0.layer.height)" }
      .filter { seen.insert($0).inserted }
    var asked: [String] = []
    if let size = query.size { asked.append("size \(size)") }
    if let blocks = query.blocks { asked.append("blocks \(blocks.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", "))") }
    if let layer = query.layer { asked.append("layer '\(layer)'") }
    throw ShapeError("maps: no captured layer has \(asked.joined(separator: " and ")), captured: \(kept.joined(separator: ", "))")
  }

  /// The mean over steps and positions of one entry, `[H, W]`.
  private func mean(of entry: Entry, at positions: [Int]) throws -> Tensor {
    let places = try positions.map { position in
      guard let place = entry.row.positions.firstIndex(of: position) else {
        throw ShapeError("maps: position \(position) was not captured, captured: \(entry.row.positions)")
      }
      return place
    }
    guard !places.isEmpty else { throw ShapeError("maps: a word without a position has no map") }
    return entry.sum.rows(at: places).mean(axes: [0]) / Float(entry.steps)
  }
}
