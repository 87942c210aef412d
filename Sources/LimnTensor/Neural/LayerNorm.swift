import CLimnKernels

/// Returns each row of the last axis normalized, then scaled and shifted.
///
/// - Shape: `x [..., D]` → the same; `weight`, `bias` `[D]`.
/// - Traps: with the message of `Shape.layerNorm` if the shapes do not fit.
/// - Gradient: in `x`, `weight`, `bias`.
/// - Source: Ba, Kiros and Hinton 2016, arXiv:1607.06450.
package func layerNorm(_ x: Tensor, weight: Tensor?, bias: Tensor?, eps: Float = 1e-5) -> Tensor {
  orTrap { try Shape.layerNorm(x.shape, weight: weight?.shape, bias: bias?.shape) }
  let isTraced = x.isTraced || weight?.isTraced == true || bias?.isTraced == true
  let (y, statistics) = normalizedRows(x, weight, bias, eps, keepsStatistics: isTraced)
  guard isTraced, let statistics else { return y }
  let (w, b) = (weight ?? .ones([x.shape[-1]]), bias ?? .zeros([x.shape[-1]]))
  return y.recorded(.layerNorm, [x, w, b], saved: [x, w, statistics], floats: [eps])
}

extension Op {
  static let layerNorm = Op(
    "layer norm", forward: { x, a in normalizedRows(x[0], x[1], x[2], a.floats[0], keepsStatistics: false).y },
    backward: { row, upstream, gradients in
      let x = row.saved[0].floatContiguous()
      let dy = upstream.floatContiguous()
      let weight = row.saved[1].floatContiguous()
      let statistics = row.saved[2]
      let dx = Tensor.uninitialized(x.shape)
      let dweight = Tensor.uninitialized(weight.shape)
      let dbias = Tensor.uninitialized(weight.shape)
      withExtendedLifetime((x.storage, dy.storage, weight.storage, statistics.storage)) {
        limn_layer_norm_backward_f32(
          x.count / x.shape[-1], x.shape[-1], dy.pointer(), x.pointer(), weight.pointer(), statistics.pointer(),
          dx.mutablePointer(), dweight.mutablePointer(), dbias.mutablePointer())
      }
      gradients.add(to: 0, dx)
      gradients.add(to: 1, dweight)
      gradients.add(to: 2, dbias)
    })
}

private func normalizedRows(
  _ x: Tensor, _ weight: Tensor?, _ bias: Tensor?, _ eps: Float, keepsStatistics: Bool
) -> (y: Tensor, statistics: Tensor?) {
  let input = x.floatContiguous()
  let w = weight?.floatContiguous()
  let b = bias?.floatContiguous()
  let rows = x.count / x.shape[-1]
  let y = Tensor.uninitialized(x.shape)
  let statistics = keepsStatistics ? Tensor.uninitialized([rows, 2]) : nil
  withExtendedLifetime((input.storage, w?.storage, b?.storage)) {
    limn_layer_norm_f32(
      rows, x.shape[-1], eps, input.pointer(), w?.pointer(), b?.pointer(), y.mutablePointer(),
      statistics?.mutablePointer())
  }
  return (y, statistics)
}
