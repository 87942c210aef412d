import LimnTensor

/// Euler's method on the probability flow. Karras et al. 2022, algorithm 2 without churn.
struct Euler: Sampler {
  let plan: SamplingPlan
  var state = SamplerState()

  var takesNoise: Bool { false }

  mutating func update(_ output: Tensor, noise: Tensor?) {
    state.x = state.x + slope(output) * (plan.ratios[state.index + 1] - level.ratio)
  }
}

/// Euler's method to below the next level, then noise up to it.
struct EulerAncestral: Sampler {
  let plan: SamplingPlan
  var state = SamplerState()

  /// Noise is drawn at the last step too, where it has no effect.
  var takesNoise: Bool { true }

  mutating func update(_ output: Tensor, noise: Tensor?) {
    let step = AncestralStep(from: level.ratio, to: plan.ratios[state.index + 1])
    state.x = state.x + slope(output) * (step.down - level.ratio)
    if let noise { state.x = state.x + noise * step.up }
  }
}
