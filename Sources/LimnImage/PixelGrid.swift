import Glibc

/// The pixels of a picture as what is resampled: RGBA with colours multiplied by opacity, one vector each. Outside of it all is clear.
struct PixelGrid {
  private(set) var pixels: [SIMD4<Float>]
  let width, height: Int

  private init(_ pixels: [SIMD4<Float>], width: Int, height: Int) {
    (self.pixels, self.width, self.height) = (pixels, width, height)
  }

  init(_ image: Image) {
    (width, height) = (image.width, image.height)
    let area = width * height, hasAlpha = image.hasAlpha
    pixels = image.pixels.withFloats { planes in
      [SIMD4<Float>](unsafeUninitializedCapacity: area) { out, count in
        for i in 0..<area {
          let alpha = hasAlpha ? planes[3 * area + i] : 1
          out[i] = SIMD4(planes[i] * alpha, planes[area + i] * alpha, planes[2 * area + i] * alpha, alpha)
        }
        count = area
      }
    }
  }

  /// Half as wide and high, each pixel the mean of four; at an odd edge clear ones count too.
  func halved() -> PixelGrid {
    let (newWidth, newHeight) = ((width + 1) / 2, (height + 1) / 2)
    var result: [SIMD4<Float>] = []
    result.reserveCapacity(newWidth * newHeight)
    for y in 0..<newHeight {
      for x in 0..<newWidth {
        var sum = pixels[2 * y * width + 2 * x]
        let hasRight = 2 * x + 1 < width
        if hasRight { sum += pixels[2 * y * width + 2 * x + 1] }
        if 2 * y + 1 < height {
          sum += pixels[(2 * y + 1) * width + 2 * x]
          if hasRight { sum += pixels[(2 * y + 1) * width + 2 * x + 1] }
        }
        result.append(sum * 0.25)
      }
    }
    return PixelGrid(result, width: newWidth, height: newHeight)
  }

  /// How many clear pixels ``shrunk(to:)`` leaves at each side: a Lanczos kernel reaches three pixels past an edge.
  static let margin = 3

  /// Smaller by `scale`, 0…1, antialiased by Lanczos' kernel of three lobes. A place p of this grid is at p · scale + ``margin`` in the result.
  func shrunk(to scale: Double) -> PixelGrid {
    let across = Taps(length: width, scale: scale), down = Taps(length: height, scale: scale)
    var rows = [SIMD4<Float>](repeating: .zero, count: across.count * height)
    pixels.withUnsafeBufferPointer { source in
      for y in 0..<height {
        for x in 0..<across.count {
          var sum = SIMD4<Float>.zero
          for k in across.starts[x]..<across.starts[x + 1] { sum += source[y * width + across.indices[k]] * across.weights[k] }
          rows[y * across.count + x] = sum
        }
      }
    }
    var result = [SIMD4<Float>](repeating: .zero, count: across.count * down.count)
    rows.withUnsafeBufferPointer { source in
      for y in 0..<down.count {
        for k in down.starts[y]..<down.starts[y + 1] {
          let (row, weight) = (down.indices[k] * across.count, down.weights[k])
          for x in 0..<across.count { result[y * across.count + x] += source[row + x] * weight }
        }
      }
    }
    return PixelGrid(result, width: across.count, height: down.count)
  }

  /// Which pixels of a line each pixel of a shorter one is made of, and how much of each.
  private struct Taps {
    /// Pixel i has the taps `starts[i]..<starts[i + 1]`.
    var starts = [0], indices: [Int] = [], weights: [Float] = []
    var count: Int { starts.count - 1 }

    init(length: Int, scale: Double) {
      let reach = 3 / scale
      for i in 0..<(Int((Double(length) * scale).rounded(.up)) + 2 * PixelGrid.margin) {
        let middle = (Double(i - PixelGrid.margin) + 0.5) / scale
        let first = Int((middle - reach).rounded(.up)), last = Int((middle + reach).rounded(.down))
        let all = (first...last).map { lanczos((Double($0) + 0.5 - middle) * scale) }
        let sum = all.reduce(0, +)
        for (index, weight) in zip(first...last, all) where (0..<length).contains(index) && weight != 0 {
          indices.append(index)
          weights.append(Float(weight / sum))
        }
        starts.append(indices.count)
      }
    }
  }

  /// The colour at a place between pixels, by the cubic through its 4×4 neighbours (Keys 1981, a = −1/2).
  @inline(__always) func sampled(_ source: UnsafeBufferPointer<SIMD4<Float>>, x: Double, y: Double) -> SIMD4<Float> {
    let (left, top) = ((x - 0.5).rounded(.down), (y - 0.5).rounded(.down))
    let across = cubic(Float(x - 0.5 - left)), down = cubic(Float(y - 0.5 - top))
    let (column, row) = (Int(left) - 1, Int(top) - 1)
    var sum = SIMD4<Float>.zero
    for j in 0..<4 where row + j >= 0 && row + j < height {
      var line = SIMD4<Float>.zero
      for i in 0..<4 where column + i >= 0 && column + i < width { line += source[(row + j) * width + column + i] * across[i] }
      sum += line * down[j]
    }
    return sum
  }
}

/// Lanczos' window of three lobes.
private func lanczos(_ x: Double) -> Double {
  if x == 0 { return 1 }
  if abs(x) >= 3 { return 0 }
  let angle = Double.pi * x
  return 3 * sin(angle) * sin(angle / 3) / (angle * angle)
}

/// The weights of the pixels −1, 0, 1 and 2 for a place `t` past pixel 0, 0…1.
@inline(__always) private func cubic(_ t: Float) -> SIMD4<Float> {
  let square = t * t, cube = square * t
  return SIMD4(-0.5 * cube + square - 0.5 * t, 1.5 * cube - 2.5 * square + 1, -1.5 * cube + 2 * square + 0.5 * t, 0.5 * cube - 0.5 * square)
}
