import Foundation
import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

import LimnDiffusion

/// One case of Tests/Fixtures/schedulers: a diffusers scheduler on a closed-form model.
struct SchedulerCase: CustomTestStringConvertible {
  let key: String
  let value: JSON

  var testDescription: String { key }
  var className: String { value["cls"]?.string ?? "" }
  var config: JSON { value["config"] ?? .null }
  var steps: Int { Int(key.split(separator: ".").last ?? "") ?? 0 }
  var eta: Float { key.hasPrefix("ddim_eta1") ? 1 : 0 }

  static let all: [SchedulerCase] = {
    guard let cases = try? Fixtures.json("schedulers").object else { return [] }
    return cases.map { SchedulerCase(key: $0.key, value: $0.value) }
  }()
  static let tensors = (try? Fixtures.tensors("schedulers")) ?? [:]

  func sampler() throws -> any Sampler { try Samplers.make(className, config: config, steps: steps, eta: eta) }

  /// The fixture's model: out = 0.3·x·cos(t/1000) − 0.1·sin(t/200).
  static func output(_ z: Tensor, _ t: Float) -> Tensor {
    (0.3 * z) * Float(cos(Double(t) / 1000)) - Float(0.1 * sin(Double(t) / 200))
  }
}

@Suite struct SamplerTests {
  static let allNames = SamplerNames.canonical
  /// What the seed model's file says.
  static let config: JSON = [
    "_class_name": "DDIMScheduler", "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
    "clip_sample": false, "set_alpha_to_one": false, "steps_offset": 1, "timestep_spacing": "leading",
  ]

