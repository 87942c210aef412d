import Glibc

/// Which old positions along one side make each new one, and with what weights.
struct ResizeTaps {
  let inputs: Int
  /// Where the taps of new position i begin; one more entry ends the last.
  private(set) var first: [Int32] = [0]
  private(set) var sources: [Int32] = []
  private(set) var weights: [Float] = []

  /// How many new positions there are.
  var count: Int { first.count - 1 }

  /// The taps of torch's `interpolate(align_corners=False)` along a side of `inputs` → `outputs` pixels.
  init(_ mode: ResizeMode, from inputs: Int, to outputs: Int, antialias: Bool) {
    self.inputs = inputs
    let scale = Float(inputs) / Float(outputs)
    for i in 0..<outputs {
      switch mode {
      case .nearest: append([(min(Int(Float(i) * scale), inputs - 1), 1)])
      case .area: appendArea(i, outputs)
      case .bilinear where antialias: appendAntialiased(i, scale, support: 1, triangle)
      case .bicubic where antialias: appendAntialiased(i, scale, support: 2) { cubic($0, -0.5) }
      case .bilinear: appendBilinear(i, scale)
      case .bicubic: appendBicubic(i, scale)
      }
    }
  }

  private init(inputs: Int) { self.inputs = inputs }

  /// The same weights seen from the old positions: what flows back to each.
  func transposed() -> ResizeTaps {
    var lists = Array(repeating: [(Int, Float)](), count: inputs)
    for i in 0..<count {
      for t in Int(first[i])..<Int(first[i + 1]) { lists[Int(sources[t])].append((i, weights[t])) }
    }
    var result = ResizeTaps(inputs: count)
    for list in lists { result.append(list) }
    return result
  }

  private mutating func append(_ taps: [(Int, Float)]) {
    for (source, weight) in taps {
      sources.append(Int32(source))
      weights.append(weight)
    }
    first.append(Int32(sources.count))
  }

  private mutating func appendArea(_ i: Int, _ outputs: Int) {
    let from = i * inputs / outputs
    let to = ((i + 1) * inputs + outputs - 1) / outputs
    let weight = 1 / Float(to - from)
    append((from..<to).map { ($0, weight) })
  }

  private mutating func appendBilinear(_ i: Int, _ scale: Float) {
    let center = max(scale * (Float(i) + 0.5) - 0.5, 0)
    let low = min(Int(center), inputs - 1)
    let high = min(low + 1, inputs - 1)
    let part = center - Float(low)
    append([(low, 1 - part), (high, part)])
  }

  /// Four neighbours; positions past the border stand for the border's pixel.
  private mutating func appendBicubic(_ i: Int, _ scale: Float) {
    let center = scale * (Float(i) + 0.5) - 0.5
    let low = center.rounded(.down)
    let part = center - low
    append((-1...2).map { k in (min(max(Int(low) + k, 0), inputs - 1), cubic(part - Float(k), -0.75)) })
  }

  /// A filter as wide as the factor, its weights made to sum to one inside the picture.
  private mutating func appendAntialiased(_ i: Int, _ scale: Float, support: Float, _ filter: (Float) -> Float) {
    let width = max(scale, 1)
    let reach = support * width
    let center = scale * (Float(i) + 0.5)
    let from = max(Int(center - reach + 0.5), 0)
    let to = min(Int(center + reach + 0.5), inputs)
    let values = (from..<to).map { filter((Float($0) - center + 0.5) / width) }
    let total = values.reduce(0, +)
    append(zip(from..<to, values).map { source, value in (source, value / total) })
  }
}

private func triangle(_ x: Float) -> Float { max(1 - abs(x), 0) }

/// Keys 1981, eq. 15, with its parameter a.
private func cubic(_ distance: Float, _ a: Float) -> Float {
  let x = abs(distance)
  if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
  if x < 2 { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
  return 0
}
