import LimnDiffusion
import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

@Suite struct UNetTests {
  @Test(arguments: TinyModel.both)
  func agreesWithDiffusers(_ model: TinyModel) throws {
    let expected = try Fixtures.tensors(model.name), unet = try model.unet()
    let steps = expected["unet.t"]!.ints().map(Float.init)
    let out = try unet(expected["unet.x"]!, timesteps: steps, context: expected["text.last"]!)
    expectClose(out, expected["unet.out"]!, relativeToLargest: 1e-4)
  }

  @Test(arguments: TinyModel.both)
  func takesTimestepsBetweenIntegers(_ model: TinyModel) throws {
    let expected = try Fixtures.tensors(model.name)
    let out = try model.unet()(expected["unet.x"]!, timesteps: [499.5, 0.25], context: expected["text.last"]!)
    expectClose(out, expected["unet.fraction.out"]!, relativeToLargest: 1e-4)
  }

  @Test(arguments: TinyModel.both)
  func takesSidesThatDoNotHalveEvenly(_ model: TinyModel) throws {
    let expected = try Fixtures.tensors(model.name)
    let words = expected["text.last"]!.sliced(axis: 0, from: 0, to: 1)
    let out = try model.unet()(expected["unet.odd.x"]!, timesteps: [501], context: words)
    expectClose(out, expected["unet.odd.out"]!, relativeToLargest: 1e-4)
  }

  @Test func takesSidesThatAreOddAtEveryLevel() throws {
    let expected = try Fixtures.tensors("sd1"), unet = try TinyModel.sd1.unet()
    let x = TorchGenerator(seed: 1).randn([1, 4, 13, 7])
    let out = try unet(x, timesteps: [501], context: expected["text.last"]!.sliced(axis: 0, from: 0, to: 1))
    #expect(out.shape == [1, 4, 13, 7])
  }

  @Test func aRowIsTheSameAloneAndInABatch() throws {
    let expected = try Fixtures.tensors("sd1"), unet = try TinyModel.sd1.unet()
    let x = expected["unet.x"]!, words = expected["text.last"]!
    let both = try unet(x, timesteps: [981, 21], context: words)
    for (row, step) in [981, 21].enumerated() {
      let alone = try unet(
        x.sliced(axis: 0, from: row, to: row + 1), timesteps: [Float(step)],
        context: words.sliced(axis: 0, from: row, to: row + 1))
      #expect(alone.floats() == both.sliced(axis: 0, from: row, to: row + 1).floats())
    }
  }

  @Test func givesTheSameBytesAtAnyThreadCount() throws {
    let expected = try Fixtures.tensors("sd2"), unet = try TinyModel.sd2.unet()
    let outputs = [1, 2, 3, 8].map { threads in
      withThreads(threads) {
        try! unet(expected["unet.x"]!, timesteps: [981, 21], context: expected["text.last"]!).floats()
      }
    }
    for output in outputs.dropFirst() { #expect(output == outputs[0]) }
  }

  @Test func readsNineChannelsForInpainting() throws {
    let weights = try WeightFiles(Fixtures.tree("edit"), folder: "unet9").open(variant: nil).weights
    let unet = try UNet(config: Fixtures.json("edit/unet9/config"), weights: WeightReader(weights, file: "unet9"))
    let out = try unet(.zeros([1, 9, 16, 16]), timesteps: [10], context: .zeros([1, 77, 32]))
    #expect(out.shape == [1, 4, 16, 16])
  }

  @Test func addsControlResidualsWhereDiffusersDoes() throws {
    let expected = try Fixtures.tensors("controlnet"), unet = try TinyModel.sd1.unet()
    var options = UNet.Options()
    options.downResiduals = (0..<9).map { expected["down.\($0)"]! }
    options.midResidual = expected["mid"]!
    let out = try unet(expected["x"]!, timesteps: [300], context: expected["context"]!, options: options)
    expectClose(out, expected["out"]!, relativeToLargest: 1e-4)
  }

  @Test func aCacheOfTheWordsChangesNothing() throws {
    let expected = try Fixtures.tensors("sd1"), unet = try TinyModel.sd1.unet()
    let x = expected["unet.x"]!, words = expected["text.last"]!
    var options = UNet.Options()
    options.cache = ContextCache()
    let plain = try unet(x, timesteps: [500], context: words).floats()
    for _ in 0..<2 { #expect(try unet(x, timesteps: [500], context: words, options: options).floats() == plain) }
    let others = words * 0.5
    let other = try unet(x, timesteps: [500], context: others).floats()
    #expect(try unet(x, timesteps: [500], context: others, options: options).floats() == other)
    #expect(other != plain)
  }

  @Test func oneRowOfWordsServesAllRows() throws {
    let expected = try Fixtures.tensors("sd1"), unet = try TinyModel.sd1.unet()
    let words = expected["text.last"]!.sliced(axis: 0, from: 0, to: 1)
    let out = try unet(expected["unet.x"]!, timesteps: [7], context: words)
    let same = try unet(expected["unet.x"]!, timesteps: [7, 7], context: .concatenated([words, words], axis: 0))
    #expect(out.floats() == same.floats())
  }

  @Test(arguments: TinyModel.both)
  func oneLatentServesSeveralRowsOfWordsWithTheSameBytes(_ model: TinyModel) throws {
    let expected = try Fixtures.tensors(model.name), unet = try model.unet()
    let x = expected["unet.x"]!, words = expected["text.last"]!
    let context = Tensor.concatenated([words, words * 0.5], axis: 0), both = Tensor.concatenated([x, x], axis: 0)
    let repeated = try unet(both, timesteps: [500], context: context)
    #expect(try unet(x, timesteps: [500], context: context).floats() == repeated.floats())
    let times: [Float] = [1, 2, 3, 4]
    #expect(
      try unet(x, timesteps: times, context: context).floats()
        == unet(both, timesteps: times, context: context).floats())
    let watched = AttentionObserver(
      rows: (0..<4).map { AttentionRow(picture: $0, positions: [2]) }, kinds: [.cross, .own])
    #expect(try unet(x, timesteps: [500], context: context, attention: watched).floats() == repeated.floats())
    #expect(Set(watched.record.rows.map(\.picture)) == [0, 1, 2, 3])
    var options = UNet.Options()
    options.midResidual = .ones([4, 64, 4, 4])
    #expect(
      try unet(x, timesteps: [500], context: context, options: options).floats()
        == unet(both, timesteps: [500], context: context, options: options).floats())
  }

