import CLimnKernels

/// The probabilities of attention as a tensor: to be looked at, edited, and applied with ``applyAttention(_:_:heads:)``.
///
/// - Shape: `q [B, Tq, D]`, `k [B, Tk, D]` → `[B, heads, Tq, Tk]`; each row sums to 1.
/// - Traps: with the message of `Shape.attention` if the shapes do not fit.
/// - Gradient: in `q` and `k`.
package func attentionProbabilities(
  _ q: Tensor, _ k: Tensor, heads: Int, scale: Float? = nil, causal: Bool = false
) -> Tensor {
  orTrap { try Shape.attention(q.shape, k.shape, k.shape, heads: heads) }
  let shape = attentionShape(q.shape, k.shape, heads, scale, causal)
  let y = rawProbabilities(q, k, shape)
  guard q.isTraced || k.isTraced else { return y }
  return y.recorded(
    .attentionProbabilities, [q, k], saved: [q, k, y], ints: [heads, causal ? 1 : 0], floats: [shape.scale])
}

/// Each query's mean of the values, weighted by its probabilities.
///
/// - Shape: `probabilities [B, heads, Tq, Tk]`, `v [B, Tk, D]` → `[B, Tq, D]`.
/// - Traps: with the message of `Shape.applyAttention` if the shapes do not fit.
/// - Gradient: in both.
package func applyAttention(_ probabilities: Tensor, _ v: Tensor, heads: Int) -> Tensor {
  let target = orTrap { try Shape.applyAttention(probabilities.shape, v.shape, heads: heads) }
  // [B, heads, Tq, width] → [B, Tq, D]
  return matmul(probabilities, v.inHeads(heads)).permuted([0, 2, 1, 3]).reshaped(target)
}

extension Tensor {
  /// [B, T, D] as [B, heads, T, D / heads]: a view.
  fileprivate func inHeads(_ heads: Int) -> Tensor {
    reshaped([shape[0], shape[1], heads, shape[2] / heads]).permuted([0, 2, 1, 3])
  }

  /// [B, heads, T, width] as [B, T, heads · width].
  fileprivate func outOfHeads() -> Tensor {
    permuted([0, 2, 1, 3]).reshaped([shape[0], shape[2], shape[1] * shape[3]])
  }
}

private func rawProbabilities(_ q: Tensor, _ k: Tensor, _ description: limn_attention_shape) -> Tensor {
  var shape = description
  let x = q.floatContiguous()
  let y = k.floatContiguous()
  let result = Tensor.uninitialized([shape.b, shape.heads, shape.tq, shape.tk])
  let scratch = Storage(byteCount: limn_attention_scratch(&shape, 0) * MemoryLayout<Float>.stride)
  withExtendedLifetime((x.storage, y.storage, scratch)) {
    limn_attention_probabilities_f32(
      &shape, x.pointer(), y.pointer(), result.mutablePointer(), scratch.bytes.assumingMemoryBound(to: Float.self))
  }
  return result
}

extension Op {
  static let attentionProbabilities = Op(
    "attention probabilities",
    forward: { x, a in
      rawProbabilities(x[0], x[1], attentionShape(x[0].shape, x[1].shape, a.ints[0], a.floats[0], a.ints[1] == 1))
    },
    backward: { row, upstream, gradients in
      let (q, k, y, heads, scale) = (row.saved[0], row.saved[1], row.saved[2], row.ints[0], row.floats[0])
      let dy = upstream.floatContiguous()
      let scores = Tensor.uninitialized(y.shape)  // [B, heads, Tq, Tk]
      if y.count > 0 {
        withExtendedLifetime((y.storage, dy.storage)) {
          limn_softmax_backward_f32(
            y.count / y.shape[-1], y.shape[-1], dy.pointer(), y.pointer(), scores.mutablePointer())
        }
      }
      gradients.add(to: 0, rawMatmul(scores, k.inHeads(heads)).outOfHeads() * scale)
      gradients.add(to: 1, rawMatmul(scores.transposed(), q.inHeads(heads)).outOfHeads() * scale)
    })
}
