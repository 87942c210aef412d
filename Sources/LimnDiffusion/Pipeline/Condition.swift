import LimnTensor

/// Prompts as a UNet reads them, one a row.
package struct Condition: Sendable {
  /// The text encoder's output, `[N, T, D]`.
  package let tensor: Tensor
  /// The tokens of each row, for finding words in attention.
  package let prompts: [TokenizedPrompt]
  /// What the user should be told once: words that fell off the end, tokens the model never learned.
  package let warnings: [String]

  /// Rows, one a prompt.
  package var count: Int { prompts.count }

  /// The same prompts with another encoding, of the same number of rows and width.
  ///
  /// - Throws: ``PipelineError`` if rows or width differ.
  package func with(tensor other: Tensor) throws -> Condition {
    guard other.rank == 3, other.shape[0] == tensor.shape[0], other.shape[2] == tensor.shape[2] else {
      throw PipelineError("the condition's tensor is \(other.shape), expected [\(tensor.shape[0]), T, \(tensor.shape[2])]")
    }
    return Condition(tensor: other, prompts: prompts, warnings: warnings)
  }

  /// One row by itself.
  package subscript(row: Int) -> Condition {
    Condition(tensor: tensor.sliced(axis: 0, from: row, to: row + 1), prompts: [prompts[row]], warnings: [])
  }

  /// Each row `times` times in succession, as pictures of one prompt stand beside each other.
  func repeated(_ times: Int) -> Condition {
    guard times > 1 else { return self }
    let rows = (0..<count).flatMap { row in Array(repeating: row, count: times) }
    let parts = rows.map { tensor.sliced(axis: 0, from: $0, to: $0 + 1) }
    return Condition(tensor: .concatenated(parts, axis: 0), prompts: rows.map { prompts[$0] }, warnings: warnings)
  }
}

extension Model {
  /// How prompts are encoded.
  package struct TextOptions: Hashable, Sendable {
    /// Layers of the text encoder left off at the end, as diffusers counts them.
    package var clipSkip = 0
    package var long = LongPrompt.cut
    /// At least so many rows of the text encoder a prompt, so that a prompt and its negative agree in length.
    package var rows = 1

    package init(clipSkip: Int = 0, long: LongPrompt = .cut, rows: Int = 1) {
      (self.clipSkip, self.long, self.rows) = (clipSkip, long, rows)
    }
  }

  /// Encodes prompts, a row each. With `.chunk` all rows are as long as the longest prompt needs.
  ///
  /// - Shape: → `[N, T, D]`, T a multiple of the text encoder's positions.
  /// - Throws: ``ShapeError`` if `clipSkip` leaves no layer.
  /// - Gradient: in the vectors of learned tokens and in traced weights.
  package func encode(_ prompts: [String], _ options: TextOptions = TextOptions()) throws -> Condition {
    let weighted = prompts.map(WeightedPrompt.init)
    let texts = weighted.map(\.text)
    let needed = texts.map { tokenizer.tokenize($0, long: options.long).rows.count }.max() ?? 1
    let count = options.long == .cut ? 1 : max(needed, options.rows)
    let tokenized = texts.map { tokenizer.tokenize($0, long: options.long, rows: count) }
    let output = try textEncoder(ids: tokenized.flatMap(\.rows), extraRows: learnedRows)
    let hidden = try output.skipping(options.clipSkip)  // [N·rows, T, D]
    let (length, features) = (hidden.shape[1], hidden.shape[2])
    var tensor = hidden.reshaped([prompts.count, count * length, features])
    if weighted.contains(where: \.isWeighted) { tensor = Self.weighted(tensor, zip(weighted, tokenized).map { $0 }) }
    let warnings = zip(texts, tokenized).flatMap { self.warnings(text: $0, prompt: $1) }
    return Condition(tensor: tensor, prompts: tokenized, warnings: warnings)
  }

  /// Encodes prompts and their negatives to one length. The negatives keep all layers, as in diffusers.
  func encodePair(_ prompts: [String], _ negatives: [String], _ options: TextOptions) throws -> (Condition, Condition) {
    let needed = (prompts + negatives).map { tokenizer.tokenize(WeightedPrompt($0).text, long: options.long).rows.count }
    var options = options
    options.rows = max(options.rows, needed.max() ?? 1)
    let condition = try encode(prompts, options)
    options.clipSkip = 0
    return (condition, try encode(negatives, options))
  }

  private func warnings(text: String, prompt: TokenizedPrompt) -> [String] {
    var found: [String] = []
    if let cut = prompt.cutText {
      let after = prompt.lastKeptText.map { " after '\($0)'" } ?? ""
      found.append(
        "the prompt has \(prompt.pieces.count) tokens and \(prompt.kept) fit: '\(cut)' fell off\(after); long: \"chunk\" keeps it")
    }
    if !tokenizer.unknownCharacters(in: text).isEmpty {
      found.append("the prompt holds a token that '\(name)' never learned; use the model that training gave")
    }
    return found
  }
}
