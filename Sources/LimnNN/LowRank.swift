import LimnTensor

/// A low-rank change of one layer's weight: `W' = W + scale · up · down`, applied as two thin layers beside the first.
///
/// - Shape: for a linear layer `down [r, inputs]`, `up [outputs, r]`; for a convolution `down [r, inputs, k, k]`, `up [outputs, r, 1, 1]`.
/// - Gradient: in `down` and `up` where they are traced; the weight itself stays out of it.
/// - Source: Hu et al. 2021, arXiv:2106.09685, sec. 4.1.
package struct LowRank: Sendable {
  package let down: Tensor
  package let up: Tensor
  /// alpha / r, times what the user asked for.
  package let scale: Float

  package init(down: Tensor, up: Tensor, scale: Float) {
    self.down = down
    self.up = up
    self.scale = scale
  }

  package var rank: Int { down.shape[0] }

  /// Whether it can stand beside a weight of this shape. A linear layer stored as a 1×1 convolution takes either form.
  package func fits(_ weight: Shape) -> Bool {
    guard down.rank >= 2, up.rank >= 2, down.shape[0] == up.shape[1], up.shape[0] == weight[0], down.shape[1] == weight[1] else { return false }
    func sides(_ shape: Shape) -> [Int] { shape.rank == 4 ? Array(shape.dims[2...]) : [1, 1] }
    guard [2, 4].contains(down.rank), [2, 4].contains(up.rank), sides(up.shape) == [1, 1] else { return false }
    return sides(down.shape) == sides(weight)
  }

  /// What it adds to the weight, in the weight's shape.
  package func delta(like weight: Shape) -> Tensor {
    (scale * matmul(matrix(up), matrix(down))).reshaped(weight.dims)
  }

  /// Its part of a linear layer's result: `x [..., inputs]` → `[..., outputs]`.
  func callAsFunction(_ x: Tensor) -> Tensor {
    scale * linear(linear(x, weight: matrix(down), bias: nil), weight: matrix(up), bias: nil)
  }

  /// Its part of a convolution's result.
  func callAsFunction(_ x: Tensor, stride: Int, padding: Padding) -> Tensor {
    let hidden = conv2d(x, weight: down, bias: nil, stride: stride, padding: padding)
    return scale * conv2d(hidden, weight: up, bias: nil, stride: 1, padding: Padding(0))
  }

  private func matrix(_ x: Tensor) -> Tensor { x.reshaped([x.shape[0], x.count / x.shape[0]]) }
}
