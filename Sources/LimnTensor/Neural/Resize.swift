import CLimnKernels

/// How a picture of another size is made, as torch's `interpolate` with `align_corners=False` does it.
package enum ResizeMode: String, CaseIterable, Sendable {
  /// The source pixel at ⌊i · in / out⌋.
  case nearest
  case bilinear
  /// Cubic convolution, a = −0.75 (with antialias −0.5, as Pillow).
  case bicubic
  /// The mean of the pixels under the new one.
  case area
}

/// A picture of another size.
///
/// - Shape: `x [N, C, H, W]` → `[N, C, height, width]`, stored channels-last.
/// - Parameter antialias: Whether bilinear and bicubic filters widen with the factor when they shrink, as Pillow's do.
/// - Traps: with the message of `Shape.resized` if the shapes do not fit.
/// - Gradient: in `x`.
package func resized(
  _ x: Tensor, height: Int, width: Int, mode: ResizeMode = .nearest, antialias: Bool = false
) -> Tensor {
  _ = orTrap { try Shape.resized(x.shape, height: height, width: width) }
  if x.shape[2] == height && x.shape[3] == width { return x }
  let y = rawResized(x, height, width, mode, antialias)
  guard x.isTraced else { return y }
  let index = ResizeMode.allCases.firstIndex(of: mode)!
  return y.recorded(.resize, [x], ints: [height, width, index, antialias ? 1 : 0])
}

/// Each pixel copied from the nearest of the old, at ⌊i · in / out⌋ along each side.
///
/// - Shape: `x [N, C, H, W]` → `[N, C, height, width]`, stored channels-last.
/// - Gradient: in `x`.
package func resizedNearest(_ x: Tensor, height: Int, width: Int) -> Tensor {
  resized(x, height: height, width: width, mode: .nearest)
}

/// Each pixel as four.
///
/// - Shape: `x [N, C, H, W]` → `[N, C, 2·H, 2·W]`, stored channels-last.
/// - Gradient: in `x`.
package func upsampledNearest2x(_ x: Tensor) -> Tensor {
  resized(x, height: 2 * x.shape[2], width: 2 * x.shape[3], mode: .nearest)
}

extension Op {
  static let resize = Op(
    "resize",
    forward: { x, a in rawResized(x[0], a.ints[0], a.ints[1], ResizeMode.allCases[a.ints[2]], a.ints[3] == 1) },
    backward: { row, upstream, gradients in
      let (mode, antialias, x) = (ResizeMode.allCases[row.ints[2]], row.ints[3] == 1, row.inputShapes[0])
      let rows = ResizeTaps(mode, from: x[2], to: row.ints[0], antialias: antialias).transposed()
      let columns = ResizeTaps(mode, from: x[3], to: row.ints[1], antialias: antialias).transposed()
      gradients.add(to: 0, resampled(resampled(upstream.pixels(), axis: 3, columns), axis: 2, rows))
    })
}

private func rawResized(_ x: Tensor, _ height: Int, _ width: Int, _ mode: ResizeMode, _ antialias: Bool) -> Tensor {
  let input = x.pixels()
  let rows = ResizeTaps(mode, from: x.shape[2], to: height, antialias: antialias)
  let columns = ResizeTaps(mode, from: x.shape[3], to: width, antialias: antialias)
  guard mode == .nearest else { return resampled(resampled(input, axis: 3, columns), axis: 2, rows) }
  let result = Tensor.uninitialized([x.shape[0], x.shape[1], height, width], channelsLast: true)
  withExtendedLifetime(input.storage) {
    limn_pick_pixels_f32(
      x.shape[0], x.shape[2], x.shape[3], x.shape[1], height, width, rows.sources, columns.sources, input.pointer(),
      result.mutablePointer())
  }
  return result
}

/// One side of [N, C, H, W], stored channels-last, resampled: axis 2 is H, 3 is W.
private func resampled(_ x: Tensor, axis: Int, _ taps: ResizeTaps) -> Tensor {
  let (n, c, h, w) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
  let result = Tensor.uninitialized(axis == 2 ? [n, c, taps.count, w] : [n, c, h, taps.count], channelsLast: true)
  withExtendedLifetime(x.storage) {
    limn_resample_f32(
      axis == 2 ? n : n * h, axis == 2 ? h : w, taps.count, axis == 2 ? w * c : c, taps.first, taps.sources,
      taps.weights,
      x.pointer(), result.mutablePointer())
  }
  return result
}
