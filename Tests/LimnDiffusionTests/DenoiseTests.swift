import LimnDiffusion
import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

@Suite struct DenoiseTests {
  private func setUp(_ family: String) throws -> (Model, Tensor, Timestep) {
    let model = try #require(PipelineTests.models[family])
    return (model, TorchGenerator(seed: 3).randn([1, 4, 16, 16]), try Timestep(400, of: model.schedule))
  }

  @Test(arguments: PipelineTests.families) func theThreeFormsAreOnePrediction(_ family: String) throws {
    let (model, z, t) = try setUp(family)
    let out = try model.denoise(z, at: [t], model.encode(["a dog"]))
    expectSame(family == "sd1" ? out.eps : out.v, out.raw)
    expectClose(t.alpha * out.x0 + t.sigma * out.eps, z, relativeToLargest: 1e-5)
    expectClose(t.alpha * out.eps - t.sigma * out.x0, out.v, relativeToLargest: 1e-5)
    expectClose(t.target(out.x0, out.eps), out.raw, relativeToLargest: 1e-5)
  }

  @Test(arguments: PipelineTests.families) func rowsArePromptsAndTimesteps(_ family: String) throws {
    let (model, z, t) = try setUp(family)
    let early = try Timestep(900.5, of: model.schedule)
    let condition = try model.encode(["a dog", "a panda"])
    var options = Model.DenoiseOptions()
    options.capture = Capture([.phrase("panda")])
    let both = try model.denoise(z, at: [t, early], condition, options)
    let second = try model.denoise(z, at: [early], condition[1], options)
    #expect(both.raw.shape == [2, 4, 16, 16])
    expectSame(both[1].raw, second.raw)
    expectSame(both[1].x0, second.x0)
    expectSame(both.x0.sliced(axis: 0, from: 1, to: 2), second.x0)
    expectSame(try #require(both[1].maps).mean(.phrase("panda")), try #require(second.maps).mean(.phrase("panda")))
    #expect(throws: PromptError.self) { try #require(both[0].maps).mean(.phrase("panda")) }
    #expect(throws: PipelineError("denoise: found 2 prompts for 3 rows, expected 1 or 3")) {
      try model.denoise(.concatenated([z, z, z], axis: 0), at: [t], condition)
    }
  }

  @Test func mapsAreAskedForByWord() throws {
    let (model, z, t) = try setUp("sd1")
    let condition = try model.encode(["a panda, a bowl and a panda"])
    var options = Model.DenoiseOptions()
    options.capture = Capture([.phrase("panda"), .phrase("a bowl")])
    let maps = try #require(try model.denoise(z, at: [t], condition, options).maps)
    let both = try maps.mean(.phrase("panda"))
    let (first, second) = (try maps.mean(.phrase("panda", occurrence: 1)), try maps.mean(.phrase("panda", occurrence: 2)))
    expectClose((first + second) / 2, both, relativeToLargest: 1e-5)
    #expect(both.shape == [16, 16] && both.floats().allSatisfy { (0...1).contains($0) })
    #expect(try maps.mean(.phrase("a bowl"), AttentionMaps.Selection(size: 8, blocks: [.down])).shape == [8, 8])
    #expect(throws: PipelineError("maps: 'and' was not captured, captured: 'panda', 'a bowl'; name it in capture:")) {
      try maps.mean(.phrase("and"))
    }
    #expect(throws: PromptError.self) { try maps.mean(.phrase("cat")) }
    var selection = AttentionMaps.Selection()
    selection.step = 0
    #expect(throws: PipelineError.self) { try maps.mean(.phrase("panda"), selection) }
    options.capture = Capture([.phrase("pnada")])
    do {
      _ = try model.denoise(z, at: [t], condition, options)
      Issue.record("a word that does not occur was captured")
    } catch {
      #expect("\(error)" == "'pnada' does not occur in the prompt; did you mean 'panda'?")
    }
  }

  @Test func theWordsOfAPromptShareTheAttention() throws {
    let (model, z, t) = try setUp("sd1")
    let condition = try model.encode(["a panda and a bowl"])
    var options = Model.DenoiseOptions()
    options.capture = Capture((0..<77).map { .position($0) })
    let maps = try #require(try model.denoise(z, at: [t], condition, options).maps)
    let sum = try (0..<77).map { try maps.mean(.position($0)) }.reduce(Tensor.zeros([16, 16])) { $0 + $1 }
    expectClose(sum, Tensor.ones([16, 16]), relativeToLargest: 1e-5)
    options.capture = Capture(allWords: true)
    let words = try #require(try model.denoise(z, at: [t], condition, options).maps)
    #expect(words.keys == ["a", "panda", "and", "bowl"].map { .phrase($0) })
    expectSame(try words.mean(.phrase("panda")), try maps.mean(.phrase("panda")))
  }

  @Test func editedAttentionChangesThePrediction() throws {
    let (model, z, t) = try setUp("sd1")
    let condition = try model.encode(["a panda"])
    var options = Model.DenoiseOptions()
    options.edit = { _, probabilities in probabilities }
    let plain = try model.denoise(z, at: [t], condition)
    expectClose(try model.denoise(z, at: [t], condition, options).raw, plain.raw, relativeToLargest: 1e-5)
    options.edit = { layer, probabilities in layer.kind == .cross ? probabilities * 0 : probabilities }
    #expect(try model.denoise(z, at: [t], condition, options).raw.floats() != plain.raw.floats())
  }

  @Test(arguments: PipelineTests.families) func gradientsReachTheLatentThroughDenoisingAndDecoding(_ family: String) throws {
    let (model, z, t) = try setUp(family)
    let condition = try model.encode(["a panda"])
    func energy(_ z: Tensor) throws -> Tensor {
      let picture = try model.decode(model.denoise(z, at: [t], condition).x0 * 0.1)
      return ((picture - 0.8) * (picture - 0.8)).mean()
    }
    let (_, gradients) = try valueAndGradient(at: [z]) { try energy($0[0]) }
    let direction = TorchGenerator(seed: 8).randn(z.shape)
    let along = (gradients[0] * direction).sum().item
    let h: Float = 1e-2
    let difference = (try energy(z + h * direction).item - energy(z - h * direction).item) / (2 * h)
    #expect(abs(along - difference) < 0.05 * abs(difference) + 1e-5, "\(along), by differences \(difference)")
  }

  @Test func anUnknownPredictionTypeIsFoundByOneEvaluation() throws {
    var files = try ModelFiles.load("sticker")
    files.prediction = nil
    let model = try Model(files)
    #expect(model.files.prediction == .epsilon && model.schedule.prediction == .epsilon)
    #expect(model.report.notes.contains { $0.hasPrefix("no file says what the UNet predicts; one evaluation at t = 999 found 'epsilon'") })
    // A model of v shows its picture there, which has nothing in common with the noise.
    let noise = TorchGenerator(seed: 0).randn([1, 4, 16, 16]), picture = TorchGenerator(seed: 1).randn([1, 4, 16, 16])
    #expect(PredictionProbe.kind(output: 0.07 * noise - picture, noise: noise) == .velocity)
    #expect(PredictionProbe.kind(output: noise + 0.3 * picture, noise: noise) == .epsilon)
  }
}
