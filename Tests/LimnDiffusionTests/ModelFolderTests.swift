import LimnDiffusion
import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

private func message(_ name: String, _ options: ModelOptions = ModelOptions()) -> String {
  do {
    _ = try ModelFiles.load(name, options: options)
    return "no error"
  } catch {
    return error.description
  }
}

@Suite struct ModelFolderTests {
  @Test(arguments: [("sd1", ModelFamily.sd1, PredictionKind.epsilon), ("sd2", .sd2, .velocity)])
  func readsAFolderOfEachFamily(_ name: String, family: ModelFamily, prediction: PredictionKind) throws {
    let files = try ModelFiles.load(Fixtures.path(name))
    #expect(files.family == family)
    #expect(files.prediction == prediction)
    #expect(files.notes == [])
    #expect(files.unet.weights.count > 300)
    #expect(!files.textEncoder.weights.keys.contains { $0.contains("position_ids") })
    #expect(files.vae.config["latent_channels"]?.int == 4)
    #expect(files.tokenizer.maxLength == 77)
    #expect(files.hash().count == 64)
  }

  @Test func readsTheModelInsideTheBinary() throws {
    let files = try ModelFiles.load("sticker")
    #expect(files.name == "sticker")
    #expect(files.notes == [])
    #expect(files.tokenizer.maxLength == 32)
    #expect(files.prediction != nil)
  }

