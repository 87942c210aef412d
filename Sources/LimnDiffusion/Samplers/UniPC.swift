import Glibc
import LimnTensor

/// A predictor and a corrector of one form. Zhao et al. 2023, "UniPC", algorithms 5 to 8 (multistep).
///
/// Notation: λ = ln(α/σ), h a step in λ, hh = −h when clean latents are predicted and h when noise is, B(h) the paper's choice of
/// scale (hh, or e^hh − 1), r a past step in units of h.
struct UniPC: Sampler {
  let plan: SamplingPlan
  var state = SamplerState()
  /// Converted outputs of up to `solverOrder` evaluations, newest first.
  private var outputs: [Tensor] = []
  /// The corrected latent where the last step began, and that step's order.
  private var last: (x: Tensor, order: Int)?

  init(plan: SamplingPlan) { self.plan = plan }

  var takesNoise: Bool { false }

  mutating func update(_ output: Tensor, noise: Tensor?) {
    let settings = plan.settings
    let i = state.index
    let converted = converted(output)
    if let last, !settings.disabledCorrector.contains(i - 1) {
      state.x = stepped(last.x, to: i, order: last.order, corrector: converted)
    }
    outputs = Array(([converted] + outputs).prefix(settings.solverOrder))
    var order = settings.lowerOrderFinal ? min(settings.solverOrder, plan.levels.count - i) : settings.solverOrder
    order = min(order, i - state.begin + 1)
    last = (state.x, order)
    state.x = stepped(state.x, to: i + 1, order: order, corrector: nil)
  }

  private func converted(_ output: Tensor) -> Tensor {
    let kind: PredictionKind = plan.settings.predictsClean ? .sample : .epsilon
    return plan.schedule.prediction.converted(output, to: kind, z: state.x, alpha: level.alpha, sigma: level.sigma)
  }

  /// `x` at stop `to − 1` taken to stop `to`; with `corrector`, the output already known there, once more and better.
  private func stepped(_ x: Tensor, to: Int, order: Int, corrector: Tensor?) -> Tensor {
    let settings = plan.settings
    let (from, goal) = (SolverLevel(plan, to - 1), SolverLevel(plan, to))
    let h = goal.lambda - from.lambda
    let hh = settings.predictsClean ? -h : h
    let scale = settings.solverIsBH1 ? hh : expm1f(hh)
    let (keep, change) =
      settings.predictsClean ? (goal.sigma / from.sigma, goal.alpha) : (goal.alpha / from.alpha, goal.sigma)
    let m0 = outputs[0]
    let straight = keep * x - (change * expm1f(hh)) * m0

    let past = (1..<order).map { (SolverLevel(plan, to - 1 - $0).lambda - from.lambda) / h }
    var slopes = past.enumerated().map { (outputs[$0 + 1] - m0) / $1 }
    if let corrector { slopes.append(corrector - m0) }
    guard !slopes.isEmpty else { return straight }
    let weights = weights(past: past, hh: hh, scale: scale, corrects: corrector != nil)
    let terms = zip(weights, slopes).map { $0 * $1 }
    return straight - (change * scale) * terms.dropFirst().reduce(terms[0]) { $0 + $1 }
  }

  /// The weights ρ of the divided differences: R ρ = b of eq. 11, and 1/2 where one unknown is left.
  private func weights(past: [Float], hh: Float, scale: Float, corrects: Bool) -> [Float] {
    let unknowns = past.count + (corrects ? 1 : 0)
    if unknowns == 1 { return [0.5] }
    let r = (past + [1]).map { Double($0) }
    var b: [Double] = []
    var phi = expm1f(hh) / hh - 1
    var factorial: Float = 1
    for k in 1...unknowns {
      b.append(Double(phi * factorial / scale))
      factorial *= Float(k + 1)
      phi = phi / hh - 1 / factorial
    }
    let rows = (0..<unknowns).map { power in
      r.prefix(unknowns).map { base in (0..<power).reduce(1.0) { product, _ in product * base } }
    }
    return solved(rows, b).map { Float($0) }
  }

  /// The solution of a small system of equations, by Gauss with pivots.
  private func solved(_ rows: [[Double]], _ right: [Double]) -> [Double] {
    var (a, b) = (rows, right)
    for i in a.indices {
      let pivot = (i..<a.count).max { abs(a[$0][i]) < abs(a[$1][i]) } ?? i
      a.swapAt(i, pivot)
      b.swapAt(i, pivot)
      for j in a.indices where j != i {
        let factor = a[j][i] / a[i][i]
        for k in a.indices { a[j][k] -= factor * a[i][k] }
        b[j] -= factor * b[i]
      }
    }
    return a.indices.map { b[$0] / a[$0][$0] }
  }
}
