import LimnNN

/// What scheduler_config.json says, with the class's own defaults for all it does not say.
///
/// Names in comments are the file's keys.
package struct SamplerSettings: Hashable, Sendable {
  package enum BetaSchedule: String, Sendable, CaseIterable {
    case linear
    case scaledLinear = "scaled_linear"
    case cosine = "squaredcos_cap_v2"
  }

  package enum Spacing: String, Sendable, CaseIterable { case linspace, leading, trailing }

  /// Where the ladder of sigmas ends: at no noise, or at the least noise of training.
  package enum FinalSigma: String, Sendable, CaseIterable {
    case zero
    case smallest = "sigma_min"
  }

  package enum Variance: String, Sendable, CaseIterable {
    case small = "fixed_small"
    case smallLog = "fixed_small_log"
    case large = "fixed_large"
  }

  package var family: SamplerFamily
  package var trainSteps: Int  // num_train_timesteps
  package var betaStart: Double
  package var betaEnd: Double
  package var betaSchedule: BetaSchedule
  package var trainedBetas: [Double]?
  package var zeroSNR: Bool  // rescale_betas_zero_snr
  package var prediction: PredictionKind
  package var spacing: Spacing  // timestep_spacing
  package var stepsOffset: Int
  package var karras: Bool  // use_karras_sigmas
  package var sigmaMin: Double?
  package var sigmaMax: Double?
  package var finalSigma: FinalSigma  // final_sigmas_type
  package var clipRange: Float?  // clip_sample_range where clip_sample, else nil
  package var finalAlphaIsOne: Bool  // set_alpha_to_one
  package var variance: Variance  // variance_type
  package var skipsRungeKutta: Bool  // skip_prk_steps
  package var solverOrder: Int
  package var isStochastic: Bool  // algorithm_type sde-dpmsolver++
  package var solverIsHeun: Bool  // solver_type heun, against midpoint
  package var solverIsBH1: Bool  // solver_type bh1, against bh2
  package var lowerOrderFinal: Bool
  package var eulerAtFinal: Bool
  package var lambdaMinClipped: Double
  package var predictsClean: Bool  // predict_x0
  package var disabledCorrector: [Int]  // disable_corrector
  package var originalSteps: Int  // original_inference_steps
  package var timestepScaling: Double

  /// Reads `config`, the object in scheduler_config.json, for the class `family`.
  ///
  /// - Throws: ``SamplerError`` for a value of the wrong kind, an unknown choice, or a setting Limn does not compute.
  package init(_ config: JSON, family: SamplerFamily) throws {
    let keys = ConfigKeys(config)
    self.family = family
    // Defaults differ by class: DDIM, DDPM, PNDM, LMS, Euler, DPM++ and UniPC have those of Ho et al. 2020.
    let isLatent = [.heun, .dpm2Ancestral, .lcm].contains(family)
    trainSteps = try keys.int("num_train_timesteps", 1000)
    betaStart = try keys.double("beta_start", isLatent ? 0.00085 : 0.0001)
    betaEnd = try keys.double("beta_end", isLatent ? 0.012 : 0.02)
    betaSchedule = try keys.choice("beta_schedule", family == .lcm ? .scaledLinear : .linear)
    trainedBetas = try keys.doubles("trained_betas")
    let takesZeroSNR = [.ddim, .ddpm, .euler, .eulerAncestral, .dpmSolver, .uniPC, .lcm].contains(family)
    zeroSNR = try takesZeroSNR && keys.bool("rescale_betas_zero_snr", false)
    prediction = try keys.choice("prediction_type", .epsilon)
    spacing = try keys.choice(
      "timestep_spacing", [.ddim, .ddpm, .pndm, .lcm].contains(family) ? .leading : .linspace)
    stepsOffset = try keys.int("steps_offset", 0)
    karras = try family.hasKarras && keys.bool("use_karras_sigmas", false)
    sigmaMin = try keys.doubleIfPresent("sigma_min")
    sigmaMax = try keys.doubleIfPresent("sigma_max")
    finalSigma = try keys.choice("final_sigmas_type", .zero)
    let clips = [.ddim, .ddpm, .heun, .lcm].contains(family)
    let clipSample = try keys.bool("clip_sample", family == .ddim || family == .ddpm)
    clipRange = clips && clipSample ? Float(try keys.double("clip_sample_range", 1)) : nil
    finalAlphaIsOne = try keys.bool("set_alpha_to_one", family != .pndm)
    variance = family == .ddpm ? try keys.choice("variance_type", .small) : .small
    skipsRungeKutta = try keys.bool("skip_prk_steps", false)
    solverOrder = try keys.int("solver_order", 2)
    let algorithm = try keys.string("algorithm_type", "dpmsolver++")
    isStochastic = algorithm == "sde-dpmsolver++"
    let solver = try keys.string("solver_type", "")
    solverIsHeun = solver == "heun"
    solverIsBH1 = solver == "bh1"
    lowerOrderFinal = try keys.bool("lower_order_final", true)
    eulerAtFinal = try keys.bool("euler_at_final", false)
    lambdaMinClipped = try keys.doubleIfPresent("lambda_min_clipped") ?? -.infinity
    predictsClean = try keys.bool("predict_x0", true)
    disabledCorrector = try keys.ints("disable_corrector") ?? []
    originalSteps = try keys.int("original_inference_steps", 50)
    timestepScaling = try keys.double("timestep_scaling", 10)
    try check(keys, algorithm: algorithm)
  }

  /// Refuses settings that would change the result and that no sampler here computes.
  private func check(_ keys: ConfigKeys, algorithm: String) throws {
    let unsupported: [(key: String, families: [SamplerFamily])] = [
      ("thresholding", [.ddim, .ddpm, .dpmSolver, .uniPC, .lcm]),
      ("use_exponential_sigmas", [.lms, .euler, .heun, .dpm2Ancestral, .dpmSolver, .uniPC]),
      ("use_beta_sigmas", [.lms, .euler, .heun, .dpm2Ancestral, .dpmSolver, .uniPC]),
      ("use_lu_lambdas", [.dpmSolver]), ("use_flow_sigmas", [.dpmSolver, .uniPC]),
    ]
    for (key, families) in unsupported where families.contains(family) {
      if try keys.bool(key, false) {
        throw SamplerError("scheduler setting '\(key)' is true, which \(family.rawValue) here does not compute; set it to false")
      }
    }
    if family == .dpmSolver && !["dpmsolver++", "sde-dpmsolver++", "deis"].contains(algorithm) {
      throw SamplerError("scheduler setting 'algorithm_type' is '\(algorithm)', expected 'dpmsolver++' or 'sde-dpmsolver++'")
    }
    if family == .euler {
      try keys.expect("interpolation_type", "linear")
      try keys.expect("timestep_type", "discrete")
    }
    if prediction == .sample && [.pndm, .eulerAncestral, .dpm2Ancestral].contains(family) {
      throw SamplerError("prediction type 'sample' is not defined for \(family.rawValue); use sampler 'ddim'")
    }
    // The upper end keeps a lying file from asking for gigabytes.
    guard (2...100_000).contains(trainSteps) else {
      throw SamplerError("scheduler setting 'num_train_timesteps' is \(trainSteps), expected 2 to 100000")
    }
    guard (0...1).contains(betaStart), (0...1).contains(betaEnd), trainedBetas?.allSatisfy((0...1).contains) ?? true else {
      throw SamplerError("scheduler settings 'beta_start', 'beta_end' and 'trained_betas' must lie in 0…1, found \(betaStart) and \(betaEnd)")
    }
    if family == .uniPC && finalSigma == .zero && !(predictsClean && lowerOrderFinal) {
      throw SamplerError(
        "scheduler setting 'final_sigmas_type' is 'zero', which needs 'predict_x0' and 'lower_order_final'; set it to 'sigma_min'")
    }
    guard (1...3).contains(solverOrder) else {
      throw SamplerError("scheduler setting 'solver_order' is \(solverOrder), expected 1, 2 or 3")
    }
    if let trainedBetas, trainedBetas.count != trainSteps {
      throw SamplerError("scheduler setting 'trained_betas' has \(trainedBetas.count) entries, expected \(trainSteps)")
    }
  }
}

