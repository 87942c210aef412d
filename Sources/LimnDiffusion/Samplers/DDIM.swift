import LimnTensor

/// Song et al. 2021, "Denoising Diffusion Implicit Models", eq. 12.
struct DDIM: Sampler {
  let plan: SamplingPlan
  var state = SamplerState()

  var takesNoise: Bool { plan.eta > 0 }

  mutating func update(_ output: Tensor, noise: Tensor?) {
    let (bar, next) = (level.alphaBar, nextAlphaBar)
    let z0 = clean(output)
    // ε stays the model's own even where z0 is clipped, as in diffusers
    let eps = plan.schedule.prediction.noise(output, z: state.x, alpha: level.alpha, sigma: level.sigma)
    // eq. 16: η scales between the deterministic step and DDPM's
    let deviation = plan.eta * ((1 - next) / (1 - bar) * (1 - bar / next)).squareRoot()
    state.x = next.squareRoot() * z0 + (1 - next - deviation * deviation).squareRoot() * eps
    if let noise, takesNoise { state.x = state.x + deviation * noise }
  }

  /// ᾱ one stride further on. The stride is counted in training steps, so for some spacings this is not the next level's.
  private var nextAlphaBar: Float {
    if plan.isCustom {
      let index = state.index + 1
      return index < plan.levels.count ? plan.levels[index].alphaBar : plan.schedule.finalAlphaBar
    }
    let t = Int(level.t) - plan.schedule.count / plan.steps
    return t >= 0 ? plan.schedule.alphaBar[t] : plan.schedule.finalAlphaBar
  }
}