  @Test func needsNoIndexSchedulerOrTokenizer() throws {
    try withTemporaryFolder { root throws in
      let folder = ModelFolder("\(root)/m", of: "sd1") { $0 == "model_index.json" || $0.hasPrefix("scheduler") }
      let files = try ModelFiles.load(folder.path)
      #expect(files.scheduler["beta_end"]?.double == 0.012)
      #expect(files.prediction == nil)
      #expect(files.notes == ["there is no scheduler folder: the schedule of Stable Diffusion 1.x is used"])
      // Without its tokenizer the tiny model would get CLIP's, which has more words than it has embeddings.
      let bare = ModelFolder("\(root)/n", of: "sd1") { $0.hasPrefix("tokenizer") }
      #expect(
        message(bare.path).contains(
          "the tokenizer and the text encoder do not belong together: found 49408 words in the vocabulary and 723"))
    }
  }

  @Test func takesTheVariantAskedForOrTheOnlyOne() throws {
    try withTemporaryFolder { root throws in
      let folder = ModelFolder("\(root)/m", of: "sd1") { $0 == "unet/diffusion_pytorch_model.safetensors" }
      folder.link(
        Fixtures.path("sd1/unet/diffusion_pytorch_model.safetensors"),
        as: "unet/diffusion_pytorch_model.fp16.safetensors")
      let asked = try ModelFiles.load(folder.path, options: ModelOptions(variant: "fp16"))
      #expect(
        asked.notes.sorted() == [
          "'text_encoder' has no variant 'fp16': the plain files are used",
          "'vae' has no variant 'fp16': the plain files are used",
        ])
      #expect(try ModelFiles.load(folder.path).notes == ["'unet' has only variants: the 'fp16' files are used"])
      #expect(try asked.unet.weights.count == ModelFiles.load(Fixtures.path("sd1")).unet.weights.count)
    }
  }

  @Test(arguments: [nil, "fp16"])
  func putsShardsTogether(_ variant: String?) throws {
    let whole = try SafetensorsFile(path: Fixtures.path("sd1/unet/diffusion_pytorch_model.safetensors"))
    let infix = variant.map { ".\($0)" } ?? ""
    try withTemporaryFolder { root throws in
      let folder = ModelFolder("\(root)/m", of: "sd1") { $0 == "unet/diffusion_pytorch_model.safetensors" }
      let half = whole.keys.count / 2
      var map: [JSON.Member] = []
      for (number, keys) in [whole.keys[..<half], whole.keys[half...]].enumerated() {
        let name = "diffusion_pytorch_model\(infix)-0000\(number + 1)-of-00002.safetensors"
        try SafetensorsFile.write(keys.map { ($0, try whole.tensor($0)) }, to: "\(folder.path)/unet/\(name)")
        map += keys.map { JSON.Member($0, .string(name)) }
      }
      let index = "unet/diffusion_pytorch_model.safetensors.index\(infix).json"
      folder.put(JSON.object([JSON.Member("weight_map", .object(map))]).description, as: index)
      let files = try ModelFiles.load(folder.path, options: ModelOptions(variant: variant))
      #expect(files.unet.weights.keys.sorted() == whole.keys)
      folder.remove("unet/diffusion_pytorch_model\(infix)-00002-of-00002.safetensors")
      #expect(message(folder.path, ModelOptions(variant: variant)).contains("a shard that the index names is missing"))
      folder.remove(index)
      folder.put(#"{"weight_map":{"a":"../../secret.safetensors"}}"#, as: index)
      #expect(message(folder.path, ModelOptions(variant: variant)).contains("is not the name of a shard"))
    }
  }

  @Test func saysWhatIsThereWhenThereIsNoUnet() throws {
    try withTemporaryFolder { root throws in
      let folder = ModelFolder("\(root)/m", of: "sd1") { $0.hasPrefix("unet") || $0.hasSuffix("single.safetensors") }
      #expect(
        message(folder.path) == """
          '\(folder.path)': there is no 'unet' folder in it: found 'model_index.json', 'scheduler/', 'text_encoder/', 'tokenizer/', \
          'vae/', expected a folder of a Stable Diffusion 1.x or 2.x model
          """)
      let loose = ModelFolder("\(root)/loose")
      #expect(message(loose.path).contains("found nothing"))
      loose.link(Fixtures.path("sd1/single.safetensors"), as: "v1.safetensors")
      #expect(
        message(loose.path).hasSuffix("a checkpoint in one file is given as that file: '\(loose.path)/v1.safetensors'"))
    }
  }

  @Test(arguments: ["vae", "text_encoder"]) func namesAMissingPart(_ part: String) throws {
    try withTemporaryFolder { root throws in
      let folder = ModelFolder("\(root)/m", of: "sd1") { $0.hasPrefix(part) }
      #expect(message(folder.path).contains("there is no '\(part)' folder in it"))
      let empty = ModelFolder("\(root)/n", of: "sd1") { $0.hasPrefix(part) && $0.hasSuffix(".safetensors") }
      #expect(message(empty.path).contains("'\(empty.path)/\(part)': there are no weights: found 'config.json'"))
    }
  }

  @Test func readsWhatTorchWroteWhereThereIsNothingElse() throws {
    try withTemporaryFolder { root throws in
      let folder = ModelFolder("\(root)/m", of: "sd1") { $0 == "text_encoder/model.safetensors" }
      folder.link(Fixtures.path("torch/pytorch_model.bin"), as: "text_encoder/pytorch_model.bin")
      let there = try Model.load(folder.path, options: ModelOptions(precision: .f32))
      let here = try Model.load(Fixtures.path("sd1"), options: ModelOptions(precision: .f32))
      #expect(try there.encode(["a panda"]).tensor.floats() == here.encode(["a panda"]).tensor.floats())
    }
  }

  @Test func refusesWhatIsNoFileOfWeights() throws {
    try withTemporaryFolder { root throws in
      let folder = ModelFolder("\(root)/m", of: "sd1") { $0 == "text_encoder/model.safetensors" }
      folder.put("junk", as: "text_encoder/pytorch_model.bin")
      #expect(message(folder.path).contains("'\(folder.path)/text_encoder/pytorch_model.bin': is no file of torch's"))
      for name in ["a.ckpt", "a.pt", "a.bin"] {
        folder.put("junk", as: name)
        #expect(message("\(folder.path)/\(name)").contains("is no file of torch's"))
        #expect(message(Fixtures.path("sd1"), ModelOptions(vae: "\(folder.path)/\(name)")).contains("is no file of torch's"))
      }
      folder.link(Fixtures.path("torch/evil.pt"), as: "b.ckpt")
      #expect(message("\(folder.path)/b.ckpt").contains("it asks for 'posix.system', which is no part of a file of weights; nothing was run"))
    }
  }

  @Test func saysThatTheSafetyCheckerIsNotApplied() throws {
    try withTemporaryFolder { root throws in
      let folder = ModelFolder("\(root)/m", of: "sd1") { $0 == "model_index.json" }
      folder.put(
        #"{"_class_name":"StableDiffusionPipeline","safety_checker":["stable_diffusion","StableDiffusionSafetyChecker"]}"#,
        as: "model_index.json")
      #expect(try ModelFiles.load(folder.path).notes == ["the model comes with a safety checker: it is not applied"])
    }
  }

  @Test func namesAFolderOfAnotherFamilyOrOnePart() throws {
    try withTemporaryFolder { root throws in
      let folder = ModelFolder("\(root)/m", of: "sd1") { $0 == "model_index.json" }
      folder.put(#"{"_class_name":"StableDiffusionXLPipeline"}"#, as: "model_index.json")
      #expect(
        message(folder.path) == """
          '\(folder.path)': is a Stable Diffusion XL checkpoint, which limn cannot run: found 'StableDiffusionXLPipeline', \
          expected a folder of a Stable Diffusion 1.x or 2.x model
          """)
      let flux = ModelFolder("\(root)/f")
      flux.put(#"{"_class_name":"FluxPipeline"}"#, as: "model_index.json")
      #expect(message(flux.path).contains("is a Flux model"))
      let other = ModelFolder("\(root)/o")
      other.put("{}", as: "transformer/config.json")
      #expect(message(other.path).contains("a transformer in place of a UNet"))
    }
    #expect(message(Fixtures.path("sd1/unet")).hasSuffix("give the folder above it"))
    #expect(message(Fixtures.path("sd1/unet")).contains("is one part of a model: found 'UNet2DConditionModel'"))
  }

  @Test func saysWhenPartsDoNotBelongTogether() throws {
    try withTemporaryFolder { root throws in
      let folder = ModelFolder("\(root)/m", of: "sd1") { $0.hasPrefix("text_encoder") }
      folder.link(Fixtures.path("sd2/text_encoder/config.json"), as: "text_encoder/config.json")
      folder.link(Fixtures.path("sd2/text_encoder/model.safetensors"), as: "text_encoder/model.safetensors")
      #expect(message(folder.path).contains("found a UNet that attends at width 32 and a text encoder of width 64"))
    }
  }

  @Test func namesAFileThatIsNoModelAndTheNearestName() throws {
    #expect(message(Fixtures.path("sd1/model_index.json")).hasSuffix("give its folder, '\(Fixtures.path("sd1"))'"))
    #expect(message(Fixtures.path("photos/none.safetensors")).contains("there is no such model"))
    #expect(message("stiker").hasSuffix("did you mean 'sticker'?"))
    #expect(message(Fixtures.path("sd3")).hasSuffix("did you mean '\(Fixtures.path("sd1"))'?"))
  }

  @Test func overridesThePredictionAndTheVAE() throws {
    let files = try ModelFiles.load(
      Fixtures.path("sd1"), options: ModelOptions(vae: Fixtures.path("sd2/vae"), prediction: .velocity))
    #expect(files.prediction == .velocity)
    #expect(files.scheduler["prediction_type"] == "v_prediction")
    #expect(files.vae.name == Fixtures.path("sd2/vae"))
    #expect(files.notes == ["the VAE is that of '\(Fixtures.path("sd2/vae"))'"])
    for path in ["sd2", "sd2/vae/diffusion_pytorch_model.safetensors", "sd1/single.safetensors"] {
      let other = try ModelFiles.load(Fixtures.path("sd1"), options: ModelOptions(vae: Fixtures.path(path)))
      #expect(other.vae.config["block_out_channels"] == [16, 32], "\(path)")
      #expect(other.vae.weights["decoder.conv_in.weight"] != nil, "\(path)")
    }
    #expect(
      message(Fixtures.path("sd1"), ModelOptions(vae: Fixtures.path("sd1/unet"))).contains(
        "is not a VAE: found 'UNet2DConditionModel'"))
    #expect(
      message(Fixtures.path("sd1"), ModelOptions(vae: Fixtures.path("sd1/unet/diffusion_pytorch_model.safetensors")))
        .contains("is a UNet alone: expected a VAE"))
  }
}

