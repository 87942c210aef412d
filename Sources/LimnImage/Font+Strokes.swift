/// The bitmap font drawn with a pen: neighbouring dots of a glyph are joined by smooth lines, so that letters of any size
/// have round edges. For plots; labels on small pictures keep the crisp dots.
extension Font {
  /// How wide a text is drawn with capitals of this height, in pixels.
  package static func strokeWidth(of text: String, size: Double) -> Double {
    layout(text, size: size).width
  }

  /// How thick the pen is for capitals of this height, in pixels.
  package static func penWidth(size: Double) -> Double { size / 7 * 1.05 }

  /// The lines of a text whose capitals are `size` pixels high.
  ///
  /// - Parameter alignment: 0 when the text begins at the point, 0.5 when its middle stands there, 1 when it ends there.
  /// - Parameter isTurned: Whether it reads upwards.
  /// - Returns: Pieces around the point (`x`, `y`), which is half way up a capital.
  package static func strokes(of text: String, x: Double, y: Double, size: Double, alignment: Double, isTurned: Bool = false) -> [Segment] {
    let laid = layout(text, size: size)
    func placed(_ point: Region.Point) -> Region.Point {
      let (along, down) = (point.x - laid.width * alignment, point.y - size / 2)
      return isTurned ? Region.Point(x + down, y - along) : Region.Point(x + along, y + down)
    }
    return laid.segments.map { Segment(placed($0.from), placed($0.to)) }
  }

  /// The pieces of a text from its left top corner on.
  private static func layout(_ text: String, size: Double) -> (segments: [Segment], width: Double) {
    let dot = size / 7
    var segments: [Segment] = []
    var x = 0.0
    for character in text {
      let glyph = pen(character)
      for piece in glyph.pieces {
        segments.append(Segment(
          Region.Point(x + (piece.from.x + 0.5) * dot, (piece.from.y + 0.5) * dot), Region.Point(x + (piece.to.x + 0.5) * dot, (piece.to.y + 0.5) * dot)))
      }
      x += Double(glyph.columns) * dot + 1.2 * dot
    }
    return (segments, max(x - 1.2 * dot, 0))
  }

  /// A glyph's dots as joined pieces, in dots from its own left edge, and how many columns it takes.
  private static func pen(_ character: Character) -> (pieces: [Segment], columns: Int) {
    let rows = Font.rows(of: character)
    func isLit(_ column: Int, _ row: Int) -> Bool {
      // The stroke through the 0 of the bitmap would fill a small round one.
      if character == "0", (1..<glyphWidth - 1).contains(column), (1...5).contains(row) { return false }
      return rows.indices.contains(row) && (0..<glyphWidth).contains(column) && rows[row] >> (glyphWidth - 1 - column) & 1 == 1
    }
    let lit = (0..<glyphWidth).filter { column in rows.indices.contains { isLit(column, $0) } }
    guard let first = lit.first, let last = lit.last else { return ([], 3) }
    // Figures are all as wide as each other, so that columns of numbers stand straight.
    let (left, right) = character.isNumber ? (0, glyphWidth - 1) : (first, last)
    var pieces: [Segment] = []
    func join(_ column: Int, _ row: Int, _ otherColumn: Int, _ otherRow: Int) {
      pieces.append(Segment(Region.Point(Double(column - left), Double(row)), Region.Point(Double(otherColumn - left), Double(otherRow))))
    }
    for row in rows.indices {
      for column in left...right where isLit(column, row) {
        var isAlone = true
        for (dx, dy) in [(1, 0), (0, 1), (1, 1), (-1, 1), (-1, 0), (0, -1), (-1, -1), (1, -1)] where isLit(column + dx, row + dy) {
          // A slanting line only where no corner joins the two already.
          if dx != 0, dy != 0, isLit(column + dx, row) || isLit(column, row + dy) { continue }
          isAlone = false
          if dy > 0 || dy == 0 && dx > 0 { join(column, row, column + dx, row + dy) }
        }
        if isAlone { join(column, row, column, row) }
      }
    }
    return (pieces, right - left + 1)
  }
}
