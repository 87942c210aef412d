import LimnNN
import LimnTensor

/// A named set of low-rank changes to a model's layers: what a LoRA file holds, or what was learned.
package struct Adapter: Sendable {
  package var name: String
  /// The file it was read from.
  package var source: String?
  /// What all its changes are multiplied by, beside their own alpha / rank.
  package var strength: Float
  /// Changes by the full names of the weights they stand beside, as `unet.….to_q.weight`.
  package var layers: [String: LowRank]

  package init(_ name: String, source: String? = nil, strength: Float = 1, layers: [String: LowRank]) {
    self.name = name
    self.source = source
    self.strength = strength
    self.layers = layers
  }

  /// The ranks of its layers, each once, smallest first.
  package var ranks: [Int] { Set(layers.values.map(\.rank)).sorted() }

  /// Whether it leaves every result as it is.
  package var changesNothing: Bool {
    strength == 0 || layers.values.allSatisfy { layer in layer.scale == 0 || [layer.up, layer.down].contains { $0.floats().allSatisfy { $0 == 0 } } }
  }
}

extension Model {
  /// The model with an adapter more; one of the same name takes the place of that.
  ///
  /// - Throws: ``PipelineError`` when the model has no such weight, or one of another shape.
  /// - Gradient: what is computed with the result reaches the adapter's traced matrices.
  package func with(_ adapter: Adapter) throws -> Model {
    for key in adapter.layers.keys.sorted() {
      let layer = adapter.layers[key]!
      guard let parameter = parameter(key) else { throw PipelineError("'\(name)' has no weight '\(key)' for the adapter '\(adapter.name)'") }
      guard layer.fits(parameter.shape) else {
        throw PipelineError(
          "'\(key)' of the adapter '\(adapter.name)' is \(layer.up.shape) · \(layer.down.shape), the weight of '\(name)' \(parameter.shape): they belong to another family of models")
      }
    }
    var all = adapters
    if let place = all.firstIndex(where: { $0.name == adapter.name }) { all[place] = adapter } else { all.append(adapter) }
    return try with(adapters: all)
  }

  /// The model without the adapter of this name.
  ///
  /// - Throws: ``PipelineError`` when it has none.
  package func without(adapter name: String) throws -> Model {
    guard adapters.contains(where: { $0.name == name }) else {
      throw PipelineError("'\(self.name)' has no adapter '\(name)', it has \(adapters.isEmpty ? "none" : FormatError.listing(adapters.map(\.name)))")
    }
    return try with(adapters: adapters.filter { $0.name != name })
  }

  /// The model with every adapter added to its weights: the same pictures but for rounding, nothing to compute beside.
  package func mergingAdapters() throws -> Model {
    let keys = Set(adapters.flatMap(\.layers.keys))
    var result = self
    for key in keys { result.replaced[key] = Parameter(Weight(key: key, source: parameter(key)!.merged.detached())) }
    return try result.with(adapters: [])
  }

  private func with(adapters all: [Adapter]) throws -> Model {
    let touched = Set((adapters + all).flatMap(\.layers.keys).compactMap(ModelPart.init(ofKey:)))
    var model = self
    model.adapters = all
    return try model.rebuilding(touched)
  }
}
