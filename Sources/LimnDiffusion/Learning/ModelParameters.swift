import LimnNN
import LimnTensor

/// A part of a model whose parameters have names: `unet.conv_in.weight` is the part, then the key of the checkpoint in diffusers spelling.
package enum ModelPart: String, CaseIterable, Sendable {
  case textEncoder = "text_encoder"
  case unet
  case vae

  /// The part a full name belongs to.
  package init?(ofKey name: String) {
    guard let dot = name.firstIndex(of: ".") else { return nil }
    self.init(rawValue: String(name[..<dot]))
  }

  /// The key within the part.
  static func key(_ name: String) -> String { String(name[name.index(after: name.firstIndex(of: ".")!)...]) }
}

extension Model {
  /// What the files say of a part.
  package func files(of part: ModelPart) -> ComponentFiles {
    switch part {
    case .textEncoder: files.textEncoder
    case .unet: files.unet
    case .vae: files.vae
    }
  }

  /// A parameter by its full name, with the adapters beside it; nil when there is none.
  package func parameter(_ name: String) -> Parameter? {
    guard let part = ModelPart(ofKey: name) else { return nil }
    guard var parameter = replaced[name] ?? files(of: part).weights[ModelPart.key(name)].map({ Parameter($0) }) else { return nil }
    parameter.adapters = adapters.compactMap { adapter in
      adapter.layers[name].map { LowRank(down: $0.down, up: $0.up, scale: $0.scale * adapter.strength) }
    }
    return parameter
  }

  /// The full names of a part's parameters, sorted.
  package func parameterNames(of part: ModelPart) -> [String] { files(of: part).weights.keys.map { "\(part.rawValue).\($0)" }.sorted() }

  /// All parameters of a part by their keys in it, as they are now.
  package func parameters(of part: ModelPart) -> [String: Parameter] {
    var result = files(of: part).weights.mapValues { Parameter($0) }
    let start = part.rawValue + "."
    let changed = Set(replaced.keys).union(adapters.flatMap(\.layers.keys)).filter { $0.hasPrefix(start) }
    for name in changed { result[ModelPart.key(name)] = parameter(name) }
    return result
  }

  /// The full names of the parameters of a part that are not those of the files.
  package func changedParameters(of part: ModelPart) -> [String] { replaced.keys.filter { ModelPart(ofKey: $0) == part }.sorted() }

  /// The model with other parameters, by their full names; what is not named stays, and is shared with this model.
  ///
  /// - Throws: ``PipelineError`` when the model has no such parameter, or one of another shape.
  /// - Gradient: what is computed with the result reaches the traced ones.
  package func with(parameters: [String: Parameter]) throws -> Model {
    guard !parameters.isEmpty else { return self }
    var model = self
    for (name, parameter) in parameters {
      guard let known = self.parameter(name) else { throw PipelineError("'\(self.name)' has no parameter '\(name)'") }
      guard known.shape == parameter.shape else { throw PipelineError("'\(name)' of '\(self.name)' is \(known.shape), found \(parameter.shape)") }
      model.replaced[name] = parameter
    }
    return try model.rebuilding(Set(parameters.keys.compactMap(ModelPart.init(ofKey:))))
  }

  /// The model with these tensors as weights, by full names; traced ones stay traced.
  package func with(weights: [(name: String, tensor: Tensor)]) throws -> Model {
    try with(parameters: Dictionary(uniqueKeysWithValues: weights.map { name, tensor in
      let key = ModelPart.key(name)
      return (name, Parameter(Weight(key: key, source: tensor.detached()), traced: tensor.isTraced ? tensor : nil))
    }))
  }

  /// Makes the networks of these parts again from their parameters.
  func rebuilding(_ parts: Set<ModelPart>) throws -> Model {
    var model = self
    for part in parts {
      let files = files(of: part)
      // The text encoder, a small part of the work that all the rest hangs on, stays with f32.
      let reader = WeightReader(parameters(of: part), file: files.name, precision: part == .textEncoder ? .f32 : precision)
      switch part {
      case .textEncoder: model.textEncoder = try TextEncoder(config: files.config, weights: reader)
      case .unet: model.unet = try UNet(config: files.config, weights: reader)
      case .vae: model.vae = try VAE(config: files.config, weights: reader)
      }
    }
    return model
  }
}
