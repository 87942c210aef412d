import Glibc
import LimnTensor

/// Adam with weight decay apart from the gradient. A description: what it remembers lives in ``State``.
///
/// - Source: Loshchilov and Hutter 2019, arXiv:1711.05101, algorithm 2; arithmetic in the order of PyTorch's `AdamW`.
package struct AdamW: Sendable, Equatable {
  package var learningRate: Double
  package var beta1: Double
  package var beta2: Double
  package var epsilon: Double
  package var weightDecay: Double
  /// Whether the moments of large tensors are kept in a byte each; see ``Moments``.
  package var isByteWise: Bool

  package init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 1e-2, isByteWise: Bool = false
  ) {
    self.isByteWise = isByteWise
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// How often each parameter was updated, and its running moments. A value: keeping it keeps a way back.
  package struct State: Sendable {
    package struct Kept: Sendable {
      package var steps: Int
      package var moments: Moments

      package init(steps: Int, moments: Moments) { (self.steps, self.moments) = (steps, moments) }
    }

    package var kept: [String: Kept]

    package init(kept: [String: Kept] = [:]) { self.kept = kept }
  }

  /// Whether the moments of a tensor of so many numbers are kept in bytes: of small ones that would save nothing.
  package func keepsBytes(_ count: Int) -> Bool { isByteWise && count >= 4096 }

  /// Returns the parameters after one update.
  ///
  /// - Parameters:
  ///   - parameters: By name; only those with a gradient change.
  ///   - gradients: By the same names, in the same shapes.
  ///   - state: Advanced by the update; starts empty.
  /// - Traps: when a gradient has no parameter or another shape.
  package func updated(
    _ parameters: [String: Tensor], gradients: [String: Tensor], state: inout State
  ) -> [String: Tensor] {
    var result = parameters
    for (name, gradient) in gradients {
      guard let parameter = parameters[name] else { preconditionFailure("adamw: no parameter '\(name)'") }
      precondition(
        gradient.shape == parameter.shape, "adamw: '\(name)' is \(parameter.shape) but its gradient \(gradient.shape)")
      // Taken out, so that the moments are unique and change in place.
      var kept = state.kept.removeValue(forKey: name) ?? State.Kept(steps: 0, moments: Moments(parameter.shape, inBytes: keepsBytes(parameter.count)))
      kept.steps += 1
      result[name] = updated(parameter.detached(), gradient.detached(), &kept)
      state.kept[name] = kept
    }
    return result
  }

  private func updated(_ parameter: Tensor, _ gradient: Tensor, _ kept: inout State.Kept) -> Tensor {
    let correction1 = 1 - pow(beta1, Double(kept.steps)), correction2 = 1 - pow(beta2, Double(kept.steps))
    let rule = Moments.Rule(
      decay: Float(1 - learningRate * weightDecay), rate: Float(learningRate / correction1), take1: Float(1 - beta1), keep2: Float(beta2),
      take2: Float(1 - beta2), root: Float(correction2.squareRoot()), epsilon: Float(epsilon))
    var result = parameter
    kept.moments.update(&result, gradient: gradient, rule)
    return result
  }
}
