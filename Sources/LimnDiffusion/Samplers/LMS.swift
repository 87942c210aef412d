import LimnTensor

/// A linear multistep method of order 4 on the probability flow (Adams and Bashforth, uneven steps).
struct LMS: Sampler {
  let plan: SamplingPlan
  var state = SamplerState()
  /// The slopes of up to four evaluations, oldest first.
  private var slopes: [Tensor] = []

  init(plan: SamplingPlan) { self.plan = plan }

  var takesNoise: Bool { false }

  mutating func update(_ output: Tensor, noise: Tensor?) {
    slopes = slopes.suffix(3) + [slope(output)]
    // The order counts from the ladder's start, even when a picture's latent enters further down.
    let order = min(state.index + 1, 4)
    let terms = slopes.reversed().prefix(order).enumerated().map { $1 * coefficient($0, order: order) }
    state.x = state.x + terms.dropFirst().reduce(terms[0]) { $0 + $1 }
  }

  /// ∫ of the Lagrange polynomial that is 1 at `past` evaluations ago and 0 at the others, over the step.
  private func coefficient(_ past: Int, order: Int) -> Float {
    let i = state.index
    let ratios = plan.ratios.map { Double($0) }
    func polynomial(_ s: Double) -> Double {
      (0..<order).reduce(1) { product, k in
        k == past ? product : product * (s - ratios[i - k]) / (ratios[i - past] - ratios[i - k])
      }
    }
    // Two Gauss points integrate polynomials up to degree 3, the highest here, exactly.
    let (middle, half) = ((ratios[i] + ratios[i + 1]) / 2, (ratios[i + 1] - ratios[i]) / 2)
    let offset = half / 3.0.squareRoot()
    return Float(half * (polynomial(middle - offset) + polynomial(middle + offset)))
  }
}
