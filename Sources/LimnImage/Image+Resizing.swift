import LimnTensor

extension Image {
  /// Returns the picture at another size.
  ///
  /// A picture of bytes (every value k / 255, as read from an 8-bit PNG) is resized in Pillow's 8-bit arithmetic, so that
  /// the result equals `PIL.Image.resize` byte for byte; any other in floats, brought into 0…1. Alpha weighs the
  /// colours, so that hidden ones do not bleed.
  ///
  /// - Units: width and height in pixels.
  /// - Throws: ``ImageError`` if a side is not positive or the result has too many pixels.
  package func resized(width newWidth: Int, height newHeight: Int, _ filter: ResizeFilter = .lanczos) throws -> Image {
    try Image.checkSize(newWidth, newHeight)
    if newWidth == width, newHeight == height { return self }
    if filter == .nearest {
      let columns = NearestPositions.centered(from: width, to: newWidth), rows = NearestPositions.centered(from: height, to: newHeight)
      return joined(floatPlanes.map { $0.picked(columns: columns, rows: rows) })
    }
    if holdsBytes {
      let planes = Premultiplied.planes(bytePlanes).map { $0.resampled(width: newWidth, height: newHeight, filter) }
      return joined(Premultiplied.undone(planes).map { plane in
        Plane(values: plane.values.map { Float($0) / 255 }, width: newWidth, height: newHeight)
      })
    }
    let planes = Premultiplied.planes(floatPlanes).map {
      $0.resampled(width: newWidth, height: newHeight, filter, isClipped: true)
    }
    return joined(Premultiplied.undone(planes))
  }

  /// Returns the picture `factor` times as large, each pixel a crisp square.
  package func enlarged(times factor: Int) throws -> Image {
    guard (1...8192).contains(factor) else { throw ImageError.value(name: "times", found: "\(factor)", expected: "1…8192") }
    return try resized(width: width * factor, height: height * factor, .nearest)
  }

  /// Returns the picture shrunk or enlarged so that it just covers a size, the middle of it kept: `resize` and centre
  /// crop, as CLIP's preprocessing does.
  package func covering(width newWidth: Int, height newHeight: Int, _ filter: ResizeFilter = .lanczos) throws -> Image {
    try Image.checkSize(newWidth, newHeight)
    // Whole-number arithmetic: the longer side is rounded down, as torchvision's and transformers' do.
    let isWide = width * newHeight >= height * newWidth
    let fullWidth = isWide ? max(width * newHeight / height, newWidth) : newWidth
    let fullHeight = isWide ? newHeight : max(height * newWidth / width, newHeight)
    let full = try resized(width: fullWidth, height: fullHeight, filter)
    return try full.cropped(x: (fullWidth - newWidth) / 2, y: (fullHeight - newHeight) / 2, width: newWidth, height: newHeight)
  }

  /// The channels, one plane each.
  var floatPlanes: [Plane<Float>] {
    let area = width * height
    return pixels.withFloats { values in
      (0..<channels).map { Plane(values: Array(values[($0 * area)..<(($0 + 1) * area)]), width: width, height: height) }
    }
  }

  /// The channels as bytes.
  var bytePlanes: [Plane<UInt8>] {
    floatPlanes.map { Plane<UInt8>(values: $0.values.map { UInt8(levels($0, 255)) }, width: width, height: height) }
  }

  private func joined(_ planes: [Plane<Float>]) -> Image {
    Image(planes: planes.flatMap(\.values), width: planes[0].width, height: planes[0].height, channels: planes.count)
  }
}

/// Colours multiplied by their opacity while a picture is resized; Pillow's mode RGBa. Planes without alpha pass unchanged.
enum Premultiplied {
  static func planes(_ planes: [Plane<UInt8>]) -> [Plane<UInt8>] {
    guard planes.count == 4 else { return planes }
    let alpha = planes[3].values
    return planes[..<3].map { plane in
      var plane = plane
      for i in alpha.indices {
        // a · b / 255, rounded, without a division
        let product = Int(plane.values[i]) * Int(alpha[i]) + 128
        plane.values[i] = UInt8((product >> 8 + product) >> 8)
      }
      return plane
    } + [planes[3]]
  }

  static func undone(_ planes: [Plane<UInt8>]) -> [Plane<UInt8>] {
    guard planes.count == 4 else { return planes }
    let alpha = planes[3].values
    return planes[..<3].map { plane in
      var plane = plane
      for i in alpha.indices where alpha[i] != 0 && alpha[i] != 255 {
        plane.values[i] = UInt8(clamping: 255 * Int(plane.values[i]) / Int(alpha[i]))
      }
      return plane
    } + [planes[3]]
  }

  static func planes(_ planes: [Plane<Float>]) -> [Plane<Float>] {
    guard planes.count == 4 else { return planes }
    let alpha = planes[3].values
    return planes[..<3].map { plane in
      Plane(values: zip(plane.values, alpha).map { $0 * $1 }, width: plane.width, height: plane.height)
    } + [planes[3]]
  }

  static func undone(_ planes: [Plane<Float>]) -> [Plane<Float>] {
    guard planes.count == 4 else { return planes }
    let alpha = planes[3].values
    return planes[..<3].map { plane in
      Plane(values: zip(plane.values, alpha).map { $1 > 0 ? min($0 / $1, 1) : 0 }, width: plane.width, height: plane.height)
    } + [planes[3]]
  }
}

/// How a mask gets another size.
package enum MaskResize: String, CaseIterable, Sendable {
  /// ⌊i · scale⌋, as torch's `interpolate(mode: "nearest")`: how training code brings masks to the latent's size.
  case nearest
  case area, bilinear, bicubic, lanczos
}

extension Mask {
  /// Returns the mask at another size; by default as torch's nearest-neighbour `interpolate` does. The others are the
  /// antialiased filters of ``ResizeFilter``, in floats, brought into 0…1.
  ///
  /// - Throws: ``ImageError`` if a side is not positive or the result has too many pixels.
  package func resized(width newWidth: Int, height newHeight: Int, _ how: MaskResize = .nearest) throws -> Mask {
    try Image.checkSize(newWidth, newHeight)
    if newWidth == width, newHeight == height { return self }
    let plane = Plane(values: values.floats(), width: width, height: height)
    guard let filter = ResizeFilter(rawValue: how.rawValue), filter != .nearest else {
      let columns = NearestPositions.cornered(from: width, to: newWidth), rows = NearestPositions.cornered(from: height, to: newHeight)
      return Mask(plane.picked(columns: columns, rows: rows).values, width: newWidth, height: newHeight)
    }
    return Mask(
      plane.resampled(width: newWidth, height: newHeight, filter, isClipped: true).values, width: newWidth, height: newHeight)
  }
}
