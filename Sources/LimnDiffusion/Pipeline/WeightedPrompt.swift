import LimnTensor

/// A prompt with `(words:1.3)` read off: the plain words, and how much each counts.
///
/// Only this form is syntax; brackets without a number are text. Inner weights multiply with outer ones.
package struct WeightedPrompt: Sendable {
  /// The prompt without the syntax.
  package private(set) var text = ""
  /// Weighted stretches of `text`, in UTF-8 offsets.
  package private(set) var spans: [(range: Range<Int>, weight: Float)] = []

  /// Whether any word has a weight of its own.
  package var isWeighted: Bool { !spans.isEmpty }

  /// Reads `source`; what is not the syntax stays text.
  package init(_ source: String) {
    text = source
    guard source.utf8.contains(UInt8(ascii: "(")) else { return }
    var bytes: [UInt8] = []
    var open: [(source: Int, output: Int)] = []  // where brackets opened
    let input = Array(source.utf8)
    var index = 0
    while index < input.count {
      let byte = input[index]
      if byte == UInt8(ascii: "(") { open.append((index, bytes.count)) }
      if byte == UInt8(ascii: ")"), open.last != nil { open.removeLast() }
      if byte == UInt8(ascii: ":"), let start = open.last, let (weight, end) = Self.weight(input, after: index) {
        open.removeLast()
        bytes.remove(at: start.output)
        // What stood inside moves one to the left with the bracket gone.
        spans = spans.map { span in
          span.range.lowerBound > start.output
            ? (span.range.lowerBound - 1..<span.range.upperBound - 1, span.weight) : span
        }
        if bytes.count > start.output { spans.append((start.output..<bytes.count, weight)) }
        index = end
        continue
      }
      bytes.append(byte)
      index += 1
    }
    text = String(decoding: bytes, as: UTF8.self)
  }

  /// The number after a colon and the index past its closing bracket, if that is what stands there.
  private static func weight(_ input: [UInt8], after colon: Int) -> (Float, Int)? {
    guard let close = input[(colon + 1)...].firstIndex(of: UInt8(ascii: ")")) else { return nil }
    let digits = input[(colon + 1)..<close].filter { $0 != UInt8(ascii: " ") }
    let isNumber = !digits.isEmpty && digits.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    guard isNumber, let value = Float(String(decoding: digits, as: UTF8.self)) else { return nil }
    return (value, close + 1)
  }

  /// The weight of what begins at a UTF-8 offset.
  package func weight(at offset: Int) -> Float {
    spans.reduce(1) { $1.range.contains(offset) ? $0 * $1.weight : $0 }
  }
}

extension Model {
  /// Multiplies each token's vector by its word's weight, then restores each row's mean, so that weights turn attention and not
  /// brightness.
  ///
  /// - Shape: `[N, T, D]` → the same.
  static func weighted(_ tensor: Tensor, _ prompts: [(WeightedPrompt, TokenizedPrompt)]) -> Tensor {
    let (rows, length) = (tensor.shape[0], tensor.shape[1])
    var weights = Array(repeating: Float(1), count: rows * length)
    for (row, (prompt, tokens)) in prompts.enumerated() {
      for (index, piece) in tokens.pieces.prefix(tokens.kept).enumerated() {
        weights[row * length + tokens.position(ofPiece: index)] = prompt.weight(at: piece.range.lowerBound)
      }
    }
    let scaled = tensor * Tensor(weights, [rows, length, 1])
    let before = tensor.mean(axes: [1, 2], keepDims: true), after = scaled.mean(axes: [1, 2], keepDims: true)
    let restored = scaled * (before / after)
    guard prompts.contains(where: { !$0.0.isWeighted }) else { return restored }
    // Rows without weights stay as they are, to the bit.
    let parts = prompts.enumerated().map { row, prompt in
      (prompt.0.isWeighted ? restored : tensor).sliced(axis: 0, from: row, to: row + 1)
    }
    return Tensor.concatenated(parts, axis: 0)
  }
}
