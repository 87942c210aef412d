import LimnTensor

/// Normalization over groups of channels, with SiLU after it where asked.
///
/// - Shape: `x [N, channels, H, W]` → the same.
/// - Gradient: in `x`, and in weight and bias where they are traced.
/// - Source: Wu and He 2018, arXiv:1803.08494.
package struct GroupNorm: Sendable {
  package let weight: Parameter
  package let bias: Parameter
  package let groups: Int
  package let epsilon: Float

  /// - Throws: ``FormatError`` when a tensor is missing or has another shape.
  package init(_ weights: WeightReader, channels: Int, groups: Int, epsilon: Float) throws {
    weight = try weights.take("weight", shape: [channels])
    bias = try weights.take("bias", shape: [channels])
    self.groups = groups
    self.epsilon = epsilon
  }

  package func callAsFunction(_ x: Tensor, silu: Bool = false) -> Tensor {
    groupNorm(x, groups: groups, weight: weight.tensor, bias: bias.tensor, eps: epsilon, silu: silu)
  }

  /// The same where `x` lies, if nobody else sees its memory and nothing is recorded.
  package func apply(to x: inout Tensor, silu: Bool = false) {
    normalizeGroups(of: &x, groups: groups, weight: weight.tensor, bias: bias.tensor, eps: epsilon, silu: silu)
  }
}
