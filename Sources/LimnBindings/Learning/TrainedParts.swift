import LimnDiffusion
import LimnNN
import LimnTensor

/// What of a model is learned, by its places among the learner's tensors.
struct TrainedParts {
  /// A low-rank adapter: for each weight the places of its two matrices.
  struct AdapterPart {
    let plan: LowRankPlan
    let layers: [(key: String, down: Int, up: Int, scale: Float)]
  }

  var tokens: [(token: TokenValue, leaf: Int)] = []
  var weights: [(name: String, leaf: Int)] = []
  var adapters: [AdapterPart] = []

  /// The model with these tensors in the place of what is learned.
  ///
  /// - Gradient: what is computed with it reaches the traced ones.
  func model(_ base: Model, _ tensors: [Tensor]) throws -> Model {
    var model = base
    if !tokens.isEmpty { model = try model.with(tokens.map { Concept($0.token.name, vectors: tensors[$0.leaf]) }) }
    if !weights.isEmpty { model = try model.with(weights: weights.map { ($0.name, tensors[$0.leaf]) }) }
    for part in adapters {
      let layers = part.layers.map { ($0.key, LowRank(down: tensors[$0.down], up: tensors[$0.up], scale: $0.scale)) }
      model = try model.with(Adapter(part.plan.name, layers: Dictionary(uniqueKeysWithValues: layers)))
    }
    return model
  }
}
