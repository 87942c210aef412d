import LimnTensor

/// Liu et al. 2022, "Pseudo Numerical Methods for Diffusion Models on Manifolds".
///
/// Its history holds the model's raw outputs; for v-prediction the mean of several v is turned into ε at the present latent.
struct PNDM: Sampler {
  let plan: SamplingPlan
  var state = SamplerState()
  /// Up to four raw outputs, oldest first.
  private var outputs: [Tensor] = []
  /// The latent where the step under way began.
  private var origin: Tensor?
  /// The weighted sum of a Runge-Kutta step's outputs so far.
  private var sum: Tensor?

  init(plan: SamplingPlan) { self.plan = plan }

  var takesNoise: Bool { false }

  /// Evaluations already made, wherever the sampler began.
  private var made: Int { state.index - state.begin }
  /// The training steps between two levels.
  private var stride: Int { plan.schedule.count / plan.steps }
  /// Evaluations of the Runge-Kutta start: three steps of four.
  private var rungeKuttaCount: Int { plan.settings.skipsRungeKutta ? 0 : 12 }

  mutating func update(_ output: Tensor, noise: Tensor?) {
    if made < rungeKuttaCount { rungeKutta(output) } else { multistep(output) }
  }

  /// Pseudo Runge-Kutta, eq. 13: slopes at the start, twice at the middle and at the end, weighted 1, 2, 2, 1.
  private mutating func rungeKutta(_ output: Tensor) {
    let phase = made % 4
    let from = Int(plan.levels[state.begin + made / 4 * 4].t)
    let to = Int(level.t) - (phase % 2 == 0 ? stride / 2 : 0)
    var combined = output
    switch phase {
    case 0:
      outputs.append(output)
      origin = state.x
      sum = output * (1 / 6)
    case 1, 2: sum = sum.map { $0 + output * (1 / 3) }
    default: combined = sum.map { $0 + output * (1 / 6) } ?? output
    }
    state.x = transferred(origin ?? state.x, combined, from: from, to: to)
  }

  /// Pseudo linear multistep, eq. 12, with lower orders while the history grows.
  private mutating func multistep(_ output: Tensor) {
    var (from, to) = (Int(level.t), Int(level.t) - stride)
    // Without the Runge-Kutta start, the second evaluation improves the first step (the second level comes twice).
    let improves = made == 1 && plan.settings.skipsRungeKutta
    if improves {
      (from, to) = (from + stride, from)
    } else {
      outputs = outputs.suffix(3) + [output]
    }
    let e = Array(outputs.reversed())  // newest first
    let combined: Tensor
    switch e.count {
    case 1 where improves: combined = (output + e[0]) / 2
    case 1: combined = output
    case 2: combined = (3 * e[0] - e[1]) / 2
    case 3: combined = (23 * e[0] - 16 * e[1] + 5 * e[2]) / 12
    default: combined = (1 / 24) * (55 * e[0] - 59 * e[1] + 37 * e[2] - 9 * e[3])
    }
    let x = improves ? origin ?? state.x : state.x
    origin = made == 0 ? state.x : nil
    state.x = transferred(x, combined, from: from, to: to)
  }

  /// The transfer of eq. 11, which is exact when ε is.
  private func transferred(_ x: Tensor, _ output: Tensor, from: Int, to: Int) -> Tensor {
    let bar = plan.schedule.alphaBar[min(from, plan.schedule.count - 1)]
    let next = to >= 0 ? plan.schedule.alphaBar[to] : plan.schedule.finalAlphaBar
    let eps = plan.schedule.prediction.noise(output, z: x, alpha: bar.squareRoot(), sigma: (1 - bar).squareRoot())
    let denominator = bar * (1 - next).squareRoot() + (bar * (1 - bar) * next).squareRoot()
    return (next / bar).squareRoot() * x - ((next - bar) / denominator) * eps
  }
}
