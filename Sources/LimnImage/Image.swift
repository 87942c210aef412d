import LimnTensor

/// A picture: RGB or RGBA values, usually 0…1, held as a tensor.
///
/// Values outside 0…1 are kept as they are; only ``bytes()`` and files bring them into range. Alpha is not premultiplied.
///
/// - Shape: `pixels [C, H, W]`, C is 3 or 4, f32, row-major.
package struct Image: Sendable {
  /// The values, `[C, H, W]`; C is 3 (RGB) or 4 (RGB and alpha).
  package let pixels: Tensor

  /// How many columns the picture has, in pixels.
  package var width: Int { pixels.shape[2] }
  /// How many rows the picture has, in pixels.
  package var height: Int { pixels.shape[1] }
  /// 3 for RGB, 4 for RGB and alpha.
  package var channels: Int { pixels.shape[0] }
  /// Whether the picture carries transparency.
  package var hasAlpha: Bool { channels == 4 }

  /// Makes a picture of a tensor's values, which are copied only if they are not f32 and row-major. It is a constant to gradients.
  ///
  /// - Shape: `pixels [3, H, W]` or `[4, H, W]`.
  /// - Throws: ``ImageError`` if the shape is another or a side is 0.
  package init(pixels: Tensor) throws {
    try Image.checkShape(pixels.shape)
    self.init(unchecked: pixels.detached().converted(to: .f32).contiguous())
  }

  /// The rule of ``init(pixels:)``: `[3, H, W]` or `[4, H, W]`, no side 0.
  package static func checkShape(_ shape: Shape) throws {
    guard shape.rank == 3, shape[0] == 3 || shape[0] == 4, shape[1] > 0, shape[2] > 0 else {
      throw ImageError.shape(what: "image", found: "\(shape)", expected: "[3, H, W] or [4, H, W]")
    }
  }

  /// For callers in this module that have made the shape themselves.
  init(unchecked pixels: Tensor) {
    self.pixels = pixels
  }

  package init(planes: [Float], width: Int, height: Int, channels: Int) {
    pixels = Tensor(planes, [channels, height, width])
  }

  /// Makes a picture of one colour; it has alpha only if the colour is not opaque.
  ///
  /// - Throws: ``ImageError`` if a side is not positive or the picture has more than ``pixelLimit`` pixels.
  package init(width: Int, height: Int, color: Color = .black) throws {
    try Image.checkSize(width, height)
    let channels = color.alpha < 1 ? 4 : 3
    var planes: [Float] = []
    planes.reserveCapacity(width * height * channels)
    for channel in 0..<channels { planes.append(contentsOf: repeatElement(color[channel], count: width * height)) }
    self.init(planes: planes, width: width, height: height, channels: channels)
  }

  /// The most pixels a picture may have: 8192×8192, 800 MB as RGB values.
  package static let pixelLimit = 8192 * 8192

  /// Throws unless a picture of this size can be made.
  package static func checkSize(_ width: Int, _ height: Int) throws {
    guard width > 0, height > 0 else { throw ImageError.emptySize(width: width, height: height) }
    guard width <= pixelLimit, height <= pixelLimit, width * height <= pixelLimit else {
      throw ImageError.tooLarge(name: nil, width: width, height: height, limit: pixelLimit)
    }
  }

  /// Whether two pictures have the same size, channels and values.
  package static func == (a: Image, b: Image) -> Bool {
    a.pixels.shape == b.pixels.shape && a.pixels.floats() == b.pixels.floats()
  }
}

// MARK: - Bytes

extension Image {
  /// Makes a picture of interleaved 8-bit samples, value / 255.
  ///
  /// - Shape: `bytes [H, W, C]`, C = `channels` is 3 or 4.
  /// - Throws: ``ImageError`` if the count does not fit the size.
  package init(bytes: [UInt8], width: Int, height: Int, channels: Int) throws {
    try Image.checkSize(width, height)
    guard channels == 3 || channels == 4, bytes.count == width * height * channels else {
      throw ImageError.shape(what: "image bytes", found: "\(bytes.count) bytes", expected: "\(width)×\(height) pixels of 3 or 4 bytes")
    }
    self = bytes.withUnsafeBufferPointer {
      Image(samples: $0, divisor: 255, width: width, height: height, channels: channels)
    }
  }

  /// Takes interleaved samples apart into planes. Division, not multiplication by 1/255: the values are then those of torch and numpy.
  init<Sample: FixedWidthInteger>(samples: UnsafeBufferPointer<Sample>, divisor: Float, width: Int, height: Int, channels: Int) {
    let area = width * height
    let planes = [Float](unsafeUninitializedCapacity: area * channels) { out, count in
      for channel in 0..<channels {
        for i in 0..<area { out[channel * area + i] = Float(samples[i * channels + channel]) / divisor }
      }
      count = area * channels
    }
    self.init(planes: planes, width: width, height: height, channels: channels)
  }

  /// The picture as interleaved 8-bit samples: values are brought into 0…1, then `x · 255` is rounded, halves to even, as numpy does.
  ///
  /// - Shape: `[H, W, C]`.
  package func bytes() -> [UInt8] {
    PNG.interleaved(pixels.floats(), channels: channels, scale: 255, as: UInt8.self)
  }

  /// Whether every value is k / 255 for a whole k, as in a picture that was read from an 8-bit file.
  package var holdsBytes: Bool {
    pixels.withFloats { values in values.allSatisfy { $0 == levels($0, 255) / 255 } }
  }
}

/// `value`, brought into 0…1 (not a number counts as 0), as one of `scale` + 1 levels.
@inline(__always) func levels(_ value: Float, _ scale: Float) -> Float {
  // The comparison is false for NaN, which would otherwise trap in the conversion to an integer.
  guard value > 0 else { return 0 }
  return (min(value, 1) * scale).rounded(.toNearestOrEven)
}

// MARK: - Alpha

extension Image {
  /// The picture without its transparency: the colours as they are stored, as PIL's `convert("RGB")`.
  package var rgb: Image {
    guard hasAlpha else { return self }
    let area = width * height
    return Image(planes: pixels.withFloats { Array($0[0..<(3 * area)]) }, width: width, height: height, channels: 3)
  }

  /// The opacity of each pixel; 1 everywhere for a picture without alpha.
  package var alpha: Mask {
    let area = width * height
    guard hasAlpha else { return Mask(unchecked: Tensor([Float](repeating: 1, count: area), [height, width])) }
    return Mask(unchecked: Tensor(pixels.withFloats { Array($0[(3 * area)...]) }, [height, width]))
  }

  /// A copy whose transparency is `mask`.
  ///
  /// - Throws: ``ImageError`` if the mask has another size.
  package func withAlpha(_ mask: Mask) throws -> Image {
    try checkSameSize(mask, "mask")
    return Image(planes: rgb.pixels.floats() + mask.values.floats(), width: width, height: height, channels: 4)
  }

  /// The picture laid over one colour; the result has no alpha.
  package func flattened(over color: Color = .white) -> Image {
    guard hasAlpha else { return self }
    let area = width * height
    let planes = pixels.withFloats { values in
      [Float](unsafeUninitializedCapacity: 3 * area) { out, count in
        for channel in 0..<3 {
          for i in 0..<area {
            let opacity = values[3 * area + i]
            out[channel * area + i] = values[channel * area + i] * opacity + color[channel] * (1 - opacity)
          }
        }
        count = 3 * area
      }
    }
    return Image(planes: planes, width: width, height: height, channels: 3)
  }
}
