import LimnNN
import LimnTensor

/// A learned token: a name and its vectors, `[n, D]` of a text encoder's width.
package struct Concept: Sendable {
  package let name: String
  package let vectors: Tensor
  /// The file it was read from; nil for one that was learned or made here.
  package var source: String?

  /// - Traps: when `vectors` is no `[n, D]` with rows.
  package init(_ name: String, vectors: Tensor) {
    precondition(vectors.rank == 2 && vectors.shape[0] > 0, "the vectors of a token are [n, D], not \(vectors.shape)")
    self.name = name
    self.vectors = vectors
  }
}

extension Model {
  /// What the model learned, in the order it was added.
  package var concepts: [Concept] {
    guard let learnedRows else { return [] }
    return tokenizer.learned.map { token in
      let first = token.ids.lowerBound - tokenizer.vocabularySize
      var concept = Concept(token.name, vectors: learnedRows.sliced(axis: 0, from: first, to: first + token.ids.count))
      concept.source = conceptSources[token.name]
      return concept
    }
  }

  /// The model with more tokens; one of a name it knows takes the place of that.
  ///
  /// - Throws: ``PipelineError`` if the vectors are of another width than the text encoder, or a name is a word already.
  /// - Gradient: prompts encoded with the result reach the vectors.
  package func with(_ concepts: [Concept]) throws -> Model {
    var all = self.concepts
    for concept in concepts {
      let width = textEncoder.config.features
      guard concept.vectors.shape[1] == width else {
        throw PipelineError(
          "the vectors of '\(concept.name)' are \(concept.vectors.shape), expected [n, \(width)] of the text encoder of '\(name)': they belong to another family of models")
      }
      guard files.tokenizer.encode(concept.name).count > 1 else {
        throw PipelineError("'\(concept.name)' is a word of '\(name)' already, expected a new name")
      }
      if let place = all.firstIndex(where: { $0.name == concept.name }) { all[place] = concept } else { all.append(concept) }
    }
    var model = self
    model.tokenizer = all.reduce(files.tokenizer) { $0.adding($1.name, vectors: $1.vectors.shape[0]) }
    model.learnedRows = all.isEmpty ? nil : .concatenated(all.map(\.vectors), axis: 0)
    model.conceptSources = Dictionary(all.compactMap { concept in concept.source.map { (concept.name, $0) } }) { $1 }
    return model
  }

  /// The model without a token it learned.
  ///
  /// - Throws: ``PipelineError`` if it knows none of this name.
  package func without(concept name: String) throws -> Model {
    guard concepts.contains(where: { $0.name == name }) else { throw PipelineError("'\(self.name)' never learned '\(name)'") }
    var model = self
    (model.tokenizer, model.learnedRows, model.conceptSources) = (files.tokenizer, nil, [:])
    return try model.with(concepts.filter { $0.name != name })
  }

  /// What a new token starts from: the vectors of a word's pieces, the first one when fewer are wanted, over again when more.
  ///
  /// - Shape: → `[count, D]`
  /// - Throws: ``PipelineError`` if the word is empty.
  package func startingVectors(of word: String, count: Int) throws -> Tensor {
    let pieces = tokenizer.encode(word)
    guard !pieces.isEmpty else { throw PipelineError("'\(word)' has no vectors to start from, expected a word") }
    let ids = (0..<count).map { pieces[$0 % pieces.count].id }
    guard let learnedRows else { return textEncoder.tokens(ids) }
    return textEncoder.tokens(ids, extra: learnedRows)
  }

  /// Random vectors as far from zero as those of words are, the same for the same name.
  ///
  /// - Shape: → `[count, D]`
  package func randomVectors(for name: String, count: Int) -> Tensor {
    let table = textEncoder.tokens.table.tensor
    let deviation = table.variance().sqrt().item
    return TorchGenerator(keys: [.string("token"), .string(name)]).randn([count, textEncoder.config.features]) * deviation
  }
}
