import LimnTensor

/// A matrix product with a bias: `x · Wᵀ + b` over the last axis.
///
/// The weight may be stored as a 1×1 convolution, `[outputs, inputs, 1, 1]`, as projections in older checkpoints are;
/// the arithmetic is the same.
///
/// - Shape: `x [..., inputs]` → `[..., outputs]`.
/// - Gradient: in `x`, and in weight and bias where they are traced.
package struct Linear: Sendable {
  package let weight: Parameter
  package let bias: Parameter?
  package let inputs: Int
  package let outputs: Int
  /// What it multiplies in.
  package let precision: Precision

  /// - Parameter bias: Whether the checkpoint's layer has a bias.
  /// - Throws: ``FormatError`` when a tensor is missing or has another shape.
  package init(_ weights: WeightReader, inputs: Int, outputs: Int, bias: Bool = true) throws {
    self.inputs = inputs
    self.outputs = outputs
    precision = weights.precision
    let isConvolution = weights.shape(of: "weight")?.rank == 4
    weight = try weights.take("weight", shape: isConvolution ? [outputs, inputs, 1, 1] : [outputs, inputs])
    self.bias = bias ? try weights.take("bias", shape: [outputs]) : nil
  }

  /// - Parameter finish: What follows the sum while it is in cache, such as a shortcut.
  package func callAsFunction(_ x: Tensor, then finish: Epilogue? = nil) -> Tensor {
    guard weight.adapters.isEmpty else {
      let y = weight.adapters.reduce(product(x, then: nil)) { $0 + $1(x) }
      return finish?.applied(to: y) ?? y
    }
    return product(x, then: finish)
  }

  /// The layer without its adapters.
  private func product(_ x: Tensor, then finish: Epilogue?) -> Tensor {
    if let traced = weight.traced {
      let y = linear(x, weight: traced.reshaped([outputs, inputs]), bias: bias?.tensor)
      return finish?.applied(to: y) ?? y
    }
    let pack = weight.weight.pack(PackedMatrix.self, precision) {
      PackedMatrix(weight: $0.reshaped([outputs, inputs]), precision: precision, giveBack: weight.weight.giveBack)
    }
    return linear(x, packed: pack, bias: bias?.tensor, then: finish)
  }
}