  @Test func stopsWhenCancelled() throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    let unet = try TinyModel.sd1.unet()
    #expect(throws: CancellationError.self) {
      try unet(.zeros([1, 4, 8, 8]), timesteps: [1], context: .zeros([1, 4, 32]), cancellation: cancellation)
    }
  }

  @Test func saysWhichInputDoesNotFit() throws {
    let unet = try TinyModel.sd1.unet(), words = Tensor.zeros([1, 77, 32]), x = Tensor.zeros([2, 4, 8, 8])
    expectMessage("unet: the latent is [1, 3, 8, 8], expected [N, 4, H, W]") {
      try unet(.zeros([1, 3, 8, 8]), timesteps: [1], context: words)
    }
    expectMessage("unet: found 3 timesteps for 2 rows, expected 1 or 2") {
      try unet(x, timesteps: [1, 2, 3], context: words)
    }
    expectMessage("unet: the words are [3, 77, 32], expected [2, T, 32]") {
      try unet(x, timesteps: [1], context: .zeros([3, 77, 32]))
    }
  }
}

@Suite struct UNetConfigTests {
  @Test func readsHeadsFromTheKeyThatMeansTheirSize() throws {
    let one = try UNetConfig(["block_out_channels": [32, 64], "attention_head_dim": 4, "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"], "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"]])
    #expect(one.heads == [4, 4])
    let two = try UNetConfig(TinyModel.sd2.config("unet"))
    #expect(two.heads == [2, 4, 4])
    #expect(two.downAttends == [true, true, false])
    #expect(two.upAttends == [false, true, true])
  }

  @Test func anEmptyConfigIsStableDiffusionOneAsDiffusersDefaultsIt() throws {
    let config = try UNetConfig([:])
    #expect(config.channels == [320, 640, 1280, 1280])
    #expect(config.downAttends == [true, true, true, false])
    #expect(config.upAttends == [false, true, true, true])
    #expect(config.contextFeatures == 1280)
    #expect(config.heads == [8, 8, 8, 8])
    #expect(config.timeFeatures == 1280)
  }

  @Test func namesWhatIsNotSupported() throws {
    let base = try TinyModel.sd1.config("unet")
    func message(_ key: String, _ value: JSON) -> String {
      do { _ = try UNetConfig(base.with(key, value)) } catch { return "\(error)" }
      return "no error"
    }
    #expect(
      message("addition_embed_type", "text_time")
        == "'unet/config.json': 'addition_embed_type': this is a UNet of Stable Diffusion XL: found \"text_time\", expected null, as Stable Diffusion 1 and 2 have"
    )
    #expect(
      message("class_embed_type", "timestep")
        == "'unet/config.json': 'class_embed_type': this setting is not supported: found \"timestep\", expected null")
    #expect(
      message("down_block_types", ["CrossAttnDownBlock2D", "AttnDownBlock2D", "DownBlock2D"])
        == "'unet/config.json': 'down_block_types': the value does not fit: found \"AttnDownBlock2D\", expected 'CrossAttnDownBlock2D' or 'DownBlock2D'"
    )
    #expect(
      message("layers_per_block", [1, 2])
        == "'unet/config.json': 'layers_per_block': the value does not fit: found [1,2], expected one number or a list of 3, one a block"
    )
    #expect(
      message("norm_num_groups", 24)
        == "'unet/config.json': 'block_out_channels': channels do not divide into groups: found 32, expected a multiple of norm_num_groups, 24"
    )
    for key in ["time_cond_proj_dim", "encoder_hid_dim", "num_class_embeds"] {
      #expect(message(key, 8).contains("'\(key)': this setting is not supported"))
    }
  }

  @Test func missingWeightsAreNamed() throws {
    var weights = try TinyModel.sd1.weights("unet")
    weights["mid_block.resnets.0.conv1.weight"] = nil
    let reader = WeightReader(weights, file: "test")
    _ = try UNet(config: TinyModel.sd1.config("unet"), weights: reader)
    expectMessage("'test': 1 of 494 weights are missing: expected 'mid_block.resnets.0.conv1.weight'") { try reader.finish() }
  }
}
