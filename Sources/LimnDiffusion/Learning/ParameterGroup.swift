import LimnNN
import LimnTensor

/// A group of a model's parameters under one name: a part, a path below one, or `unet.cross_kv`.
package enum ParameterGroup {
  /// The names with a meaning of their own; beside them stands every path, as `unet.mid_block`.
  package static let names = ["text_encoder", "unet", "unet.cross_kv", "vae"]

  /// The full names of the parameters in a group, sorted.
  ///
  /// `unet.cross_kv` are the matrices that make keys and values from the words (Kumari et al. 2022, arXiv:2212.04488, sec. 3.1).
  ///
  /// - Throws: ``PipelineError`` for a name no parameter lies under.
  package static func parameters(_ group: String, of model: Model) throws -> [String] {
    let part = ModelPart(rawValue: group) ?? ModelPart(ofKey: group)
    let all = part.map { model.parameterNames(of: $0) } ?? []
    let found =
      group == "unet.cross_kv"
      ? all.filter { $0.hasSuffix(".attn2.to_k.weight") || $0.hasSuffix(".attn2.to_v.weight") }
      : all.filter { $0 == group || $0.hasPrefix(group + ".") }
    guard found.isEmpty else { return found }
    throw PipelineError("'\(model.name)' has no parameters called '\(group)', expected \(FormatError.listing(names)) or a path such as 'unet.mid_block'")
  }
}

/// Which layers get low-rank matrices beside them, and how they begin. A description: the matrices live where it is learned.
package struct LowRankPlan: Sendable, Equatable {
  /// The matrices' common inner size.
  package var rank: Int
  /// What the change is multiplied by, times the rank.
  package var alpha: Double
  /// Ends of the paths of layers: `to_q`, `ff.net.2`, `mid_block.attentions.0.proj_in`.
  package var targets: [String]
  /// The adapter's name in the model.
  package var name: String

  /// Queries, keys, values and outputs of every attention layer of the UNet.
  package static let attention = ["to_q", "to_k", "to_v", "to_out.0"]

  package init(rank: Int = 4, alpha: Double? = nil, targets: [String] = attention, name: String = "lora") {
    self.rank = rank
    self.alpha = alpha ?? Double(rank)
    self.targets = targets
    self.name = name
  }

  /// The full names of the weights it stands beside, sorted: those of layers whose path ends with a target, in UNet and text encoder.
  ///
  /// - Throws: ``PipelineError`` when a target names no layer.
  package func weights(of model: Model) throws -> [String] {
    let all = [ModelPart.textEncoder, .unet].flatMap { part in
      model.parameterNames(of: part).filter { $0.hasSuffix(".weight") && [2, 4].contains(model.parameter($0)!.shape.rank) && !$0.contains("embedding.weight") }
    }
    var found: Set<String> = []
    for target in targets {
      let matches = all.filter { $0.hasSuffix(".\(target).weight") }
      guard !matches.isEmpty else {
        throw PipelineError("'\(model.name)' has no layer whose path ends in '\(target)', expected some such as \(FormatError.listing(Self.attention + ["q_proj", "ff.net.2"], first: 6))")
      }
      found.formUnion(matches)
    }
    return found.sorted()
  }

  /// The matrices to begin with: those of the model's adapter of this name, else `down` normal with deviation 1 / rank and `up` zero.
  ///
  /// The zeros make the first step's model the one it began with. Each layer has its own stream of random numbers.
  ///
  /// - Throws: ``PipelineError`` when the model's adapter of this name has other layers or another rank.
  package func start(in model: Model, seed: Int) throws -> Adapter {
    let names = try weights(of: model)
    if let known = model.adapters.first(where: { $0.name == name }) {
      guard known.layers.keys.sorted() == names, known.ranks == [rank] else {
        throw PipelineError("'\(model.name)' has an adapter '\(name)' of rank \(FormatError.listing(known.ranks.map(String.init))) on \(known.layers.count) layers, this one has rank \(rank) on \(names.count): give it another name")
      }
      return known
    }
    var layers: [String: LowRank] = [:]
    for name in names {
      let shape = model.parameter(name)!.shape
      let down = TorchGenerator(keys: [.int(seed), .string("lora"), .string(name)]).randn(Shape([rank] + shape.dims.dropFirst())) * Float(1 / Double(rank))
      let up = Tensor.zeros(Shape([shape[0], rank] + Array(repeating: 1, count: shape.rank - 2)))
      layers[name] = LowRank(down: down, up: up, scale: Float(alpha / Double(rank)))
    }
    return Adapter(name, layers: layers)
  }
}
