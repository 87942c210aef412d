import LimnNN
import LimnTensor

extension Model {
  /// The model with what a training's checkpoint has learned so far: tokens, weights and adapters.
  ///
  /// - Throws: ``FormatError`` when it is no such file; ``PipelineError`` when it belongs to another family of models.
  package func with(checkpoint path: String) throws -> Model {
    var tokens: [Concept] = []
    var weights: [(name: String, tensor: Tensor)] = []
    var matrices: [String: [String: Tensor]] = [:]
    for (name, value) in try LearnerFile.values(path) {
      if name.hasPrefix("<") {
        guard value.rank == 2, value.shape[0] > 0 else { throw FormatError("is not a learned token", file: path, key: name, found: "\(value.shape)") }
        tokens.append(Concept(name, vectors: value))
      } else if let slash = name.firstIndex(of: "/") {
        matrices[String(name[..<slash]), default: [:]][String(name[name.index(after: slash)...])] = value
      } else if ModelPart(ofKey: name) != nil {
        weights.append((name, value))
      } else {
        throw FormatError("learned no model but a network of its script", file: path, found: "'\(name)'")
      }
    }
    let scales = try LearnerFile.statement(path, "adapters").map { try JSON(parsing: $0, file: path) }
    var model = try with(tokens).with(weights: weights)
    for (name, layers) in matrices.sorted(by: { $0.key < $1.key }) {
      guard let scale = scales?[name]?.double else { throw FormatError("does not say the scale of an adapter", file: path, key: name) }
      var adapter = Adapter(name, source: path, layers: [:])
      for (key, down) in layers where key.hasSuffix(".lora_A") {
        let layer = key.dropLast(".lora_A".count)
        guard let up = layers["\(layer).lora_B"], up.rank >= 2, down.rank >= 2 else { throw FormatError("holds half of an adapter's layer", file: path, key: key) }
        adapter.layers["\(layer).weight"] = LowRank(down: down, up: up, scale: Float(scale))
      }
      model = try model.with(adapter)
    }
    return model
  }
}
