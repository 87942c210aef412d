import Glibc
import LimnDiffusion
import LimnNN
import LimnTensor

/// A whole model: its parts warm, a picture warm, the process cold.
extension Job {
  static let model: [Job] = [
    unet("unet-1", rows: 1), unet("unet-2", rows: 2), decode, text, sample,
    Job(name: "model/cold") { try cold($0) },
    layers("unet-layers") { model, options in
      let side = side(model, options)
      return model.unet.work(rows: 2, height: side, width: side, tokens: model.textEncoder.config.positions)
    },
    layers("decode-layers") { model, options in
      let side = side(model, options)
      return model.vae.decodingWork(height: side, width: side)
    },
  ]

  static let prompt = "a photo of a panda and a bowl"

  static func load(_ options: Options) throws -> Model {
    try Model.load(options.model, options: ModelOptions(precision: Precision(rawValue: options.precision)))  // nil is auto
  }

  /// Cells along one side of the latent for the size asked for.
  static func side(_ model: Model, _ options: Options) -> Int { options.size.map { $0 / model.vae.downscale } ?? model.latentSide }

  private static func unet(_ name: String, rows: Int) -> Job {
    Job(name: "model/\(name)") { options in
      let model = try load(options)
      let side = side(model, options)
      let z = TorchGenerator(seed: 0).randn([rows, model.latentChannels, side, side])
      let words = try model.encode(Array(repeating: prompt, count: rows)).tensor
      return Prepared(
        operations: model.unet.work(rows: rows, height: side, width: side, tokens: words.shape[1]).reduce(0) { $0 + $1.operations },
        facts: [("side", "\(side)"), ("rows", "\(rows)")],
        check: { try Golden.check(model, options, part: .unet) },
        run: { _ = try model.unet(z, timesteps: [500], context: words) })
    }
  }

  private static let decode = Job(name: "model/decode") { options in
    let model = try load(options)
    let side = side(model, options)
    let z = TorchGenerator(seed: 0).randn([1, model.latentChannels, side, side])
    return Prepared(
      operations: model.vae.decodingWork(height: side, width: side).reduce(0) { $0 + $1.operations }, facts: [("side", "\(side)")],
      check: { try Golden.check(model, options, part: .decoder) }, run: { _ = try model.vae.decode(z) })
  }

  private static let text = Job(name: "model/text") { options in
    let model = try load(options)
    return Prepared(
      operations: model.textEncoder.work(rows: 2).reduce(0) { $0 + $1.operations },
      check: { try Golden.check(model, options, part: .text) }, run: { _ = try model.encode([prompt, ""]) })
  }

  /// The peer: `peers.py sample`.
  private static let sample = Job(name: "model/sample") { options in
    let model = try load(options)
    let side = side(model, options)
    var request = SampleRequest(prompt)
    (request.sampler, request.steps, request.guidance) = ("ddim", options.steps, 5)
    (request.width, request.height) = (side * model.vae.downscale, side * model.vae.downscale)
    let step = model.unet.work(rows: 2, height: side, width: side, tokens: model.textEncoder.config.positions)
    let whole =
      step.reduce(0) { $0 + $1.operations * ($1.isOfWords ? 1 : Double(options.steps)) }
      + model.vae.decodingWork(height: side, width: side).reduce(0) { $0 + $1.operations } + model.textEncoder.work(rows: 2).reduce(0) { $0 + $1.operations }
    var first: [Float]?
    return Prepared(
      operations: whole, facts: [("steps", "\(options.steps)"), ("size", "\(side * model.vae.downscale)")],
      check: { for part in Golden.Part.allCases { try Golden.check(model, options, part: part) } },
      run: {
        let pixels = try model.sample(request).image().floats()
        guard pixels.allSatisfy({ $0 >= 0 && $0 <= 1 }), first == nil || first == pixels else { throw BenchError("sample: two runs of one seed differ") }
        first = pixels
      })
  }

  /// The whole process, from its start to a saved picture. `limn` is looked for beside this program.
  private static func cold(_ options: Options) throws -> Prepared {
    let own = try ChildProcess.ownProgram()
    let limn = own.replacingLast("limn-bench", with: "limn")
    guard access(limn, X_OK) == 0 else { throw BenchError("there is no program '\(limn)'; build the product limn too") }
    var template = Array("/tmp/limn-bench-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw BenchError("no folder below /tmp: \(String(cString: strerror(errno)))") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self), picture = "\(folder)/cold.png"
    let size = options.size.map { ", width: \($0), height: \($0)" } ?? ""
    let code = """
      let run = sample(model("\(options.model)"), "\(prompt)", sampler: "ddim", steps: \(options.steps), guidance: 5.0\(size))
      save(run.image, "\(picture)")
      """
    var peak = 0
    let run = {
      unlink(picture)
      let child = try ChildProcess([limn, "run", "--write", folder, "-e", code])
      peak = max(peak, child.peak)
      guard child.code == 0 else { throw BenchError("'limn -e' ended with \(child.code)") }
    }
    return Prepared(
      facts: [("steps", "\(options.steps)")],
      check: {
        try run()
        var status = stat()
        guard stat(picture, &status) == 0, status.st_size > 1000 else { throw BenchError("no picture was saved") }
      }, run: run, childPeak: { peak })
  }

  /// Each layer by itself, equal ones once, and a table of where the time goes on standard error.
  private static func layers(_ name: String, _ list: @escaping @Sendable (Model, Options) throws -> [LayerWork]) -> Job {
    Job(name: "model/\(name)") { options in
      let work = try list(try load(options), options).filter { !$0.isOfWords }
      var table: LayerTable?
      return Prepared(
        operations: work.reduce(0) { $0 + $1.operations }, check: {},
        run: {
          let timed = LayerTable(work, repeats: options.repeats)
          if table == nil { report(timed.text) }
          table = timed
        })
    }
  }
}

extension String {
  func replacingLast(_ end: String, with other: String) -> String { hasSuffix(end) ? String(dropLast(end.count)) + other : self }
}
