import LimnTensor

extension Mask {
  /// Where both masks are: the lesser value of each pixel.
  ///
  /// - Throws: ``ImageError`` if the sizes differ; so do the other operations on two masks.
  package func and(_ other: Mask) throws -> Mask { try combined(other) { min($0, $1) } }

  /// Where either mask is: the greater value of each pixel.
  package func or(_ other: Mask) throws -> Mask { try combined(other) { max($0, $1) } }

  /// Where this mask is and the other is not: min(a, 1 − b).
  package func minus(_ other: Mask) throws -> Mask { try combined(other) { min($0, 1 - $1) } }

  /// Where the mask is not: 1 − x.
  package var inverted: Mask { mapped { 1 - $0 } }

  /// Where any of the masks is.
  ///
  /// - Throws: ``ImageError`` for an empty list or different sizes.
  package static func union(_ masks: [Mask]) throws -> Mask {
    guard let first = masks.first else { throw ImageError.value(name: "masks", found: "an empty list", expected: "at least one mask") }
    return try masks.dropFirst().reduce(first) { try $0.or($1) }
  }

  /// 1 where the value is greater than `level`, else 0.
  package func thresholded(above level: Float = 0.5) -> Mask { mapped { $0 > level ? 1 : 0 } }

  /// The mean value: how much of the picture the mask covers, 0…1.
  package var areaFraction: Float {
    values.withFloats { Float($0.reduce(0.0) { $0 + Double($1) } / Double($0.count)) }
  }

  /// Where the mask is, as the smallest rectangle with all values above `level`; nil if there are none.
  ///
  /// - Units: pixels.
  package func boundingBox(above level: Float = 0.5) -> (x: Int, y: Int, width: Int, height: Int)? {
    var (left, right, top, bottom) = (width, -1, height, -1)
    values.withFloats { values in
      for y in 0..<height {
        for x in 0..<width where values[y * width + x] > level {
          (left, right) = (min(left, x), max(right, x))
          (top, bottom) = (min(top, y), y)
        }
      }
    }
    return right < 0 ? nil : (left, top, right - left + 1, bottom - top + 1)
  }

  /// How far two masks agree, 0…1: Σ min / Σ max, for hard masks intersection over union. Two empty masks agree fully.
  package func overlap(with other: Mask) throws -> Float {
    let both = try and(other).areaFraction, either = try or(other).areaFraction
    return either > 0 ? both / either : 1
  }

  private func mapped(_ body: (Float) -> Float) -> Mask {
    Mask(values.withFloats { $0.map(body) }, width: width, height: height)
  }

  private func combined(_ other: Mask, _ body: (Float, Float) -> Float) throws -> Mask {
    guard width == other.width, height == other.height else {
      throw ImageError.sizesDiffer("the mask", width: width, height: height, "the other", otherWidth: other.width, otherHeight: other.height)
    }
    return values.withFloats { a in
      other.values.withFloats { b in Mask(zip(a, b).map(body), width: width, height: height) }
    }
  }
}

extension Image {
  /// Takes a segment image apart: one mask for each colour in it, the largest first (equal ones in reading order).
  ///
  /// - Throws: ``ImageError`` if there are more than `limit` colours, as in a photograph.
  package func segments(limit: Int = 64) throws -> [(color: Color, mask: Mask)] {
    let bytes = rgb.bytes()
    let area = width * height
    var order: [Int] = []
    var values: [Int: [Float]] = [:]
    for i in 0..<area {
      let key = Int(bytes[3 * i]) << 16 | Int(bytes[3 * i + 1]) << 8 | Int(bytes[3 * i + 2])
      if values[key] == nil {
        order.append(key)
        guard order.count <= limit else {
          throw ImageError.value(name: "segments", found: "an image of more than \(limit) colors", expected: "at most \(limit)")
        }
      }
      values[key, default: [Float](repeating: 0, count: area)][i] = 1
    }
    let found = order.enumerated().map { position, key in
      let color = Color(Float(key >> 16) / 255, Float(key >> 8 & 255) / 255, Float(key & 255) / 255)
      let mask = Mask(values[key]!, width: width, height: height)
      return (position: position, color: color, mask: mask, share: mask.areaFraction)
    }
    return found.sorted { ($1.share, $0.position) < ($0.share, $1.position) }.map { ($0.color, $0.mask) }
  }
}
