import LimnTensor

/// One attention layer of a UNet at the size it runs at: a stable place to watch and to edit.
package struct AttentionLayer: Hashable, Sendable, CustomStringConvertible {
  /// Where in the UNet a layer stands.
  package enum Block: String, Hashable, Sendable, CaseIterable { case down, mid, up }

  /// What the queries look at: the words, or the picture itself.
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case cross
    case own = "self"
  }

  /// The checkpoint's own name, such as `down_blocks.0.attentions.1.transformer_blocks.0.attn2`.
  package let name: String
  package let block: Block
  package let kind: Kind
  /// Counted over all attention layers in the order they run, from 0.
  package let index: Int
  package let heads: Int
  /// Rows of the grid of queries, in cells of the latent at this depth.
  package var height: Int
  /// Columns of the grid of queries.
  package var width: Int

  package init(name: String, block: Block, kind: Kind, index: Int, heads: Int, height: Int = 0, width: Int = 0) {
    self.name = name
    self.block = block
    self.kind = kind
    self.index = index
    self.heads = heads
    self.height = height
    self.width = width
  }

  package var description: String { "\(name) (\(kind.rawValue), \(width)×\(height))" }
}

/// Which half of classifier-free guidance a row of a batch belongs to.
package enum GuidanceRole: String, Hashable, Sendable, CaseIterable {
  case conditional, unconditional
}

/// What is kept of one row of a UNet's batch.
package struct AttentionRow: Hashable, Sendable {
  package let role: GuidanceRole
  /// Which picture or prompt the row belongs to, from 0.
  package let picture: Int
  /// Key positions whose columns are kept, ascending; for cross attention these are token positions. Empty: none.
  package let positions: [Int]

  package init(role: GuidanceRole = .conditional, picture: Int = 0, positions: [Int]) {
    self.role = role
    self.picture = picture
    self.positions = Array(Set(positions)).sorted()
  }
}
