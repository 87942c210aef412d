import LimnDiffusion
import LimnNN
import LimnRuntime
import LimnTensor

/// Learning as a value: it can be stepped, kept, forked and gone back to.
package final class LearnerValue: HostObject {
  /// What is learned in: nil when it is the maps of tensors themselves.
  let base: Model?
  let trainable: Trainable
  let parts: TrainedParts
  let learner: Learner
  /// Anything of the script's, kept with it.
  let state: Held?

  init(base: Model?, trainable: Trainable, parts: TrainedParts, learner: Learner, state: Held? = nil) {
    (self.base, self.trainable, self.parts, self.learner, self.state) = (base, trainable, parts, learner, state)
  }

  /// The same learning at another point.
  func with(_ learner: Learner, state: Held?) -> LearnerValue {
    LearnerValue(base: base, trainable: trainable, parts: parts, learner: learner, state: state)
  }

  package var typeName: String { "learner" }
  package func description(_ context: Context) -> String {
    let loss = learner.losses.totals.last.map { ", loss \(TensorText.short(Double($0)))" } ?? ""
    return "learner of \(subject), \(learner.steps) steps\(loss)"
  }
  package var memberNames: [String] { ["model", "params", "ema", "steps", "loss", "losses", "optimizer", "seed", "count", "bytes", "state"] }
  package func member(_ name: String, _ context: Context) throws -> Value? {
    switch name {
    case "model": try model(learner.parameters, context)
    case "params": try trainable.value(learner.parameters, context)
    case "ema": learner.settings.average == nil ? .nil : try model(learner.names.map { learner.averages[$0]! }, context)
    case "steps": .int(learner.steps)
    case "loss": learner.losses.totals.last.map { .float(Double($0)) } ?? .nil
    case "losses": losses(context)
    case "optimizer":
      learner.optimizers.count == 1
        ? context.make(OptimizerValue(learner.optimizers[0].optimizer)) : context.make(learner.optimizers.map { context.make(OptimizerValue($0.optimizer)) })
    case "seed": .int(learner.settings.seed)
    case "count": .int(learner.count)
    case "bytes": .int(learner.bytes)
    case "state": state?.value ?? .nil
    default: nil
    }
  }

  /// `fit.state = x`: the same learner with something else kept.
  package func replacing(member name: String, with value: Value, _ context: Context) throws -> Value? {
    guard name == "state" else { return nil }
    return context.make(with(learner, state: context.hold(value)))
  }

  /// The model with these vectors, or the maps with these tensors.
  private func model(_ tensors: [Tensor], _ context: Context) throws -> Value {
    guard let model = try trained(tensors) else { return try trainable.value(tensors, context) }
    return context.make(ModelValue(model))
  }

  func trained(_ tensors: [Tensor]) throws -> Model? { try base.map { try parts.model($0, tensors) } }

  /// What is learned, in few words: the names where they are few.
  var subject: String {
    guard learner.names.count > 4 else { return learner.names.joined(separator: ", ") }
    return (parts.tokens.map(\.token.name) + parts.adapters.map(\.plan.name) + ["\(learner.count) numbers"]).joined(separator: ", ")
  }

  /// Term by term, one number a step; nil where a step had no such term.
  private func losses(_ context: Context) -> Value {
    let record = learner.losses
    func list(_ values: [Float]) -> Value { context.make(values.map { $0.isNaN ? Value.nil : .float(Double($0)) }) }
    var fields = record.names.map { ($0, list(record.terms[$0]!)) }
    if record.names != [LearningError.onlyTerm] { fields.append(("total", list(record.totals))) }
    return context.make(fields: fields)
  }

  /// The learner one update later, by the loss a function of the script works out.
  func stepped(_ loss: Value, _ call: NativeCall) throws -> LearnerValue {
    var next = learner
    try advance(&next, loss, call)
    return with(next, state: state)
  }

  /// Makes one update of `learner`, which is this one's at some point.
  func advance(_ learner: inout Learner, _ loss: Value, _ call: NativeCall) throws {
    try call.checkInterrupt()
    try call.notices.once {
      try call.drawingScope.inside("train") {
        let before = (steps: learner.steps, keys: learner.streamKeys)
        try learner.advance { watched, part in
          try call.draining { try terms(watched, step: before.steps, stream: before.keys(part), loss, call) }
        }
      }
    }
  }

  private func terms(_ watched: [Tensor], step: Int, stream: [StreamKey], _ loss: Value, _ call: NativeCall) throws -> [Learner.Term] {
    let it = call.make(fields: [
      ("model", try model(watched, call.context)), ("params", try trainable.value(watched, call.context)),
      ("step", .int(step)), ("seed", .int(learner.settings.seed)),
      ("rng", call.make(RngValue(keys: stream, in: call.context))),
    ])
    let result = try call.invoke(loss, [it])
    guard let entries = result.map else { return [(LearningError.onlyTerm, try number(result, nil, call))] }
    return try entries.map { (call.text($0.key), try number($0.value, call.text($0.key), call)) }
  }

  private func number(_ value: Value, _ term: String?, _ call: NativeCall) throws -> Tensor {
    if let tensor = NativeCall.tensor(value), tensor.count == 1, !(value.host is ImageValue) { return tensor.reshaped([Int]()) }
    let what = term.map { "the loss term '\($0)'" } ?? "the loss"
    throw call.fault(.type, "\(what) must be one number\(term == nil ? " or a map of named ones" : ""), found \(call.brief(value))", at: "loss", help: "mean(…) or sum(…)")
  }
}
