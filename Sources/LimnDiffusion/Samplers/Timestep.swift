import LimnTensor

/// A timestep as scripts hold it: how much noise a latent has there, and what can be said of it.
package struct Timestep: Sendable {
  /// The timestep the model is told, in training steps; may be fractional.
  package let value: Float
  /// Which evaluation of its sampler this is, from 0.
  package let index: Int
  /// How many evaluations its sampler makes.
  package let count: Int
  /// √ᾱ, the share of the clean latent.
  package let alpha: Float
  /// √(1 − ᾱ), the share of noise.
  package let sigma: Float
  /// What the model's output stands for.
  package let prediction: PredictionKind
  /// The sampler it was listed by, positioned here; nil for a timestep named by its number.
  let sampler: (any Sampler)?

  /// The timestep `t` of a schedule, by itself.
  ///
  /// - Throws: ``SamplerError`` if `t` is outside the schedule.
  package init(_ t: Float, of schedule: NoiseSchedule) throws {
    guard t >= 0 && t <= Float(schedule.count - 1) else {
      throw SamplerError("timestep is \(t), expected 0 to \(schedule.count - 1)")
    }
    self.init(schedule.level(at: t), index: 0, count: 1, prediction: schedule.prediction, sampler: nil)
  }

  private init(_ level: NoiseLevel, index: Int, count: Int, prediction: PredictionKind, sampler: (any Sampler)?) {
    (value, alpha, sigma) = (level.t, level.alpha, level.sigma)
    (self.index, self.count, self.prediction, self.sampler) = (index, count, prediction, sampler)
  }

  /// Where `sampler` stands; nil when it is done. Index and count are of the evaluations since it began.
  package init?(next sampler: any Sampler) {
    guard !sampler.isDone else { return nil }
    let (plan, state) = (sampler.plan, sampler.state)
    self.init(
      sampler.level, index: state.index - state.begin, count: plan.levels.count - state.begin,
      prediction: plan.schedule.prediction, sampler: sampler)
  }

  /// Every timestep `sampler` has yet to visit, in order.
  package static func all(of sampler: any Sampler) -> [Timestep] {
    (sampler.state.index..<sampler.plan.levels.count).compactMap { index in
      var there = sampler
      there.state.index = index
      return Timestep(next: there)
    }
  }

  /// The clean latent that `z` holds if `eps` is its noise: (z − σ·ε)/α.
  package func x0(_ z: Tensor, _ eps: Tensor) -> Tensor {
    PredictionKind.epsilon.clean(eps, z: z, alpha: alpha, sigma: sigma)
  }

  /// α·z0 + σ·ε. Ho et al. 2020, eq. 4.
  package func addNoise(_ z0: Tensor, _ eps: Tensor) -> Tensor { alpha * z0 + sigma * eps }

  /// What the model should output for `z0` noised with `eps`.
  package func target(_ z0: Tensor, _ eps: Tensor) -> Tensor {
    prediction.target(z0: z0, eps: eps, alpha: alpha, sigma: sigma)
  }

  /// One step of a sampler that does not remember: the latent at the next level.
  ///
  /// - Parameters:
  ///   - output: ε, or what `kind` says.
  ///   - noise: Unit noise of z's shape, for samplers that draw some.
  /// - Throws: ``SamplerError`` if there is no such sampler, noise is missing, or ε says nothing here (α = 0).
  package func step(
    _ z: Tensor, _ output: Tensor, as kind: PredictionKind = .epsilon, noise: Tensor? = nil
  ) throws -> Tensor {
    guard var sampler else {
      throw SamplerError("timestep \(value) belongs to no sampler, so it has no step; take it from timesteps(scheduler(pipe, \"ddim\"), steps: 30)")
    }
    guard sampler.plan.settings.family.isMemoryless else {
      throw SamplerError("sampler '\(sampler.plan.name)' remembers earlier steps, so a timestep has no step; use start(pipe, …) and run.step()")
    }
    guard alpha > 0 || kind != .epsilon else {
      throw SamplerError("at timestep \(value) the latent is all noise (α = 0), so ε gives no step; step with v")
    }
    if sampler.takesNoise && noise == nil {
      throw SamplerError("sampler '\(sampler.plan.name)' draws noise at each step, found none; pass noise: r.randn(z.shape)")
    }
    sampler.replace(z: z)
    sampler.advance(output, as: kind, noise: noise)
    return sampler.z
  }
}
