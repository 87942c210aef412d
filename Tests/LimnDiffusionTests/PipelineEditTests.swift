import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

import LimnDiffusion

@Suite struct PipelineEditTests {
  private let model = PipelineTests.models["sd1"]!

  private func request(_ sampler: String, strength: Double, masked: Bool) throws -> SampleRequest {
    var request = SampleRequest("a dog")
    (request.steps, request.guidance, request.seeds, request.sampler, request.strength) = (10, 5, [9], sampler, strength)
    request.image = try Fixtures.tensor("edit", "image")
    if masked { request.mask = try Fixtures.tensor("edit", "mask").reshaped([32, 32]) }
    return request
  }

  @Test(arguments: ["ddim", "euler"]) func changesAPicture(_ sampler: String) throws {
    let run = try model.sample(request(sampler, strength: 0.6, masked: false))
    #expect(run.count == 6)
    try PipelineTests.expectSamePictures(run.image(), "edit", "image_to_image.\(sampler).0.6")
  }

  @Test(arguments: ["ddim", "euler"], [0.6, 1.0]) func paintsAHole(_ sampler: String, _ strength: Double) throws {
    let run = try model.sample(request(sampler, strength: strength, masked: true))
    try PipelineTests.expectSamePictures(run.image(), "edit", "inpaint.\(sampler).\(strength)")
  }

  @Test func paintsAHoleWithNineChannels() throws {
    let inpainting = try Self.inpaintingModel()
    try PipelineTests.expectSamePictures(
      inpainting.sample(request("ddim", strength: 1, masked: true)).image(), "edit", "inpaint9.ddim.1.0")
  }

  @Test func outsideTheHoleThePictureStays() throws {
    // The end of the run holds the picture's own latents outside, to the bit.
    let run = try model.sample(request("dpm++ 2m", strength: 1, masked: true))
    let clean = try model.encodeImage(try #require(run.request.image), generator: TorchGenerator(seed: 9))
    expectClose(run.z.selected(axis: 2, index: 0), clean.selected(axis: 2, index: 0), relativeToLargest: 1e-6)
    #expect(run.z.selected(axis: 2, index: 8).floats() != clean.selected(axis: 2, index: 8).floats())
  }

  @Test(arguments: ["pndm", "lms", "heun", "dpm2 a", "dpm++ 2m sde", "unipc", "lcm", "euler a", "ddpm"])
  func everySamplerBeginsFromAPictureAndPaintsHoles(_ sampler: String) throws {
    for masked in [false, true] {
      let image = try model.sample(request(sampler, strength: 0.5, masked: masked)).image()
      #expect(image.shape == [1, 3, 32, 32] && image.floats().allSatisfy(\.isFinite))
    }
  }

  @Test func aBatchChangesEachPictureAsAlone() throws {
    var both = try request("euler a", strength: 0.6, masked: true)
    both.count = 2
    var second = both
    (second.count, second.seeds) = (1, [10])
    let batch = try model.sample(both).z
    expectSame(batch.sliced(axis: 0, from: 1, to: 2), try model.sample(second).z)
  }

  @Test func editsThatCannotBeAreRefused() throws {
    func message(_ change: (inout SampleRequest) throws -> Void) -> String {
      do {
        var request = try request("ddim", strength: 0.6, masked: true)
        try change(&request)
        _ = try Run(model, request)
        return "no error"
      } catch {
        return "\(error)"
      }
    }
    #expect(message { $0.image = nil } == "found a mask and no picture; give image:")
    #expect(message { $0.mask = Tensor.ones([16, 16]) } == "the mask is [16, 16], expected [32, 32] as the picture; fit the mask to it")
    #expect(message { $0.strength = 0.01 }.hasPrefix("strength 0.01 of 10 steps leaves none to run"))
    #expect(message { $0.strength = 1.5 } == "strength is 1.5, expected 0 to 1")
    #expect(message { $0.width = 64 } == "the picture is 32×32 but the size is 64×32; resize the picture")
    #expect(message { $0.image = Tensor.ones([1, 32, 32]) }.hasPrefix("the picture is [1, 32, 32], expected [3, H, W]"))
    do {
      _ = try Run(Self.inpaintingModel(), SampleRequest("a dog"))
      Issue.record("an inpainting model ran without a mask")
    } catch {
      #expect("\(error)".hasSuffix("is an inpainting model, found no mask; give image: and mask:"))
    }
  }

  private static func inpaintingModel() throws -> Model {
    var files = try ModelFiles.load(Fixtures.path("sd1"))
    let tree = Fixtures.tree("edit/unet9")
    let file = try SafetensorsFile(path: Fixtures.path("edit/unet9/diffusion_pytorch_model.safetensors"))
    let weights = try file.keys.map { ($0, Weight(key: $0, source: try file.tensor($0))) }
    files.unet = ComponentFiles(
      name: "edit/unet9", config: try #require(try tree.json("config.json")),
      weights: Dictionary(uniqueKeysWithValues: weights))
    return try Model(files)
  }
}
