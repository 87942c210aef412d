extension Canvas {
  /// Fills an upright rectangle with colours that change evenly from its first row to its last; its edges fall on whole pixels.
  package mutating func fade(from top: Color, to bottom: Color, x: Double, y: Double, width fadeWidth: Double, height fadeHeight: Double) {
    guard [x, y, fadeWidth, fadeHeight].allSatisfy({ $0.isFinite }) else { return }
    func pixels(_ from: Double, _ length: Double, _ limit: Int) -> Range<Int> {
      let low = max(from.rounded(), 0), high = min((from + length).rounded(), Double(limit))
      return low < high ? Int(low)..<Int(high) : 0..<0
    }
    let first = y.rounded(), steps = max((y + fadeHeight).rounded() - first - 1, 1)
    let columns = pixels(x, fadeWidth, width)
    for row in pixels(y, fadeHeight, height) {
      let share = Float((Double(row) - first) / steps)
      func between(_ a: Float, _ b: Float) -> Float { a + (b - a) * share }
      let color = Color(
        between(top.red, bottom.red), between(top.green, bottom.green), between(top.blue, bottom.blue), alpha: between(top.alpha, bottom.alpha))
      for column in columns { blend(color.red, color.green, color.blue, opacity: color.alpha, at: row * width + column) }
    }
  }

  /// Fills an upright ellipse around (x, y), or with a thickness draws the line around it.
  ///
  /// - Parameter softness: How wide the edge is over which it fades out, in pixels; 1 is a sharp, smooth edge.
  package mutating func ellipse(
    _ color: Color, x: Double, y: Double, width ellipseWidth: Double, height ellipseHeight: Double, thickness: Double? = nil, softness: Double = 1
  ) {
    let (a, b) = (ellipseWidth / 2, ellipseHeight / 2), softness = max(softness, 1)
    guard [x, y, a, b, softness].allSatisfy({ $0.isFinite }), a > 0, b > 0 else { return }
    let reach = (thickness ?? 0) / 2 + softness / 2
    let corners = Segment(Region.Point(x - a, y - b), Region.Point(x + a, y + b))
    cover([
      Box(corners, reach: reach) { px, py in
        let (dx, dy) = (px - x, py - y)
        // How far outside: the level of the ellipse's equation over its slope; in the very middle the slope is none.
        let level = ((dx / a) * (dx / a) + (dy / b) * (dy / b)).squareRoot()
        let slope = ((dx / a / a) * (dx / a / a) + (dy / b / b) * (dy / b / b)).squareRoot()
        let outside = slope > 0 ? (level - 1) * level / slope : -min(a, b)
        let depth = thickness.map { $0 / 2 - abs(outside) } ?? -outside
        return Float(depth / softness + 0.5)
      }
    ], strength: 1, color: color, clip: nil)
  }
}
