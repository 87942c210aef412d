import LimnNN
import LimnTensor

/// Two normalized convolutions beside a shortcut, with the time embedding added between them. Shared by UNet and autoencoder.
///
/// - Shape: `x [N, inputs, H, W]`, `time [N, timeFeatures]` after SiLU (or one row for all) → `[N, outputs, H, W]`.
/// - Source: keys as in diffusers' `ResnetBlock2D`.
struct ResnetBlock: Sendable {
  let norm1: GroupNorm
  let conv1: Conv2d
  /// nil in the autoencoder, which has no time.
  let timeProjection: Linear?
  let norm2: GroupNorm
  let conv2: Conv2d
  /// nil when inputs and outputs are as many.
  let shortcut: PointwiseConv?

  init(
    _ weights: WeightReader, inputs: Int, outputs: Int, timeFeatures: Int?, groups: Int, epsilon: Float
  ) throws {
    norm1 = try GroupNorm(weights.scoped("norm1"), channels: inputs, groups: groups, epsilon: epsilon)
    conv1 = try Conv2d(weights.scoped("conv1"), inputs: inputs, outputs: outputs)
    timeProjection = try timeFeatures.map {
      try Linear(weights.scoped("time_emb_proj"), inputs: $0, outputs: outputs)
    }
    norm2 = try GroupNorm(weights.scoped("norm2"), channels: outputs, groups: groups, epsilon: epsilon)
    conv2 = try Conv2d(weights.scoped("conv2"), inputs: outputs, outputs: outputs)
    shortcut =
      inputs == outputs ? nil : try PointwiseConv(weights.scoped("conv_shortcut"), inputs: inputs, outputs: outputs)
  }

  func callAsFunction(_ x: Tensor, time: Tensor? = nil) -> Tensor {
    checkpointed([x, time]) { computed(x, time) }
  }

  /// The same in the place of `x`, which is freed on the way where the shortcut changes the channels: a decoder's widest pictures stand in memory once less. For blocks without time.
  func replace(_ x: inout Tensor) {
    guard let shortcut, !x.isTraced else {
      x = self(x)
      return
    }
    let beside = shortcut(x)
    norm1.apply(to: &x, silu: true)
    x = conv1(x)
    norm2.apply(to: &x, silu: true)
    x = conv2(x, then: Epilogue(residual: beside))
  }

  private func computed(_ x: Tensor, _ time: Tensor?) -> Tensor {
    var shift: Epilogue?
    if let time, let timeProjection {
      let row = timeProjection(time)
      shift = Epilogue(pictureBias: row.expanded([x.shape[0], row.shape[1]]))
    }
    let hidden = conv1(norm1(x, silu: true), then: shift)
    return conv2(norm2(hidden, silu: true), then: Epilogue(residual: shortcut.map { $0(x) } ?? x))
  }
}

/// A 1×1 convolution, computed as a matrix product over channels-last memory, where it is one.
///
/// - Shape: `x [N, inputs, H, W]` → `[N, outputs, H, W]`.
struct PointwiseConv: Sendable {
  let linear: Linear

  init(_ weights: WeightReader, inputs: Int, outputs: Int) throws {
    linear = try Linear(weights, inputs: inputs, outputs: outputs)
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    linear(x.pixelRows).asPicture(height: x.shape[2], width: x.shape[3])
  }
}

extension Tensor {
  /// All rows again and again until there are so many; itself when there are.
  func repeated(rows: Int) -> Tensor {
    shape[0] == rows ? self : Tensor.concatenated(Array(repeating: self, count: rows / shape[0]), axis: 0)
  }

  /// `[N, C, H, W]` as `[N, H·W, C]`; a free view where channels lie last in memory.
  var pixelRows: Tensor { permuted([0, 2, 3, 1]).reshaped([shape[0], shape[2] * shape[3], shape[1]]) }

  /// `[N, H·W, C]` as `[N, C, H, W]` with channels last in memory; a free view.
  func asPicture(height: Int, width: Int) -> Tensor {
    reshaped([shape[0], height, width, shape[2]]).permuted([0, 3, 1, 2])
  }
}
