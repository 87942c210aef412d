import Glibc
import LimnNN

/// How much clean latent and how much noise a latent holds at each training step:
/// z = √ᾱ·z0 + √(1 − ᾱ)·ε. Ho et al. 2020, eq. 4.
package struct NoiseSchedule: Hashable, Sendable {
  /// ᾱ at each training step, the float32 values that torch has.
  package let alphaBar: [Float]
  /// What the model's output stands for.
  package let prediction: PredictionKind
  /// ᾱ after the last step of a sampler that ends below training step 0.
  package let finalAlphaBar: Float

  /// The schedule a checkpoint was trained with, by the class its scheduler_config.json names.
  ///
  /// - Throws: ``SamplerError`` if the class is unknown or a setting cannot be used.
  package init(config: JSON) throws {
    let family = try config["_class_name"]?.string.map(SamplerNames.family(ofClass:)) ?? .ddim
    self.init(try SamplerSettings(config, family: family))
  }

  package init(_ settings: SamplerSettings) {
    var betas = Self.betas(settings)
    if settings.zeroSNR { betas = Self.rescaledToZeroSNR(betas) }
    var bars = Self.cumulativeProduct(betas)
    // A sampler in σ/α needs a finite last ratio; diffusers takes float16's smallest number.
    let dividesByAlpha = settings.family.isExploding || [.dpmSolver, .uniPC].contains(settings.family)
    if settings.zeroSNR && dividesByAlpha { bars[bars.count - 1] = 0x1p-24 }
    alphaBar = bars
    prediction = settings.prediction
    finalAlphaBar = settings.finalAlphaIsOne ? 1 : bars[0]
  }

  /// The number of training steps, T.
  package var count: Int { alphaBar.count }

  /// √ᾱ at training step `t`, which may lie between two steps.
  package func alpha(at t: Float) -> Float { level(at: t).alpha }

  /// √(1 − ᾱ) at training step `t`, which may lie between two steps.
  package func sigma(at t: Float) -> Float { level(at: t).sigma }

  /// The noise level at training step `t`. Between two steps σ/α is interpolated, as samplers do.
  ///
  /// - Traps: if `t` is outside 0…T − 1.
  package func level(at t: Float) -> NoiseLevel {
    precondition(t >= 0 && t <= Float(count - 1), "timestep \(t) is outside 0…\(count - 1)")
    if t == t.rounded() { return NoiseLevel(t: t, alphaBar: alphaBar[Int(t)]) }
    return NoiseLevel(t: t, ratio: Float(SigmaTable(self).ratio(at: Double(t))))
  }

  /// βs in float32, rounded where torch rounds.
  private static func betas(_ settings: SamplerSettings) -> [Float] {
    let count = settings.trainSteps
    if let trained = settings.trainedBetas { return trained.map { Float($0) } }
    switch settings.betaSchedule {
    case .linear: return linspace(settings.betaStart, settings.betaEnd, count)
    // Rombach et al. 2022: the square root of β is linear
    case .scaledLinear: return linspace(settings.betaStart.squareRoot(), settings.betaEnd.squareRoot(), count).map { $0 * $0 }
    case .cosine:
      // Nichol and Dhariwal 2021, eq. 17
      func bar(_ u: Double) -> Double { let c = cos((u + 0.008) / 1.008 * .pi / 2); return c * c }
      return (0..<count).map { i in
        Float(min(1 - bar(Double(i + 1) / Double(count)) / bar(Double(i) / Double(count)), 0.999))
      }
    }
  }

  /// torch.linspace in float32: counted from both ends, each value rounded once (fused multiply and add).
  private static func linspace(_ first: Double, _ last: Double, _ count: Int) -> [Float] {
    let (a, b) = (Float(first), Float(last))
    let step = (b - a) / Float(count - 1)
    return (0..<count).map { i in
      i < count / 2 ? a.addingProduct(step, Float(i)) : b.addingProduct(-step, Float(count - 1 - i))
    }
  }

  /// ᾱ_t = Π (1 − β). torch.cumprod keeps the running product in double and rounds each entry.
  private static func cumulativeProduct(_ betas: [Float]) -> [Float] {
    var product = 1.0
    return betas.map { beta in
      product *= Double(1 - beta)
      return Float(product)
    }
  }

  /// βs whose last ᾱ is 0. Lin et al. 2024, "Common Diffusion Noise Schedules and Sample Steps are Flawed", algorithm 1.
  private static func rescaledToZeroSNR(_ betas: [Float]) -> [Float] {
    var roots = cumulativeProduct(betas).map { $0.squareRoot() }
    let (first, last) = (roots[0], roots[roots.count - 1])
    let stretch = first / (first - last)
    roots = roots.map { ($0 - last) * stretch }
    let bars = roots.map { $0 * $0 }
    return bars.indices.map { i in 1 - (i == 0 ? bars[0] : bars[i] / bars[i - 1]) }
  }
}

/// One noise level: the timestep the model is told, and the parts of clean latent and noise.
package struct NoiseLevel: Hashable, Sendable {
  /// The timestep given to the model, in training steps; may be fractional.
  package let t: Float
  /// ᾱ, the share of signal in the variance.
  package let alphaBar: Float
  /// √ᾱ.
  package let alpha: Float
  /// √(1 − ᾱ).
  package let sigma: Float
  /// σ/α, the level of a variance-exploding latent.
  package let ratio: Float

  init(t: Float, alphaBar: Float) {
    self.t = t
    self.alphaBar = alphaBar
    alpha = alphaBar.squareRoot()
    sigma = (1 - alphaBar).squareRoot()
    ratio = ((1 - alphaBar) / alphaBar).squareRoot()
  }

  init(t: Float, ratio: Float) {
    self.t = t
    self.ratio = ratio
    alphaBar = 1 / (ratio * ratio + 1)
    alpha = 1 / (ratio * ratio + 1).squareRoot()
    sigma = ratio * alpha
  }

  /// ln(α/σ), half the logarithm of the signal-to-noise ratio; infinite where there is no noise.
  package var lambda: Float { logf(alpha) - logf(sigma) }
}
