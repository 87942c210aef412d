import CLimnKernels

/// Scaled dot-product attention of several heads, whose features lie side by side. Scores are never stored.
///
///     let out = attention(q, k, v, heads: 8)   // q [2, 4096, 320], k, v [2, 77, 320] → [2, 4096, 320]
///
/// - Shape: `q [B, Tq, D]`, `k`, `v [B, Tk, D]` → `[B, Tq, D]`; D is a multiple of `heads`.
/// - Parameters:
///   - scale: What scores are multiplied with; 1/√(D / heads) when left out.
///   - causal: Whether token i sees keys 0 … i alone.
///   - precision: What the products are in. bf16 is taken where a unit wins by it, and never where gradients are recorded: the way back makes
///     the probabilities again from q and k as they are.
///   - capture: Receives the probabilities of the keys it asks for.
/// - Traps: with the message of `Shape.attention` if the shapes do not fit.
/// - Gradient: in `q`, `k`, `v`, also through what `capture` receives.
/// - Source: Vaswani et al. 2017, arXiv:1706.03762, eq. 1; online softmax as Dao et al. 2022, arXiv:2205.14135, sec. 3.
package func attention(
  _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, scale: Float? = nil, causal: Bool = false,
  precision: Precision = .f32, capture: AttentionCapture? = nil
) -> Tensor {
  orTrap { try Shape.attention(q.shape, k.shape, v.shape, heads: heads) }
  let isTraced = q.isTraced || k.isTraced || v.isTraced
  let shape = attentionShape(q.shape, k.shape, heads, scale, causal)
  if let capture, isTraced {
    let probabilities = attentionProbabilities(q, k, heads: heads, scale: scale, causal: causal)
    capture.probabilities = Tensor.concatenated(
      capture.keys.map { probabilities.sliced(axis: 3, from: $0, to: $0 + 1) }, axis: 3)
    return applyAttention(probabilities, v, heads: heads)
  }
  let exact = precision == .f32 || isTraced || Tape.isInSegment
  let (out, lse) = attended(q, k, v, shape, exact ? .f32 : .bf16, keepsSums: isTraced || capture != nil)
  if let capture, let lse { capture.probabilities = columns(q, k, lse, capture.keys, shape) }
  guard isTraced, let lse else { return out }
  return out.recorded(
    .attention, [q, k, v], saved: [q, k, v, out, lse], ints: [heads, causal ? 1 : 0], floats: [shape.scale])
}

/// Asks one attention for the probabilities of some keys, and receives them.
package final class AttentionCapture {
  /// Positions of the keys (tokens).
  package let keys: [Int]
  /// `[B, heads, Tq, keys.count]` after the attention ran.
  package internal(set) var probabilities: Tensor?

  package init(keys: [Int]) { self.keys = keys }
}

extension Op {
  static let attention = Op(
    "attention",
    forward: { x, a in
      attended(
        x[0], x[1], x[2], attentionShape(x[0].shape, x[1].shape, a.ints[0], a.floats[0], a.ints[1] == 1), .f32,
        keepsSums: false
      ).out
    },
    backward: { row, upstream, gradients in
      let q = row.saved[0].floatContiguous()
      let k = row.saved[1].floatContiguous()
      let v = row.saved[2].floatContiguous()
      let (out, lse, dout) = (row.saved[3], row.saved[4], upstream.floatContiguous())
      var shape = attentionShape(q.shape, k.shape, row.ints[0], row.floats[0], row.ints[1] == 1)
      let dq = Tensor.uninitialized(q.shape)
      let dk = Tensor.uninitialized(k.shape)
      let dv = Tensor.uninitialized(v.shape)
      let scratch = Storage(byteCount: limn_attention_scratch(&shape, 1) * MemoryLayout<Float>.stride)
      withExtendedLifetime((q.storage, k.storage, v.storage, out.storage, lse.storage, dout.storage, scratch)) {
        limn_attention_backward_f32(
          &shape, dout.pointer(), q.pointer(), k.pointer(), v.pointer(), out.pointer(), lse.pointer(),
          dq.mutablePointer(),
          dk.mutablePointer(), dv.mutablePointer(), scratch.bytes.assumingMemoryBound(to: Float.self))
      }
      gradients.add(to: 0, dq)
      gradients.add(to: 1, dk)
      gradients.add(to: 2, dv)
    })
}

/// The kernel's description of an attention.
func attentionShape(_ q: Shape, _ k: Shape, _ heads: Int, _ scale: Float?, _ causal: Bool) -> limn_attention_shape {
  let width = q[2] / heads
  return limn_attention_shape(
    b: q[0], heads: heads, tq: q[1], tk: k[1], width: width, scale: scale ?? 1 / Float(width).squareRoot(),
    causal: causal ? 1 : 0)
}

/// Attention without a record, and the logarithm of each softmax's denominator [B, heads, Tq] if asked.
private func attended(
  _ q: Tensor, _ k: Tensor, _ v: Tensor, _ description: limn_attention_shape, _ precision: Precision, keepsSums: Bool
) -> (out: Tensor, lse: Tensor?) {
  var shape = description
  let (x, y, z) = (q.floatContiguous(), k.floatContiguous(), v.floatContiguous())
  let out = Tensor.uninitialized(q.shape)
  let lse = keepsSums ? Tensor.uninitialized([shape.b, shape.heads, shape.tq]) : nil
  let isRounded = precision == .bf16 && limn_bf16_attention_suits(&shape) != 0
  let scratch = Storage(
    byteCount: isRounded ? limn_bf16_attention_scratch(&shape) : limn_attention_scratch(&shape, 0) * MemoryLayout<Float>.stride)
  withExtendedLifetime((x.storage, y.storage, z.storage, scratch)) {
    if isRounded {
      limn_bf16_attention(
        &shape, x.pointer(), y.pointer(), z.pointer(), out.mutablePointer(), lse?.mutablePointer(), scratch.bytes)
    } else {
      limn_attention_f32(
        &shape, x.pointer(), y.pointer(), z.pointer(), out.mutablePointer(), lse?.mutablePointer(),
        scratch.bytes.assumingMemoryBound(to: Float.self))
    }
  }
  return (out, lse)
}

/// The probabilities of `keys` alone, [B, heads, Tq, keys.count].
private func columns(_ q: Tensor, _ k: Tensor, _ lse: Tensor, _ keys: [Int], _ description: limn_attention_shape)
  -> Tensor
{
  var shape = description
  precondition(keys.allSatisfy { 0..<shape.tk ~= $0 }, "attention: a captured key is outside of \(shape.tk) keys")
  let x = q.floatContiguous()
  let y = k.floatContiguous()
  let result = Tensor.uninitialized([shape.b, shape.heads, shape.tq, keys.count])
  withExtendedLifetime((x.storage, y.storage, lse.storage)) {
    limn_attention_columns_f32(
      &shape, x.pointer(), y.pointer(), lse.pointer(), keys.count, keys, result.mutablePointer())
  }
  return result
}
