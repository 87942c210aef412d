import Glibc
import LimnTensor

/// What one guided picture takes here, measured part by part.
package struct PictureCost: Sendable {
  /// A part of the work: how long one turn of it takes, how often it is done for a picture, what it computes.
  package struct Part: Sendable {
    package let name: String
    package let seconds: Double
    package let times: Int
    /// Floating-point operations of one turn; 0 where that says nothing.
    package let operations: Double
    /// Of all time of the part it belongs to, for kinds of layers.
    package var share: Double?
  }

  package let width: Int
  package let height: Int
  package let steps: Int
  package let precision: Precision
  /// Reading the files and building the networks.
  package let loading: Double
  /// What the first use of each part took over later ones: weights laid out, pages touched.
  package let firstUse: Double
  /// Words, a step of the UNet with guidance, decoding.
  package let parts: [Part]
  /// A step of the UNet by kinds of layers, the longest first. Layers were run one by one; `seconds` is the step's time in their proportions.
  package let kinds: [Part]
  /// The most memory the process held, in bytes.
  package let peak: Int

  /// Seconds of a picture, once the model is in memory and warm.
  package var seconds: Double { parts.reduce(0) { $0 + $1.seconds * Double($1.times) } }
  package var operations: Double { parts.reduce(0) { $0 + $1.operations * Double($1.times) } }

  /// Loads the model and measures; takes as long as three to five steps of it.
  ///
  /// - Parameter progress: Told what is measured next.
  /// - Throws: What loading throws; ``PipelineError`` for a size the model cannot draw or no steps.
  package init(
    model name: String, options: ModelOptions, width: Int? = nil, height: Int? = nil, steps: Int, progress: (String) -> Void = { _ in }
  ) throws {
    progress("loading \(name)")
    var start = Self.now()
    let model = try Model.load(name, options: options)
    loading = Self.now() - start
    let cell = model.vae.downscale
    let (width, height) = (width ?? model.side, height ?? model.side)
    guard width > 0, height > 0, width % cell == 0, height % cell == 0 else {
      throw PipelineError("the size is \(width)×\(height), expected multiples of \(cell)")
    }
    guard steps > 0 else { throw PipelineError("steps is \(steps), expected at least 1") }
    (self.width, self.height, self.steps, precision) = (width, height, steps, model.precision)
    let (h, w) = (height / cell, width / cell)
    var extra = 0.0
    /// The time of a turn: the first one makes what later ones use, the shortest of the later ones counts.
    func measured(_ body: () throws -> Void) rethrows -> Double {
      start = Self.now()
      try body()
      let first = Self.now() - start
      var best = Double.infinity, spent = 0.0, turns = 0
      while turns < 1 || (spent < 0.2 && turns < 20) {
        start = Self.now()
        try body()
        let seconds = Self.now() - start
        best = Swift.min(best, seconds)
        spent += seconds
        turns += 1
      }
      extra += Swift.max(0, first - best)
      return best
    }

    progress("measuring the text encoder")
    let text = try measured { _ = try model.encode(["a panda on grass", ""]) }
    progress("measuring a step of the UNet")
    let words = try model.encode(["a panda on grass", ""]).tensor
    let z = TorchGenerator(seed: 0).randn([1, model.unet.config.inChannels, h, w])
    let cache = ContextCache()
    var unetOptions = UNet.Options()
    unetOptions.cache = cache
    let step = try measured { _ = try model.unet(z, timesteps: [500], context: words, options: unetOptions) }
    progress("measuring the decoder")
    let latent = z.sliced(axis: 1, from: 0, to: model.latentChannels)
    let decode = try measured { _ = try model.vae.decode(latent) }
    let layers = model.unet.work(rows: 2, height: h, width: w, tokens: words.shape[1]).filter { !$0.isOfWords }
    parts = [
      Part(name: "words", seconds: text, times: 1, operations: Self.sum(model.textEncoder.work(rows: 2))),
      Part(name: "UNet", seconds: step, times: steps, operations: Self.sum(layers)),
      Part(name: "decoding", seconds: decode, times: 1, operations: Self.sum(model.vae.decodingWork(height: h, width: w))),
    ]
    firstUse = extra
    var usage = rusage()
    getrusage(0, &usage)  // RUSAGE_SELF; before the layers, whose inputs a picture never holds at once
    peak = Int(usage.ru_maxrss) * 1024
    progress("measuring its layers")
    kinds = Self.kinds(layers, step: step, times: steps)
  }

  private static func sum(_ layers: [LayerWork]) -> Double { layers.reduce(0) { $0 + $1.operations } }

  /// Each layer by itself, equal ones once; the step's time is shared out as they took theirs.
  private static func kinds(_ layers: [LayerWork], step: Double, times: Int) -> [Part] {
    var known: [String: Double] = [:]
    var seconds: [LayerWork.Kind: Double] = [:], operations: [LayerWork.Kind: Double] = [:]
    for layer in layers {
      let key = "\(layer.kind) \(layer.size)"
      let own = known[key] ?? best(layer)
      known[key] = own
      seconds[layer.kind, default: 0] += own
      operations[layer.kind, default: 0] += layer.operations
    }
    let all = seconds.values.reduce(0, +)
    return seconds.sorted { $0.value > $1.value }.map { kind, own in
      Part(name: kind.rawValue, seconds: step * own / all, times: times, operations: operations[kind]!, share: own / all)
    }
  }

  private static func best(_ layer: LayerWork) -> Double {
    let run = layer.prepare()
    var best = Double.infinity, spent = 0.0
    for _ in 0..<5 where spent < 0.05 {
      let start = now()
      run()
      best = min(best, now() - start)
      spent += best
    }
    return best
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
