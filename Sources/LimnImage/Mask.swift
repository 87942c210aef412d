import LimnTensor

/// Where something is: 0 outside, 1 inside, values between at soft edges.
///
/// - Shape: `values [H, W]`, f32, row-major.
package struct Mask: Sendable {
  /// `[H, W]`, usually 0…1.
  package let values: Tensor

  /// How many columns the mask has, in pixels.
  package var width: Int { values.shape[1] }
  /// How many rows the mask has, in pixels.
  package var height: Int { values.shape[0] }

  /// Makes a mask of a tensor's values; true counts as 1. It is a constant to gradients.
  ///
  /// - Shape: `values [H, W]`.
  /// - Throws: ``ImageError`` if the shape is another or a side is 0.
  package init(values: Tensor) throws {
    try Mask.checkShape(values.shape)
    self.init(unchecked: values.detached().converted(to: .f32).contiguous())
  }

  /// The rule of ``init(values:)``: `[H, W]`, no side 0.
  package static func checkShape(_ shape: Shape) throws {
    guard shape.rank == 2, shape[0] > 0, shape[1] > 0 else {
      throw ImageError.shape(what: "mask", found: "\(shape)", expected: "[H, W]")
    }
  }

  init(unchecked values: Tensor) {
    self.values = values
  }

  package init(_ values: [Float], width: Int, height: Int) {
    self.values = Tensor(values, [height, width])
  }

  /// Makes a mask that is `value` everywhere.
  ///
  /// - Throws: ``ImageError`` if a side is not positive or there are too many pixels.
  package init(width: Int, height: Int, value: Float = 0) throws {
    try Image.checkSize(width, height)
    self.init([Float](repeating: value, count: width * height), width: width, height: height)
  }

  /// Makes a mask of a picture: its alpha where that says something, else how light it is (Rec. 601, in PIL's 8-bit
  /// arithmetic for pictures of bytes, so that a mask file reads as `convert("L")` does).
  package init(of image: Image) {
    if image.hasAlpha {
      let alpha = image.alpha
      let opacities = alpha.values.floats()
      if opacities.contains(where: { $0 != opacities[0] }) {
        self = alpha
        return
      }
    }
    let area = image.width * image.height
    let asBytes = image.rgb.holdsBytes
    let lightness = image.pixels.withFloats { values in
      (0..<area).map { i -> Float in
        let (red, green, blue) = (values[i], values[area + i], values[2 * area + i])
        guard asBytes else { return Color(red, green, blue).luma }
        let sum = Int(levels(red, 255)) * 19595 + Int(levels(green, 255)) * 38470 + Int(levels(blue, 255)) * 7471
        return Float((sum + 0x8000) >> 16) / 255
      }
    }
    self.init(lightness, width: image.width, height: image.height)
  }

  /// Whether two masks have the same size and values.
  package static func == (a: Mask, b: Mask) -> Bool {
    a.values.shape == b.values.shape && a.values.floats() == b.values.floats()
  }

  /// The mask as a gray picture.
  package var image: Image {
    let plane = values.floats()
    return Image(planes: plane + plane + plane, width: width, height: height, channels: 3)
  }
}

extension Image {
  /// Throws unless `mask` has this picture's size.
  func checkSameSize(_ mask: Mask, _ name: String) throws {
    guard mask.width == width, mask.height == height else {
      throw ImageError.sizesDiffer(name, width: mask.width, height: mask.height, "the image", otherWidth: width, otherHeight: height)
    }
  }
}