@Suite struct HubCacheTests {
  @Test func findsTheCacheAsItsToolsDo() {
    func folder(_ variables: [String: String]) -> String { HubCache(environment: { variables[$0] }).folder }
    #expect(folder(["HOME": "/h"]) == "/h/.cache/huggingface/hub")
    #expect(folder(["HOME": "/h", "XDG_CACHE_HOME": "/x"]) == "/x/huggingface/hub")
    #expect(folder(["HOME": "/h", "HF_HOME": "~/hf"]) == "/h/hf/hub")
    #expect(folder(["HOME": "/h", "HF_HOME": "/hf", "HF_HUB_CACHE": "/c"]) == "/c")
    #expect(folder(["HOME": "/h", "HF_HUB_CACHE": ""]) == "/h/.cache/huggingface/hub")
  }

  @Test func resolvesARevisionThroughItsRef() throws {
    try withTemporaryFolder { root throws in
      let snapshot = "models--org--tiny/snapshots/abc123"
      _ = ModelFolder("\(root)/\(snapshot)", of: "sd1")
      let cache = HubCache(environment: { $0 == "HF_HUB_CACHE" ? root : nil })
      // No ref, one snapshot: no doubt.
      #expect(try cache.tree("org/tiny").path == "\(root)/\(snapshot)")
      _ = ModelFolder("\(root)/models--org--tiny/snapshots/def456")
      #expect(throws: FormatError.self) { try cache.tree("org/tiny") }
      write("abc123\n".utf8, to: "\(root)/models--org--tiny/refs/main")
      #expect(try cache.tree("org/tiny").path == "\(root)/\(snapshot)")
      #expect(try cache.tree("org/tiny", revision: "def456").path == "\(root)/models--org--tiny/snapshots/def456")
      #expect(try ModelFiles(folder: cache.tree("org/tiny")).name == "org/tiny")
      let error = #expect(throws: FormatError.self) { try cache.tree("org/tiny", revision: "v2") }
      #expect(error?.description.contains("no revision 'v2': found snapshots 'abc123', 'def456'") == true)
      let none = #expect(throws: FormatError.self) { try cache.tree("org/none") }
      #expect(none?.description.contains("neither a file here nor in the Hugging Face cache") == true)
    }
  }

  @Test func knowsWhatARepositoryIsCalled() {
    #expect(HubCache.isRepository("stabilityai/stable-diffusion-2-1"))
    for name in ["./sd1", "../sd1", "a/b/c", "/abs/path", "a//b", "a b/c", "", "org/"] {
      #expect(!HubCache.isRepository(name), "\(name)")
    }
  }
}

@Suite struct EmbeddedTreeTests {
  @Test func listsAndReadsTheFilesInTheBinary() throws {
    #expect(EmbeddedTree.folders.contains("sticker") && EmbeddedTree.folders.contains("clip-tokenizer"))
    let tree = EmbeddedTree("sticker")
    #expect(tree.list("").contains("model_index.json") && tree.hasFolder("unet") && tree.exists("unet/config.json"))
    #expect(try tree.json("unet/config.json")?["_class_name"] == "UNet2DConditionModel")
    #expect(try tree.bytes("none") == nil)
    #expect(EmbeddedTree("none").list("") == [])
    #expect(EmbeddedTree("stick").list("") == [])
  }
}
