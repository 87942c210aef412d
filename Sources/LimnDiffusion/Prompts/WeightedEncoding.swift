import Glibc
import LimnTensor

/// Weights applied to what the text encoder says, in each dialect's own arithmetic.
extension Model {
  /// A prompt read and cut into rows of tokens.
  struct ReadPrompt {
    let weighted: WeightedPrompt
    let tokens: TokenizedPrompt

    /// One weight a position of all rows joined, 1 for marks and padding.
    func weights(positions: Int) -> [Float] {
      var weights = Array(repeating: Float(1), count: positions)
      for (index, piece) in tokens.pieces.prefix(tokens.kept).enumerated() {
        weights[tokens.position(ofPiece: index)] = weighted.weight(at: piece.range.lowerBound)
      }
      return weights
    }
  }

  /// The encoding with the weights of each prompt; prompts without weights stay as they are, to the bit.
  ///
  /// - Shape: `hidden [N · R, T, D]`, R rows a prompt → `[N, R · T, D]`.
  func weighted(_ hidden: Tensor, _ prompts: [ReadPrompt], clipSkip: Int) throws -> Tensor {
    let (length, features) = (hidden.shape[1], hidden.shape[2])
    let rows = hidden.shape[0] / prompts.count
    let joined = hidden.reshaped([prompts.count, rows * length, features])
    guard prompts.contains(where: \.weighted.isWeighted) else { return joined }
    let parts = try prompts.enumerated().map { index, prompt -> Tensor in
      let own = joined.sliced(axis: 0, from: index, to: index + 1)
      guard prompt.weighted.isWeighted else { return own }
      let weights = Tensor(prompt.weights(positions: rows * length), [1, rows * length, 1])
      switch prompt.weighted.dialect {
      case .limn: return restoringMean(of: own, scaledBy: weights)
      case .a1111:
        let split = own.reshaped([rows, length, features])
        return restoringMean(of: split, scaledBy: weights.reshaped([rows, length, 1])).reshaped(own.shape)
      case .compel: return try blended(own, prompt, weights, clipSkip: clipSkip)
      }
    }
    return parts.count == 1 ? parts[0] : Tensor.concatenated(parts, axis: 0)
  }

  /// Each vector times its weight, then each row times what restores its mean: weights turn attention and not brightness.
  ///
  /// - Shape: `[N, T, D]` → the same.
  private func restoringMean(of tensor: Tensor, scaledBy weights: Tensor) -> Tensor {
    let scaled = tensor * weights
    let before = tensor.mean(axes: [1, 2], keepDims: true), after = scaled.mean(axes: [1, 2], keepDims: true)
    return scaled * (before / after)
  }

  /// Compel's arithmetic: z₀ + w · (z − z₀) with z₀ of the empty prompt; and for each part of a weight w below 1 the same of a text encoder in
  /// which nobody looks at that part, mixed in by tan((1 − w) π / 2), so that a weight of 1/2 is half way.
  ///
  /// - Shape: `z [1, R · T, D]` → the same.
  private func blended(_ z: Tensor, _ prompt: ReadPrompt, _ weights: Tensor, clipSkip: Int) throws -> Tensor {
    let rows = prompt.tokens.rows, length = rows[0].count
    let empty = try textEncoder(ids: tokenizer.tokenize("").rows).skipping(clipSkip)  // [1, T, D]
    let base = Tensor.concatenated(Array(repeating: empty, count: rows.count), axis: 1)
    func stretched(_ x: Tensor) -> Tensor { base + (x - base) * weights }
    var sum = stretched(z), total: Float = 1
    for span in prompt.weighted.spans where span.weight < 1 {
      var keep = Array(repeating: Float(1), count: rows.count * length)
      for (index, piece) in prompt.tokens.pieces.prefix(prompt.tokens.kept).enumerated()
      where span.range.contains(piece.range.lowerBound) {
        keep[prompt.tokens.position(ofPiece: index)] = 0
      }
      let without = try textEncoder(ids: rows, extraRows: learnedRows, keep: Tensor(keep, [rows.count, length])).skipping(clipSkip)
      let share = Float(tan(Double(1 - max(span.weight, 1e-5)) * Double.pi / 2))
      sum = sum + share * stretched(without.reshaped(z.shape))
      total += share
    }
    return sum / total
  }
}