/// Typed look-ups in a scheduler's JSON; null counts as absent.
struct ConfigKeys {
  private let config: JSON

  init(_ config: JSON) { self.config = config }

  private func value(_ key: String) -> JSON? {
    guard let value = config[key], !value.isNull else { return nil }
    return value
  }

  private func read<T>(_ key: String, _ expected: String, _ convert: (JSON) -> T?) throws -> T? {
    guard let value = value(key) else { return nil }
    guard let converted = convert(value) else {
      throw SamplerError("scheduler setting '\(key)' is \(value), expected \(expected)")
    }
    return converted
  }

  func int(_ key: String, _ standard: Int) throws -> Int { try read(key, "an integer") { $0.int } ?? standard }
  func double(_ key: String, _ standard: Double) throws -> Double { try doubleIfPresent(key) ?? standard }
  func bool(_ key: String, _ standard: Bool) throws -> Bool { try read(key, "true or false") { $0.bool } ?? standard }
  func string(_ key: String, _ standard: String) throws -> String { try read(key, "a string") { $0.string } ?? standard }

  /// A number; diffusers writes infinities as strings ("-inf"), since JSON has none.
  func doubleIfPresent(_ key: String) throws -> Double? {
    try read(key, "a number") { $0.double ?? $0.string.flatMap { ["-inf": -.infinity, "inf": .infinity][$0] } }
  }

  func doubles(_ key: String) throws -> [Double]? {
    try read(key, "a list of numbers") { value in
      guard let items = value.array else { return nil }
      let numbers = items.compactMap(\.double)
      return numbers.count == items.count ? numbers : nil
    }
  }

  func ints(_ key: String) throws -> [Int]? { try read(key, "a list of integers") { $0.ints } }

  func choice<T: RawRepresentable<String> & CaseIterable>(_ key: String, _ standard: T) throws -> T {
    let expected = T.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
    return try read(key, "one of \(expected)") { $0.string.flatMap(T.init(rawValue:)) } ?? standard
  }

  func expect(_ key: String, _ only: String) throws {
    let found = try string(key, only)
    guard found == only else {
      throw SamplerError("scheduler setting '\(key)' is '\(found)', expected '\(only)'")
    }
  }
}
