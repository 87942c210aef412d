import LimnTensor

/// What a denoiser's output stands for.
///
/// Notation: z = α·z0 + σ·ε with α = √ᾱ and σ = √(1 − ᾱ).
package enum PredictionKind: String, Sendable, CaseIterable {
  /// The noise ε. Ho et al. 2020.
  case epsilon
  /// v = α·ε − σ·z0. Salimans and Ho 2022, appendix D.
  case velocity = "v_prediction"
  /// The clean latent z0 itself.
  case sample

  /// Returns the clean latent that `output` implies.
  ///
  /// With `.epsilon` and α = 0 the result is not a number: ε says nothing about z0 there.
  package func clean(_ output: Tensor, z: Tensor, alpha: Float, sigma: Float) -> Tensor {
    switch self {
    case .epsilon: (z - sigma * output) / alpha
    case .velocity: alpha * z - sigma * output
    case .sample: output
    }
  }

  /// Returns the noise that `output` implies. With `.sample`, σ must not be 0.
  package func noise(_ output: Tensor, z: Tensor, alpha: Float, sigma: Float) -> Tensor {
    switch self {
    case .epsilon: output
    case .velocity: alpha * output + sigma * z
    case .sample: (z - alpha * output) / sigma
    }
  }

  /// Returns v = α·ε − σ·z0 for what `output` implies.
  package func velocity(_ output: Tensor, z: Tensor, alpha: Float, sigma: Float) -> Tensor {
    switch self {
    // ε = α·v + σ·z, and z0 = α·z − σ·v, each solved for v
    case .epsilon: (output - sigma * z) / alpha
    case .velocity: output
    case .sample: (alpha * z - output) / sigma
    }
  }

  /// Returns the same prediction in the form `other`.
  package func converted(
    _ output: Tensor, to other: PredictionKind, z: Tensor, alpha: Float, sigma: Float
  ) -> Tensor {
    switch other {
    case .epsilon: noise(output, z: z, alpha: alpha, sigma: sigma)
    case .velocity: velocity(output, z: z, alpha: alpha, sigma: sigma)
    case .sample: clean(output, z: z, alpha: alpha, sigma: sigma)
    }
  }

  /// Returns what a perfect denoiser would output for `z0` noised with `eps`.
  package func target(z0: Tensor, eps: Tensor, alpha: Float, sigma: Float) -> Tensor {
    switch self {
    case .epsilon: eps
    case .velocity: alpha * eps - sigma * z0
    case .sample: z0
    }
  }
}
