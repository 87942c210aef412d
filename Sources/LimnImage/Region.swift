import Glibc

/// A shape in pixel coordinates (x to the right, y down, pixel (0, 0) covers 0…1 each way), of no particular canvas.
package enum Region: Equatable, Sendable {
  case rectangle(x: Double, y: Double, width: Double, height: Double)
  case ellipse(x: Double, y: Double, radiusX: Double, radiusY: Double)
  /// Closed; where it crosses itself, inside and outside alternate.
  case polygon([Point])
  /// With round ends.
  case line(from: Point, to: Point, thickness: Double)

  /// A place in pixel coordinates.
  package struct Point: Equatable, Sendable {
    package var x, y: Double
    package init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
  }

  /// The circle around (`x`, `y`).
  package static func circle(x: Double, y: Double, radius: Double) -> Region {
    .ellipse(x: x, y: y, radiusX: radius, radiusY: radius)
  }

  /// Whether a place lies in the shape; of a rectangle the right and bottom edges do not.
  package func contains(_ x: Double, _ y: Double) -> Bool {
    switch self {
    case .rectangle(let left, let top, let width, let height):
      return x >= left && x < left + width && y >= top && y < top + height
    case .ellipse(let centerX, let centerY, let radiusX, let radiusY):
      let (dx, dy) = ((x - centerX) / radiusX, (y - centerY) / radiusY)
      return radiusX > 0 && radiusY > 0 && dx * dx + dy * dy <= 1
    case .polygon(let points):
      var isInside = false
      for (i, a) in points.enumerated() {
        let b = points[(i + 1) % points.count]
        // An edge counts when it crosses the level of y to the right of x; half-open, so that a corner counts once.
        if (a.y > y) != (b.y > y), x < a.x + (b.x - a.x) * (y - a.y) / (b.y - a.y) { isInside.toggle() }
      }
      return isInside
    case .line(let a, let b, let thickness):
      let (dx, dy) = (b.x - a.x, b.y - a.y)
      let square = dx * dx + dy * dy
      let along = square > 0 ? min(max(((x - a.x) * dx + (y - a.y) * dy) / square, 0), 1) : 0
      return hypot(x - a.x - along * dx, y - a.y - along * dy) <= thickness / 2
    }
  }

  /// The mask of the shape on a canvas: 1 where the pixel's centre is inside; what leaves the canvas is cut off.
  ///
  /// - Parameter soft: Whether edges get values between, the share of the pixel inside (of 4×4 places).
  /// - Throws: ``ImageError`` for an impossible size.
  package func mask(width: Int, height: Int, soft: Bool = false) throws -> Mask {
    try Image.checkSize(width, height)
    let area = clipped(width, height)
    let places = soft ? 4 : 1
    var values = [Float](repeating: 0, count: width * height)
    for y in area.rows {
      for x in area.columns {
        var inside = 0
        for j in 0..<places {
          for i in 0..<places
          where contains(Double(x) + (Double(i) + 0.5) / Double(places), Double(y) + (Double(j) + 0.5) / Double(places)) {
            inside += 1
          }
        }
        values[y * width + x] = Float(inside) / Float(places * places)
      }
    }
    return Mask(values, width: width, height: height)
  }

  /// The pixels of a canvas that the shape may touch.
  private func clipped(_ width: Int, _ height: Int) -> (columns: Range<Int>, rows: Range<Int>) {
    func range(_ low: Double, _ high: Double, _ limit: Int) -> Range<Int> {
      // Comparisons with NaN are false: such a shape touches nothing.
      guard low < Double(limit), high > 0, low <= high else { return 0..<0 }
      return Int(max(low, 0))..<Int(min(high.rounded(.up), Double(limit)))
    }
    let box = bounds
    return (range(box.left, box.right, width), range(box.top, box.bottom, height))
  }

  /// The smallest upright rectangle around the shape.
  package var bounds: (left: Double, top: Double, right: Double, bottom: Double) {
    switch self {
    case .rectangle(let x, let y, let width, let height): (x, y, x + width, y + height)
    case .ellipse(let x, let y, let radiusX, let radiusY): (x - radiusX, y - radiusY, x + radiusX, y + radiusY)
    case .polygon(let points):
      (points.map(\.x).min() ?? 0, points.map(\.y).min() ?? 0, points.map(\.x).max() ?? 0, points.map(\.y).max() ?? 0)
    case .line(let a, let b, let thickness):
      (min(a.x, b.x) - thickness / 2, min(a.y, b.y) - thickness / 2, max(a.x, b.x) + thickness / 2, max(a.y, b.y) + thickness / 2)
    }
  }

  /// The shape `factor` times as large about the origin, for a canvas of another size.
  package func scaled(_ factorX: Double, _ factorY: Double) -> Region {
    switch self {
    case .rectangle(let x, let y, let width, let height):
      .rectangle(x: x * factorX, y: y * factorY, width: width * factorX, height: height * factorY)
    case .ellipse(let x, let y, let radiusX, let radiusY):
      .ellipse(x: x * factorX, y: y * factorY, radiusX: radiusX * factorX, radiusY: radiusY * factorY)
    case .polygon(let points): .polygon(points.map { Point($0.x * factorX, $0.y * factorY) })
    case .line(let a, let b, let thickness):
      .line(from: Point(a.x * factorX, a.y * factorY), to: Point(b.x * factorX, b.y * factorY),
        thickness: thickness * (factorX * factorY).squareRoot())
    }
  }
}

extension Region {
  /// The mask, with soft edges, of the line around the shape: within a rectangle's edges, astride those of the others.
  func outline(width canvasWidth: Int, height canvasHeight: Int, thickness: Double) throws -> Mask {
    func between(_ outer: Region, _ inner: Region) throws -> Mask {
      let outside = try outer.mask(width: canvasWidth, height: canvasHeight, soft: true)
      return try outside.minus(inner.mask(width: canvasWidth, height: canvasHeight, soft: true))
    }
    switch self {
    case .rectangle(let x, let y, let width, let height):
      return try between(
        self,
        .rectangle(x: x + thickness, y: y + thickness, width: width - 2 * thickness, height: height - 2 * thickness))
    case .ellipse(let x, let y, let radiusX, let radiusY):
      let half = thickness / 2
      return try between(
        .ellipse(x: x, y: y, radiusX: radiusX + half, radiusY: radiusY + half),
        .ellipse(x: x, y: y, radiusX: radiusX - half, radiusY: radiusY - half))
    case .polygon(let points):
      // One mask for all edges, so that a transparent colour is laid on once where they meet.
      let empty = try Mask(width: canvasWidth, height: canvasHeight)
      return try points.indices.reduce(empty) {
        let edge = Region.line(from: points[$1], to: points[($1 + 1) % points.count], thickness: thickness)
        return try $0.or(edge.mask(width: canvasWidth, height: canvasHeight, soft: true))
      }
    case .line:
      return try mask(width: canvasWidth, height: canvasHeight, soft: true)
    }
  }
}

extension Image {
  /// Returns the picture with a shape filled in one colour, its edges smooth; what leaves the picture is cut off.
  package func drawn(_ region: Region, _ color: Color) throws -> Image {
    try filled(region.mask(width: width, height: height, soft: true), color)
  }

  /// Returns the picture with the line around a shape, `thickness` pixels wide.
  package func outlined(_ region: Region, _ color: Color, thickness: Double = 1) throws -> Image {
    try filled(region.outline(width: width, height: height, thickness: thickness), color)
  }
}
