import LimnNN
import LimnRuntime

/// A description of how gradients change what is learned; what an optimizer remembers lives in the learner.
package final class OptimizerValue: HostObject {
  let optimizer: Optimizer
  init(_ optimizer: Optimizer) { self.optimizer = optimizer }

  package var typeName: String { "optimizer" }
  package func isEqual(to other: any HostObject) -> Bool { (other as? OptimizerValue)?.optimizer == optimizer }
  package func description(_ context: Context) -> String {
    let clip = optimizer.clip.map { "clip: \(TensorText.short($0))" } ?? "clip: nil"
    switch optimizer.rule {
    case .adamW(let rule):
      return "adamw(lr: \(rule.learningRate), betas: [\(rule.beta1), \(rule.beta2)], weight_decay: \(rule.weightDecay), eps: \(rule.epsilon), \(clip))"
    case .sgd(let rule):
      return "sgd(lr: \(rule.learningRate), momentum: \(rule.momentum), weight_decay: \(rule.weightDecay), \(clip))"
    }
  }
  package var memberNames: [String] { ["lr", "weight_decay", "clip"] }
  package func member(_ name: String, _ context: Context) throws -> Value? {
    let (rate, decay) =
      switch optimizer.rule {
      case .adamW(let rule): (rule.learningRate, rule.weightDecay)
      case .sgd(let rule): (rule.learningRate, rule.weightDecay)
      }
    switch name {
    case "lr": return .float(rate)
    case "weight_decay": return .float(decay)
    case "clip": return optimizer.clip.map { .float($0) } ?? .nil
    default: return nil
    }
  }

  static let natives: [Native] = [
    Native("adamw(lr: float = 0.001, betas: list = [0.9, 0.999], weight_decay: float = 0.01, eps: float = 1e-8, clip: float = 1.0)", doc: "AdamW as in PyTorch (Loshchilov and Hutter 2019); gradients longer than `clip` all together are shortened first, `clip: nil` leaves them.") { call in
      let betas = try call.floats("betas")
      guard betas.count == 2, betas.allSatisfy({ (0..<1).contains($0) }) else {
        throw call.fault(.value, "'betas' is \(call.brief(call["betas"])), expected two numbers from 0 to below 1", at: "betas")
      }
      let rule = AdamW(
        learningRate: try rate(call), beta1: betas[0], beta2: betas[1], epsilon: try call.float("eps", in: 0...1),
        weightDecay: try call.float("weight_decay", in: 0...1e3))
      return call.make(OptimizerValue(Optimizer(.adamW(rule), clip: try clip(call))))
    },
    Native("sgd(lr: float = 0.001, momentum: float = 0, weight_decay: float = 0, clip: float = nil)", doc: "Gradient descent as in PyTorch, with momentum if asked; gradients longer than `clip` all together are shortened first.") { call in
      let rule = SGD(
        learningRate: try rate(call), momentum: try call.float("momentum", in: 0...1), weightDecay: try call.float("weight_decay", in: 0...1e3))
      return call.make(OptimizerValue(Optimizer(.sgd(rule), clip: try clip(call))))
    },
  ]

  private static func rate(_ call: NativeCall) throws -> Double { try call.float("lr", in: 0...1e6) }

  private static func clip(_ call: NativeCall) throws -> Double? {
    guard let clip = try call.optionalFloat("clip") else { return nil }
    guard clip > 0 else { throw call.fault(.value, "'clip' is \(clip), expected more than 0, or nil", at: "clip") }
    return clip
  }
}
