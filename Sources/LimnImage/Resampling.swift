import Glibc

/// How a picture gets another size. All but `nearest` look at every pixel when shrinking (antialiased), as Pillow's do.
package enum ResizeFilter: String, CaseIterable, Sendable {
  /// The pixel under the centre. Keeps exact values.
  case nearest
  /// The mean of the pixels covered; Pillow's box, OpenCV's area.
  case area
  case bilinear
  /// Keys' cubic with a = −0.5.
  case bicubic
  /// Windowed sinc, three lobes. Sharpest.
  case lanczos

  /// How far the kernel reaches, in source pixels, when not shrinking.
  var support: Double {
    switch self {
    case .nearest: 0
    case .area: 0.5
    case .bilinear: 1
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  /// The kernel at distance `x`.
  func weight(_ x: Double) -> Double {
    let distance = abs(x)
    switch self {
    case .nearest: return 0
    case .area: return x > -0.5 && x <= 0.5 ? 1 : 0
    case .bilinear: return max(1 - distance, 0)
    case .bicubic:
      let a = -0.5
      if distance < 1 { return ((a + 2) * distance - (a + 3)) * distance * distance + 1 }
      if distance < 2 { return (((distance - 5) * distance + 8) * distance - 4) * a }
      return 0
    case .lanczos:
      return distance < 3 ? ResizeFilter.sinc(x) * ResizeFilter.sinc(x / 3) : 0
    }
  }

  private static func sinc(_ x: Double) -> Double {
    x == 0 ? 1 : sin(x * .pi) / (x * .pi)
  }
}

/// For each position of the result along one axis: which source positions count, and how much.
///
/// The arithmetic, with its order of roundings, is that of Pillow's `precompute_coeffs`, so that results agree to the bit.
struct ResampleTable {
  /// The first source position of each result position, and how many follow.
  var first: [Int] = []
  var count: [Int] = []
  /// The weights of result position `i` begin at `i · stride`; they add up to 1.
  var weights: [Double]
  let stride: Int

  init(_ filter: ResizeFilter, from source: Int, to size: Int) {
    let scale = Double(source) / Double(size)
    let stretch = max(scale, 1)
    let support = filter.support * stretch
    stride = Int(support.rounded(.up)) * 2 + 1
    weights = [Double](repeating: 0, count: size * stride)
    for position in 0..<size {
      let center = (Double(position) + 0.5) * scale
      let low = max(Int(center - support + 0.5), 0)
      let high = min(Int(center + support + 0.5), source)
      var sum = 0.0
      for x in 0..<(high - low) {
        let weight = filter.weight((Double(x + low) - center + 0.5) * (1 / stretch))
        weights[position * stride + x] = weight
        sum += weight
      }
      if sum != 0 { for x in 0..<(high - low) { weights[position * stride + x] /= sum } }
      first.append(low)
      count.append(high - low)
    }
  }

  /// How many bits of a 32-bit sum the weights may take: 8 are the sample's, 2 keep overshoot.
  static let fractionBits = 32 - 8 - 2

  /// The weights as fixed-point numbers, rounded half away from 0.
  var fixed: [Int32] {
    weights.map { Int32(($0 * Double(1 << ResampleTable.fractionBits)).rounded(.toNearestOrAwayFromZero)) }
  }
}

/// One plane's values along with its size.
struct Plane<Value> {
  var values: [Value]
  var width: Int
  var height: Int
}

extension Plane<UInt8> {
  /// Resizes in Pillow's 8-bit arithmetic: rows first, rounded to bytes, then columns. An axis that keeps its size is left alone.
  func resampled(width newWidth: Int, height newHeight: Int, _ filter: ResizeFilter) -> Plane {
    let rows = newWidth == width ? self : resampledRows(ResampleTable(filter, from: width, to: newWidth), newWidth)
    return newHeight == height ? rows : rows.resampledColumns(ResampleTable(filter, from: height, to: newHeight), newHeight)
  }

  private func resampledRows(_ table: ResampleTable, _ newWidth: Int) -> Plane {
    let weights = table.fixed
    var out = [UInt8](repeating: 0, count: newWidth * height)
    for y in 0..<height {
      for x in 0..<newWidth {
        var sum: Int32 = 1 << (ResampleTable.fractionBits - 1)
        for k in 0..<table.count[x] { sum &+= Int32(values[y * width + table.first[x] + k]) &* weights[x * table.stride + k] }
        out[y * newWidth + x] = UInt8(clamping: sum >> ResampleTable.fractionBits)
      }
    }
    return Plane(values: out, width: newWidth, height: height)
  }

  private func resampledColumns(_ table: ResampleTable, _ newHeight: Int) -> Plane {
    let weights = table.fixed
    var out = [UInt8](repeating: 0, count: width * newHeight)
    var sums = [Int32](repeating: 0, count: width)
    for y in 0..<newHeight {
      for x in 0..<width { sums[x] = 1 << (ResampleTable.fractionBits - 1) }
      for k in 0..<table.count[y] {
        let weight = weights[y * table.stride + k], row = (table.first[y] + k) * width
        for x in 0..<width { sums[x] &+= Int32(values[row + x]) &* weight }
      }
      for x in 0..<width { out[y * width + x] = UInt8(clamping: sums[x] >> ResampleTable.fractionBits) }
    }
    return Plane(values: out, width: width, height: newHeight)
  }
}

extension Plane<Float> {
  /// Resizes in floats, sums in Double, as Pillow's mode F: rows first, then columns. Results may overshoot the source's
  /// range, unless `isClipped`: then each pass brings its results into 0…1, as bytes are.
  func resampled(width newWidth: Int, height newHeight: Int, _ filter: ResizeFilter, isClipped: Bool = false) -> Plane {
    var plane = self
    if newWidth != width {
      plane = plane.resampledRows(ResampleTable(filter, from: width, to: newWidth), newWidth)
      if isClipped { plane = plane.clipped }
    }
    if newHeight != height {
      plane = plane.resampledColumns(ResampleTable(filter, from: height, to: newHeight), newHeight)
      if isClipped { plane = plane.clipped }
    }
    return plane
  }

  private var clipped: Plane {
    Plane(values: values.map { $0 > 0 ? min($0, 1) : 0 }, width: width, height: height)
  }

  private func resampledRows(_ table: ResampleTable, _ newWidth: Int) -> Plane {
    var out = [Float](repeating: 0, count: newWidth * height)
    for y in 0..<height {
      for x in 0..<newWidth {
        var sum = 0.0
        for k in 0..<table.count[x] { sum += Double(values[y * width + table.first[x] + k]) * table.weights[x * table.stride + k] }
        out[y * newWidth + x] = Float(sum)
      }
    }
    return Plane(values: out, width: newWidth, height: height)
  }

  private func resampledColumns(_ table: ResampleTable, _ newHeight: Int) -> Plane {
    var out = [Float](repeating: 0, count: width * newHeight)
    var sums = [Double](repeating: 0, count: width)
    for y in 0..<newHeight {
      for x in 0..<width { sums[x] = 0 }
      for k in 0..<table.count[y] {
        let weight = table.weights[y * table.stride + k], row = (table.first[y] + k) * width
        for x in 0..<width { sums[x] += Double(values[row + x]) * weight }
      }
      for x in 0..<width { out[y * width + x] = Float(sums[x]) }
    }
    return Plane(values: out, width: width, height: newHeight)
  }
}

extension Plane {
  /// Takes for each result position the source position in `columns` and `rows`.
  func picked(columns: [Int], rows: [Int]) -> Plane {
    var out: [Value] = []
    out.reserveCapacity(columns.count * rows.count)
    for row in rows { for column in columns { out.append(values[row * width + column]) } }
    return Plane(values: out, width: columns.count, height: rows.count)
  }
}

/// Which source positions nearest-neighbour resizing takes along one axis.
enum NearestPositions {
  /// Pillow's: the source pixel under the centre of each result pixel. The position is stepped, not multiplied, as there.
  static func centered(from source: Int, to size: Int) -> [Int] {
    let scale = Double(source) / Double(size)
    var position = scale * 0.5
    return (0..<size).map { _ in
      defer { position += scale }
      return min(Int(position), source - 1)
    }
  }

  /// torch's `interpolate(mode: "nearest")`: ⌊i · scale⌋, without the half-pixel shift; the scale is a Float there.
  static func cornered(from source: Int, to size: Int) -> [Int] {
    let scale = Float(source) / Float(size)
    return (0..<size).map { min(Int((Float($0) * scale).rounded(.down)), source - 1) }
  }
}
