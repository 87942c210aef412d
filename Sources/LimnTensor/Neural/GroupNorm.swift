import CLimnKernels

/// Returns the input normalized over groups of channels, then scaled and shifted, then through SiLU if asked, in one pass.
///
/// Statistics are computed in Float even when `x` is half precision.
///
/// - Shape: `x [N, C, …]` → the same, `[N, C, H, W]` stored channels-last; `weight`, `bias` `[C]`; C is a multiple of `groups`.
/// - Traps: with the message of `Shape.groupNorm` if the shapes do not fit.
/// - Gradient: in `x`, `weight`, `bias`.
/// - Source: Wu and He 2018, arXiv:1803.08494, sec. 3.
/// - Complexity: O(N·C·H·W), no extra memory beyond the result.
package func groupNorm(
  _ x: Tensor, groups: Int, weight: Tensor?, bias: Tensor?, eps: Float = 1e-5, silu: Bool = false
) -> Tensor {
  orTrap { try Shape.groupNorm(x.shape, groups: groups, weight: weight?.shape, bias: bias?.shape) }
  if x.rank != 4 {
    // [N, C, …] as pictures one pixel wide.
    let flat = x.reshaped([x.shape[0], x.shape[1], x.count / max(x.shape[0] * x.shape[1], 1), 1])
    return groupNorm(flat, groups: groups, weight: weight, bias: bias, eps: eps, silu: silu).reshaped(x.shape)
  }
  let (y, statistics) = normalizedGroups(x, groups, weight, bias, eps, silu)
  guard x.isTraced || weight?.isTraced == true || bias?.isTraced == true else { return y }
  let (w, b) = (weight ?? .ones([x.shape[1]]), bias ?? .zeros([x.shape[1]]))
  return y.recorded(
    .groupNorm, [x, w, b], saved: [x, w, b, statistics], ints: [groups, silu ? 1 : 0], floats: [eps])
}

/// The same where `x` lies, if nobody else sees its memory and nothing is recorded; otherwise beside it. For pictures that are too large to be there twice.
package func normalizeGroups(
  of x: inout Tensor, groups: Int, weight: Tensor?, bias: Tensor?, eps: Float = 1e-5, silu: Bool = false
) {
  let isRecorded = x.isTraced || weight?.isTraced == true || bias?.isTraced == true
  guard !isRecorded, x.isChannelsLast, x.isAlone else {
    x = groupNorm(x, groups: groups, weight: weight, bias: bias, eps: eps, silu: silu)
    return
  }
  orTrap { try Shape.groupNorm(x.shape, groups: groups, weight: weight?.shape, bias: bias?.shape) }
  _ = normalizedGroups(x, groups, weight, bias, eps, silu, into: x)
}

extension Op {
  static let groupNorm = Op(
    "group norm",
    forward: { x, a in
      normalizedGroups(x[0], a.ints[0], x[1], x[2], a.floats[0], a.ints[1] == 1).y
    },
    backward: { row, upstream, gradients in
      let x = row.saved[0].pixels()
      let dy = upstream.pixels()
      let weight = row.saved[1].floatContiguous()
      let bias = row.saved[2].floatContiguous()
      let statistics = row.saved[3]
      var shape = groupShape(x.shape, row.ints[0], row.floats[0], row.ints[1] == 1)
      let dx = Tensor.uninitialized(x.shape, channelsLast: true)
      let dweight = Tensor.uninitialized(weight.shape)
      let dbias = Tensor.uninitialized(weight.shape)
      withExtendedLifetime((x.storage, dy.storage, weight.storage, bias.storage, statistics.storage)) {
        limn_group_norm_backward_f32(
          &shape, dy.pointer(), x.pointer(), weight.pointer(), bias.pointer(), statistics.pointer(),
          dx.mutablePointer(),
          dweight.mutablePointer(), dbias.mutablePointer())
      }
      gradients.add(to: 0, dx)
      gradients.add(to: 1, dweight)
      gradients.add(to: 2, dbias)
    })
}

private func groupShape(_ x: Shape, _ groups: Int, _ eps: Float, _ silu: Bool) -> limn_group_norm_shape {
  limn_group_norm_shape(n: x[0], pixels: x[2] * x[3], channels: x[1], groups: groups, eps: eps, silu: silu ? 1 : 0)
}

/// - result: where it is written, channels last; may be `x` itself. A new tensor if nil.
private func normalizedGroups(
  _ x: Tensor, _ groups: Int, _ weight: Tensor?, _ bias: Tensor?, _ eps: Float, _ silu: Bool, into result: Tensor? = nil
) -> (y: Tensor, statistics: Tensor) {
  let input = x.pixels()
  let w = weight?.floatContiguous()
  let b = bias?.floatContiguous()
  let y = result ?? Tensor.uninitialized(x.shape, channelsLast: true)
  let statistics = Tensor.uninitialized([x.shape[0], groups, 2])
  var shape = groupShape(x.shape, groups, eps, silu)
  withExtendedLifetime((input.storage, w?.storage, b?.storage)) {
    limn_group_norm_f32(
      &shape, input.pointer(), w?.pointer(), b?.pointer(), y.mutablePointer(), statistics.mutablePointer())
  }
  return (y, statistics)
}
