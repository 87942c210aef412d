import Glibc
import LimnTensor

/// Where and how a picture lies on a canvas.
package struct Placement: Equatable, Sendable {
  /// Where its middle is, in pixels of the canvas, x to the right, y down; between pixels or outside too.
  package var x, y: Double
  /// How many pixels of the canvas one of its pixels is wide; above 0.
  package var scale: Double
  /// How far it is turned to the left about its middle, in degrees.
  package var angle: Double
  /// Whether left and right change places, before it is turned.
  package var isMirrored: Bool

  package init(x: Double, y: Double, scale: Double = 1, angle: Double = 0, isMirrored: Bool = false) {
    (self.x, self.y, self.scale, self.angle, self.isMirrored) = (x, y, scale, angle, isMirrored)
  }
}

extension Image {
  /// Returns a clear canvas with the picture on it: scaled, mirrored, turned and moved, smooth to a fraction of a pixel. Its alpha is
  /// how much of each pixel the picture covers; what leaves the canvas is cut off.
  ///
  /// Shrinking is antialiased (means of 2×2 while a quarter is not reached, then Lanczos); turning and moving are one cubic interpolation.
  ///
  /// - Shape: the result's pixels `[4, height, width]`.
  /// - Throws: ``ImageError`` for an impossible size.
  /// - Traps: if a number of `placement` is not finite or the scale not above 0.
  package func placed(_ placement: Placement, width canvasWidth: Int, height canvasHeight: Int) throws -> Image {
    try Image.checkSize(canvasWidth, canvasHeight)
    precondition(placement.scale > 0 && [placement.x, placement.y, placement.scale, placement.angle].allSatisfy(\.isFinite), "a placement has finite numbers and a scale above 0")
    var grid = PixelGrid(self)
    // `step` is how many of the grid's pixels one of the canvas is wide; (middleX, middleY) the picture's middle on the grid.
    var scale = placement.scale, middleX = Double(width) / 2, middleY = Double(height) / 2
    while scale < 0.25, grid.width > 1 || grid.height > 1 {
      grid = grid.halved()
      (scale, middleX, middleY) = (scale * 2, middleX / 2, middleY / 2)
    }
    if scale < 1 {
      grid = grid.shrunk(to: scale)
      (middleX, middleY) = (middleX * scale + Double(PixelGrid.margin), middleY * scale + Double(PixelGrid.margin))
      scale = 1
    }
    let radians = placement.angle * .pi / 180, step = 1 / scale
    let (cosine, sine) = (cos(radians), sin(radians))
    // The grid reaches (a, b) from the middle, and two pixels more by interpolation: the rectangle of the canvas that it may touch.
    let (a, b) = ((Double(grid.width) / 2 + 2) * scale, (Double(grid.height) / 2 + 2) * scale)
    let columns = Image.pixels(around: placement.x, abs(a * cosine) + abs(b * sine), canvasWidth)
    let rows = Image.pixels(around: placement.y, abs(a * sine) + abs(b * cosine), canvasHeight)
    let area = canvasWidth * canvasHeight
    var planes = [Float](repeating: 0, count: 4 * area)
    grid.pixels.withUnsafeBufferPointer { source in
      for row in rows {
        for column in columns {
          let (dx, dy) = (Double(column) + 0.5 - placement.x, Double(row) + 0.5 - placement.y)
          let u = (dx * cosine - dy * sine) * step, v = (dx * sine + dy * cosine) * step
          let color = grid.sampled(source, x: middleX + (placement.isMirrored ? -u : u), y: middleY + v)
          // Kernels with negative lobes leave a breath of colour beside edges: half a level of 255 and less is none.
          let alpha = min(color.w, 1)
          guard alpha > 1 / 510 else { continue }
          let index = row * canvasWidth + column
          for channel in 0..<3 { planes[channel * area + index] = min(max(color[channel] / alpha, 0), 1) }
          planes[3 * area + index] = alpha
        }
      }
    }
    return Image(planes: planes, width: canvasWidth, height: canvasHeight, channels: 4)
  }

  /// The pixels of a side that lie within `reach` of a place.
  private static func pixels(around place: Double, _ reach: Double, _ length: Int) -> Range<Int> {
    let low = max(place - reach, 0).rounded(.down), high = min(place + reach, Double(length)).rounded(.up)
    return low < high ? Int(low)..<Int(high) : 0..<0
  }
}
