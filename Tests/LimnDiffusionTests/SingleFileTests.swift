import LimnDiffusion
import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

private let single = Fixtures.path("sd1/single.safetensors")

private func message(_ name: String, _ options: ModelOptions = ModelOptions()) -> String {
  do {
    _ = try ModelFiles.load(name, options: options)
    return "no error"
  } catch {
    return error.description
  }
}

/// Old VAEs spell their attention differently; the reader of single files gives the new names.
private func modern(_ key: String) -> String {
  var key = key
  for (old, new) in [(".query.", ".to_q."), (".key.", ".to_k."), (".value.", ".to_v."), (".proj_attn.", ".to_out.0.")] {
    key = key.replacing(old, with: new)
  }
  return key
}

private func expectSameWeights(_ actual: ComponentFiles, _ expected: ComponentFiles) {
  let named = Dictionary(uniqueKeysWithValues: expected.weights.map { (modern($0.key), $0.value) })
  #expect(Set(actual.weights.keys) == Set(named.keys))
  for (key, weight) in actual.weights {
    if let other = named[key] { expectSame(weight.f32, other.f32, key) }
  }
}

@Suite struct SingleFileTests {
  @Test func holdsTheSameModelAsTheFolder() throws {
    let files = try ModelFiles.load(single)
    let folder = try ModelFiles.load(Fixtures.path("sd1"))
    #expect(files.family == .sd1)
    expectSameWeights(files.unet, folder.unet)
    expectSameWeights(files.vae, folder.vae)
    expectSameWeights(files.textEncoder, folder.textEncoder)
    // The file lies in the folder of its own model, so the configs are that folder's.
    #expect(files.unet.config == folder.unet.config)
    #expect(files.tokenizer.vocabularySize == 723)
    #expect(files.prediction == .epsilon)
    let averages = try SafetensorsFile(path: single).keys.filter { $0.hasPrefix("model_ema.") }.count
    #expect(
      files.notes == [
        "the configs are those of '\(Fixtures.path("sd1"))'",
        "\(averages) keys of an averaged copy ('model_ema.…') are skipped: the plain weights are used",
      ])
  }

  @Test func worksOutTheConfigsFromTheShapes() throws {
    try withTemporaryFolder { root throws in
      let folder = ModelFolder(root)
      folder.link(single, as: "m.safetensors")
      // Alone, the tiny model lacks its vocabulary: that is said. With one, the configs can be compared.
      #expect(message("\(root)/m.safetensors").contains("the tokenizer and the text encoder do not belong together"))
      let inferred = try ModelFiles.inferredConfigs(singleFile: "\(root)/m.safetensors")
      let truth = try ModelFiles.load(Fixtures.path("sd1"))
      for key in [
        "block_out_channels", "cross_attention_dim", "down_block_types", "up_block_types", "in_channels",
        "out_channels",
        "layers_per_block", "use_linear_projection", "norm_eps", "flip_sin_to_cos", "freq_shift",
      ] { #expect(inferred.unet[key] == truth.unet.config[key], "\(key)") }
      for key in [
        "block_out_channels", "latent_channels", "layers_per_block", "in_channels", "out_channels", "down_block_types",
      ] {
        #expect(inferred.vae[key] == truth.vae.config[key], "\(key)")
      }
      for key in [
        "hidden_size", "intermediate_size", "num_hidden_layers", "max_position_embeddings", "vocab_size", "hidden_act",
        "eos_token_id", "layer_norm_eps",
      ] { #expect(inferred.text[key] == truth.textEncoder.config[key], "\(key)") }
      #expect(inferred.unet["attention_head_dim"] == 8)
    }
  }

  @Test func takesTheConfigsOfAnotherFolderWhenAsked() throws {
    try withTemporaryFolder { root throws in
      let folder = ModelFolder(root)
      folder.link(single, as: "m.safetensors")
      let files = try ModelFiles.load("\(root)/m.safetensors", options: ModelOptions(config: Fixtures.path("sd1")))
      #expect(files.unet.config["attention_head_dim"] == 4)
      #expect(files.prediction == .epsilon)
      #expect(
        message("\(root)/m.safetensors", ModelOptions(config: Fixtures.path("sd2")))
          .contains("'cross_attention_dim': the config is for another model: found 64, expected 32"))
    }
  }

  @Test func readsASecondGenerationCheckpoint() throws {
    try withTemporaryFolder { root throws in
      try LDMNaming.writeSecond(to: "\(root)/m.safetensors")
      let files = try ModelFiles.load("\(root)/m.safetensors", options: ModelOptions(config: Fixtures.path("sd2")))
      let folder = try ModelFiles.load(Fixtures.path("sd2"))
      #expect(files.family == .sd2)
      expectSameWeights(files.unet, folder.unet)
      // The last of four layers is left out, the joined projections are taken apart.
      #expect(files.textEncoder.weights.count == folder.textEncoder.weights.count)
      for (key, weight) in folder.textEncoder.weights {
        let other = try #require(files.textEncoder.weights["text_model." + key], "\(key)")
        expectSame(other.f32, weight.f32, key)
      }
      let inferred = try ModelFiles.inferredConfigs(singleFile: "\(root)/m.safetensors")
      #expect(inferred.unet["use_linear_projection"] == true)
      #expect(inferred.unet["attention_head_dim"] == [1, 1, 1])
      #expect(inferred.text["hidden_act"] == "gelu")
      #expect(inferred.text["num_hidden_layers"] == 3)
      #expect(inferred.text["intermediate_size"] == 256)
      #expect(files.prediction == .velocity)
      #expect(files.notes == ["the configs are those of '\(Fixtures.path("sd2"))'"])
    }
  }

  @Test func learnsWhatIsPredictedFromAYamlTheMetadataOrTheOptions() throws {
    try withTemporaryFolder { root throws in
      let path = "\(root)/m.safetensors"
      let tree = Fixtures.path("sd2")
      // A folder of configs without a schedule says nothing of the prediction.
      let configs = ModelFolder("\(root)/configs", of: "sd2") { $0.hasPrefix("scheduler") }
      try LDMNaming.writeSecond(to: path)
      func load(_ prediction: PredictionKind? = nil, config: String) throws -> ModelFiles {
        try ModelFiles.load(path, options: ModelOptions(prediction: prediction, config: config))
      }
      #expect(try load(config: configs.path).prediction == nil)
      #expect(try load(config: configs.path).scheduler["prediction_type"] == nil)
      #expect(try load(.velocity, config: configs.path).scheduler["prediction_type"] == "v_prediction")
      #expect(try load(config: configs.path).deciding(.epsilon).scheduler["prediction_type"] == "epsilon")

      write(
        "model:\n  params:\n    parameterization: \"v\" # said\n    linear_start: 0.00085\n    linear_end: 0.0120\n"
          .utf8, to: "\(root)/m.yaml")
      let said = try load(config: configs.path)
      #expect(said.prediction == .velocity)
      #expect(said.notes.contains("'m.yaml' says that the model predicts v"))
      #expect(try load(.epsilon, config: tree).prediction == .epsilon)
      write("model:\n  params:\n    linear_start: 0.00085\n".utf8, to: "\(root)/m.yaml")
      #expect(try load(config: tree).prediction == .epsilon)
      write("    parameterization: w\n".utf8, to: "\(root)/m.yaml")
      #expect(
        message(path, ModelOptions(config: tree)).contains("'parameterization': is not a kind of prediction: found 'w'")
      )
    }
    try withTemporaryFolder { root throws in
      let configs = ModelFolder("\(root)/configs", of: "sd2") { $0.hasPrefix("scheduler") }
      let options = ModelOptions(config: configs.path)
      try LDMNaming.writeSecond(to: "\(root)/a.safetensors", metadata: [("modelspec.prediction_type", "v")])
      #expect(try ModelFiles.load("\(root)/a.safetensors", options: options).prediction == .velocity)
      try LDMNaming.writeSecond(
        to: "\(root)/b.safetensors", extra: [("v_pred", Tensor(0)), ("strange.key", Tensor(0))])
      let files = try ModelFiles.load("\(root)/b.safetensors", options: options)
      #expect(files.prediction == .velocity)
      #expect(files.notes.contains("1 keys are not used: 'strange.key'"))
    }
  }

  @Test func anUndecidedSecondGenerationModelGetsItsSizeWhenDecided() throws {
    try withTemporaryFolder { root throws in
      try LDMNaming.writeSecond(to: "\(root)/m.safetensors")
      var files = try ModelFiles.load("\(root)/m.safetensors", options: ModelOptions(config: Fixtures.path("sd2")))
      files.isInferred = true
      #expect(files.deciding(.velocity).unet.config["sample_size"] == 96)
      #expect(files.deciding(.epsilon).unet.config["sample_size"] == 64)
    }
  }

  @Test func saysWhatAFileIsThatIsNoCheckpoint() throws {
    #expect(
      message(Fixtures.path("sd1/unet/diffusion_pytorch_model.safetensors")).hasSuffix(
        "is a UNet alone: expected a Stable Diffusion 1.x or 2.x checkpoint; give the model's folder, '\(Fixtures.path("sd1"))'"
      ))
    #expect(
      message(Fixtures.path("sd1/vae/diffusion_pytorch_model.safetensors")).hasSuffix(
        "it can be given as 'vae:' of a model"))
    #expect(message(Fixtures.path("sd1/text_encoder/model.safetensors")).contains("is a CLIP text encoder alone"))
    #expect(message(Fixtures.path("rng.safetensors")).contains("holds no model limn knows: its keys are such as"))
    try withTemporaryFolder { root throws in
      let unet = try SafetensorsFile(path: single)
      let half = unet.keys.filter { $0.hasPrefix("model.diffusion_model.") }.map {
        ($0, Tensor.zeros(Shape(unet.entries[$0]!.shape)))
      }
      try SafetensorsFile.write(half, to: "\(root)/m.safetensors")
      #expect(message("\(root)/m.safetensors").contains("holds a UNet but no text encoder"))
      let text = try unet.keys.filter { $0.hasPrefix("cond_stage_model.") }.map { ($0, try unet.tensor($0)) }
      try SafetensorsFile.write(half + text, to: "\(root)/n.safetensors")
      #expect(message("\(root)/n.safetensors").contains("holds no VAE"))
      let files = try ModelFiles.load(
        "\(root)/n.safetensors", options: ModelOptions(vae: Fixtures.path("sd1/vae"), config: Fixtures.path("sd1")))
      #expect(files.vae.weights.count > 100)
      write([1, 2, 3], to: "\(root)/cut.safetensors")
      #expect(message("\(root)/cut.safetensors").contains("too short for a safetensors file"))
      write("<html>not found</html>                         ".utf8, to: "\(root)/page.safetensors")
      #expect(message("\(root)/page.safetensors").contains("this is not a safetensors file"))
    }
  }
}

