import LimnTensor

/// Heun's method of second order on the probability flow. Karras et al. 2022, algorithm 1.
///
/// An evaluation proposes a step, the next one corrects it with the slope at its end; the last step is Euler's.
struct Heun: Sampler {
  let plan: SamplingPlan
  var state = SamplerState()
  /// The latent and slope where the step under way began.
  private var origin: (x: Tensor, slope: Tensor, ratio: Float)?

  init(plan: SamplingPlan) { self.plan = plan }

  var takesNoise: Bool { false }

  mutating func update(_ output: Tensor, noise: Tensor?) {
    let here = slope(output)
    if let origin {
      state.x = origin.x + (origin.slope + here) / 2 * (level.ratio - origin.ratio)
      self.origin = nil
    } else {
      let next = plan.ratios[state.index + 1]
      origin = (state.x, here, level.ratio)
      state.x = state.x + here * (next - level.ratio)
    }
  }
}
