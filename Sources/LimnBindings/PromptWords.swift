import LimnDiffusion

/// The whole words of CLIP's vocabulary, the commonest first: what completion offers inside a prompt.
package final class PromptWords {
  /// In the order of the merges that made them, which is that of how often they stood in the training text.
  private lazy var words: [String] = {
    guard let tokenizer = try? ClipTokenizer(EmbeddedTree("clip-tokenizer")) else { return [] }
    let end = "</w>"
    return (0..<tokenizer.vocabularySize).compactMap { id in
      guard let piece = tokenizer.spelling(of: id), piece.hasSuffix(end), piece.utf8.count > end.utf8.count + 1 else { return nil }
      let word = piece.dropLast(end.count)
      return word.allSatisfy { $0.isASCII && $0.isLetter } ? String(word) : nil
    }
  }()

  package init() {}

  /// The words that begin with some letters, in small letters as the vocabulary has them.
  package func beginning(with start: String, limit: Int = 200) -> [String] {
    let start = start.lowercased()
    return Array(words.lazy.filter { $0.hasPrefix(start) }.prefix(limit))
  }
}
