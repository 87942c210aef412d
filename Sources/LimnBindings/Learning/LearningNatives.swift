import LimnDiffusion
import LimnNN
import LimnRuntime
import LimnTensor

/// Learning tokens, weights and adapters of models, and networks that are maps of tensors.
enum LearningNatives {
  private static let settings = "optimizer: any = nil, seed: int = nil, accumulate: int = 1, ema: float = nil"

  static let all: [Native] = OptimizerValue.natives + LowRankValue.natives + WeightNatives.all + [
    Native("train(model: any, params: any = nil, steps: int = 100, \(settings), checkpoint: string = nil, checkpoint_every: int = nil, every: int = nil, look: function = nil, loss: function)", doc: "Learns tokens, groups of weights (\"text_encoder\", \"unet\", \"unet.cross_kv\", a path such as \"unet.mid_block\") or lora(…) of a model, or nested maps of tensors: calls the function `steps` times with `it` (model, params, step, seed, rng) and follows the gradient of the loss it gives, a number or a map of named terms. Gives the learner; its `model` is what was learned. `optimizer:` is one for all or a map of one for each item of `params:`; `accumulate:` averages that many evaluations a step; `ema:` keeps a running average, `learner.ema`. With `checkpoint:` the same statement goes on where it stopped, to the bit; `look:` is called with the learner after each `every:` steps.", effect: .acts) { call in
      let steps = try call.int("steps", in: 0...100_000_000)
      var fit = try LearningStart(call: call).learner(length: steps)
      let loss = try call.function("loss")
      let look = try look(call)
      var checkpoint = try LearningCheckpoint(call, fit, loss)
      if checkpoint != nil { fit = try checkpoint!.resumed(fit) }
      // The plan: how much is learned and what it takes; with the first steps the time is told beside it.
      var progress = call.service(Progress.self) { Progress() }.begin("train, \(fit.learner.count) numbers, \(FreeMemory.text(fit.learner.bytes))", steps)
      progress.what = "train"
      var learner = fit.learner
      let shell = fit
      do {
        try call.notices.once {
          while learner.steps < steps {
            try learning(call) { try shell.advance(&learner, loss, call) }
            progress.step(learner.steps, saying: LossLine.text(learner.losses))
            try checkpoint?.pass(shell.with(learner, state: fit.state))
            if let (function, every) = look, learner.steps % every == 0 || learner.steps == steps {
              try call.draining { _ = try call.invoke(function, [call.make(shell.with(learner, state: fit.state))]) }
            }
          }
        }
      } catch {
        let stopped = shell.with(learner, state: fit.state)
        // What stopped it is what the user must hear of, even if this cannot be written as well. A mistake in the first step leaves no
        // file, which would refuse the loss once it is mended.
        if learner.steps > 0 { try? checkpoint?.write(stopped) }
        call.leave(call.make(stopped), as: "learner")
        throw error
      }
      fit = shell.with(learner, state: fit.state)
      try checkpoint?.write(fit)
      return call.make(fit)
    },
    Native("learner(model: any, params: any = nil, \(settings), length: int = nil, state: any = nil)", doc: "A learner before its first step: `fit = fit.step() { it => loss }`; stepping it gives the bits of `train`. `length:` is how many steps schedules are laid out for.") { call in
      call.make(try LearningStart(call: call).learner(length: try call.optionalInt("length", in: 1...100_000_000), state: call["state"]))
    },
    Native("step(learner: learner, loss: function)", doc: "The learner one step later, by the gradient of the loss that the function gives.") { call in
      let loss = try call.function("loss")
      return call.make(try learning(call) { try call.host(LearnerValue.self, 0).stepped(loss, call) })
    },
    Native("warn(message: string)", doc: "Says a warning beside what the program prints, and goes on; in a training the same words once.", effect: .acts) { call in
      call.notices.say(try call.string(0), call)
      return .nil
    },
    Native("save(learner: learner, path: string, \(ModelSaving.parameters))", doc: "Writes what was learned, as `save` of its model does: tokens or a LoRA as .safetensors, all of the model as a folder.", effect: .acts, known: ModelSaving.known) { call in
      let fit = try call.host(LearnerValue.self, 0)
      guard let model = try fit.trained(fit.learner.parameters) else {
        throw call.fault(.value, "only what a model learned can be saved so, found a learner of \(fit.learner.names.joined(separator: ", "))", at: 0, help: "save(fit.params, \"x.safetensors\") for a map of tensors")
      }
      try ModelSaving(call, model, tokens: fit.parts.tokens.map(\.token.name), adapters: fit.parts.adapters.map(\.plan.name), weights: fit.parts.weights.count).save()
      return .nil
    },
  ]

  /// What is called every so many steps.
  private static func look(_ call: NativeCall) throws -> (function: Value, every: Int)? {
    let function = try call.optionalFunction("look"), every = try call.optionalInt("every", in: 1...100_000_000)
    switch (function, every) {
    case (let function?, let every?): return (function, every)
    case (nil, nil): return nil
    case (nil, _): throw call.fault(.value, "'every' says how often to call 'look', found it alone", at: "every", help: "look: fit => show sample(fit.model, \"a panda\").image")
    case (_, nil): throw call.fault(.value, "'look' is called after each so many steps, found no 'every'", at: "look", help: "every: 100")
    }
  }

  /// What went wrong in a step as the script's fault, underlined at the function.
  private static func learning<Result>(_ call: NativeCall, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as LearningError { throw call.fault(.value, error.description, at: "loss") }
  }
}
