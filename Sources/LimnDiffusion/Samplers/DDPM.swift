import LimnTensor

/// Ho et al. 2020, "Denoising Diffusion Probabilistic Models", eq. 7, with steps left out.
struct DDPM: Sampler {
  let plan: SamplingPlan
  var state = SamplerState()

  var takesNoise: Bool { level.t > 0 }

  mutating func update(_ output: Tensor, noise: Tensor?) {
    let next = state.index + 1
    let (bar, nextBar) = (level.alphaBar, next < plan.levels.count ? plan.levels[next].alphaBar : 1)
    let alpha = bar / nextBar
    let beta = 1 - alpha
    let z0 = clean(output)
    state.x = (nextBar.squareRoot() * beta / (1 - bar)) * z0 + (alpha.squareRoot() * (1 - nextBar) / (1 - bar)) * state.x
    guard let noise, takesNoise else { return }
    let variance = plan.settings.variance == .large ? beta : max((1 - nextBar) / (1 - bar) * beta, 1e-20)
    state.x = state.x + variance.squareRoot() * noise
  }
}
