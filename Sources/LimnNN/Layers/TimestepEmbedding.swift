import Glibc
import LimnTensor

/// Sine and cosine features of a timestep, then a two-layer network.
///
/// - Shape: N timesteps → `[N, outputs]`.
/// - Units: training steps; fractions are allowed (Karras spacing gives them).
/// - Source: Ho et al. 2020, arXiv:2006.11239; keys as in diffusers' `TimestepEmbedding`.
package struct TimestepEmbedding: Sendable {
  package let first: Linear
  package let second: Linear
  /// Whether the cosines come first, as Stable Diffusion has them.
  package let cosineFirst: Bool
  private let frequencies: [Float]

  /// - Parameters:
  ///   - features: How many sines and cosines together.
  ///   - frequencyShift: `freq_shift` of the config: taken from the divisor of the exponent.
  /// - Throws: ``FormatError`` when a tensor is missing or has another shape.
  package init(
    _ weights: WeightReader, features: Int, outputs: Int, cosineFirst: Bool, frequencyShift: Double
  ) throws {
    first = try Linear(weights.scoped("linear_1"), inputs: features, outputs: outputs)
    second = try Linear(weights.scoped("linear_2"), inputs: outputs, outputs: outputs)
    self.cosineFirst = cosineFirst
    let half = features / 2
    // In Float step by step, as the models were trained: a frequency that is off by an ulp turns the phase of t = 999.
    frequencies = (0..<half).map { index in
      expf(Float(-log(10_000.0)) * Float(index) / Float(Double(half) - frequencyShift))
    }
  }

  package func callAsFunction(_ timesteps: [Float]) -> Tensor {
    second(first(features(of: timesteps)).silu())
  }

  /// The sines and cosines before the network, `[N, features]`.
  package func features(of timesteps: [Float]) -> Tensor {
    let angles = Tensor(
      timesteps.flatMap { step in frequencies.map { step * $0 } }, [timesteps.count, frequencies.count])
    let parts = cosineFirst ? [angles.cos(), angles.sin()] : [angles.sin(), angles.cos()]
    return Tensor.concatenated(parts, axis: 1)
  }
}
