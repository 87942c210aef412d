import LimnBindings
import LimnDiffusion
import LimnRuntime

// What models learned: `:concepts`.
extension Session {
  /// A learned thing that a model of the session holds.
  public struct LearnedThing: Sendable {
    /// The name of the model in the session, and which family it belongs to.
    public let model, family: String
    /// A token, an adapter or weights.
    public let kind: String
    public let name: String
    /// `2 vectors of 768`, `rank 4 on 88 layers, scale 0.8`.
    public let size: String
    /// The file it was read from; empty for what was learned here.
    public let file: String
  }

  /// The tokens, adapters and weights that the models of this session learned or were given.
  public func learnedThings() -> [LearnedThing] {
    interpreter.bindings.flatMap { binding -> [LearnedThing] in
      let value = binding.value.value
      if let model = value.host as? ModelValue { return Self.things(of: model.model, named: binding.name) }
      guard value.host is LearnerValue, let model = interpreter.peek("model", of: value) else { return [] }
      return model.use { ($0.host as? ModelValue).map { Self.things(of: $0.model, named: "\(binding.name).model") } ?? [] }
    }
  }

  private static func things(of model: Model, named name: String) -> [LearnedThing] {
    func thing(_ kind: String, _ called: String, _ size: String, _ file: String?) -> LearnedThing {
      LearnedThing(model: name, family: "\(model.report.family)", kind: kind, name: called, size: size, file: file ?? "")
    }
    func counted(_ count: Int, _ what: String) -> String { "\(count) \(what)\(count == 1 ? "" : "s")" }
    let tokens = model.concepts.map { thing("token", $0.name, "\(counted($0.vectors.shape[0], "vector")) of \($0.vectors.shape[1])", $0.source) }
    let adapters = model.adapters.map { adapter in
      let ranks = adapter.ranks.map { "\($0)" }.joined(separator: ", ")
      let scale = adapter.strength == 1 ? "" : ", scale \(ByteText.short(Double(adapter.strength)))"
      return thing("adapter", adapter.name, "rank \(ranks) on \(counted(adapter.layers.count, "layer"))\(scale)", adapter.source)
    }
    let weights = ModelPart.allCases.compactMap { part -> LearnedThing? in
      let count = model.changedParameters(of: part).count
      return count == 0 ? nil : thing("weights", part.rawValue, "\(count) of \(model.parameterNames(of: part).count)", nil)
    }
    return tokens + adapters + weights
  }
}
