import CLimnKernels
import Synchronization

/// Rows and columns of zeros around a picture.
package struct Padding: Hashable, Sendable, ExpressibleByIntegerLiteral {
  package var top, left, bottom, right: Int

  package init(top: Int, left: Int, bottom: Int, right: Int) {
    (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
  }
  /// The same on all sides.
  package init(_ all: Int) { self.init(top: all, left: all, bottom: all, right: all) }
  package init(integerLiteral all: Int) { self.init(all) }

  /// The kernel's row of zeros is this long.
  static let mostChannels = 16384
}

/// A weight [O, C, kh, kw] laid out as the convolution reads it, made once.
package final class PackedConv: @unchecked Sendable {
  /// The weight itself, in its own type.
  package let weight: Tensor
  private let precision: Precision
  /// The matrix [kh · kw · C, O].
  let panels: Panels
  private let turnedPanels = Mutex<Panels?>(nil)
  private let giveBack: (@Sendable () -> Void)?

  /// - Parameter giveBack: Lets go of the pages of a file that the weight is a view on; called each time they were read.
  /// - Shape: `weight [O, C, kh, kw]`, any float type.
  /// - Traps: if the weight has another rank.
  package init(weight: Tensor, precision: Precision = .f32, giveBack: (@Sendable () -> Void)? = nil) {
    precondition(weight.rank == 4, "conv2d: the weight is \(weight.shape), expected [outputs, inputs, height, width]")
    self.weight = weight.detached()
    self.precision = precision
    self.giveBack = giveBack
    panels = Panels(windows: weight, turned: false, precision: precision)
  }

  /// The panels for the gradient in x, made when first asked for.
  var turned: Panels {
    turnedPanels.withLock { held in
      if let held { return held }
      let made = Panels(windows: weight, turned: true, precision: precision)
      held = made
      giveBack?()
      return made
    }
  }

  /// Bytes held beside the weight.
  package var byteCount: Int { panels.byteCount + (turnedPanels.withLock { $0?.byteCount } ?? 0) }
}

/// A two-dimensional convolution (cross-correlation, as layers mean it) over channels-last memory.
///
/// - Shape: `x [N, C, H, W]`, `weight [O, C, kh, kw]`, `bias [O]` → `[N, O, H′, W′]`, stored channels-last, with
///   H′ = (H + top + bottom − kh) / stride + 1.
/// - Traps: with the message of `Shape.conv2d` if the shapes do not fit.
/// - Gradient: in `x`, `weight`, `bias`.
package func conv2d(_ x: Tensor, weight: Tensor, bias: Tensor?, stride: Int = 1, padding: Padding = 0) -> Tensor {
  let target = orTrap {
    try Shape.conv2d(x.shape, weight: weight.shape, bias: bias?.shape, stride: stride, padding: padding)
  }
  let y = convolved(x, Panels(windows: weight, turned: false, precision: .f32), weight.shape, bias, ConvPlan(target, stride, padding), nil)
  return recordedConvolution(x, weight, nil, bias, y, stride, padding)
}

/// The same with a weight packed before: for inference. `then` is what follows the sum.
///
/// - Parameter doubled: Whether each pixel of `x` stands for four, as in ``upsampledNearest2x(_:)``. The larger picture is never made unless
///   gradients are recorded; the values are the same.
/// - Gradient: in `x` and `bias`; the weight is a constant.
package func conv2d(
  _ x: Tensor, packed: PackedConv, bias: Tensor?, stride: Int = 1, padding: Padding = 0, doubled: Bool = false, then finish: Epilogue? = nil
) -> Tensor {
  let weight = packed.weight
  let isTraced = x.isTraced || bias?.isTraced == true || finish?.isTraced == true
  if doubled && isTraced {
    return conv2d(upsampledNearest2x(x), packed: packed, bias: bias, stride: stride, padding: padding, then: finish)
  }
  var seen = x.shape
  if doubled && x.rank == 4 { seen = [x.shape[0], x.shape[1], 2 * x.shape[2], 2 * x.shape[3]] }
  let target = orTrap { try Shape.conv2d(seen, weight: weight.shape, bias: bias?.shape, stride: stride, padding: padding) }
  let plan = ConvPlan(target, stride, padding, doubled: doubled)
  if isTraced {
    let y = convolved(x, packed.panels, weight.shape, bias, plan, nil)
    let recorded = recordedConvolution(x, weight, packed, bias, y, stride, padding)
    return finish?.applied(to: recorded) ?? recorded
  }
  return convolved(x, packed.panels, weight.shape, bias, plan, finish)
}

/// Where the windows of a convolution lie.
struct ConvPlan {
  let target: Shape
  let stride, top, left: Int
  /// Whether each pixel of the input stands for four.
  let doubled: Bool

  init(_ target: Shape, _ stride: Int, _ padding: Padding, doubled: Bool = false) {
    (self.target, self.stride, top, left, self.doubled) = (target, stride, padding.top, padding.left, doubled)
  }

  /// The kernel's description for an input of shape `x` [N, C, H, W].
  func shape(of x: Shape, weight: Shape) -> limn_conv_shape {
    let times = doubled ? 2 : 1
    return limn_conv_shape(
      n: x[0], h: times * x[2], w: times * x[3], i: x[1], o: target[1], oh: target[2], ow: target[3], kh: weight[2], kw: weight[3],
      stride: stride, dilation: 1, top: top, left: left, doubled: doubled ? 1 : 0)
  }
}

/// The convolution without a record.
private func convolved(
  _ x: Tensor, _ panels: Panels, _ weight: Shape, _ bias: Tensor?, _ plan: ConvPlan, _ finish: Epilogue?
) -> Tensor {
  let result = Tensor.uninitialized(plan.target, channelsLast: true)
  guard result.count > 0 else { return result }
  let input = x.pixels()
  var shape = plan.shape(of: x.shape, weight: weight)
  let rows = shape.n * shape.oh * shape.ow
  let epilogue = EpiloguePlan(bias: bias, finish: finish, rows: rows, columns: shape.o, target: plan.target)
  withExtendedLifetime(input.storage) {
    epilogue.withUnsafe { panels.convolve(&shape, input.pointer(), result.mutablePointer(), $0) }
  }
  return result
}

private func recordedConvolution(
  _ x: Tensor, _ weight: Tensor, _ packed: PackedConv?, _ bias: Tensor?, _ y: Tensor, _ stride: Int, _ padding: Padding
) -> Tensor {
  guard x.isTraced || weight.isTraced || bias?.isTraced == true else { return y }
  // The weight's gradient alone needs x.
  return y.recorded(
    .conv2d, bias.map { [x, weight, $0] } ?? [x, weight], saved: [weight.isTraced ? x : Tensor(0), x.isTraced ? weight : Tensor(0)],
    holding: packed, ints: [stride, padding.top, padding.left, padding.bottom, padding.right])
}

extension Tensor {
  /// f32 stored N, H, W, C; a constant to gradients.
  func pixels() -> Tensor {
    let x = asFloat()
    return x.isChannelsLast ? x : x.copied(channelsLast: true)
  }
}

extension Op {
  static let conv2d = Op(
    "conv2d",
    forward: { x, a in
      let padding = Padding(top: a.ints[1], left: a.ints[2], bottom: a.ints[3], right: a.ints[4])
      return LimnTensor.conv2d(x[0], weight: x[1], bias: x.count > 2 ? x[2] : nil, stride: a.ints[0], padding: padding)
    },
    backward: { row, upstream, gradients in
      let (x, weight) = (row.inputShapes[0], row.inputShapes[1])
      let padding = Padding(top: row.ints[1], left: row.ints[2], bottom: row.ints[3], right: row.ints[4])
      let dy = upstream.pixels()
      let shape = ConvPlan(dy.shape, row.ints[0], padding).shape(of: x, weight: weight)
      let turned = { (row.held as? PackedConv)?.turned ?? Panels(windows: row.saved[1], turned: true, precision: .f32) }
      gradients.add(to: 0, inputGradient(dy, turned(), shape))
      gradients.add(to: 1, weightGradient(dy, row.saved[0], shape))
      if row.inputShapes.count > 2 { gradients.add(to: 2, columnSums(dy, shape.n * shape.oh * shape.ow, shape.o)) }
    })
}

/// dx: a convolution of dy, spread by the stride, with turned windows.
private func inputGradient(_ dy: Tensor, _ turned: Panels, _ forward: limn_conv_shape) -> Tensor {
  let result = Tensor.uninitialized([forward.n, forward.i, forward.h, forward.w], channelsLast: true)
  guard result.count > 0 else { return result }
  var shape = limn_conv_shape(
    n: forward.n, h: forward.oh, w: forward.ow, i: forward.o, o: forward.i, oh: forward.h, ow: forward.w,
    kh: forward.kh,
    kw: forward.kw, stride: 1, dilation: forward.stride, top: forward.kh - 1 - forward.top,
    left: forward.kw - 1 - forward.left, doubled: 0)
  withExtendedLifetime(dy.storage) { turned.convolve(&shape, dy.pointer(), result.mutablePointer(), nil) }
  return result
}

private func weightGradient(_ dy: Tensor, _ saved: Tensor, _ forward: limn_conv_shape) -> Tensor {
  var shape = forward
  let x = saved.pixels()
  let result = Tensor.uninitialized([shape.o, shape.i, shape.kh, shape.kw])
  let panels = Storage(
    byteCount: limn_gemm_packed_floats(shape.n * shape.oh * shape.ow, shape.o) * MemoryLayout<Float>.stride)
  withExtendedLifetime((x.storage, dy.storage, panels)) {
    limn_conv_weight_gradient_f32(
      &shape, x.pointer(), dy.pointer(), panels.bytes.assumingMemoryBound(to: Float.self), result.mutablePointer())
  }
  return result
}
