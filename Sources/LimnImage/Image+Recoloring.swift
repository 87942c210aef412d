import LimnTensor

extension Image {
  /// Returns the picture in another colour, with its own light and shade.
  ///
  /// What is coloured takes the hue of `color`, grey parts (eyes, tyres, a white belly) stay; where less than three tenths of the picture is
  /// coloured, all of it is painted. Of the colour only the hue counts. One without hue darkens (black) or bleaches (white) the picture
  /// instead, or something between. Transparency stays.
  package func recolored(_ color: Color) -> Image {
    let high = max(color.red, color.green, color.blue), low = min(color.red, color.green, color.blue)
    guard high - low > 0.1 else { return bleached(min(max(color.luma, 0), 1)) }
    let hue = SIMD3<Float>(color.red - low, color.green - low, color.blue - low) / (high - low)
    let area = width * height, channels = channels, hasAlpha = hasAlpha
    let planes = pixels.withFloats { values in
      func pixel(_ i: Int) -> SIMD3<Float> { SIMD3(values[i], values[area + i], values[2 * area + i]) }
      func saturation(_ pixel: SIMD3<Float>) -> Float { pixel.max() > 0 ? (pixel.max() - pixel.min()) / pixel.max() : 0 }
      var colored: Float = 0, shown: Float = 0
      for i in 0..<area {
        let alpha = hasAlpha ? values[3 * area + i] : 1
        (colored, shown) = (colored + saturation(pixel(i)) * alpha, shown + alpha)
      }
      let paintsAll = colored < 0.3 * shown
      return [Float](unsafeUninitializedCapacity: channels * area) { out, count in
        for i in 0..<area {
          let old = pixel(i), own = saturation(old)
          // How much of the pixel changes, how strong the new colour is there, and how light.
          let share = paintsAll ? 1 : min(own * 2, 1), strength: Float = paintsAll ? 0.85 : max(own, 0.55)
          let light = paintsAll ? 0.3 + 0.7 * old.max() : old.max()
          let new = light * (SIMD3<Float>(repeating: 1) - strength * (SIMD3<Float>(repeating: 1) - hue))
          let mixed = old + (new - old) * share
          for channel in 0..<3 { out[channel * area + i] = min(max(mixed[channel], 0), 1) }
          if hasAlpha { out[3 * area + i] = values[3 * area + i] }
        }
        count = channels * area
      }
    }
    return Image(planes: planes, width: width, height: height, channels: channels)
  }

  /// The picture darkened to a quarter (0) … turned to light greys (1).
  private func bleached(_ lightness: Float) -> Image {
    let area = width * height
    var planes = pixels.floats()
    for i in 0..<area {
      let mean = (planes[i] + planes[area + i] + planes[2 * area + i]) / 3
      let light = 1 - (1 - mean) * 0.35
      for channel in 0..<3 {
        let dark = planes[channel * area + i] * 0.25
        planes[channel * area + i] = dark + (light - dark) * lightness
      }
    }
    return Image(planes: planes, width: width, height: height, channels: channels)
  }
}
