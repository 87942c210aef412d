import LimnTensor

/// Multistep consistency sampling. Luo et al. 2023, "Latent Consistency Models", algorithm 3.
struct LCM: Sampler {
  let plan: SamplingPlan
  var state = SamplerState()

  var takesNoise: Bool { state.index < plan.levels.count - 1 }

  mutating func update(_ output: Tensor, noise: Tensor?) {
    // The boundary condition f(z, 0) = z; the standard deviation of the data is taken as 1/2.
    let t = level.t * Float(plan.settings.timestepScaling)
    let skip = 0.25 / (t * t + 0.25)
    let out = t / (t * t + 0.25).squareRoot()
    let z0 = out * clean(output) + skip * state.x
    guard let noise, takesNoise else { return state.x = z0 }
    let next = plan.levels[state.index + 1]
    state.x = next.alpha * z0 + next.sigma * noise
  }
}
