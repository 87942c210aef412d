import Glibc

/// All that is fixed before a sampler starts: settings, the schedule and the ladder of noise levels.
package struct SamplingPlan: Sendable {
  package let settings: SamplerSettings
  package let schedule: NoiseSchedule
  /// The canonical name of the sampler.
  package let name: String
  /// The steps asked for, as diffusers counts them; samplers of second order evaluate the model more often.
  package let steps: Int
  /// One level for each evaluation of the model, from noise to picture.
  package var levels: [NoiseLevel]
  /// The σ/α between which a sampler steps, its last stop included; empty for samplers that look ᾱ up by training step.
  package var ratios: [Float]
  /// How much the parts of DDIM's step are noise; 0 is deterministic.
  package let eta: Float
  /// Whether the levels were listed by hand, so that each step leads to the next listed one.
  package let isCustom: Bool

  /// Works out the ladder.
  ///
  /// - Throws: ``SamplerError`` if there are too few or too many steps for the class.
  init(_ settings: SamplerSettings, steps: Int, eta: Float) throws {
    let schedule = NoiseSchedule(settings)
    self.settings = settings
    self.schedule = schedule
    self.steps = steps
    self.eta = eta
    isCustom = false
    name = SamplerNames.canonicalName(settings)
    (levels, ratios) = ([], [])
    guard (0...1).contains(eta) else { throw SamplerError("eta is \(eta), expected 0 to 1") }
    guard (1...schedule.count).contains(steps) else {
      throw SamplerError("steps is \(steps), expected 1 to \(schedule.count)")
    }
    if eta != 0 && settings.family != .ddim {
      throw SamplerError("eta is \(eta), but sampler '\(name)' has no eta; only 'ddim' does")
    }
    switch settings.family {
    case .ddim, .ddpm: setLevels(try spacedSteps(steps, points: steps, rounded: true))
    case .pndm: setLevels(try pndmSteps())
    case .lcm: setLevels(try lcmSteps())
    case .lms, .euler, .eulerAncestral, .heun, .dpm2Ancestral:
      setRatios(spaced(steps, points: steps, rounded: false), karrasOverTraining: false)
    case .dpmSolver: setRatios(try solverSteps(last: lastTimestep()), karrasOverTraining: true)
    case .uniPC: setRatios(try solverSteps(last: schedule.count), karrasOverTraining: true)
    }
  }

  /// A plan that visits the timesteps `at`, for samplers whose step needs no others.
  ///
  /// - Throws: ``SamplerError`` if they do not fall, leave the schedule or the sampler remembers.
  init(_ settings: SamplerSettings, at timesteps: [Float], eta: Float) throws {
    let schedule = NoiseSchedule(settings)
    self.settings = settings
    self.schedule = schedule
    self.eta = eta
    steps = timesteps.count
    isCustom = true
    name = SamplerNames.canonicalName(settings)
    (levels, ratios) = ([], [])
    guard settings.family.isMemoryless else {
      throw SamplerError("sampler '\(name)' remembers earlier steps, so its timesteps cannot be listed; use 'ddim' or 'euler'")
    }
    guard let first = timesteps.first, let last = timesteps.last else {
      throw SamplerError("the list of timesteps is empty, expected at least one")
    }
    guard zip(timesteps, timesteps.dropFirst()).allSatisfy({ $0 > $1 }) else {
      throw SamplerError("the listed timesteps must fall, found \(timesteps.map { Double($0) })")
    }
    guard first <= Float(schedule.count - 1), last >= 0 else {
      throw SamplerError("the listed timesteps reach from \(first) to \(last), expected \(schedule.count - 1) to 0")
    }
    if settings.family.isExploding {
      let table = SigmaTable(schedule)
      ratios = timesteps.map { Float(table.ratio(at: Double($0))) } + [0]
      levels = zip(timesteps, ratios).map { NoiseLevel(t: $0, ratio: $1) }
    } else {
      levels = timesteps.map { schedule.level(at: $0) }
    }
  }

  // MARK: - Spacing

  /// Falling timesteps at the configured spacing. Lin et al. 2024, table 2.
  ///
  /// `points` counts those over the whole range: solvers that count the end as a level drop the last one.
  private func spaced(_ steps: Int, points: Int, rounded: Bool, last: Int? = nil) -> [Double] {
    let last = last ?? schedule.count
    let count = Double(schedule.count)
    let rising: [Double]
    switch settings.spacing {
    case .linspace:
      let step = points == 1 ? 0 : Double(last - 1) / Double(points - 1)
      rising = (0..<points).map { i in
        let t = i == points - 1 && points > 1 ? Double(last - 1) : Double(i) * step
        return rounded ? t.rounded(.toNearestOrEven) : Double(Float(t))
      }
    case .leading:
      rising = (0..<points).map { Double($0 * (last / points) + settings.stepsOffset) }
    case .trailing:
      let ratio = count / Double(steps)
      // numpy.arange adds the difference of its first two values
      let delta = (Double(last) - ratio) - Double(last)
      let falling = Int((Double(last) / ratio).rounded(.up))
      return (0..<min(falling, steps)).map { (Double(last) + Double($0) * delta).rounded(.toNearestOrEven) - 1 }
    }
    return rising.reversed().prefix(steps).map { $0 }
  }

  /// As ``spaced``, for samplers that look ᾱ up by training step.
  private func spacedSteps(_ steps: Int, points: Int, rounded: Bool) throws -> [Double] {
    let timesteps = spaced(steps, points: points, rounded: rounded)
    if let first = timesteps.first, first > Double(schedule.count - 1) {
      throw SamplerError(
        "with 'steps_offset' \(settings.stepsOffset), \(steps) steps begin at timestep \(Int(first)), past the last training step \(schedule.count - 1); use fewer steps")
    }
    return timesteps
  }

  private func solverSteps(last: Int) throws -> [Double] {
    if settings.spacing == .leading && last / (steps + 1) == 0 {
      throw SamplerError("steps is \(steps), expected at most \(last - 1) with 'timestep_spacing' leading")
    }
    return spaced(steps, points: steps + 1, rounded: true, last: last)
  }

  /// One past the largest timestep whose λ = ln(α/σ) is at least `lambda_min_clipped`.
  private func lastTimestep() -> Int {
    let lowest = settings.lambdaMinClipped
    return schedule.count - schedule.alphaBar.reversed().count { Double(NoiseLevel(t: 0, alphaBar: $0).lambda) < lowest }
  }

  /// Liu et al. 2022, "Pseudo Numerical Methods": Runge-Kutta steps first, or their short cut with one level evaluated twice.
  private func pndmSteps() throws -> [Double] {
    let rising = try Array(spacedSteps(steps, points: steps, rounded: true).reversed())
    if settings.skipsRungeKutta {
      guard rising.count > 1 else { return rising }
      let last = rising[rising.count - 1], beforeLast = rising[rising.count - 2]
      return Array((Array(rising.dropLast()) + [beforeLast, last]).reversed())
    }
    guard rising.count >= 4 else {
      throw SamplerError("steps is \(steps), expected at least 4 for the Runge-Kutta start; use sampler 'pndm', which skips it")
    }
    // The four highest levels and the three half levels between them, all but the ends twice.
    let half = Double(schedule.count / steps / 2)
    let pairs: [Double] = Array(rising.suffix(4).flatMap { [$0, $0 + half] }.dropLast())
    let doubled: [Double] = pairs.flatMap { [$0, $0] }
    return Array(doubled[1..<(doubled.count - 1)].reversed()) + Array(rising.dropLast(3).reversed())
  }

  /// Luo et al. 2023: a subset of the steps that the distillation used.
  private func lcmSteps() throws -> [Double] {
    let original = settings.originalSteps
    guard (1...schedule.count).contains(original) else {
      throw SamplerError("scheduler setting 'original_inference_steps' is \(original), expected 1 to \(schedule.count)")
    }
    guard steps <= original else {
      throw SamplerError("steps is \(steps), expected at most \(original), the number 'lcm' models were distilled with")
    }
    let stride = schedule.count / original
    let falling = (1...original).reversed().map { Double($0 * stride - 1) }
    let step = Double(original) / Double(steps)
    return (0..<steps).map { falling[Int((Double($0) * step).rounded(.down))] }
  }

  // MARK: - Levels

  private mutating func setLevels(_ timesteps: [Double]) {
    levels = timesteps.map { schedule.level(at: Float($0)) }
  }

  /// Sets the ladder of σ/α; Karras' runs over the ladder's own ends, or over the whole of training.
  private mutating func setRatios(_ spaced: [Double], karrasOverTraining: Bool) {
    let table = SigmaTable(schedule)
    var timesteps = spaced
    var ladder = timesteps.map { table.ratio(at: $0) }
    if settings.karras {
      let ends =
        karrasOverTraining
        ? (Double(table.ratios[table.ratios.count - 1]), Double(table.ratios[0])) : (ladder[0], ladder[ladder.count - 1])
      ladder = SigmaTable.karras(
        largest: settings.sigmaMax ?? ends.0, smallest: settings.sigmaMin ?? ends.1, count: steps)
      timesteps = ladder.map { table.timestep(ratio: $0) }
      switch settings.family {
      case .dpm2Ancestral, .uniPC: timesteps = timesteps.map { $0.rounded(.toNearestOrEven) }
      // diffusers cuts the fraction off where it does not round
      case .dpmSolver:
        timesteps = timesteps.map { $0.rounded(settings.betaSchedule == .cosine ? .towardZero : .toNearestOrEven) }
      default: break
      }
    }
    let hasFinal = [.euler, .dpmSolver, .uniPC].contains(settings.family)
    let last = hasFinal && settings.finalSigma == .smallest ? Double(table.ratios[0]) : 0
    ratios = (ladder + [last]).map { Float($0) }
    levels = zip(timesteps, ratios).map { NoiseLevel(t: Float($0), ratio: $1) }
    switch settings.family {
    case .heun: doubleLevels()
    case .dpm2Ancestral: interleaveMiddles(table)
    default: break
    }
  }

  /// Heun evaluates the model at both ends of a step: all levels but the first come twice.
  private mutating func doubleLevels() {
    levels = Array(levels.prefix(1)) + levels.dropFirst().flatMap { [$0, $0] }
    ratios = levels.map(\.ratio) + [0]
  }

  /// DPM-Solver-2 evaluates the model at each level and half way, in ln σ, to where its step without noise ends.
  private mutating func interleaveMiddles(_ table: SigmaTable) {
    levels = levels.indices.flatMap { i in
      i == levels.count - 1 ? [levels[i]] : [levels[i], middleLevel(i, table)]
    }
  }

  private func middleLevel(_ i: Int, _ table: SigmaTable) -> NoiseLevel {
    let (from, down) = (logf(ratios[i]), logf(AncestralStep(from: ratios[i], to: ratios[i + 1]).down))
    let middle = expf(down - (down - from) * 0.5)
    return NoiseLevel(t: Float(table.timestep(ratio: Double(middle))), ratio: middle)
  }
}

/// A step from one σ/α to a smaller one, split into a step without noise and noise put back.
struct AncestralStep {
  /// Where the step without noise ends.
  let down: Float
  /// How much noise is put back: down² + up² = to².
  let up: Float

  init(from: Float, to: Float) {
    up = (to * to * (from * from - to * to) / (from * from)).squareRoot()
    down = (to * to - up * up).squareRoot()
  }
}
