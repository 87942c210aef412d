import LimnTensor

/// DPM-Solver-2 (Lu et al. 2022, algorithm 1) to below the next level, then noise up to it.
struct DPM2Ancestral: Sampler {
  let plan: SamplingPlan
  var state = SamplerState()
  /// The latent where the step under way began; nil before its first evaluation.
  private var origin: Tensor?

  init(plan: SamplingPlan) { self.plan = plan }

  var takesNoise: Bool { origin != nil }

  mutating func update(_ output: Tensor, noise: Tensor?) {
    let here = slope(output)
    let k = state.index / 2  // the step, each of two evaluations
    let from = plan.ratios[k]
    if let origin, let noise {
      let step = AncestralStep(from: from, to: plan.ratios[k + 1])
      state.x = origin + here * (step.down - from) + noise * step.up
      self.origin = nil
    } else {
      // The last step ends at no noise and has no middle.
      let hasMiddle = state.index + 1 < plan.levels.count
      let middle = hasMiddle ? plan.levels[state.index + 1].ratio : 0
      origin = state.x
      state.x = state.x + here * (middle - from)
    }
  }
}
