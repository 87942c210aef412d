import LimnDiffusion
import LimnImage
import LimnRuntime
import LimnTensor

/// A sampling as a value: it can be stepped, kept, forked and gone back to.
package final class RunValue: HostObject {
  package let run: Run
  init(_ run: Run) { self.run = run }

  package var typeName: String { "run" }
  package func description(_ context: Context) -> String {
    "run of \"\(run.request.prompts.joined(separator: "\", \""))\", \(run.index) of \(run.count) evaluations"
  }

  package static let fields = ["z", "t", "index", "count", "cond", "uncond", "guidance", "eps", "maps", "image", "images", "done", "timesteps"]
  package var memberNames: [String] { Self.fields }
  package var slowMembers: Set<String> { ["image", "images"] }

  package func member(_ name: String, _ context: Context) throws -> Value? {
    switch name {
    case "z": context.make(run.z)
    case "t": run.t.map { context.make(TimestepValue($0)) } ?? .nil
    case "index": .int(run.index)
    case "count": .int(run.count)
    case "cond": context.make(ConditionValue(run.condition))
    case "uncond": context.make(ConditionValue(run.uncondition))
    case "guidance": .float(Double(run.guidance))
    case "eps": run.eps.map { context.make($0) } ?? .nil
    case "maps": try MapsValue.value(run.maps, context)
    case "image": try pictures(context).count == 1 ? pictures(context)[0] : context.make(pictures(context))
    case "images": context.make(try pictures(context))
    case "done": .bool(run.isDone)
    case "timesteps": context.make(run.timesteps.map { context.make(TimestepValue($0)) })
    default: nil
    }
  }

  /// Decoded once: a run does not change.
  private var decoded: [Image]?

  private func pictures(_ context: Context) throws -> [Value] {
    if decoded == nil {
      let pixels = try run.image(cancellation: context.cancellation)
      decoded = try (0..<pixels.shape[0]).map { try Image(pixels: pixels.selected(axis: 0, index: $0).contiguous()) }
    }
    let store = context.service(ModelStore.self) { ModelStore() }
    return decoded!.enumerated().map { context.make(ImageValue($1, parameters: run.isDone ? parameters($0, store) : nil)) }
  }

  /// How picture `index` was made, in A1111's words.
  private func parameters(_ index: Int, _ store: ModelStore) -> GenerationParameters {
    let request = run.request
    let prompt = index / max(request.count, 1)
    let negatives = request.negatives
    let negative = negatives.isEmpty ? "" : negatives[negatives.count == 1 ? 0 : prompt]
    var parameters = GenerationParameters(prompt: request.prompts[prompt], negativePrompt: negative)
    parameters.steps = request.steps
    parameters.sampler = run.sampler.plan.name
    parameters.guidance = Double(run.guidance)
    parameters.seed = Int(request.seeds.count == 1 ? request.seeds[0] &+ Int64(index) : request.seeds[index])
    parameters.size = decoded.map { ($0[index].width, $0[index].height) }
    if let hash = store.quickHash(of: run.model) { parameters.modelHash = String(hash.prefix(10)) }
    parameters.model = run.model.name.split(separator: "/").last.map(String.init)
    if request.image != nil { parameters["Denoising strength"] = TensorText.short((request.strength ?? (request.mask == nil ? 0.8 : 1))) }
    if request.clipSkip > 0 { parameters["Clip skip"] = "\(request.clipSkip + 1)" }  // A1111 counts the last layer as 1
    if request.dialect != .limn { parameters["Prompt dialect"] = request.dialect.rawValue }
    if request.eta > 0 { parameters["Eta"] = TensorText.short(Double(request.eta)) }
    if run.rescale > 0 { parameters["CFG Rescale"] = TensorText.short(Double(run.rescale)) }
    parameters.randomSource = "CPU"
    parameters.version = "limn \(Version.text)"
    return parameters
  }
}

/// What this build calls itself.
package enum Version {
  package static let text = "0.1"
}

/// Whole samplings, and samplings step by step.
enum RunNatives {
  /// What `sample` and `start` share.
  private static let parameters =
    "negative: any = \"\", width: int = nil, height: int = nil, size: list = nil, count: int = 1, seed: any = nil, steps: int = 30, guidance: float = 7.5, rescale: float = 0, "
    + "eta: float = 0, clip_skip: int = 0, sampler: string = nil, image: image = nil, strength: float = nil, mask: mask = nil, long: string = \"cut\", dialect: string = \"limn\", "
    + "noise: tensor = nil, capture: any = nil, keep_steps: bool = false"

