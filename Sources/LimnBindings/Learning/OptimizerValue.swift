import LimnNN
import LimnRuntime

/// A description of how gradients change what is learned; what an optimizer remembers lives in the learner.
package final class OptimizerValue: HostObject {
  let optimizer: Optimizer
  init(_ optimizer: Optimizer) { self.optimizer = optimizer }

  package var typeName: String { "optimizer" }
  package func isEqual(to other: any HostObject) -> Bool { (other as? OptimizerValue)?.optimizer == optimizer }
  package func description(_ context: Context) -> String {
    let clip = (optimizer.clip.map { "clip: \(TensorText.short($0))" } ?? "clip: nil") + schedule
    let rate = optimizer.schedule.pieces.isEmpty ? "\(optimizer.learningRate)" : "\"\(pieces)\""
    switch optimizer.rule {
    case .adamW(let rule):
      return "adamw(lr: \(rate), betas: [\(rule.beta1), \(rule.beta2)], weight_decay: \(rule.weightDecay), eps: \(rule.epsilon), \(clip)\(rule.isByteWise ? ", bits: 8" : ""))"
    case .sgd(let rule):
      return "sgd(lr: \(rate), momentum: \(rule.momentum), weight_decay: \(rule.weightDecay), \(clip))"
    }
  }
  private var pieces: String {
    optimizer.schedule.pieces.map { $0.last == .max ? "\($0.rate)" : "\($0.rate):\($0.last)" }.joined(separator: ", ")
  }

  private var schedule: String {
    let schedule = optimizer.schedule
    return (schedule.form == .constant ? "" : ", schedule: \"\(schedule.form.rawValue)\"") + (schedule.warmup == 0 ? "" : ", warmup: \(schedule.warmup)")
      + (schedule.length.map { ", length: \($0)" } ?? "")
  }

  package var memberNames: [String] { ["lr", "weight_decay", "clip", "schedule", "warmup"] }
  package func member(_ name: String, _ context: Context) throws -> Value? {
    switch name {
    case "lr": return optimizer.schedule.pieces.isEmpty ? .float(optimizer.learningRate) : context.make(pieces)
    case "schedule": return context.make(optimizer.schedule.form.rawValue)
    case "warmup": return .int(optimizer.schedule.warmup)
    case "weight_decay":
      switch optimizer.rule {
      case .adamW(let rule): return .float(rule.weightDecay)
      case .sgd(let rule): return .float(rule.weightDecay)
      }
    case "clip": return optimizer.clip.map { .float($0) } ?? .nil
    default: return nil
    }
  }

  private static let timing = "schedule: string = \"constant\", warmup: int = 0, length: int = nil"
  private static let timingDoc = " `lr:` may be a list of rates with the last step of each, \"0.005:100, 1e-3:1000\"; `schedule:` is \"constant\", \"linear\" or \"cosine\" (falling to 0 over `length:` steps, without it the training's), after `warmup:` steps of rising."

  static let natives: [Native] = [
    Native("adamw(lr: any = 0.001, betas: list = [0.9, 0.999], weight_decay: float = 0.01, eps: float = 1e-8, clip: float = 1.0, \(timing), bits: int = 32)", doc: "AdamW as in PyTorch (Loshchilov and Hutter 2019); gradients longer than `clip` all together are shortened first, `clip: nil` leaves them." + timingDoc + " `bits: 8` keeps what it remembers of large tensors in a quarter of the memory.") { call in
      let betas = try call.floats("betas")
      guard betas.count == 2, betas.allSatisfy({ (0..<1).contains($0) }) else {
        throw call.fault(.value, "'betas' is \(call.brief(call["betas"])), expected two numbers from 0 to below 1", at: "betas")
      }
      let bits = try call.int("bits", in: 8...32)
      guard bits == 8 || bits == 32 else { throw call.fault(.value, "'bits' is \(bits), expected 32 or 8", at: "bits") }
      let (rate, schedule) = try timing(call)
      let rule = AdamW(
        learningRate: rate, beta1: betas[0], beta2: betas[1], epsilon: try call.float("eps", in: 0...1),
        weightDecay: try call.float("weight_decay", in: 0...1e3), isByteWise: bits == 8)
      return call.make(OptimizerValue(Optimizer(.adamW(rule), clip: try clip(call), schedule: schedule)))
    },
    Native("sgd(lr: any = 0.001, momentum: float = 0, weight_decay: float = 0, clip: float = nil, \(timing))", doc: "Gradient descent as in PyTorch, with momentum if asked; gradients longer than `clip` all together are shortened first." + timingDoc) { call in
      let (rate, schedule) = try timing(call)
      let rule = SGD(
        learningRate: rate, momentum: try call.float("momentum", in: 0...1), weightDecay: try call.float("weight_decay", in: 0...1e3))
      return call.make(OptimizerValue(Optimizer(.sgd(rule), clip: try clip(call), schedule: schedule)))
    },
  ]

  /// The rate and what becomes of it.
  private static func timing(_ call: NativeCall) throws -> (rate: Double, schedule: Schedule) {
    let form = Schedule.Form(rawValue: try call.choice("schedule", of: Schedule.Form.allCases.map(\.rawValue)))!
    let warmup = try call.int("warmup", in: 0...100_000_000)
    let length = try call.optionalInt("length", in: 1...100_000_000)
    if let text = call["lr"].string {
      guard let pieces = Schedule.pieces(call.named(text)) else {
        throw call.fault(.value, "'lr' is \"\(call.named(text))\", expected a rate, or rates with the last step of each", at: "lr", help: "\"0.005:100, 1e-3:1000\"")
      }
      guard form == .constant, warmup == 0 else { throw call.fault(.value, "a list of rates is a schedule of its own, found 'schedule' or 'warmup' beside it", at: "lr") }
      return (pieces[0].rate, Schedule(pieces: pieces))
    }
    if let length, length <= warmup { throw call.fault(.value, "'length' is \(length), expected more than the 'warmup' of \(warmup)", at: "length") }
    return (try call.float("lr", in: 0...1e6), Schedule(form, warmup: warmup, length: length))
  }

  private static func clip(_ call: NativeCall) throws -> Double? {
    guard let clip = try call.optionalFloat("clip") else { return nil }
    guard clip > 0 else { throw call.fault(.value, "'clip' is \(clip), expected more than 0, or nil", at: "clip") }
    return clip
  }
}
