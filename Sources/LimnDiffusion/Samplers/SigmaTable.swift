import Glibc

/// σ/α of a noise schedule by training step, and its inverse.
///
/// Arithmetic is in double from float32 entries, as numpy does it in diffusers.
package struct SigmaTable {
  /// σ/α at each training step.
  package let ratios: [Float]
  private let logs: [Float]

  package init(_ schedule: NoiseSchedule) {
    ratios = schedule.alphaBar.map { ((1 - $0) / $0).squareRoot() }
    logs = ratios.map { logf($0) }
  }

  /// σ/α at `t`, linear between steps, constant beyond the ends.
  package func ratio(at t: Double) -> Double {
    if t <= 0 { return Double(ratios[0]) }
    if t >= Double(ratios.count - 1) { return Double(ratios[ratios.count - 1]) }
    let below = Int(t)
    let (low, high) = (Double(ratios[below]), Double(ratios[below + 1]))
    return (high - low) * (t - Double(below)) + low
  }

  /// The training step, between steps too, at which σ/α is `ratio`; linear in the logarithm.
  package func timestep(ratio: Double) -> Double {
    let wanted = log(max(ratio, 1e-10))
    // logs rise with t: the last entry not above `wanted`
    var (low, end) = (0, logs.count)
    while end - low > 1 {
      let middle = (low + end) / 2
      if Double(logs[middle]) <= wanted { low = middle } else { end = middle }
    }
    low = min(low, logs.count - 2)
    let (below, above) = (Double(logs[low]), Double(logs[low + 1]))
    let weight = min(max((below - wanted) / (below - above), 0), 1)
    return (1 - weight) * Double(low) + weight * Double(low + 1)
  }

  /// `count` ratios from `largest` down to `smallest`, even in the 7th root. Karras et al. 2022, eq. 5.
  package static func karras(largest: Double, smallest: Double, count: Int) -> [Double] {
    let rho = 7.0
    let (top, bottom) = (pow(largest, 1 / rho), pow(smallest, 1 / rho))
    return (0..<count).map { i in
      let ramp = count == 1 ? 0 : Double(i) / Double(count - 1)
      return pow(top + ramp * (bottom - top), rho)
    }
  }
}
