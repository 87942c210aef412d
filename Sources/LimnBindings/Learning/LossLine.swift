import LimnNN

/// The losses so far in a line: each term with its last value and a small curve.
enum LossLine {
  private static let bars = Array("▁▂▃▄▅▆▇█")
  private static let width = 12

  static func text(_ losses: LossRecord) -> String {
    // The term is called what it is only where there are several.
    losses.names.prefix(4).map { name in
      let values = losses.terms[name]!
      let last = values.last { !$0.isNaN } ?? .nan
      return "\(name) \(TensorText.short(Double(last))) \(curve(values))"
    }.joined(separator: "  ")
  }

  /// The means of equal stretches of the values, as bars from the least to the greatest; nothing for few.
  static func curve(_ values: [Float]) -> String {
    let values = values.filter { !$0.isNaN }
    guard values.count >= 2 * width else { return "" }
    let means = (0..<width).map { bin in
      let part = values[bin * values.count / width..<(bin + 1) * values.count / width]
      return part.reduce(0, +) / Float(part.count)
    }
    let low = means.min()!, span = means.max()! - low
    return String(means.map { bars[span > 0 ? min(Int(($0 - low) / span * 8), 7) : 0] })
  }
}
