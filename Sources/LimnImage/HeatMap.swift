import LimnTensor

/// Pictures of maps: numbers on a grid, such as where a word's attention went.
package enum HeatMap {
  /// Returns the picture of a map, one pixel a value.
  ///
  /// - Shape: `map [H, W]`.
  /// - Parameter range: Which values are the ends of the colours; nil for the map's least and greatest.
  /// - Throws: ``ImageError`` if the map has another shape.
  package static func image(_ map: Tensor, range: ClosedRange<Float>? = nil, colors: Colormap = .inferno) throws -> Image {
    let mask = try Mask(values: map)
    return colored(Plane(values: normalized(map.floats(), range), width: mask.width, height: mask.height), colors)
  }

  /// Returns `image` with a map laid over it: cold places go dark, warm ones glow. The map may have another size; it is
  /// enlarged smoothly (bicubic).
  ///
  /// - Shape: `map [H, W]`.
  /// - Parameter opacity: How much of the map shows where it is warmest, 0…1.
  /// - Throws: ``ImageError`` if the map has another shape or the opacity is out of range.
  package static func overlay(
    _ image: Image, _ map: Tensor, opacity: Float = 0.65, range: ClosedRange<Float>? = nil, colors: Colormap = .inferno
  ) throws -> Image {
    guard (0...1).contains(opacity) else { throw ImageError.value(name: "opacity", found: "\(opacity)", expected: "0…1") }
    let mask = try Mask(values: map)
    let small = Plane(values: map.floats(), width: mask.width, height: mask.height)
    // Normalized before it is enlarged: the range is that of the map's own values, whatever a cubic overshoots.
    let plane = Plane(values: normalized(small.values, range), width: small.width, height: small.height)
    let large = plane.resampled(width: image.width, height: image.height, .bicubic)
    let heat = colored(large, colors).pixels.floats()
    let base = image.flattened(over: .black).pixels.floats()
    return Image(planes: zip(base, heat).map { $0 * (1 - opacity) + $1 * opacity }, width: image.width, height: image.height, channels: 3)
  }

  /// The values as 0…1 within `range`, by default the least and the greatest finite one; a map of one value is 0 everywhere.
  private static func normalized(_ values: [Float], _ range: ClosedRange<Float>?) -> [Float] {
    let finite = values.lazy.filter(\.isFinite)
    guard let low = range?.lowerBound ?? finite.min(), let high = range?.upperBound ?? finite.max(), high > low else {
      return [Float](repeating: 0, count: values.count)
    }
    return values.map { value in
      let t = (value - low) / (high - low)
      return t > 0 ? min(t, 1) : 0
    }
  }

  private static func colored(_ plane: Plane<Float>, _ colors: Colormap) -> Image {
    let area = plane.values.count
    var planes = [Float](repeating: 0, count: 3 * area)
    for (i, value) in plane.values.enumerated() {
      let color = colors.color(value)
      (planes[i], planes[area + i], planes[2 * area + i]) = (color.red, color.green, color.blue)
    }
    return Image(planes: planes, width: plane.width, height: plane.height, channels: 3)
  }
}
