import LimnNN
import LimnTensor

/// Doubles the sides by repeating cells, or brings them to a given size, then convolves.
///
/// - Shape: `x [N, C, H, W]` → `[N, C, 2H, 2W]` or `[N, C, height, width]`.
struct Upsample: Sendable {
  let conv: Conv2d

  init(_ weights: WeightReader, channels: Int) throws {
    conv = try Conv2d(weights.scoped("conv"), inputs: channels, outputs: channels)
  }

  /// - Parameter size: Height and width of what the result is joined with; nil for twice the input's. They differ when
  ///   a side did not halve evenly on the way down.
  func callAsFunction(_ x: Tensor, to size: (height: Int, width: Int)? = nil) -> Tensor {
    let (height, width) = size ?? (x.shape[2] * 2, x.shape[3] * 2)
    if height == x.shape[2] * 2, width == x.shape[3] * 2 { return conv(x, doubled: true) }
    return conv(resizedNearest(x, height: height, width: width))
  }
}

/// Halves the sides with a convolution of stride 2.
///
/// - Shape: `x [N, C, H, W]` → `[N, C, H/2, W/2]`, an odd side rounded up with one row of padding on each side, down with one at the end.
struct Downsample: Sendable {
  let conv: Conv2d

  init(_ weights: WeightReader, channels: Int, padding: Padding) throws {
    conv = try Conv2d(
      weights.scoped("conv"), inputs: channels, outputs: channels, stride: 2, padding: padding)
  }

  func callAsFunction(_ x: Tensor) -> Tensor { conv(x) }
}
