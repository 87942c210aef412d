import LimnDiffusion
import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

@Suite struct VAETests {
  @Test(arguments: TinyModel.both)
  func encodesAsDiffusersDoes(_ model: TinyModel) throws {
    let expected = try Fixtures.tensors(model.name)
    let (mean, logvar) = try model.vae().encode(expected["vae.image"]!)
    expectClose(mean, expected["vae.mean"]!, relativeToLargest: 1e-4)
    expectClose(logvar, expected["vae.logvar"]!, relativeToLargest: 1e-4)
  }

  @Test(arguments: TinyModel.both)
  func decodesAsDiffusersDoes(_ model: TinyModel) throws {
    let expected = try Fixtures.tensors(model.name)
    expectClose(try model.vae().decode(expected["vae.z"]!), expected["vae.decoded"]!, relativeToLargest: 1e-4)
  }

  @Test func defaultsWhatOldConfigsLack() throws {
    let config = try TinyModel.sd1.config("vae")
    #expect(config["scaling_factor"] == nil)
    let read = try VAEConfig(config)
    #expect(read.scalingFactor == 0.18215)
    #expect(read.attendsInMiddle && read.hasQuantConv && read.hasPostQuantConv)
    #expect(read.downscale == 2)
  }

  @Test func readsAttentionStoredAsConvolutions() throws {
    let model = TinyModel.sd1, z = TorchGenerator(seed: 1).randn([1, 4, 5, 7])
    var weights = try model.weights("vae")
    var changed = 0
    for (key, parameter) in weights where key.contains("attentions.0") && parameter.weight.shape.rank == 2 {
      let shape = parameter.weight.shape
      let source = parameter.tensor.reshaped([shape[0], shape[1], 1, 1])
      weights[key] = Parameter(Weight(key: key, source: source))
      changed += 1
    }
    #expect(changed == 8)
    let vae = try VAE(config: model.config("vae"), weights: WeightReader(weights, file: "test"))
    #expect(try vae.decode(z).floats() == model.vae().decode(z).floats())
  }

  @Test func takesPicturesOfAnySize() throws {
    let vae = try TinyModel.sd2.vae()
    #expect(try vae.decode(.zeros([1, 4, 3, 5])).shape == [1, 3, 6, 10])
    #expect(try vae.encode(.zeros([1, 3, 7, 10])).mean.shape == [1, 4, 3, 5])
  }

  @Test func worksWithoutItsOptionalParts() throws {
    let model = TinyModel.sd2
    let config = try model.config("vae").with("mid_block_add_attention", false).with("use_quant_conv", false)
      .with("use_post_quant_conv", false)
    let weights = try model.weights("vae").filter { !$0.key.contains("quant_conv") && !$0.key.contains("attentions") }
    let vae = try VAE(config: config, weights: WeightReader(weights, file: "test"))
    #expect(try vae.decode(.zeros([1, 4, 4, 4])).shape == [1, 3, 8, 8])
    #expect(try vae.encode(.zeros([1, 3, 8, 8])).logvar.shape == [1, 4, 4, 4])
  }

  @Test func saysWhichInputDoesNotFit() throws {
    let vae = try TinyModel.sd1.vae()
    expectMessage("vae: the latent is [1, 3, 8, 8], expected [N, 4, h, w]") { try vae.decode(.zeros([1, 3, 8, 8])) }
    expectMessage("vae: the image is [3, 8, 8], expected [N, 3, H, W]") { try vae.encode(.zeros([3, 8, 8])) }
    let config = try TinyModel.sd1.config("vae").with("down_block_types", ["DownEncoderBlock2D", "AttnDownEncoderBlock2D"])
    expectMessage(
      "'vae/config.json': 'down_block_types': the value does not fit: found [\"DownEncoderBlock2D\",\"AttnDownEncoderBlock2D\"], expected 2 of 'DownEncoderBlock2D'"
    ) { try VAEConfig(config) }
  }
}
