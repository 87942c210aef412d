import LimnTensor

/// A straight piece of a line, in pixels from the left top corner.
package struct Segment: Sendable {
  package var from, to: Region.Point
  package init(_ from: Region.Point, _ to: Region.Point) { (self.from, self.to) = (from, to) }
}

/// The part of a canvas that drawing is held to, in pixels.
package struct Clip: Sendable {
  package var left, top, right, bottom: Double
  package init(left: Double, top: Double, right: Double, bottom: Double) {
    (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
  }
}

// Smooth marks: how much of each pixel is covered comes from the distance of its middle to the mark's edge.
extension Canvas {
  /// Draws pieces of line with round ends, `thickness` pixels wide. Where they cross or meet they are laid on once, so
  /// that a transparent colour stays even. Pieces with an end that is no finite number are left out.
  package mutating func stroke(_ segments: [Segment], thickness: Double, color: Color, clip: Clip? = nil) {
    let reach = max(thickness, 1) / 2
    // A line thinner than a pixel is a fainter one of a pixel.
    let strength = Float(min(thickness, 1))
    cover(segments.filter { $0.isFinite }.map { piece in
      Box(piece, reach: reach + 0.5) { x, y in Float(reach + 0.5 - piece.distance(x, y)) * strength }
    }, strength: strength, color: color, clip: clip)
  }

  /// Draws filled circles; where they overlap they are laid on once.
  package mutating func dots(_ centers: [Region.Point], radius: Double, color: Color, clip: Clip? = nil) {
    cover(centers.filter { $0.x.isFinite && $0.y.isFinite }.map { center in
      Box(Segment(center, center), reach: radius + 0.5) { x, y in
        let (dx, dy) = (x - center.x, y - center.y)
        return Float(radius + 0.5 - (dx * dx + dy * dy).squareRoot())
      }
    }, strength: 1, color: color, clip: clip)
  }

  /// Fills an upright rectangle whose edges may lie between pixels.
  package mutating func fillSmoothly(_ color: Color, x: Double, y: Double, width: Double, height: Double) {
    let middle = Segment(Region.Point(x, y), Region.Point(x + width, y + height))
    guard middle.isFinite, width > 0, height > 0 else { return }
    func overlap(_ pixel: Double, _ start: Double, _ length: Double) -> Double {
      max(min(pixel + 0.5, start + length) - max(pixel - 0.5, start), 0)
    }
    cover([Box(middle, reach: 1) { Float(overlap($0, x, width) * overlap($1, y, height)) }], strength: 1, color: color, clip: nil)
  }

  /// A mark: the pixels it may touch, and how much of the one around (x, y) it covers.
  struct Box {
    let left, top, right, bottom: Double
    let coverage: (Double, Double) -> Float

    init(_ piece: Segment, reach: Double, _ coverage: @escaping (Double, Double) -> Float) {
      left = min(piece.from.x, piece.to.x) - reach
      right = max(piece.from.x, piece.to.x) + reach
      top = min(piece.from.y, piece.to.y) - reach
      bottom = max(piece.from.y, piece.to.y) + reach
      self.coverage = coverage
    }

    /// Columns and rows inside of the canvas and the clip.
    func pixels(_ clip: Clip) -> (columns: Range<Int>, rows: Range<Int>) {
      func range(_ low: Double, _ high: Double, _ from: Double, _ to: Double) -> Range<Int> {
        let (low, high) = (max(low, from), min(high, to))
        return low < high ? Int(low.rounded(.down))..<Int(high.rounded(.up)) : 0..<0
      }
      return (range(left, right, clip.left, clip.right), range(top, bottom, clip.top, clip.bottom))
    }
  }

  mutating func cover(_ boxes: [Box], strength: Float, color: Color, clip: Clip?) {
    let limits = Clip(
      left: max(clip?.left ?? 0, 0), top: max(clip?.top ?? 0, 0), right: min(clip?.right ?? .infinity, Double(width)),
      bottom: min(clip?.bottom ?? .infinity, Double(height)))
    guard limits.left < limits.right, limits.top < limits.bottom else { return }
    // The greatest coverage of all marks, over the rectangle that holds them.
    let places = boxes.map { $0.pixels(limits) }
    let touched = zip(boxes, places).filter { !$0.1.columns.isEmpty && !$0.1.rows.isEmpty }
    guard let left = touched.map(\.1.columns.lowerBound).min(), let right = touched.map(\.1.columns.upperBound).max(),
      let top = touched.map(\.1.rows.lowerBound).min(), let bottom = touched.map(\.1.rows.upperBound).max()
    else { return }
    let side = right - left
    var most = [Float](repeating: 0, count: side * (bottom - top))
    for (box, (columns, rows)) in touched {
      for row in rows {
        for column in columns {
          let value = box.coverage(Double(column) + 0.5, Double(row) + 0.5)
          let index = (row - top) * side + column - left
          if value > most[index] { most[index] = value }
        }
      }
    }
    for row in top..<bottom {
      for column in left..<right {
        let opacity = min(most[(row - top) * side + column - left], strength) * color.alpha
        if opacity > 0 { blend(color.red, color.green, color.blue, opacity: opacity, at: row * width + column) }
      }
    }
  }
}

extension Segment {
  var isFinite: Bool { from.x.isFinite && from.y.isFinite && to.x.isFinite && to.y.isFinite }

  /// How far a point lies from the nearest point of the piece.
  func distance(_ x: Double, _ y: Double) -> Double {
    let (dx, dy) = (to.x - from.x, to.y - from.y)
    let length = dx * dx + dy * dy
    let t = length > 0 ? min(max(((x - from.x) * dx + (y - from.y) * dy) / length, 0), 1) : 0
    let (a, b) = (from.x + t * dx - x, from.y + t * dy - y)
    return (a * a + b * b).squareRoot()
  }
}
