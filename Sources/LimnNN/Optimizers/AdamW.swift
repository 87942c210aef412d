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

  package init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 1e-2
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// How often each parameter was updated, and its running moments. A value: keeping it keeps a way back.
  package struct State: Sendable {
    package struct Moments: Sendable {
      package var steps: Int
      package var mean: Tensor
      package var square: Tensor

      package init(steps: Int, mean: Tensor, square: Tensor) {
        self.steps = steps
        self.mean = mean
        self.square = square
      }
    }

    package var moments: [String: Moments]

    package init(moments: [String: Moments] = [:]) { self.moments = moments }
  }

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
      var moments =
        state.moments[name]
        ?? State.Moments(steps: 0, mean: .zeros(parameter.shape), square: .zeros(parameter.shape))
      state.moments[name] = nil  // so that the moments are unique and change in place
      moments.steps += 1
      result[name] = updated(parameter.detached(), gradient.detached(), &moments)
      state.moments[name] = moments
    }
    return result
  }

  private func updated(_ parameter: Tensor, _ gradient: Tensor, _ moments: inout State.Moments) -> Tensor {
    let decay = Float(1 - learningRate * weightDecay)
    let keep2 = Float(beta2)
    let (take1, take2) = (Float(1 - beta1), Float(1 - beta2))
    let correction1 = 1 - pow(beta1, Double(moments.steps)), correction2 = 1 - pow(beta2, Double(moments.steps))
    let rate = Float(learningRate / correction1), root = Float(correction2.squareRoot()), epsilon = Float(epsilon)
    var result = parameter
    gradient.withFloats { gradient in
      result.withMutableFloats { values in
        moments.mean.withMutableFloats { mean in
          moments.square.withMutableFloats { square in
            for index in 0..<values.count {
              let slope = gradient[index]
              // β₁ m + (1 − β₁) g as a step towards g, the way torch writes it.
              mean[index] += take1 * (slope - mean[index])
              square[index] = keep2 * square[index] + take2 * slope * slope
              values[index] = values[index] * decay - rate * mean[index] / (square[index].squareRoot() / root + epsilon)
            }
          }
        }
      }
    }
    return result
  }
}
