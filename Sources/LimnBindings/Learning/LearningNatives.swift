import LimnDiffusion
import LimnNN
import LimnRuntime
import LimnTensor

/// Learning tokens, and networks that are maps of tensors.
enum LearningNatives {
  static let all: [Native] = OptimizerValue.natives + [
    Native("train(model: any, params: any = nil, steps: int = 100, optimizer: optimizer = nil, seed: int = nil, loss: function)", doc: "Learns tokens of a model, or nested maps of tensors: calls the function `steps` times with `it` (model, params, step, seed, rng) and follows the gradient of the loss it gives, a number or a map of named terms. Gives the learner; its `model` is what was learned.", effect: .acts) { call in
      var fit = try begin(call)
      let steps = try call.int("steps", in: 0...100_000_000)
      let loss = try call.function("loss")
      let progress = call.service(Progress.self) { Progress() }
      progress.begin("train", steps)
      return try call.notices.once {
        for step in 0..<steps {
          fit = try learning(call) { try fit.stepped(loss, call) }
          progress.step(step + 1, saying: "loss \(TensorText.short(Double(fit.learner.losses.totals.last!)))")
        }
        return call.make(fit)
      }
    },
    Native("learner(model: any, params: any = nil, optimizer: optimizer = nil, seed: int = nil, state: any = nil)", doc: "A learner before its first step: `fit = fit.step() { it => loss }`; stepping it gives the bits of `train`.") { call in
      call.make(try begin(call, state: call["state"]))
    },
    Native("step(learner: learner, loss: function)", doc: "The learner one step later, by the gradient of the loss that the function gives.") { call in
      let loss = try call.function("loss")
      return call.make(try learning(call) { try call.host(LearnerValue.self, 0).stepped(loss, call) })
    },
    Native("save(learner: learner, path: string, \(ModelSaving.parameters))", doc: "Writes what was learned, as `save` of its model does: tokens or a LoRA as .safetensors, all of the model as a folder.", effect: .acts, known: ModelSaving.known) { call in
      let fit = try call.host(LearnerValue.self, 0)
      guard let model = try fit.trained(fit.learner.parameters) else {
        throw call.fault(.value, "only what a model learned can be saved so, found a learner of \(fit.learner.names.joined(separator: ", "))", at: 0, help: "save(fit.params, \"x.safetensors\") for a map of tensors")
      }
      try ModelSaving(call, model, tokens: fit.tokens.map(\.token.name)).save()
      return .nil
    },
  ]

  /// The learner that the arguments ask for.
  private static func begin(_ call: NativeCall, state: Value = .nil) throws -> LearnerValue {
    let base = (call[0].host as? ModelValue)?.model
    if base == nil, call.has("params") {
      throw call.fault(.type, "'params' lists what a model learns, found \(call.brief(call[0])) as the model", at: 0)
    }
    let given: Value
    let key: ParameterKey
    if call.has("params") {
      (given, key) = (call["params"], "params")
    } else if base == nil {
      (given, key) = (call[0], 0)
    } else {
      throw Fault(.value, "'params' says which tokens to learn, found none", help: "params: [token(\"<panda>\", from: \"panda\")]")
    }
    var reader = TrainableReader(call, key, model: base)
    let trainable = try reader.read(given)
    let optimizer = try call.optionalHost(OptimizerValue.self, "optimizer")?.optimizer ?? Optimizer(.adamW(AdamW()), clip: 1)
    let parameters = zip(reader.leaves.names, reader.leaves.tensors).map { (name: $0, value: $1) }
    let names = parameters.map(\.name)
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw call.fault(.value, "two tensors are called '\(twice)'", at: key)
    }
    let learner = Learner(parameters, optimizer: optimizer, seed: try call.seed())
    return LearnerValue(
      base: base, trainable: trainable, tokens: reader.leaves.tokens, learner: learner, state: state.isNil ? nil : call.hold(state))
  }

  /// What went wrong in a step as the script's fault, underlined at the function.
  private static func learning<Result>(_ call: NativeCall, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as LearningError { throw call.fault(.value, error.description, at: "loss") }
  }
}