  static let all: [Native] = [
    Native("sample(model: model, prompt: any, \(parameters))", doc: "Draws pictures: a finished run, whose `image` is the picture and whose `maps` show where each captured word looked.", effect: .acts, known: .sampled) { call in
      let run = try begin(call)
      let progress = call.service(Progress.self) { Progress() }.begin("sample", run.count)
      return call.make(RunValue(try call.diffusion { try run.finish(cancellation: call.cancellation) { progress.step($0.index) } }))
    },
    Native("start(model: model, prompt: any, \(parameters))", doc: "A run before its first step: step it, fork it, go back; stepping to the end equals `sample` bit for bit.", effect: .acts, known: .sampled) { call in
      call.make(RunValue(try begin(call)))
    },
    Native("step(run: run, eps: tensor = nil)", doc: "The run one evaluation later, with a guided eps of yours in place of the model's if given.", known: .gives("run")) { call in
      let eps = try call.optionalTensor("eps")
      return call.make(RunValue(try call.diffusion(at: eps == nil ? 0 : "eps") {
        try call.host(RunValue.self, 0).run.step(eps: eps, cancellation: call.cancellation)
      }))
    },
    Native("back(run: run, steps: int = 1)", doc: "The run as it was some evaluations ago.", known: .gives("run")) { call in
      call.make(RunValue(try call.diffusion(at: "steps") { try call.host(RunValue.self, 0).run.back(try call.int("steps")) }))
    },
    Native("with(run: run, guidance: float = nil, rescale: float = nil, cond: condition = nil, uncond: condition = nil, z: tensor = nil)", doc: "The run with another guidance, conditions or latent from here on.", known: .gives("run")) { call in
      call.make(RunValue(try call.diffusion(at: 0) {
        try call.host(RunValue.self, 0).run.with(
          guidance: try call.optionalFloat("guidance").map(Float.init), rescale: try call.optionalFloat("rescale").map(Float.init),
          condition: try call.optionalHost(ConditionValue.self, "cond")?.condition,
          uncondition: try call.optionalHost(ConditionValue.self, "uncond")?.condition, z: try call.optionalTensor("z"))
      }))
    },
    Native("with(condition: condition, tensor: tensor)", doc: "The same prompts with another encoding.", known: Inference { call in Known(type: "condition", facts: call["condition"].facts) }) { call in
      call.make(ConditionValue(try call.diffusion(at: "tensor") { try call.host(ConditionValue.self, 0).condition.with(tensor: try call.tensor("tensor")) }))
    },
    Native("finish(run: run)", doc: "The run at its end.", known: .gives("run")) { call in
      let run = try call.host(RunValue.self, 0).run
      let progress = call.service(Progress.self) { Progress() }.begin("finish", run.count)
      return call.make(RunValue(try call.diffusion(at: 0) { try run.finish(cancellation: call.cancellation) { progress.step($0.index) } }))
    },
  ]

  /// The run that the arguments ask for, before its first step.
  private static func begin(_ call: NativeCall) throws -> Run {
    let prompts = try call.texts("prompt"), negatives = call.has("negative") ? try call.texts("negative") : []
    let model = try call.diffusion(at: "prompt") { try call.knowingTokens(of: prompts + negatives, try call.host(ModelValue.self, 0).model) }
    var request = SampleRequest(prompts.map(call.named))
    request.negatives = negatives.map(call.named)
    (request.width, request.height) = (try call.optionalInt("width", in: 1...65536), try call.optionalInt("height", in: 1...65536))
    if call.has("size") {
      let size = try call.ints("size", in: 1...65536)
      guard size.count == 2 else { throw call.mismatch("size", "[width, height]") }
      (request.width, request.height) = (size[0], size[1])
    }
    request.count = try call.int("count", in: 1...4096)
    request.seeds = try seeds(call)
    request.steps = try call.int("steps", in: 1...10000)
    request.guidance = Float(try call.float("guidance"))
    request.rescale = Float(try call.float("rescale"))
    request.eta = Float(try call.float("eta", in: 0...1))
    let text = try call.textOptions()
    (request.clipSkip, request.long, request.dialect) = (text.clipSkip, text.long, text.dialect)
    request.sampler = try call.optionalString("sampler")
    if call.has("image") { request.image = try call.image("image").rgb.pixels }
    request.strength = try call.optionalFloat("strength")
    if call.has("mask") { request.mask = try call.mask("mask").values }
    request.noise = try call.optionalTensor("noise")
    request.capture = try CaptureKeys.capture(call, keepsSteps: try call.bool("keep_steps"))
    let run: Run
    do { run = try Run(model, request, cancellation: call.cancellation) } catch {
      run = try call.diffusion(at: error is PromptSyntaxError ? "prompt" : error is PromptError ? "capture" : error is SamplerError && call.has("sampler") ? "sampler" : nil) { throw error }
    }
    run.warnings.forEach { call.notices.say($0, call) }
    return run
  }

  /// One seed for the first picture, or a list with one a picture.
  private static func seeds(_ call: NativeCall) throws -> [Int64] {
    if call["seed"].list != nil { return try call.ints("seed").map(Int64.init) }
    return [Int64(try call.seed())]
  }
}

/// Who is told how far a sampling is.
package final class Progress {
  /// Called with what is done, how many steps are made and how many there are.
  package var listener: ((_ what: String, _ done: Int, _ total: Int) -> Void)?

  package init() {}

  /// Work that goes on while other work begins and ends inside of it: a training whose look samples.
  struct Work {
    fileprivate let progress: Progress
    /// What its steps are called.
    var what: String
    let total: Int

    func step(_ done: Int) { progress.listener?(what, done, total) }

    /// As ``step(_:)``, with something to be said beside the number.
    func step(_ done: Int, saying note: String) { progress.listener?("\(what), \(note)", done, total) }
  }

  func begin(_ what: String, _ total: Int) -> Work {
    listener?(what, 0, total)
    return Work(progress: self, what: what, total: total)
  }
}

extension Making {
  /// Stops work between two layers when the interpreter is interrupted.
  var cancellation: Cancellation {
    let flag = interrupt
    return Cancellation { flag.isSet }
  }
}
