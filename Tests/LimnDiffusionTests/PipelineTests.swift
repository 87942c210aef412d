import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

import LimnDiffusion

/// Whole pictures against what diffusers draws. `Tests/Fixtures/README.md` says how each was made.
@Suite struct PipelineTests {
  /// Expects pictures to differ by at most 1 of 255 where they are saved, and much less where they are computed.
  ///
  /// - Parameters: `pictures [N, 3, H, W]`, the fixture's `[N, H, W, 3]`.
  static func expectSamePictures(
    _ pictures: Tensor, _ fixture: String, _ key: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let expected = try Fixtures.tensor(fixture, key)
    let found = pictures.permuted([0, 2, 3, 1]).contiguous()
    expectClose(found, expected, relativeToLargest: 1e-3, key, sourceLocation: sourceLocation)
    let levels = zip(found.floats(), expected.floats()).map { abs(($0 * 255).rounded() - ($1 * 255).rounded()) }
    #expect((levels.max() ?? 255) <= 1, "\(fixture) \(key)", sourceLocation: sourceLocation)
  }

  static let families = ["sd1", "sd2"]
  static let models: [String: Model] = Dictionary(
    uniqueKeysWithValues: families.map { ($0, try! Model.load(Fixtures.path($0), options: ModelOptions(precision: .f32))) })

  /// A request as `ask` in the fixtures' script makes it.
  private func ask(_ prompt: String, _ change: (inout SampleRequest) -> Void = { _ in }) -> SampleRequest {
    var request = SampleRequest(prompt)
    (request.steps, request.guidance, request.width, request.height, request.seeds) = (5, 5, 32, 32, [9])
    change(&request)
    return request
  }

  private func check(_ family: String, _ key: String, _ request: SampleRequest) throws {
    let model = try #require(Self.models[family])
    try Self.expectSamePictures(model.sample(request).image(), family, "pipeline.\(key)")
  }

  @Test(arguments: families) func drawsThePicture(_ family: String) throws {
    try check(family, "image", ask("a photo of a panda and a bowl") { ($0.steps, $0.guidance, $0.seeds) = (8, 7.5, [7]) })
  }

  @Test(arguments: families) func drawsTwoWideOnesWithANegativePrompt(_ family: String) throws {
    // One generator drew both noises here, which seeds a picture cannot.
    let noise = TorchGenerator(seed: 8).randn([2, 4, 16, 24])
    try check(family, "image2", ask("a dog") {
      ($0.negatives, $0.guidance, $0.count, $0.width, $0.noise) = (["blurry"], 3, 2, 48, noise)
    })
  }

  @Test(arguments: families) func drawsWithNoiseInEachStep(_ family: String) throws {
    try check(family, "eta", ask("a dog") { $0.eta = 1 })
  }

  @Test(arguments: families) func leavesLayersOfTheTextEncoderOff(_ family: String) throws {
    try check(family, "clip_skip", ask("a dog") { $0.clipSkip = 1 })
  }

  @Test(arguments: families) func rescalesGuidance(_ family: String) throws {
    try check(family, "rescale", ask("a dog") { $0.rescale = 0.7 })
  }

  @Test(arguments: families) func drawsWithoutGuidance(_ family: String) throws {
    try check(family, "unguided", ask("a dog") { $0.guidance = 1 })
  }

  @Test(arguments: families) func drawsTwoPromptsWithASeedEach(_ family: String) throws {
    try check(family, "two_prompts", ask("") {
      $0.prompts = ["a dog", "a photo of a panda and a bowl"]
      ($0.negatives, $0.seeds) = (["", "blurry"], [1, 2])
    })
  }

  @Test(arguments: families) func cutsALongPromptAndSaysWhatFellOff(_ family: String) throws {
    let prompt = String(repeating: "a very ", count: 60) + "dog"
    try check(family, "long", ask(prompt))
    let run = try Run(try #require(Self.models[family]), ask(prompt))
    #expect(run.warnings.count == 1 && run.warnings[0].contains("dog' fell off after '"))
  }

  @Test func aSingleFileDrawsTheSamePicture() throws {
    let model = try Model.load(Fixtures.path("sd1/single.safetensors"), options: ModelOptions(precision: .f32))
    var request = ask("a photo of a panda and a bowl") { ($0.steps, $0.guidance, $0.seeds) = (8, 7.5, [7]) }
    request.sampler = "ddim"
    try Self.expectSamePictures(model.sample(request).image(), "sd1", "pipeline.image")
  }
}
