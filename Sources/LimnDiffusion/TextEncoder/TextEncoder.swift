import LimnNN
import LimnTensor

/// What the text encoder says of each token.
package struct TextOutput: Sendable {
  /// After the last layer and its norm: what Stable Diffusion is conditioned on, `[N, T, D]`.
  package let last: Tensor
  /// The embeddings, then the state after each layer, before the final norm; one more than there are layers.
  package let hidden: [Tensor]
  /// The state at the end of each text, `[N, D]`.
  package let pooled: Tensor

  let normOut: LayerNorm

  /// The state before the last layer, without the final norm.
  package var penultimate: Tensor { hidden[hidden.count - 2] }

  /// The condition with `layers` layers left off at the end and the final norm applied; 0 is ``last``.
  ///
  /// Counted as diffusers counts `clip_skip`: 1 takes the state before the last layer. (In the interface of AUTOMATIC1111
  /// the same is called 2.)
  ///
  /// - Throws: ``ShapeError`` when there are not so many layers.
  package func skipping(_ layers: Int) throws -> Tensor {
    guard layers >= 0, layers < hidden.count else {
      throw ShapeError("clip_skip: found \(layers), expected 0 to \(hidden.count - 1)")
    }
    return layers == 0 ? last : normOut(hidden[hidden.count - 1 - layers])
  }
}

/// CLIP's text encoder.
///
/// - Source: Radford et al. 2021, arXiv:2103.00020; keys as in transformers' `CLIPTextModel`, with and without `text_model.`.
package struct TextEncoder: Sendable {
  package let config: TextEncoderConfig
  package let tokens: Embedding
  let positions: Embedding
  let layers: [TextEncoderLayer]
  let normOut: LayerNorm

  /// - Throws: ``FormatError`` when the config asks for what is not implemented, or a tensor is missing or has another shape.
  package init(config json: JSON, weights: WeightReader) throws {
    try self.init(config: TextEncoderConfig(json), weights: weights)
  }

  /// - Throws: ``FormatError`` when a tensor is missing or has another shape.
  package init(config: TextEncoderConfig, weights: WeightReader) throws {
    self.config = config
    let isOld = weights.has("text_model.embeddings.token_embedding.weight")  // transformers before 5
    let weights = isOld ? weights.scoped("text_model") : weights
    tokens = try Embedding(
      weights.scoped("embeddings.token_embedding"), count: config.vocabulary, features: config.features)
    positions = try Embedding(
      weights.scoped("embeddings.position_embedding"), count: config.positions, features: config.features)
    layers = try (0..<config.layers).map {
      try TextEncoderLayer(weights.scoped("encoder.layers.\($0)"), config: config)
    }
    normOut = try LayerNorm(weights.scoped("final_layer_norm"), features: config.features, epsilon: config.epsilon)
  }

  /// Encodes rows of token ids, all of one length.
  ///
  /// The pooled state is the one at the first end token; in files that give the end token as 2 it is the one at the
  /// largest id, which is how those were trained.
  ///
  /// - Parameters:
  ///   - ids: `[N, T]`, T at most the model's positions. An id from the vocabulary's size up is a learned token.
  ///   - extraRows: The vectors of learned tokens, `[E, D]`, in the order of their ids.
  ///   - keep: 0 where nobody looks at a token, else 1, `[N, T]`; nil is all ones.
  /// - Throws: ``ShapeError`` when rows differ in length, are too long or empty, or an id has no vector.
  /// - Gradient: in `extraRows` and in every traced parameter, the table of tokens among them.
  package func callAsFunction(ids: [[Int]], extraRows: Tensor? = nil, keep: Tensor? = nil) throws -> TextOutput {
    let length = try checked(ids, extraRows)
    let flat = ids.flatMap { $0 }
    let words = extraRows.map { tokens(flat, extra: $0) } ?? tokens(flat)
    var x = words.reshaped([ids.count, length, config.features]) + positions(Array(0..<length))
    var hidden = [x]
    for layer in layers {
      x = layer(x, keep: keep)
      hidden.append(x)
    }
    let last = normOut(x)
    let ends = ids.enumerated().map { row, ids in row * length + endPosition(ids) }
    let pooled = last.reshaped([ids.count * length, config.features]).rows(at: ends)
    return TextOutput(last: last, hidden: hidden, pooled: pooled, normOut: normOut)
  }

  private func endPosition(_ ids: [Int]) -> Int {
    // Learned tokens have ids above the end token's; they never end a text.
    if config.endToken == 2 {
      let known = ids.map { $0 < config.vocabulary ? $0 : -1 }
      return known.firstIndex(of: known.max()!)!
    }
    return ids.firstIndex(of: config.endToken) ?? 0
  }

  private func checked(_ ids: [[Int]], _ extraRows: Tensor?) throws -> Int {
    guard let length = ids.first?.count, length > 0 else { throw ShapeError("text encoder: there are no tokens") }
    if let other = ids.first(where: { $0.count != length }) {
      throw ShapeError("text encoder: rows have \(length) and \(other.count) tokens, expected one length")
    }
    guard length <= config.positions else {
      throw ShapeError("text encoder: found \(length) tokens, expected at most \(config.positions)")
    }
    if let extraRows, extraRows.shape.rank != 2 || extraRows.shape[1] != config.features {
      throw ShapeError("text encoder: learned vectors are \(extraRows.shape), expected [E, \(config.features)]")
    }
    let count = config.vocabulary + (extraRows?.shape[0] ?? 0)
    if let unknown = ids.lazy.joined().first(where: { $0 < 0 || $0 >= count }) {
      throw ShapeError("text encoder: token \(unknown) has no vector, expected 0 to \(count - 1)")
    }
    return length
  }
}
