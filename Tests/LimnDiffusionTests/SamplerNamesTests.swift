import LimnNN
import LimnTestSupport
import Testing

import LimnDiffusion

@Suite struct SamplerNamesTests {
  private func name(_ asked: String?, _ config: JSON = SamplerTests.config) throws -> String {
    try Samplers.make(asked, config: config, steps: 4).plan.name
  }

  private func message(_ body: () throws -> Any) -> String {
    do {
      _ = try body()
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [
    ("DPM++ 2M Karras", "dpm++ 2m karras"), ("dpm++2m", "dpm++ 2m"), ("dpmpp_2m_sde", "dpm++ 2m sde"),
    ("DPM++ 2M SDE Karras", "dpm++ 2m sde karras"), ("Euler a", "euler a"), ("euler_a", "euler a"), ("k_euler_a", "euler a"),
    ("EulerAncestralDiscreteScheduler", "euler a"), ("DPM2 a Karras", "dpm2 a karras"), ("PLMS", "pndm"), ("UniPC", "unipc"),
    ("LMS Karras", "lms karras"), ("KDPM2AncestralDiscreteScheduler", "dpm2 a"), ("ddim_trailing", "ddim"), ("LCM", "lcm"),
  ]) func everySpellingIsOneSampler(_ asked: String, _ canonical: String) throws {
    #expect(try name(asked) == canonical)
  }

  @Test(arguments: SamplerNames.canonical) func canonicalNamesMeanThemselves(_ canonical: String) throws {
    #expect(try name(canonical) == canonical)
  }

  @Test func withoutANameItIsTheCheckpointsOwn() throws {
    #expect(try name(nil) == "ddim")
    #expect(try name(nil, SamplerTests.config.with("_class_name", "DPMSolverMultistepScheduler").with("use_karras_sigmas", true)) == "dpm++ 2m karras")
    #expect(message { try name(nil, [:]) } == "the checkpoint's scheduler names no '_class_name', expected one; give a sampler, for example 'ddim'")
  }

  @Test func anUnknownNameIsToldTheNearest() {
    #expect(message { try name("eulr a") } == "unknown sampler 'eulr a'; did you mean 'euler a'?")
    #expect(message { try name("dpm++ 3m") } == "unknown sampler 'dpm++ 3m'; did you mean 'dpm++ 2m'?")
    #expect(message { try name("ddim karras") } == "sampler 'ddim' has no Karras schedule, found 'ddim karras'; use 'ddim'")
    #expect(message { try name(nil, ["_class_name": "EulerDiscretScheduler"]) } == "unknown scheduler class 'EulerDiscretScheduler'; did you mean 'EulerDiscreteScheduler'?")
  }

  @Test func keysOfTheFileAreTakenOverAndOthersAreTheClassesDefaults() throws {
    // The file spells spacing and offset, so Euler takes them; it does not spell betas here, so they are Euler's own.
    let settings = try Samplers.settings("euler", config: ["timestep_spacing": "leading", "steps_offset": 1])
    #expect(settings.spacing == .leading && settings.stepsOffset == 1)
    #expect(settings.betaStart == 0.0001 && settings.betaSchedule == .linear)
    #expect(try Samplers.settings("heun", config: [:]).betaEnd == 0.012)
    #expect(try Samplers.settings("ddim", config: [:]).clipRange == 1)
    #expect(try Samplers.settings("pndm", config: [:]).skipsRungeKutta)
    #expect(try Samplers.settings("PNDMScheduler", config: [:]).skipsRungeKutta == false)
    #expect(try Samplers.settings("ddim_trailing", config: ["timestep_spacing": "leading"]).spacing == .trailing)
  }

  @Test func settingsThatWouldBeIgnoredAreRefused() {
    #expect(message { try name("ddim", ["thresholding": true]) } == "scheduler setting 'thresholding' is true, which DDIMScheduler here does not compute; set it to false")
    #expect(message { try name("ddim", ["clip_sample": "no"]) }.hasPrefix("scheduler setting 'clip_sample' is"))
    #expect(message { try name("ddim", ["prediction_type": "flow"]) }.contains("'epsilon', 'v_prediction', 'sample'"))
    #expect(message { try name("euler a", ["prediction_type": "sample"]) }.hasPrefix("prediction type 'sample' is not defined"))
    #expect(message { try name("dpm++ 2m", ["solver_order": 7]) } == "scheduler setting 'solver_order' is 7, expected 1, 2 or 3")
    #expect(message { try name("ddim", ["num_train_timesteps": 4_000_000_000]) }.hasSuffix("expected 2 to 100000"))
  }

  @Test func stepCountsThatAreNoneAreRefused() {
    func steps(_ asked: String, _ count: Int, eta: Float = 0) -> String {
      message { try Samplers.make(asked, config: SamplerTests.config, steps: count, eta: eta) }
    }
    #expect(steps("ddim", 0) == "steps is 0, expected 1 to 1000")
    #expect(steps("euler", 1001) == "steps is 1001, expected 1 to 1000")
    #expect(steps("ddim", 1000).hasPrefix("with 'steps_offset' 1, 1000 steps begin at timestep 1000"))
    #expect(steps("PNDMScheduler", 3).hasPrefix("steps is 3, expected at least 4"))
    #expect(steps("lcm", 51) == "steps is 51, expected at most 50, the number 'lcm' models were distilled with")
    #expect(steps("euler", 4, eta: 0.5) == "eta is 0.5, but sampler 'euler' has no eta; only 'ddim' does")
    #expect(steps("ddim", 4, eta: 2) == "eta is 2.0, expected 0 to 1")
  }
}
