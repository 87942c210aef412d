import LimnDiffusion
import LimnRuntime
import LimnTensor

/// What is learned, as a script gave it: tokens, a tensor, or nested maps and lists of them. Numbers and strings in it stay as they are.
///
/// Holds values of the interpreter, so it belongs to its thread.
indirect enum Trainable {
  case tensor(Int)
  /// A token by its place among ``Leaves/tokens``; its vectors are leaf `Int`.
  case token(Int)
  case map([(key: Held, item: Trainable)])
  case list([Trainable])
  case constant(Held)

  /// The tensors of a trainable, in order, and what they belong to.
  struct Leaves {
    var names: [String] = []
    var tensors: [Tensor] = []
    /// The tokens with the places of their vectors.
    var tokens: [(token: TokenValue, leaf: Int)] = []

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
  /// The model that knows the vectors of tokens; nil when a network of maps is learned.
  let model: Model?
  var leaves = Trainable.Leaves()

  init(_ call: NativeCall, _ key: ParameterKey, model: Model?) { (self.call, self.key, self.model) = (call, key, model) }

  /// - Throws: A fault that underlines the argument when something in it cannot be learned, or nothing can.
  mutating func read(_ value: Value) throws -> Trainable {
    let result = try item(value, "", isTop: true)
    guard !leaves.tensors.isEmpty else { throw call.fault(.value, "there is nothing to learn in '\(key.text(in: call))', expected tokens or tensors", at: key) }
    return result
  }

  private mutating func item(_ value: Value, _ path: String, isTop: Bool = false) throws -> Trainable {
    if let token = value.host as? TokenValue {
      let leaf = try add(token)
      // By itself it is a map as a list of it is: `it.params[panda]`.
      return isTop ? .map([(call.hold(value), .token(leaf))]) : .token(leaf)
    }
    if let tensor = (value.host as? TensorValue)?.tensor {
      guard tensor.dtype.isFloat else { throw call.fault(.type, "only float tensors can be learned, found \(tensor.dtype.name)\(path.isEmpty ? "" : " in \(path)")", at: key) }
      return .tensor(leaves.add(path.isEmpty ? "params" : path, tensor.converted(to: .f32)))
    }
    if let entries = value.map {
      return .map(try entries.map { (call.hold($0.key), try item($0.value, path.isEmpty ? call.text($0.key) : "\(path).\(call.text($0.key))")) })
    }
    if let items = value.list {
      if isTop, !items.isEmpty, items.allSatisfy({ $0.host is TokenValue }) {
        return .map(try items.map { (call.hold($0), .token(try add($0.host as! TokenValue))) })
      }
      return .list(try items.enumerated().map { try item($0.element, "\(path)[\($0.offset)]") })
    }
    if let name = value.string, isTop || path.hasPrefix("[") { throw unbuilt(name) }
    if value.number != nil || value.string != nil || value.bool != nil || value.isNil { return .constant(call.hold(value)) }
    throw call.fault(.type, "only tokens and tensors can be learned, found \(call.brief(value))", at: key)
  }

  private mutating func add(_ token: TokenValue) throws -> Int {
    guard let model else { throw call.fault(.value, "the token \(token.name) is learned by a model, and there is none", at: key) }
    guard !leaves.tokens.contains(where: { $0.token.name == token.name }) else {
      throw call.fault(.value, "the token \(token.name) is listed twice", at: key)
    }
    let concept = try call.diffusion(at: key) { () throws -> Concept in
      let concept = try token.concept(in: model)
      _ = try model.with([concept])
      return concept
    }
    let leaf = leaves.add(token.name, concept.vectors)
    leaves.tokens.append((token, leaf))
    return leaf
  }

  /// Weights of a model cannot be learned yet.
  private func unbuilt(_ name: String) -> Fault {
    let groups = ["text_encoder", "unet", "unet.cross_kv"]
    guard groups.contains(name) else {
      return call.fault(.type, "only tokens and tensors can be learned, found the string \"\(call.named(name))\"", at: key, help: "token(\"<\(name.filter { $0.isLetter || $0.isNumber })>\")")
    }
    return call.fault(.value, "learning the weights of '\(name)' is not built yet, expected tokens or tensors", at: key)
  }
}

extension ParameterKey {
  func text(in call: NativeCall) -> String {
    if case .name(let name) = self { return name }
    return "params"
  }
}
