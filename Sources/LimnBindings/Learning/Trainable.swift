import LimnDiffusion
import LimnRuntime
import LimnTensor

/// What is learned, as a script gave it: tokens, groups of a model's weights, low-rank matrices, a tensor, or nested maps and lists of tensors.
/// Numbers and strings in it stay as they are.
///
/// Holds values of the interpreter, so it belongs to its thread.
indirect enum Trainable {
  case tensor(Int)
  /// A token by its place among ``Leaves/tokens``; its vectors are leaf `Int`.
  case token(Int)
  /// Weights of a model by their full names.
  case weights([(name: String, leaf: Int)])
  case map([(key: Held, item: Trainable)])
  case list([Trainable])
  case constant(Held)

  /// The tensors of a trainable, in order, and what they belong to.
  struct Leaves {
    var names: [String] = []
    var tensors: [Tensor] = []
    /// What of a model they are.
    var parts = TrainedParts()

    mutating func add(_ name: String, _ tensor: Tensor) -> Int {
      names.append(name)
      tensors.append(tensor.detached())
      return tensors.count - 1
    }
  }

  /// What the value stands for when its tensors are these.
  func value(_ tensors: [Tensor], _ context: Context) throws -> Value {
    switch self {
    case .tensor(let leaf), .token(let leaf): context.make(tensors[leaf])
    case .weights(let entries): context.make(fields: entries.map { ($0.name, context.make(tensors[$0.leaf])) })
    case .map(let entries): try context.make(entries: try entries.map { ($0.key.value, try $0.item.value(tensors, context)) })
    case .list(let items): context.make(try items.map { try $0.value(tensors, context) })
    case .constant(let held): held.value
    }
  }
}

/// Reads `params:`.
struct TrainableReader {
  let call: NativeCall
  let key: ParameterKey
  /// The model that knows the vectors of tokens and the names of weights; nil when a network of maps is learned.
  let model: Model?
  /// Where low-rank matrices begin.
  let seed: Int
  var leaves = Trainable.Leaves()

  init(_ call: NativeCall, _ key: ParameterKey, model: Model?, seed: Int) { (self.call, self.key, self.model, self.seed) = (call, key, model, seed) }

  /// - Throws: A fault that underlines the argument when something in it cannot be learned, or nothing can.
  mutating func read(_ value: Value) throws -> Trainable {
    // By itself an item is a map as a list of it is: `it.params[panda]`, `it.params["unet"]`.
    let items = value.list ?? [value]
    let isOfModel = model != nil && !items.isEmpty && items.allSatisfy { $0.host is TokenValue || $0.host is LowRankValue || $0.string != nil }
    let result: Trainable = isOfModel ? .map(try items.map { try part($0) }) : try item(value, "")
    guard !leaves.tensors.isEmpty else {
      throw call.fault(.value, "there is nothing to learn in '\(key.text(in: call))', expected tokens, names of weights, lora(…) or tensors", at: key)
    }
    return result
  }

  /// An item that is a part of the model, under what it is found by in `it.params`.
  private mutating func part(_ value: Value) throws -> (key: Held, item: Trainable) {
    if let token = value.host as? TokenValue { return (call.hold(value), .token(try add(token))) }
    if let lowRank = value.host as? LowRankValue { return (call.hold(call.make(lowRank.plan.name)), .weights(try add(lowRank.plan))) }
    return (call.hold(value), .weights(try add(group: call.named(value.string!))))
  }

  private mutating func item(_ value: Value, _ path: String) throws -> Trainable {
    if let token = value.host as? TokenValue { return .token(try add(token)) }
    if let tensor = (value.host as? TensorValue)?.tensor {
      guard tensor.dtype.isFloat else { throw call.fault(.type, "only float tensors can be learned, found \(tensor.dtype.name)\(path.isEmpty ? "" : " in \(path)")", at: key) }
      return .tensor(leaves.add(path.isEmpty ? "params" : path, tensor.converted(to: .f32)))
    }
    if let entries = value.map {
      return .map(try entries.map { (call.hold($0.key), try item($0.value, path.isEmpty ? call.text($0.key) : "\(path).\(call.text($0.key))")) })
    }
    if let items = value.list { return .list(try items.enumerated().map { try item($0.element, "\(path)[\($0.offset)]") }) }
    let isConstant = value.number != nil || value.string != nil || value.bool != nil || value.isNil
    if isConstant, !path.isEmpty, !(path.hasPrefix("[") && value.string != nil) { return .constant(call.hold(value)) }
    if let name = value.string {
      throw call.fault(.type, "only tensors can be learned without a model, found the string \"\(call.named(name))\"", at: key)
    }
    throw call.fault(.type, "only tokens, weights and tensors can be learned, found \(call.brief(value))", at: key)
  }

  private mutating func add(_ token: TokenValue) throws -> Int {
    guard let model else { throw call.fault(.value, "the token \(token.name) is learned by a model, and there is none", at: key) }
    guard !leaves.parts.tokens.contains(where: { $0.token.name == token.name }) else {
      throw call.fault(.value, "the token \(token.name) is listed twice", at: key)
    }
    let concept = try call.diffusion(at: key) { () throws -> Concept in
      let concept = try token.concept(in: model)
      _ = try model.with([concept])
      return concept
    }
    let leaf = leaves.add(token.name, concept.vectors)
    leaves.parts.tokens.append((token, leaf))
    return leaf
  }

  private mutating func add(group: String) throws -> [(name: String, leaf: Int)] {
    if group.hasPrefix("<") {
      throw call.fault(.type, "'\(group)' is the name of a token, not of weights", at: key, help: "token(\"\(group)\", from: …)")
    }
    let names = try call.diffusion(at: key) { try ParameterGroup.parameters(group, of: model!) }
    return try names.map { name in
      guard !leaves.parts.weights.contains(where: { $0.name == name }) else {
        throw call.fault(.value, "the weight '\(name)' is in two of the groups to learn, '\(group)' is the second", at: key)
      }
      let value = model!.parameter(name)!.tensor
      let leaf = leaves.add(name, value)
      leaves.parts.weights.append((name, leaf))
      return (name, leaf)
    }
  }

  private mutating func add(_ plan: LowRankPlan) throws -> [(name: String, leaf: Int)] {
    guard !leaves.parts.adapters.contains(where: { $0.plan.name == plan.name }) else {
      throw call.fault(.value, "two adapters are called '\(plan.name)', expected another name: for one", at: key)
    }
    let start = try call.diffusion(at: key) { try plan.start(in: model!, seed: seed) }
    var entries: [(name: String, leaf: Int)] = []
    var layers: [(key: String, down: Int, up: Int, scale: Float)] = []
    for name in start.layers.keys.sorted() {
      let layer = start.layers[name]!, path = name.dropLast(".weight".count)
      entries.append(("\(path).lora_A", leaves.add("\(plan.name)/\(path).lora_A", layer.down)))
      entries.append(("\(path).lora_B", leaves.add("\(plan.name)/\(path).lora_B", layer.up)))
      layers.append((name, entries[entries.count - 2].leaf, entries[entries.count - 1].leaf, layer.scale))
    }
    leaves.parts.adapters.append(TrainedParts.AdapterPart(plan: plan, layers: layers))
    return entries
  }
}

extension ParameterKey {
  func text(in call: NativeCall) -> String {
    if case .name(let name) = self { return name }
    return "params"
  }
}
