import LimnTensor

extension Image {
  /// Returns the part of the picture whose top left corner is (`x`, `y`).
  ///
  /// - Units: pixels; x to the right, y down.
  /// - Throws: ``ImageError`` if the part leaves the picture.
  package func cropped(x: Int, y: Int, width partWidth: Int, height partHeight: Int) throws -> Image {
    try Image.checkSize(partWidth, partHeight)
    guard x >= 0, y >= 0, x <= width - partWidth, y <= height - partHeight else {
      throw ImageError.outside(what: "a part of \(partWidth)×\(partHeight) at (\(x), \(y))", width: width, height: height)
    }
    return Image(unchecked: pixels.sliced(axis: 1, from: y, to: y + partHeight).sliced(axis: 2, from: x, to: x + partWidth).contiguous())
  }

  /// Returns the picture as in a mirror: left and right change places.
  package func flippedHorizontally() -> Image {
    rearranged(columns: (0..<width).reversed(), rows: Array(0..<height))
  }

  /// Returns the picture upside down, as in a lake.
  package func flippedVertically() -> Image {
    rearranged(columns: Array(0..<width), rows: (0..<height).reversed())
  }

  func rearranged(columns: [Int], rows: [Int]) -> Image {
    let planes = floatPlanes.map { $0.picked(columns: columns, rows: rows) }
    return Image(planes: planes.flatMap(\.values), width: columns.count, height: rows.count, channels: channels)
  }

  /// Returns the picture with `other` laid on it, its top left corner at (`x`, `y`); what leaves the picture is cut off.
  ///
  /// Each pixel becomes `other` · m + self · (1 − m), where m is `mask` (1 without one) times `other`'s alpha.
  ///
  /// - Parameter mask: As large as `other`; 1 where it shows.
  /// - Throws: ``ImageError`` if the mask has another size than `other`.
  package func pasted(_ other: Image, x: Int = 0, y: Int = 0, mask: Mask? = nil) throws -> Image {
    if let mask { try other.checkSameSize(mask, "the mask") }
    let farAway = 1 << 30
    // Far outside nothing shows; the sums below must not overflow.
    guard (-farAway...farAway).contains(x), (-farAway...farAway).contains(y) else { return self }
    var canvas = Canvas(self)
    canvas.paste(other, x: x, y: y, mask: mask)
    return canvas.image
  }

  /// Returns the picture with `color` where `mask` is 1, mixed where it is between.
  ///
  /// - Throws: ``ImageError`` if the mask has another size.
  package func filled(_ mask: Mask, _ color: Color) throws -> Image {
    try checkSameSize(mask, "the mask")
    var canvas = Canvas(self)
    canvas.fill(color, mask)
    return canvas.image
  }

  /// Returns the two pictures mixed: self · (1 − amount) + other · amount.
  ///
  /// - Throws: ``ImageError`` if their sizes differ.
  package func mixed(with other: Image, _ amount: Float) throws -> Image {
    guard width == other.width, height == other.height else {
      throw ImageError.sizesDiffer("the image", width: width, height: height, "the other", otherWidth: other.width, otherHeight: other.height)
    }
    let (a, b) = (rgb.pixels.floats(), other.rgb.pixels.floats())
    return Image(planes: zip(a, b).map { $0 * (1 - amount) + $1 * amount }, width: width, height: height, channels: 3)
  }
}

extension Mask {
  /// Returns the part of the mask whose top left corner is (`x`, `y`).
  package func cropped(x: Int, y: Int, width partWidth: Int, height partHeight: Int) throws -> Mask {
    try Image.checkSize(partWidth, partHeight)
    guard x >= 0, y >= 0, x <= width - partWidth, y <= height - partHeight else {
      throw ImageError.outside(what: "a part of \(partWidth)×\(partHeight) at (\(x), \(y))", width: width, height: height)
    }
    return Mask(unchecked: values.sliced(axis: 0, from: y, to: y + partHeight).sliced(axis: 1, from: x, to: x + partWidth).contiguous())
  }

  /// Returns the mask as in a mirror.
  package func flippedHorizontally() -> Mask {
    rearranged(columns: (0..<width).reversed(), rows: Array(0..<height))
  }

  /// Returns the mask upside down.
  package func flippedVertically() -> Mask {
    rearranged(columns: Array(0..<width), rows: (0..<height).reversed())
  }

  private func rearranged(columns: [Int], rows: [Int]) -> Mask {
    let plane = Plane(values: values.floats(), width: width, height: height).picked(columns: columns, rows: rows)
    return Mask(plane.values, width: columns.count, height: rows.count)
  }
}
