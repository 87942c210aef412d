import LimnTensor

/// Normalization over the last axis, then scale and shift.
///
/// - Shape: `x [..., features]` → the same.
/// - Gradient: in `x`, and in weight and bias where they are traced.
/// - Source: Ba, Kiros and Hinton 2016, arXiv:1607.06450.
package struct LayerNorm: Sendable {
  package let weight: Parameter
  package let bias: Parameter
  package let epsilon: Float

  /// - Throws: ``FormatError`` when a tensor is missing or has another shape.
  package init(_ weights: WeightReader, features: Int, epsilon: Float = 1e-5) throws {
    weight = try weights.take("weight", shape: [features])
    bias = try weights.take("bias", shape: [features])
    self.epsilon = epsilon
  }

  package func callAsFunction(_ x: Tensor) -> Tensor {
    layerNorm(x, weight: weight.tensor, bias: bias.tensor, eps: epsilon)
  }
}
