import Glibc
import LimnTensor

/// DPM-Solver++ as a multistep method. Lu et al. 2022, "DPM-Solver++", algorithm 2 and appendix; the stochastic form is its section 4.
///
/// Notation: λ = ln(α/σ), h a step in λ, D the clean latents' divided differences in λ.
struct DPMSolver: Sampler {
  let plan: SamplingPlan
  var state = SamplerState()
  /// Clean latents of up to `solverOrder` evaluations, newest first.
  private var cleans: [Tensor] = []

  init(plan: SamplingPlan) { self.plan = plan }

  var takesNoise: Bool { plan.settings.isStochastic }

  mutating func update(_ output: Tensor, noise: Tensor?) {
    cleans = Array(([clean(output)] + cleans).prefix(plan.settings.solverOrder))
    let (from, to) = (SolverLevel(plan, state.index), SolverLevel(plan, state.index + 1))
    let h = to.lambda - from.lambda
    let differences = dividedDifferences(order: order, h: h, from: from.lambda)
    state.x =
      if let noise, takesNoise {
        stochastic(differences, from: from, to: to, h: h) + (to.sigma * (1 - expf(-2 * h)).squareRoot()) * noise
      } else {
        deterministic(differences, from: from, to: to, h: h)
      }
  }

  /// Lower orders while the history grows, and at the end, where high orders oscillate.
  private var order: Int {
    let settings = plan.settings
    let (made, left, count) = (state.index - state.begin, plan.levels.count - state.index, plan.levels.count)
    let isShort = settings.lowerOrderFinal && count < 15
    if made < 1 || (left == 1 && (settings.eulerAtFinal || isShort || settings.finalSigma == .zero)) { return 1 }
    return made < 2 || (left == 2 && isShort) ? min(settings.solverOrder, 2) : settings.solverOrder
  }

  /// D0, D1 and D2 as far as `order` needs them.
  private func dividedDifferences(order: Int, h: Float, from lambda: Float) -> [Tensor] {
    guard order > 1 else { return [cleans[0]] }
    let previous = SolverLevel(plan, state.index - 1).lambda
    let r0 = (lambda - previous) / h
    let first = (1 / r0) * (cleans[0] - cleans[1])
    guard order > 2 else { return [cleans[0], first] }
    let r1 = (previous - SolverLevel(plan, state.index - 2).lambda) / h
    let second = (1 / r1) * (cleans[1] - cleans[2])
    let bend = first - second
    return [cleans[0], first + (r0 / (r0 + r1)) * bend, (1 / (r0 + r1)) * bend]
  }

  private func deterministic(_ d: [Tensor], from: SolverLevel, to: SolverLevel, h: Float) -> Tensor {
    let decay = expf(-h) - 1
    var x = (to.sigma / from.sigma) * state.x - (to.alpha * decay) * d[0]
    if d.count == 2 && !plan.settings.solverIsHeun {
      x = x - (0.5 * (to.alpha * decay)) * d[1]
    } else if d.count > 1 {
      x = x + (to.alpha * (decay / h + 1)) * d[1]
    }
    if d.count > 2 { x = x - (to.alpha * ((decay + h) / (h * h) - 0.5)) * d[2] }
    return x
  }

  private func stochastic(_ d: [Tensor], from: SolverLevel, to: SolverLevel, h: Float) -> Tensor {
    let growth = 1 - expf(-2 * h)
    var x = (to.sigma / from.sigma * expf(-h)) * state.x + (to.alpha * growth) * d[0]
    if d.count == 2 && !plan.settings.solverIsHeun {
      x = x + (0.5 * (to.alpha * growth)) * d[1]
    } else if d.count > 1 {
      x = x + (to.alpha * (growth / (-2 * h) + 1)) * d[1]
    }
    if d.count > 2 { x = x + (to.alpha * ((growth - 2 * h) / (4 * h * h) - 0.5)) * d[2] }
    return x
  }
}

/// α, σ and λ at a stop of a solver's ladder; λ is infinite at the last one, where there is no noise.
struct SolverLevel {
  let alpha: Float
  let sigma: Float
  let lambda: Float

  init(_ plan: SamplingPlan, _ index: Int) {
    let level = NoiseLevel(t: 0, ratio: plan.ratios[index])
    (alpha, sigma, lambda) = (level.alpha, level.sigma, level.lambda)
  }
}
