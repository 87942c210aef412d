import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

import LimnDiffusion

@Suite struct PipelineRunTests {
  private let model = PipelineTests.models["sd1"]!

  private func request(_ sampler: String, capture: [String] = []) -> SampleRequest {
    var request = SampleRequest("a panda and a bowl")
    (request.steps, request.guidance, request.seeds, request.sampler) = (5, 5, [7], sampler)
    request.capture = Capture(capture.map { .phrase($0) })
    return request
  }

  @Test(arguments: SamplerNames.canonical) func steppingEqualsOneCallBitForBit(_ sampler: String) throws {
    var run = try Run(model, request(sampler))
    var made = 0
    while !run.isDone {
      #expect(run.index == made && run.t?.index == made && run.t?.count == run.count)
      run = try run.step()
      made += 1
    }
    #expect(made == run.count && run.t == nil)
    expectSame(run.z, try model.sample(request(sampler)).z)
  }

  @Test(arguments: SamplerNames.canonical) func backAndForwardIsBitEqual(_ sampler: String) throws {
    let end = try model.sample(request(sampler, capture: ["panda"]))
    let earlier = try end.back(3)
    #expect(earlier.index == end.count - 3)
    let again = try earlier.finish()
    expectSame(again.z, end.z)
    expectSame(try #require(again.maps).mean(.phrase("panda")), try #require(end.maps).mean(.phrase("panda")))
    expectSame(try end.back(end.count).finish().z, end.z)
  }

  @Test(arguments: ["ddim", "heun", "dpm++ 2m sde", "unipc"]) func aForkHasItsOwnFuture(_ sampler: String) throws {
    var run = try Run(model, request(sampler))
    for _ in 0..<2 { run = try run.step() }
    let kept = run
    let bold = try run.with(guidance: 9).finish()
    let end = try kept.finish()
    #expect(bold.z.floats() != end.z.floats())
    expectSame(end.z, try model.sample(request(sampler)).z)
    expectSame(try bold.with(guidance: 5).back(bold.index - 2).with(guidance: 5).finish().z, end.z)
  }

  @Test func aGivenNoisePredictionIsUsed() throws {
    // The loop of the language's tour, by hand: guidance outside the run gives the run's own picture.
    let request = request("ddim")
    var run = try Run(model, request)
    let schedule = try Samplers.make("ddim", config: model.schedulerConfig, steps: 5)
    var z = TorchGenerator(seed: 7).randn([1, 4, 16, 16])
    for t in Timestep.all(of: schedule) {
      let positive = try model.denoise(z, at: [t], run.condition).eps
      let negative = try model.denoise(z, at: [t], run.uncondition).eps
      let eps = negative + 5 * (positive - negative)
      z = try t.step(z, eps)
      run = try run.step(eps: eps)
      expectClose(run.z, z, relativeToLargest: 1e-6)
    }
    expectClose(z, try model.sample(request).z, relativeToLargest: 1e-4)
  }

  @Test func velocityModelsTakeNoiseToo() throws {
    let model = PipelineTests.models["sd2"]!
    for sampler in ["ddim", "euler", "dpm++ 2m", "pndm"] {
      let run = try Run(model, request(sampler))
      let own = try run.step()
      let given = try run.step(eps: try #require(own.eps))
      expectClose(given.z, own.z, relativeToLargest: 1e-4)
    }
  }

  @Test(arguments: ["ddim", "euler a", "dpm2 a", "unipc"]) func aPictureIsTheSameAloneAndInABatch(_ sampler: String) throws {
    var three = request(sampler)
    three.count = 3
    let batch = try model.sample(three).z
    for k in 0..<3 {
      var alone = request(sampler)
      alone.seeds = [7 + Int64(k)]
      expectSame(batch.sliced(axis: 0, from: k, to: k + 1), try model.sample(alone).z)
    }
  }

  @Test func aWholePictureIsTheSameForAnyNumberOfThreads() throws {
    let pictures = try [1, 2, 3, 8].map { threads in
      try withThreads(threads) { try model.sample(request("dpm++ 2m karras", capture: ["panda"])).image() }
    }
    for picture in pictures { expectSame(picture, pictures[0]) }
  }

  /// Rows are evaluated side by side where there are threads for them; maps, words and times of each stay its own.
  @Test func mapsAndRowsAreTheSameForAnyNumberOfThreads() throws {
    let prompts = try model.encode(["a panda next to a bowl", "a red bowl", "a panda on grass"])
    let z = TorchGenerator(seed: 5).randn([3, 4, 16, 16])
    let times = try [700, 300, 20].map { try Timestep($0, of: model.schedule) }
    var options = Model.DenoiseOptions()
    options.capture.keys = [.phrase("panda")]
    let found = try [1, 2, 3, 8].map { threads in
      try withThreads(threads) {
        let run = try model.sample(request("ddim", capture: ["panda"]))
        return (try #require(run.maps).mean(.phrase("panda")), try model.denoise(z, at: times, prompts, options))
      }
    }
    for one in found {
      expectSame(one.0, found[0].0)
      expectSame(one.1.raw, found[0].1.raw)
      for row in [0, 2] { expectSame(try one.1[row].maps!.mean(.phrase("panda")), try found[0].1[row].maps!.mean(.phrase("panda"))) }
    }
  }

  @Test func beforeTheEndTheImageIsTheEstimate() throws {
    let run = try Run(model, request("ddim")).step()
    let estimate = try #require(run.last).x0
    expectSame(try run.image(), try model.decode(estimate))
    let end = try run.finish()
    expectSame(try end.image(), try model.decode(end.z))
  }

  @Test func capturingChangesNoPixel() throws {
    let plain = try model.sample(request("euler"))
    expectSame(try model.sample(request("euler", capture: ["panda", "bowl"])).z, plain.z)
    #expect(plain.maps == nil)
  }

  @Test func theRunsMapsAreTheMeanOfItsSteps() throws {
    var request = request("ddim", capture: ["panda"])
    request.negatives = ["a bowl"]
    request.capture.keys.append(.phrase("bowl"))
    request.capture.keepsSteps = true
    let maps = try #require(try model.sample(request).maps)
    for role in GuidanceRole.allCases {
      var selection = AttentionMaps.Selection()
      selection.role = role
      let mean = try maps.mean(.phrase("bowl"), selection)
      #expect(mean.shape == [16, 16])
      let steps = try (0..<5).map { step in
        selection.step = step
        return try maps.mean(.phrase("bowl"), selection)
      }
      expectClose(steps.dropFirst().reduce(steps[0]) { $0 + $1 } / 5, mean, relativeToLargest: 1e-5)
    }
    #expect(try maps.mean(.phrase("panda"), AttentionMaps.Selection(size: 8)).shape == [8, 8])
  }

  @Test func progressIsToldAndCancellationStops() throws {
    var told: [Int] = []
    _ = try model.sample(request("heun")) { told.append($0.index) }
    #expect(told == Array(1...9))
    let cancellation = Cancellation()
    #expect(throws: CancellationError.self) {
      try model.sample(request("ddim"), cancellation: cancellation) { if $0.index == 2 { cancellation.cancel() } }
    }
  }

  @Test func requestsThatCannotBeAreRefused() throws {
    func message(_ change: (inout SampleRequest) -> Void) -> String {
      var request = request("ddim")
      change(&request)
      do {
        _ = try Run(model, request)
        return "no error"
      } catch {
        return "\(error)"
      }
    }
    #expect(message { $0.width = 33 } == "the size is 33×32, expected multiples of 2; use 34×32")
    #expect(message { $0.count = 0 } == "found 1 prompts and count 0, expected at least one of each")
    #expect(message { ($0.count, $0.seeds) = (3, [1, 2]) } == "found 2 seeds for 3 pictures, expected one or as many")
    #expect(message { $0.negatives = ["a", "b"] } == "found 2 negative prompts for 1 prompts, expected one or as many")
    #expect(message { $0.rescale = 2 } == "rescale is 2.0, expected 0 to 1")
    #expect(message { $0.strength = 0.5 } == "found strength 0.5 and no picture; give image:")
    #expect(message { $0.noise = Tensor.ones([1, 4, 8, 8]) } == "the noise is [1, 4, 8, 8], expected [1, 4, 16, 16]")
    #expect(message { $0.capture = Capture([.phrase("pandas")]) } == "'pandas' does not occur in the prompt; did you mean 'panda'?")
    #expect(message { $0.clipSkip = 9 } == "clip_skip: found 9, expected 0 to 3")
    let run = try Run(model, request("ddim"))
    #expect(throws: PipelineError("cannot go back 1 evaluations, the run has made 0")) { try run.back(1) }
    #expect(throws: PipelineError("the run is done after 5 evaluations; go back with run.back(1)")) { try run.finish().step() }
    #expect(throws: PipelineError("eps is [1], expected [1, 4, 16, 16]")) { try run.step(eps: Tensor.ones([1])) }
  }
}
