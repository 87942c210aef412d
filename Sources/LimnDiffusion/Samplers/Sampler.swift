import LimnTensor

/// A formula that takes a latent from noise to picture, one evaluation of a model at a time. It knows no model.
///
/// A sampler is a value: a copy goes on by itself, and an old copy is an earlier state. Its own latent `x` is kept on the
/// scale of its formula, so that nothing is lost; `z` is the variance-preserving latent the model sees.
///
///     var sampler = try Samplers.make("euler", config: config, steps: 20)
///     sampler.start(noise: noise)
///     while !sampler.isDone { sampler.advance(model(sampler.z, sampler.level.t)) }
package protocol Sampler: Sendable {
  var plan: SamplingPlan { get }
  var state: SamplerState { get set }

  /// Whether the next evaluation draws noise, exactly when diffusers draws it.
  var takesNoise: Bool { get }

  /// Changes `state.x` for the model's output at `level`; `noise` is there when `takesNoise` says so.
  mutating func update(_ output: Tensor, noise: Tensor?)
}

/// Where a sampler stands.
package struct SamplerState: Sendable {
  /// The latent on the sampler's own scale, `[N, C, H, W]`.
  package var x: Tensor
  /// The evaluation that comes next, counted over the whole ladder.
  package var index: Int
  /// The evaluation the sampler began at: 0 from pure noise, later from a picture.
  package var begin: Int

  init() { (x, index, begin) = (Tensor(0), 0, 0) }
}

extension Sampler {
  /// Whether every evaluation has been made.
  package var isDone: Bool { state.index >= plan.levels.count }

  /// The noise level of the evaluation that comes next.
  ///
  /// - Traps: if the sampler is done.
  package var level: NoiseLevel { plan.levels[state.index] }

  /// The variance-preserving latent: what the model sees, and at the end the finished latent.
  package var z: Tensor {
    guard plan.isExploding && !isDone else { return state.x }
    return state.x / scale
  }

  /// x is this many times z: √((σ/α)² + 1) = 1/α for variance-exploding samplers.
  private var scale: Float {
    let ratio = level.ratio
    return (ratio * ratio + 1).squareRoot()
  }

  /// Begins from pure noise of variance 1.
  package mutating func start(noise: Tensor) {
    state = SamplerState()
    state.x = plan.startScale == 1 ? noise : noise * plan.startScale
  }

  /// Begins from a picture's latent, noised to the level of evaluation `begin`. Meng et al. 2022, "SDEdit".
  package mutating func start(from z0: Tensor, noise: Tensor, begin: Int) {
    state = SamplerState()
    (state.index, state.begin) = (begin, begin)
    state.x = noised(z0, noise)
  }

  /// `z0` with noise, at the level of the next evaluation and on the sampler's own scale; `z0` itself at the end.
  package func noised(_ z0: Tensor, _ eps: Tensor) -> Tensor {
    guard !isDone else { return z0 }
    return plan.isExploding ? z0 + eps * level.ratio : level.alpha * z0 + level.sigma * eps
  }

  /// Puts another latent in place of the present one, given as `z`.
  package mutating func replace(z: Tensor) {
    state.x = plan.isExploding && !isDone ? z * scale : z
  }

  /// Takes the model's output at `z` and `level` to the next level.
  ///
  /// - Parameter kind: What `output` stands for, if not what the schedule says.
  /// - Traps: if the sampler is done, or noise is missing when `takesNoise`.
  package mutating func advance(_ output: Tensor, as kind: PredictionKind? = nil, noise: Tensor? = nil) {
    precondition(!isDone, "the sampler has made all its \(plan.levels.count) evaluations")
    precondition(noise != nil || !takesNoise, "sampler '\(plan.name)' takes noise at this step")
    var output = output
    if let kind, kind != plan.schedule.prediction {
      output = kind.converted(output, to: plan.schedule.prediction, z: z, alpha: level.alpha, sigma: level.sigma)
    }
    update(output, noise: noise)
    state.index += 1
  }

  /// The clean latent that `output` implies at `level`, clipped where the settings say so.
  func clean(_ output: Tensor) -> Tensor {
    let x = state.x
    let z0: Tensor
    if plan.isExploding {
      let ratio = level.ratio
      switch plan.schedule.prediction {
      case .epsilon: z0 = x - ratio * output
      case .velocity: z0 = output * (-ratio / scale) + x / (ratio * ratio + 1)
      case .sample: z0 = output
      }
    } else {
      z0 = plan.schedule.prediction.clean(output, z: x, alpha: level.alpha, sigma: level.sigma)
    }
    guard let range = plan.settings.clipRange else { return z0 }
    return z0.clamped(-range, range)
  }

  /// dx/d(σ/α), the slope of the probability flow. Karras et al. 2022, eq. 3 with σ(t) = t.
  func slope(_ output: Tensor) -> Tensor { (state.x - clean(output)) / level.ratio }
}

extension SamplingPlan {
  /// Whether the sampler's own latent is variance exploding.
  package var isExploding: Bool { settings.family.isExploding }

  /// How many times unit noise the first latent is, on the sampler's own scale.
  ///
  /// With 'linspace' and 'trailing' diffusers begins at σmax and not at √(σmax² + 1), so z begins a little below unit variance.
  package var startScale: Float {
    guard isExploding else { return 1 }
    let largest = ratios.max() ?? 0
    return settings.spacing == .leading ? (largest * largest + 1).squareRoot() : largest
  }

  /// Evaluations of the model for each of the steps asked for.
  package var order: Int { [.heun, .dpm2Ancestral].contains(settings.family) ? 2 : 1 }

  /// The first evaluation when a picture is changed with `strength`: the last `strength` of the steps is run.
  ///
  /// - Parameter strength: A double, as in Python: 10 times the float32 nearest to 0.7 is less than 7.
  package func begin(strength: Double) -> Int {
    let kept = min(Int(Double(steps) * strength), steps)
    return min(max(steps - kept, 0) * order, levels.count)
  }
}
