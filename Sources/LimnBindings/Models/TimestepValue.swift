import LimnDiffusion
import LimnRuntime
import LimnTensor

/// How much noise a latent has, and what can be said of it there.
package final class TimestepValue: HostObject {
  package let timestep: Timestep
  package init(_ timestep: Timestep) { self.timestep = timestep }

  package var typeName: String { "timestep" }
  package func description(_ context: Context) -> String {
    "timestep \(TensorText.short(Double(timestep.value))) (\(timestep.index + 1) of \(timestep.count))"
  }
  package func isEqual(to other: any HostObject) -> Bool {
    guard let other = (other as? TimestepValue)?.timestep else { return false }
    return other.value == timestep.value && other.index == timestep.index && other.count == timestep.count
  }
  package static let fields = ["value", "index", "count", "alpha", "sigma"]
  package var memberNames: [String] { Self.fields }
  package func member(_ name: String, _ context: Context) throws -> Value? {
    switch name {
    case "value": .float(Double(timestep.value))
    case "index": .int(timestep.index)
    case "count": .int(timestep.count)
    case "alpha": .float(Double(timestep.alpha))
    case "sigma": .float(Double(timestep.sigma))
    default: nil
    }
  }
}

/// A sampler's name together with the checkpoint's schedule.
package final class SchedulerValue: HostObject {
  let model: Model
  let name: String?
  let eta: Float
  init(model: Model, name: String?, eta: Float) { (self.model, self.name, self.eta) = (model, name, eta) }
  package var typeName: String { "scheduler" }
  package func description(_ context: Context) -> String {
    "scheduler \((try? Samplers.make(name, config: model.schedulerConfig, steps: 10).plan.name) ?? name ?? "")"
  }
}

/// Schedules, timesteps, and one evaluation of a model at a time.
enum StepNatives {
  static let all: [Native] = [
    Native("scheduler(model: model, sampler: string = nil, eta: float = 0)", doc: "A sampler by name, made from the checkpoint's own schedule; without a name the checkpoint's own.", known: .scheduler) { call in
      let model = try call.host(ModelValue.self, 0).model
      let name = try call.optionalString("sampler")
      _ = try call.diffusion(at: "sampler") { try Samplers.settings(name, config: model.schedulerConfig) }
      return call.make(SchedulerValue(model: model, name: name, eta: Float(try call.float("eta", in: 0...1))))
    },
    Native("timesteps(scheduler: scheduler, steps: int = 30, at: list = nil)", doc: "The timesteps a sampler visits, first to last; with `at:` those numbers.", known: .gives("list")) { call in
      let scheduler = try call.host(SchedulerValue.self, 0)
      let steps = try call.int("steps", in: 1...10000)
      let listed = call.has("at") ? try call.floats("at").map(Float.init) : nil
      let sampler = try call.diffusion(at: listed == nil ? "steps" : "at") {
        if let listed { return try Samplers.make(scheduler.name, config: scheduler.model.schedulerConfig, at: listed, eta: scheduler.eta) }
        return try Samplers.make(scheduler.name, config: scheduler.model.schedulerConfig, steps: steps, eta: scheduler.eta)
      }
      return call.make(Timestep.all(of: sampler).map { call.make(TimestepValue($0)) })
    },
    Native("timestep(model: model, t: float)", doc: "The timestep t (0…999) of a model's schedule, by itself.", known: .gives("timestep")) { call in
      let model = try call.host(ModelValue.self, 0).model
      return call.make(TimestepValue(try call.diffusion(at: "t") { try Timestep(Float(try call.float("t")), of: model.schedule) }))
    },
    Native("timestep(rng: rng, model: model)", doc: "A timestep drawn uniformly from a model's schedule, as training does.", effect: .acts, known: .gives("timestep")) { call in
      let model = try call.host(ModelValue.self, "model").model
      let t = try call.host(RngValue.self, 0).drawing(call.context).randint(0, model.schedule.count, []).ints()[0]
      return call.make(TimestepValue(try call.diffusion { try Timestep(Float(t), of: model.schedule) }))
    },
    Native("x0(t: timestep, z: tensor, eps: tensor)", doc: "The clean latent that z holds if eps is its noise: (z - sigma · eps) / alpha.", known: .like("z")) { call in
      try latents(call, "eps") { t, z, eps in t.x0(z, eps) }
    },
    Native("add_noise(t: timestep, z0: tensor, eps: tensor)", doc: "alpha · z0 + sigma · eps. Ho et al. 2020, eq. 4.", known: .like("z0")) { call in
      try latents(call, "eps") { t, z0, eps in t.addNoise(z0, eps) }
    },
    Native("target(t: timestep, z0: tensor, eps: tensor)", doc: "What the model should output for z0 noised with eps.", known: .like("z0")) { call in
      try latents(call, "eps") { t, z0, eps in t.target(z0, eps) }
    },
    Native("step(t: timestep, z: tensor, eps: tensor, noise: tensor = nil)", doc: "One step of a sampler that does not remember: the latent at the next level.", known: .like("z")) { call in
      let noise = try call.optionalTensor("noise")
      return try latents(call, "eps") { t, z, eps in
        if let noise, noise.shape != z.shape { throw ShapeError("the noise is \(noise.shape), the latent \(z.shape)") }
        return try t.step(z, eps, noise: noise)
      }
    },
    Native("denoise(model: model, z: tensor, t: any, cond: condition, capture: any = nil, edit: function = nil, residuals: list = nil)", doc: "One evaluation of the UNet, without guidance: a prediction with eps, x0, v, raw and, where asked, attention maps. `residuals:` are what a ControlNet adds: a tensor for each skip of the way down, outermost first, and last one for the middle.", known: .denoised) { call in
      let model = try call.host(ModelValue.self, 0).model
      let timesteps = try (call["t"].list ?? [call["t"]]).map { item in
        if let value = item.host as? TimestepValue { return value.timestep }
        guard let number = item.number else { throw call.mismatch("t", "a timestep or a list of them") }
        return try call.diffusion(at: "t") { try Timestep(Float(number.double), of: model.schedule) }
      }
      var options = Model.DenoiseOptions()
      options.capture = try CaptureKeys.capture(call)
      options.cancellation = call.cancellation
      if call.has("edit") { options.edit = try AttentionEdit.hook(call) }
      if call.has("residuals") {
        let residuals = try call.list("residuals").map { item in
          guard let tensor = NativeCall.tensor(item) else { throw call.mismatch("residuals", "a list of tensors") }
          return tensor
        }
        (options.unet.downResiduals, options.unet.midResidual) = (Array(residuals.dropLast()), residuals.last)
      }
      let z = try call.tensor("z")
      let condition = try call.host(ConditionValue.self, "cond").condition
      let key: ParameterKey = options.capture.isEmpty ? "z" : "capture"
      return call.make(PredictionValue(try call.diffusion(at: key) { try model.denoise(z, at: timesteps, condition, options) }))
    },
  ]

