import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

import LimnDiffusion

@Suite struct NoiseScheduleTests {
  private let schedule = try! NoiseSchedule(config: SamplerTests.config)

  @Test func signalSharesAreThoseOfStableDiffusion() {
    // design/methods.md, 1.6
    for (t, expected) in [(0, Float(0.999150)), (499, 0.277670), (699, 0.083128), (999, 0.004660)] {
      #expect(abs(schedule.alphaBar[t] - expected) < 1e-6)
    }
    #expect(abs(schedule.alpha(at: 699) - 0.288320) < 1e-6)
    #expect(abs(schedule.sigma(at: 699) - 0.957534) < 1e-6)
  }

  @Test func betweenTwoStepsTheRatioOfNoiseToSignalIsInterpolated() {
    let (low, high) = (schedule.level(at: 500).ratio, schedule.level(at: 501).ratio)
    #expect(abs(schedule.level(at: 500.25).ratio - (0.75 * low + 0.25 * high)) < 1e-6)
    let level = schedule.level(at: 0.5)
    #expect(abs(level.alpha * level.alpha + level.sigma * level.sigma - 1) < 1e-6)
  }

  @Test func zeroSNRLeavesNoSignalAtTheEnd() throws {
    let zero = try NoiseSchedule(config: SamplerTests.config.with("rescale_betas_zero_snr", true))
    #expect(zero.alphaBar[999] == 0 && abs(zero.alphaBar[0] - schedule.alphaBar[0]) < 1e-6)
    let euler = try Samplers.settings("euler", config: SamplerTests.config.with("rescale_betas_zero_snr", true))
    #expect(NoiseSchedule(euler).alphaBar[999] == 0x1p-24)
  }

  @Test func karrasLevelsFallAndEndWhereAsked() {
    let levels = SigmaTable.karras(largest: 14, smallest: 0.03, count: 7)
    #expect(zip(levels, levels.dropFirst()).allSatisfy { $0 > $1 })
    #expect(abs(levels[0] - 14) < 1e-9 && abs(levels[6] - 0.03) < 1e-9)
  }

  @Test func aRatioLeadsBackToItsTimestep() {
    let table = SigmaTable(schedule)
    for t in [0.0, 17, 499, 999] { #expect(abs(table.timestep(ratio: table.ratio(at: t)) - t) < 1e-3) }
    // Between steps the way there is linear in σ/α and the way back in its logarithm.
    for t in [0.3, 499.5, 998.9] { #expect(abs(table.timestep(ratio: table.ratio(at: t)) - t) < 0.05) }
    #expect(table.timestep(ratio: 1e9) == 999 && table.timestep(ratio: 0) == 0)
  }
}