  @Test func theFixtureHasAllItsCases() { #expect(SchedulerCase.all.count == 110) }

  @Test(arguments: SchedulerCase.all) func followsDiffusersStepByStep(_ scheduler: SchedulerCase) throws {
    var sampler = try scheduler.sampler()
    let generator = TorchGenerator(seed: 11)
    sampler.start(noise: generator.randn([1, 4, 8, 8]))
    var trajectory = [sampler.state.x]
    var timesteps: [Float] = []
    while !sampler.isDone {
      timesteps.append(sampler.level.t)
      let output = SchedulerCase.output(sampler.z, sampler.level.t)
      sampler.advance(output, noise: sampler.takesNoise ? generator.randn([1, 4, 8, 8]) : nil)
      trajectory.append(sampler.state.x)
    }
    let (key, tensors) = (scheduler.key, SchedulerCase.tensors)
    expectClose(Tensor(timesteps, [timesteps.count]), try #require(tensors[key + ".timesteps"]), relativeToLargest: 1e-5)
    expectClose(.stacked(trajectory), try #require(tensors[key + ".trajectory"]), relativeToLargest: 1e-5)
    if let sigmas = tensors[key + ".sigmas"] {
      // DPM2's levels come twice in diffusers, once for each evaluation.
      let ratios = sampler.plan.ratios
      let isDoubled = sampler.plan.settings.family == .dpm2Ancestral
      let mine = isDoubled ? [ratios[0]] + ratios.dropFirst().flatMap { [$0, $0] } + [0] : ratios
      expectClose(Tensor(mine, [mine.count]), sigmas, relativeToLargest: 1e-5)
    }
    #expect(timesteps.count == scheduler.value["evaluations"]?.int)
    #expect(sampler.plan.order == scheduler.value["order"]?.int)
    #expect(sampler.plan.startScale == scheduler.value["init_noise_sigma"]?.double.map { Float($0) })
    // The generator's next value tells how many numbers were drawn.
    #expect(generator.randn([1]).item == scheduler.value["noise_left"]?.double.map { Float($0) })
  }

  @Test(arguments: allNames) func aCopyGoesOnByItself(_ name: String) throws {
    var sampler = try Samplers.make(name, config: Self.config, steps: 6)
    let noise = (0..<30).map { TorchGenerator(seed: $0).randn([1, 4, 4, 4]) }
    func finish(_ sampler: any Sampler) -> [Float] {
      var sampler = sampler
      while !sampler.isDone {
        let output = SchedulerCase.output(sampler.z, sampler.level.t)
        sampler.advance(output, noise: sampler.takesNoise ? noise[sampler.state.index + 1] : nil)
      }
      return sampler.z.floats()
    }
    sampler.start(noise: noise[0])
    let whole = finish(sampler)
    for _ in 0..<3 {
      sampler.advance(SchedulerCase.output(sampler.z, sampler.level.t), noise: sampler.takesNoise ? noise[sampler.state.index + 1] : nil)
    }
    var fork = sampler
    fork.advance(sampler.z * 2, noise: noise[20])
    #expect(finish(sampler) == whole)
    #expect(finish(fork) != whole)
  }

  @Test(arguments: allNames) func theTrueNoiseLeadsBackToThePicture(_ name: String) throws {
    // With the model's ε exact at every level, each solver's step is exact, up to the noise it puts back.
    var sampler = try Samplers.make(name, config: Self.config.with("final_sigmas_type", "zero"), steps: 20)
    let z0 = TorchGenerator(seed: 1).randn([1, 4, 4, 4]), eps = TorchGenerator(seed: 2).randn([1, 4, 4, 4])
    sampler.start(from: z0, noise: eps, begin: 0)
    while !sampler.isDone {
      let level = sampler.level
      let output = (sampler.z - level.alpha * z0) / level.sigma
      sampler.advance(output, as: .epsilon, noise: sampler.takesNoise ? eps : nil)
    }
    // DDIM, PNDM and LCM end at the first training level and not at 0; DPM2's last level is small, not 0.
    expectClose(sampler.z, z0, relativeToLargest: 0.05)
  }

  @Test(arguments: allNames) func zIsTheLatentOfUnitVariance(_ name: String) throws {
    for begin in [0, 4] {
      var sampler = try Samplers.make(name, config: Self.config, steps: 8)
      let z0 = TorchGenerator(seed: 1).randn([1, 4, 4, 4]), eps = TorchGenerator(seed: 2).randn([1, 4, 4, 4])
      sampler.start(from: z0, noise: eps, begin: begin)
      expectClose(sampler.z, sampler.level.alpha * z0 + sampler.level.sigma * eps, relativeToLargest: 1e-6)
      sampler.replace(z: eps)
      expectClose(sampler.z, eps, relativeToLargest: 1e-6)
    }
  }

  @Test func samplersInSigmaStartBelowUnitVarianceUnlessSpacedLeading() throws {
    let noise = TorchGenerator(seed: 3).randn([1, 4, 4, 4])
    for name in ["euler", "euler a", "heun", "lms", "dpm2 a"] {
      for spacing in ["linspace", "trailing", "leading"] {
        var sampler = try Samplers.make(name, config: Self.config.with("timestep_spacing", .string(spacing)), steps: 8)
        sampler.start(noise: noise)
        let largest = sampler.plan.ratios[0]
        let scale = spacing == "leading" ? 1 : largest / (largest * largest + 1).squareRoot()
        expectClose(sampler.z, noise * scale, relativeToLargest: 1e-6)
      }
    }
  }

  @Test func aPredictionInAnotherFormGivesTheSameStep() throws {
    for prediction in PredictionKind.allCases {
      for name in ["ddim", "euler", "dpm++ 2m", "unipc", "heun", "lms"] {
        let config = Self.config.with("prediction_type", .string(prediction.rawValue))
        var sampler = try Samplers.make(name, config: config, steps: 5)
        sampler.start(noise: TorchGenerator(seed: 4).randn([1, 4, 4, 4]))
        let level = sampler.level
        let eps = SchedulerCase.output(sampler.z, level.t)
        let other = PredictionKind.epsilon.converted(eps, to: prediction, z: sampler.z, alpha: level.alpha, sigma: level.sigma)
        var twin = sampler
        sampler.advance(eps, as: .epsilon)
        twin.advance(other)
        expectClose(sampler.state.x, twin.state.x, relativeToLargest: 1e-5)
      }
    }
  }

  @Test func strengthRunsTheLastStepsAsDiffusersCounts() throws {
    let ten = try Samplers.make("ddim", config: Self.config, steps: 10).plan
    #expect(ten.begin(strength: 0.6) == 4)
    #expect(ten.begin(strength: 0.7) == 3)
    #expect(ten.begin(strength: 0.05) == 10)
    #expect(ten.begin(strength: 1) == 0)
    let heun = try Samplers.make("heun", config: Self.config, steps: 10).plan
    #expect(heun.begin(strength: 0.6) == 8)
  }
}
