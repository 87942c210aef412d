/// What attention is asked for: a word or phrase, one of its occurrences, or a position in the row of tokens.
package enum CaptureKey: Hashable, Sendable, CustomStringConvertible {
  /// Every occurrence of the words, or the n-th, counted from 1. A learned token is written as the string that names it.
  case phrase(String, occurrence: Int? = nil)
  /// A place in the text encoder's row, where 0 is the begin mark.
  case position(Int)

  package var description: String {
    switch self {
    case .phrase(let text, nil): "'\(text)'"
    case .phrase(let text, let occurrence?): "nth('\(text)', \(occurrence))"
    case .position(let position): "position \(position)"
    }
  }

  /// The token positions of the key in a prompt.
  ///
  /// - Throws: ``PromptError`` if the words are not there.
  func positions(in prompt: TokenizedPrompt) throws(PromptError) -> [Int] {
    switch self {
    case .phrase(let text, let occurrence): try prompt.positions(of: text, occurrence: occurrence)
    case .position(let position): [position]
    }
  }
}

/// Which attention to keep during an evaluation.
package struct Capture: Sendable {
  package var keys: [CaptureKey]
  /// Every word of the prompt besides the keys.
  package var allWords = false
  package var kinds: Set<AttentionLayer.Kind> = [.cross]
  package var blocks: Set<AttentionLayer.Block>?
  /// Whether a run keeps each evaluation's maps by themselves too; memory then grows with the steps.
  package var keepsSteps = false

  package init(_ keys: [CaptureKey] = [], allWords: Bool = false) { (self.keys, self.allWords) = (keys, allWords) }

  package var isEmpty: Bool { keys.isEmpty && !allWords }

  /// What to keep of each row of a batch: the rows of `negatives` first, then those of `prompts`.
  ///
  /// In the unconditional half the words are looked for in the negative prompt.
  ///
  /// - Throws: ``PromptError`` for a key that occurs nowhere.
  func rows(prompts: [TokenizedPrompt], negatives: [TokenizedPrompt]) throws -> [AttentionRow] {
    for key in keys {
      let all = prompts + negatives
      guard !all.contains(where: { (try? key.positions(in: $0)) != nil }), let first = prompts.first else { continue }
      _ = try key.positions(in: first)  // throws, with the words of the first prompt
    }
    return rows(negatives, .unconditional) + rows(prompts, .conditional)
  }

  private func rows(_ prompts: [TokenizedPrompt], _ role: GuidanceRole) -> [AttentionRow] {
    prompts.enumerated().map { picture, prompt in
      var positions = keys.flatMap { (try? $0.positions(in: prompt)) ?? [] }
      if allWords { positions += (0..<prompt.kept).map(prompt.position(ofPiece:)) }
      return AttentionRow(role: role, picture: picture, positions: positions)
    }
  }
}
