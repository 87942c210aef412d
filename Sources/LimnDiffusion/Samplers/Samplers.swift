import LimnNN

/// Makes samplers by name.
package enum Samplers {
  /// Returns the sampler `name`, made from a checkpoint's scheduler_config.json as diffusers' `from_config` makes it:
  /// keys spelled there are taken over, all others are the class's defaults.
  ///
  ///     try Samplers.make("dpm++ 2m karras", config: model.schedulerConfig, steps: 30)
  ///
  /// - Parameters:
  ///   - name: A name of ``SamplerNames``; nil is the class the file itself names.
  ///   - config: The object in scheduler_config.json.
  ///   - steps: Counted as diffusers counts; second-order samplers evaluate the model nearly twice a step.
  ///   - eta: DDIM's share of noise, 0 to 1.
  /// - Throws: ``SamplerError``.
  package static func make(_ name: String?, config: JSON, steps: Int, eta: Float = 0) throws -> any Sampler {
    sampler(try SamplingPlan(try settings(name, config: config), steps: steps, eta: eta))
  }

  /// As ``make(_:config:steps:eta:)``, visiting listed timesteps; for samplers that do not remember.
  package static func make(_ name: String?, config: JSON, at timesteps: [Float], eta: Float = 0) throws -> any Sampler {
    sampler(try SamplingPlan(try settings(name, config: config), at: timesteps, eta: eta))
  }

  /// The settings of the sampler `name` for a checkpoint.
  package static func settings(_ name: String?, config: JSON) throws -> SamplerSettings {
    guard let name else {
      guard let className = config["_class_name"]?.string else {
        throw SamplerError("the checkpoint's scheduler names no '_class_name', expected one; give a sampler, for example 'ddim'")
      }
      return try SamplerSettings(config, family: SamplerNames.family(ofClass: className))
    }
    let request = try SamplerNames.request(name)
    let merged = request.overrides.reduce(config) { $0.with($1.key, $1.value) }
    return try SamplerSettings(merged, family: request.family)
  }

  private static func sampler(_ plan: SamplingPlan) -> any Sampler {
    switch plan.settings.family {
    case .ddim: DDIM(plan: plan)
    case .ddpm: DDPM(plan: plan)
    case .pndm: PNDM(plan: plan)
    case .lms: LMS(plan: plan)
    case .euler: Euler(plan: plan)
    case .eulerAncestral: EulerAncestral(plan: plan)
    case .heun: Heun(plan: plan)
    case .dpm2Ancestral: DPM2Ancestral(plan: plan)
    case .dpmSolver: DPMSolver(plan: plan)
    case .uniPC: UniPC(plan: plan)
    case .lcm: LCM(plan: plan)
    }
  }
}
