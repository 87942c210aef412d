import Glibc
import LimnTensor

/// The neighbourhood that ``Mask/grown(by:shape:)`` looks at.
package enum Neighborhood: String, CaseIterable, Sendable {
  /// All pixels within the radius.
  case disc
  /// The square of 2 · radius + 1 pixels, as OpenCV's `dilate` with ones.
  case square
}

extension Mask {
  /// The widest that masks are grown and blurred, in pixels.
  package static let radiusLimit = 1024

  /// Returns the mask `radius` pixels wider on all sides: the greatest value in each pixel's neighbourhood.
  ///
  /// - Throws: ``ImageError`` unless the radius is 0…``radiusLimit``.
  package func grown(by radius: Int, shape: Neighborhood = .disc) throws -> Mask {
    guard (0...Mask.radiusLimit).contains(radius) else {
      throw ImageError.value(name: "radius", found: "\(radius)", expected: "0…\(Mask.radiusLimit)")
    }
    if radius == 0 { return self }
    let source = values.floats()
    var out = [Float](repeating: -.infinity, count: source.count)
    for dy in -min(radius, height - 1)...min(radius, height - 1) {
      // How far the neighbourhood reaches to either side in the row dy away.
      let reach = shape == .square ? radius : Int(Double(radius * radius - dy * dy).squareRoot())
      for y in max(-dy, 0)..<min(height - dy, height) {
        let row = source[((y + dy) * width)..<((y + dy + 1) * width)]
        for (x, value) in Mask.slidingMaximum(row, reach: min(reach, width)).enumerated() where value > out[y * width + x] {
          out[y * width + x] = value
        }
      }
    }
    return Mask(out, width: width, height: height)
  }

  /// Returns the mask `radius` pixels narrower: the least value in each pixel's neighbourhood. What lies beyond the
  /// picture's edge does not count, so a mask that touches the edge stays there.
  package func shrunk(by radius: Int, shape: Neighborhood = .disc) throws -> Mask {
    try inverted.grown(by: radius, shape: shape).inverted
  }

  /// The greatest value within `reach` of each position: a queue of falling values, each position enters and leaves once.
  private static func slidingMaximum(_ row: ArraySlice<Float>, reach: Int) -> [Float] {
    let first = row.startIndex, count = row.count
    var queue = [Int](repeating: 0, count: count)
    var (head, tail) = (0, 0)
    var out = [Float](repeating: 0, count: count)
    for i in 0..<(count + reach) {
      if i < count {
        while tail > head, row[first + queue[tail - 1]] <= row[first + i] { tail -= 1 }
        queue[tail] = i
        tail += 1
      }
      let center = i - reach
      guard center >= 0 else { continue }
      while queue[head] < center - reach { head += 1 }
      out[center] = row[first + queue[head]]
    }
    return out
  }

  /// Returns the mask with soft edges: a Gaussian whose standard deviation is `radius` pixels, cut at three of them.
  /// Beyond the picture's edge there is nothing; the weights within add up to 1.
  ///
  /// - Throws: ``ImageError`` unless the radius is 0…``radiusLimit``.
  package func blurred(radius: Float) throws -> Mask {
    let plane = try Plane(values: values.floats(), width: width, height: height).blurred(radius: radius)
    return Mask(plane.values, width: width, height: height)
  }
}

extension Image {
  /// Returns the picture blurred; see ``Mask/blurred(radius:)``.
  package func blurred(radius: Float) throws -> Image {
    let planes = try Premultiplied.undone(Premultiplied.planes(floatPlanes).map { try $0.blurred(radius: radius) })
    return Image(planes: planes.flatMap(\.values), width: width, height: height, channels: channels)
  }
}

extension Plane<Float> {
  func blurred(radius: Float) throws -> Plane {
    guard radius >= 0, radius <= Float(Mask.radiusLimit) else {
      throw ImageError.value(name: "radius", found: "\(radius)", expected: "0…\(Mask.radiusLimit)")
    }
    if radius == 0 { return self }
    let reach = Int((radius * 3).rounded(.up))
    let kernel = (0...reach).map { Float(exp(-Double($0 * $0) / (2 * Double(radius) * Double(radius)))) }
    return smoothedRows(kernel).transposed.smoothedRows(kernel).transposed
  }

  private func smoothedRows(_ kernel: [Float]) -> Plane {
    let reach = kernel.count - 1
    let totals = (0..<width).map { x in
      (max(x - reach, 0)...min(x + reach, width - 1)).reduce(Float(0)) { $0 + kernel[abs($1 - x)] }
    }
    var out = values
    for y in 0..<height {
      for x in 0..<width {
        var sum: Float = 0
        for column in max(x - reach, 0)...min(x + reach, width - 1) { sum += values[y * width + column] * kernel[abs(column - x)] }
        out[y * width + x] = sum / totals[x]
      }
    }
    return Plane(values: out, width: width, height: height)
  }

  private var transposed: Plane {
    var out = values
    for y in 0..<height { for x in 0..<width { out[x * height + y] = values[y * width + x] } }
    return Plane(values: out, width: height, height: width)
  }
}
