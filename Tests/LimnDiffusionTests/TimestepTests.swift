import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

import LimnDiffusion

@Suite struct TimestepTests {
  private let config = SamplerTests.config

  private func random(_ seed: Int64) -> Tensor { TorchGenerator(seed: seed).randn([1, 4, 4, 4]) }

  private func message(_ body: () throws -> Any) -> String {
    do {
      _ = try body()
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  @Test func noisesAndTargetsAsDiffusersDoes() throws {
    let schedule = try NoiseSchedule(config: config)
    let velocity = try NoiseSchedule(config: config.with("prediction_type", "v_prediction"))
    let fixture = try Fixtures.tensors("schedulers")
    let (z0, eps) = (try #require(fixture["add_noise.x0"]), try #require(fixture["add_noise.noise"]))
    let (noised, target) = (try #require(fixture["add_noise.out"]), try #require(fixture["velocity.out"]))
    for (row, t) in [Float(0), 500, 999].enumerated() {
      func part(_ x: Tensor) -> Tensor { x.sliced(axis: 0, from: row, to: row + 1) }
      let timestep = try Timestep(t, of: schedule)
      expectClose(timestep.addNoise(part(z0), part(eps)), part(noised), relativeToLargest: 1e-6)
      #expect(timestep.target(part(z0), part(eps)).floats() == part(eps).floats())
      expectClose(try Timestep(t, of: velocity).target(part(z0), part(eps)), part(target), relativeToLargest: 1e-6)
    }
  }

  @Test func theTrueNoiseGivesTheTrueLatentAtEveryTimestep() throws {
    let schedule = try NoiseSchedule(config: config)
    let (z0, eps) = (random(1), random(2))
    for t in stride(from: Float(0), through: 999, by: 37) {
      let timestep = try Timestep(t, of: schedule)
      expectClose(timestep.x0(timestep.addNoise(z0, eps), eps), z0, relativeToLargest: 1e-4)
    }
  }

  @Test(arguments: ["ddim", "ddpm", "euler", "euler a", "lcm"]) func steppingByTimestepIsTheSampler(_ name: String) throws {
    var sampler = try Samplers.make(name, config: config, steps: 7)
    sampler.start(noise: random(0))
    var z = sampler.z
    for t in Timestep.all(of: sampler) {
      #expect(t.index == sampler.state.index && t.count == 7)
      let noise = sampler.takesNoise ? random(Int64(t.index) + 5) : nil
      let eps = SchedulerCase.output(z, t.value)
      z = try t.step(z, eps, noise: noise)
      sampler.advance(SchedulerCase.output(sampler.z, sampler.level.t), noise: noise)
      expectClose(z, sampler.z, relativeToLargest: 1e-5)
    }
    #expect(sampler.isDone)
  }

  @Test func listedTimestepsLeadToEachOther() throws {
    let schedule = try NoiseSchedule(config: config)
    let listed = Timestep.all(of: try Samplers.make("ddim", config: config, at: [900, 450.5, 3]))
    #expect(listed.map(\.value) == [900, 450.5, 3])
    // DDIM with the true noise lands on the exact latent of the next level.
    let (z0, eps) = (random(1), random(2))
    let next = try listed[0].step(listed[0].addNoise(z0, eps), eps)
    expectClose(next, schedule.alpha(at: 450.5) * z0 + schedule.sigma(at: 450.5) * eps, relativeToLargest: 1e-5)
    #expect(message { try Samplers.make("ddim", config: config, at: [3, 4]) }.hasPrefix("the listed timesteps must fall"))
    #expect(message { try Samplers.make("ddim", config: config, at: [1000]) }.hasSuffix("expected 999 to 0"))
    #expect(message { try Samplers.make("unipc", config: config, at: [9]) }.hasPrefix("sampler 'unipc' remembers earlier steps"))
  }

  @Test func stepsThatCannotBeAreRefused() throws {
    let lone = try Timestep(500, of: NoiseSchedule(config: config))
    #expect(message { try lone.step(random(0), random(1)) }.hasPrefix("timestep 500.0 belongs to no sampler"))
    let solver = Timestep.all(of: try Samplers.make("dpm++ 2m", config: config, steps: 3))[0]
    #expect(message { try solver.step(random(0), random(1)) }.hasPrefix("sampler 'dpm++ 2m' remembers earlier steps"))
    let ddpm = Timestep.all(of: try Samplers.make("ddpm", config: config, steps: 3))[0]
    #expect(message { try ddpm.step(random(0), random(1)) } == "sampler 'ddpm' draws noise at each step, found none; pass noise: r.randn(z.shape)")
    #expect(message { try Timestep(1000, of: NoiseSchedule(config: config)) } == "timestep is 1000.0, expected 0 to 999")
    let zero = config.with("rescale_betas_zero_snr", true).with("timestep_spacing", "trailing")
    let dark = Timestep.all(of: try Samplers.make("ddim", config: zero, steps: 3))[0]
    #expect(message { try dark.step(random(0), random(1)) }.contains("all noise"))
  }
}
