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
    package var dialect = PromptDialect.limn
    /// At least so many rows of the text encoder a prompt, so that a prompt and its negative agree in length.
    package var rows = 1

    package init(clipSkip: Int = 0, long: LongPrompt = .cut, dialect: PromptDialect = .limn, rows: Int = 1) {
      (self.clipSkip, self.long, self.dialect, self.rows) = (clipSkip, long, dialect, rows)
    }
  }

  /// Encodes prompts, a row each. With `.chunk` all rows are as long as the longest prompt needs.
  ///
  /// - Shape: → `[N, T, D]`, T a multiple of the text encoder's positions.
  /// - Throws: ``ShapeError`` if `clipSkip` leaves no layer; ``PromptSyntaxError`` for a prompt that its dialect does not allow.
  /// - Gradient: in the vectors of learned tokens and in traced weights.
  package func encode(_ prompts: [String], _ options: TextOptions = TextOptions()) throws -> Condition {
    let weighted = try prompts.map { try WeightedPrompt($0, dialect: options.dialect) }
    let count = max(rows(weighted, options), options.rows)
    let read = weighted.map { ReadPrompt(weighted: $0, tokens: tokenizer.tokenize($0, long: options.long, rows: count)) }
    let output = try textEncoder(ids: read.flatMap(\.tokens.rows), extraRows: learnedRows)
    let hidden = try output.skipping(options.clipSkip)  // [N·rows, T, D]
    let tensor = try self.weighted(hidden, read, clipSkip: options.clipSkip)
    let warnings = read.flatMap { $0.weighted.notes + self.warnings(text: $0.weighted.text, prompt: $0.tokens) }
    return Condition(tensor: tensor, prompts: read.map(\.tokens), warnings: warnings)
  }

  /// Encodes prompts and their negatives to one length. The negatives keep all layers, as in diffusers.
  func encodePair(_ prompts: [String], _ negatives: [String], _ options: TextOptions) throws -> (Condition, Condition) {
    var options = options
    options.rows = max(options.rows, rows(try (prompts + negatives).map { try WeightedPrompt($0, dialect: options.dialect) }, options))
    let condition = try encode(prompts, options)
    options.clipSkip = 0
    return (condition, try encode(negatives, options))
  }

  /// A prompt's tokens, its syntax read off.
  ///
  /// - Throws: ``PromptSyntaxError`` for a prompt that its dialect does not allow.
  package func pieces(of prompt: String, _ dialect: PromptDialect) throws -> [TokenPiece] {
    tokenizer.tokenize(try WeightedPrompt(prompt, dialect: dialect), long: .cut).pieces
  }

  /// Rows of the text encoder that the longest of the prompts needs.
  private func rows(_ prompts: [WeightedPrompt], _ options: TextOptions) -> Int {
    prompts.map { tokenizer.tokenize($0, long: options.long).rows.count }.max() ?? 1
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
