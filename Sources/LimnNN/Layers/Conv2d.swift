import LimnTensor

/// A two-dimensional convolution with a bias.
///
/// - Shape: `x [N, inputs, H, W]` → `[N, outputs, H', W']`, channels last in memory.
/// - Gradient: in `x`, and in weight and bias where they are traced.
package struct Conv2d: Sendable {
  package let weight: Parameter
  package let bias: Parameter
  package let stride: Int
  package let padding: Padding
  private let precision: Precision

  /// - Parameters:
  ///   - kernel: The side of the square kernel, in pixels.
  ///   - padding: Rows and columns of zeros around the input; half the kernel when left out.
  /// - Throws: ``FormatError`` when a tensor is missing or has another shape.
  package init(
    _ weights: WeightReader, inputs: Int, outputs: Int, kernel: Int = 3, stride: Int = 1, padding: Padding? = nil
  ) throws {
    weight = try weights.take("weight", shape: [outputs, inputs, kernel, kernel])
    bias = try weights.take("bias", shape: [outputs])
    self.stride = stride
    precision = weights.precision
    self.padding = padding ?? Padding(kernel / 2)
  }

  /// - Parameters:
  ///   - doubled: Whether each pixel of `x` stands for four: an enlargement that is not written down.
  ///   - finish: What follows the sum while it is in cache, such as a time embedding or a shortcut.
  package func callAsFunction(_ x: Tensor, doubled: Bool = false, then finish: Epilogue? = nil) -> Tensor {
    if doubled, weight.traced != nil || !weight.adapters.isEmpty { return self(upsampledNearest2x(x), then: finish) }
    guard weight.adapters.isEmpty else {
      let y = weight.adapters.reduce(convolution(x, then: nil)) { $0 + $1(x, stride: stride, padding: padding) }
      return finish?.applied(to: y) ?? y
    }
    return convolution(x, doubled: doubled, then: finish)
  }

  /// The layer without its adapters.
  private func convolution(_ x: Tensor, doubled: Bool = false, then finish: Epilogue?) -> Tensor {
    if let traced = weight.traced {
      let y = conv2d(x, weight: traced, bias: bias.tensor, stride: stride, padding: padding)
      return finish?.applied(to: y) ?? y
    }
    let pack = weight.weight.pack(PackedConv.self, precision) {
      PackedConv(weight: $0, precision: precision, giveBack: weight.weight.giveBack)
    }
    return conv2d(x, packed: pack, bias: bias.tensor, stride: stride, padding: padding, doubled: doubled, then: finish)
  }
}
