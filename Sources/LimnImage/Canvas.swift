import LimnTensor

/// A picture while it is drawn on: planes that are changed in place, made a value again by ``image``.
package struct Canvas {
  package private(set) var planes: [Float]
  package let width: Int
  package let height: Int
  package let channels: Int

  package init(_ image: Image) {
    planes = image.pixels.floats()
    (width, height, channels) = (image.width, image.height, image.channels)
  }

  package init(width: Int, height: Int, color: Color) throws {
    self.init(try Image(width: width, height: height, color: color))
  }

  package var image: Image { Image(planes: planes, width: width, height: height, channels: channels) }

  /// Lays one colour over a pixel: `opacity` · `color` + (1 − `opacity`) · what is there ("over", Porter and Duff 1984).
  @inline(__always) package mutating func blend(_ red: Float, _ green: Float, _ blue: Float, opacity: Float, at index: Int) {
    let area = width * height
    if channels == 3 {
      planes[index] += (red - planes[index]) * opacity
      planes[area + index] += (green - planes[area + index]) * opacity
      planes[2 * area + index] += (blue - planes[2 * area + index]) * opacity
      return
    }
    let below = planes[3 * area + index]
    let together = opacity + below * (1 - opacity)
    guard together > 0 else { return }
    // Colours are not premultiplied: each counts by its share of the joint opacity.
    let share = opacity / together
    planes[index] += (red - planes[index]) * share
    planes[area + index] += (green - planes[area + index]) * share
    planes[2 * area + index] += (blue - planes[2 * area + index]) * share
    planes[3 * area + index] = together
  }

  package mutating func fill(_ color: Color, _ mask: Mask) {
    mask.values.withFloats { values in
      for i in 0..<(width * height) where values[i] > 0 {
        blend(color.red, color.green, color.blue, opacity: min(values[i], 1) * color.alpha, at: i)
      }
    }
  }

  /// Fills a rectangle; what leaves the canvas is cut off.
  package mutating func fill(_ color: Color, x: Int, y: Int, width rectWidth: Int, height rectHeight: Int) {
    guard rectWidth > 0, rectHeight > 0 else { return }
    for row in max(y, 0)..<max(min(y + rectHeight, height), max(y, 0)) {
      for column in max(x, 0)..<max(min(x + rectWidth, width), max(x, 0)) {
        blend(color.red, color.green, color.blue, opacity: color.alpha, at: row * width + column)
      }
    }
  }

  package mutating func paste(_ other: Image, x: Int, y: Int, mask: Mask? = nil) {
    let source = other.pixels.floats(), weights = mask?.values.floats()
    let area = other.width * other.height
    for row in 0..<other.height where (0..<height).contains(y + row) {
      for column in 0..<other.width where (0..<width).contains(x + column) {
        let i = row * other.width + column
        let opacity = (weights.map { min(max($0[i], 0), 1) } ?? 1) * (other.hasAlpha ? source[3 * area + i] : 1)
        // Full opacity replaces, so that pasted values stay exact.
        let target = (y + row) * width + x + column
        if opacity == 1 {
          for channel in 0..<channels {
            planes[channel * width * height + target] = channel < 3 ? source[channel * area + i] : 1
          }
        } else if opacity > 0 {
          blend(source[i], source[area + i], source[2 * area + i], opacity: opacity, at: target)
        }
      }
    }
  }
}