@Suite struct ModelFamilyTests {
  @Test(
    arguments: [
      (
        [
          "model.diffusion_model.input_blocks.0.0.weight",
          "cond_stage_model.transformer.text_model.final_layer_norm.bias",
        ], ModelFamily.sd1
      ),
      (["model.diffusion_model.input_blocks.0.0.weight", "cond_stage_model.model.ln_final.bias"], .sd2),
      (["model.diffusion_model.label_emb.0.0.weight", "conditioner.embedders.0.transformer.x"], .sdxl),
      (["down_blocks.0.resnets.0.conv1.weight", "add_embedding.linear_1.weight"], .sdxl),
      (["model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight"], .sd3),
      (["double_blocks.0.img_attn.qkv.weight"], .flux),
      (["model.diffusion_model.double_blocks.0.img_attn.qkv.weight"], .flux),
      (["single_transformer_blocks.0.attn.to_q.weight"], .flux),
      (["controlnet_cond_embedding.conv_in.weight", "down_blocks.0.resnets.0.conv1.weight"], .controlNet),
      (["control_model.input_blocks.0.0.weight"], .controlNet),
      (["lora_unet_down_blocks_0_attentions_0.lora_down.weight"], .lora),
      (["unet.down_blocks.0.attn1.to_q.lora_A.weight"], .lora), (["emb_params"], .textualInversion),
      (["<panda>"], .textualInversion),
      (["clip_l", "clip_g"], .textualInversion), (["first_stage_model.encoder.conv_in.weight"], .vae),
      (["decoder.up.0.block.0.conv1.weight"], .vae),
      (["encoder.down_blocks.0.resnets.0.conv1.weight"], .vae), (["down_blocks.0.resnets.0.conv1.weight"], .unet),
      (["text_model.final_layer_norm.weight"], .textEncoder), (["text_model.x", "vision_model.y"], .clip),
      (["net.0.weight"], .unknown), ([], .unknown),
    ] as [([String], ModelFamily)])
  func isToldFromTheKeys(_ keys: [String], family: ModelFamily) {
    #expect(ModelFamily(keys: keys, shape: { _ in [1, 768] }) == family)
  }
}
