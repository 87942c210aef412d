import LimnTensor

/// Stochastic gradient descent, with momentum if asked. A description: what it remembers lives in ``State``.
///
/// - Source: arithmetic in the order of PyTorch's `SGD` without dampening.
package struct SGD: Sendable, Equatable {
  package var learningRate: Double
  package var momentum: Double
  package var weightDecay: Double

  package init(learningRate: Double = 1e-3, momentum: Double = 0, weightDecay: Double = 0) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
  }

  /// The running direction of each parameter; empty without momentum. A value: keeping it keeps a way back.
  package struct State: Sendable {
    package var directions: [String: Tensor]

    package init(directions: [String: Tensor] = [:]) { self.directions = directions }
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
      guard let parameter = parameters[name]?.detached() else { preconditionFailure("sgd: no parameter '\(name)'") }
      precondition(
        gradient.shape == parameter.shape, "sgd: '\(name)' is \(parameter.shape) but its gradient \(gradient.shape)")
      var direction = gradient.detached()
      if weightDecay != 0 { direction = direction + Float(weightDecay) * parameter }
      if momentum != 0 {
        if let before = state.directions[name] { direction = Float(momentum) * before + direction }
        state.directions[name] = direction
      }
      result[name] = parameter - Float(learningRate) * direction
    }
    return result
  }
}