  private static func latents(_ call: NativeCall, _ second: ParameterKey, _ body: (Timestep, Tensor, Tensor) throws -> Tensor) throws -> Value {
    let timestep = try call.host(TimestepValue.self, 0).timestep
    let (z, other) = (try call.tensor(1), try call.tensor(second))
    return try call.diffusion(at: second) {
      guard z.shape == other.shape else { throw ShapeError("the latents differ: \(z.shape) and \(other.shape)") }
      return call.make(try body(timestep, z, other))
    }
  }
}

/// Editing attention: a function gets each layer's probabilities and gives those to be used.
enum AttentionEdit {
  static func hook(_ call: NativeCall) throws -> AttentionObserver.Edit {
    let function = try call.function("edit")
    let words = try call.host(ConditionValue.self, "cond").condition.prompts[0].words
    return { layer, probabilities in
      let result = try call.invoke(function, [call.make(AttentionValue(layer, probabilities, words: words))])
      guard let edited = (result.host as? TensorValue)?.tensor ?? (result.host as? AttentionValue)?.probabilities else {
        throw call.fault(.type, "an edit must give the probabilities back, found \(call.brief(result))", at: "edit", help: "a => a.probs")
      }
      guard edited.shape == probabilities.shape else {
        throw call.fault(.shape, "the edited probabilities of \(layer) are \(edited.shape), expected \(probabilities.shape)", at: "edit")
      }
      return edited
    }
  }
}

/// One attention layer's probabilities while it runs.
final class AttentionValue: HostObject {
  let layer: AttentionLayer
  let probabilities: Tensor
  /// Those of the prompt, which a cross-attention layer looks at.
  private let words: [String]
  init(_ layer: AttentionLayer, _ probabilities: Tensor, words: [String]) {
    (self.layer, self.probabilities, self.words) = (layer, probabilities, words)
  }
  var typeName: String { "attention" }
  func description(_ context: Context) -> String { "attention \(layer.name) \(probabilities.shape)" }
  var memberNames: [String] { ["probs", "kind", "size", "block", "words", "name", "index"] }
  func member(_ name: String, _ context: Context) throws -> Value? {
    switch name {
    case "probs": context.make(probabilities)
    case "kind": context.make(layer.kind.rawValue)
    case "size": .int(max(layer.width, layer.height))
    case "block": context.make(layer.block.rawValue)
    case "words": context.make(words.map { context.make(outside: $0) })
    case "name": context.make(layer.name)
    case "index": .int(layer.index)
    default: nil
    }
  }
}
