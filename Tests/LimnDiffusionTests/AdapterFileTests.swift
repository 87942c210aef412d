import LimnDiffusion
import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

@Suite struct AdapterFileTests {
  private let model: Model
  private let expected: [String: Tensor]

  init() throws {
    model = try Model.load(Fixtures.path("sd1"), options: ModelOptions(precision: .f32))
    expected = try Fixtures.tensors("lora")
  }

  private func output(_ model: Model) throws -> Tensor { try model.unet(expected["x"]!, timesteps: [300], context: expected["context"]!) }

  private func read(_ path: String, strength: Float = 1) throws -> AdapterFile.Loaded { try AdapterFile.read(path, for: model, strength: strength) }

  private static let diffusers = Fixtures.path("lora/pytorch_lora_weights.safetensors"), kohya = Fixtures.path("lora/kohya.safetensors")

  @Test(arguments: [diffusers, kohya]) func aFileGivesTheOutputOfDiffusers(_ path: String) throws {
    let loaded = try read(path)
    #expect(loaded.layers == 88 && loaded.matched == 88 && loaded.unused == [] && loaded.notes(on: model) == [])
    #expect(loaded.adapter.ranks == [4] && loaded.adapter.layers.values.allSatisfy { $0.scale == 2 })
    expectClose(try output(model.with(loaded.adapter)), expected["out"]!, relativeToLargest: 1e-4)
    expectClose(try output(model.with(loaded.adapter).mergingAdapters()), expected["out"]!, relativeToLargest: 1e-4)
    #expect(try output(model.with(loaded.adapter).without(adapter: loaded.adapter.name)).floats() == output(model).floats())
  }

  /// A file with the tensors of the fixture under other names.
  private func renamed(_ folder: String, metadata: [(key: String, value: String)] = [], _ rename: (String) -> String?) throws -> String {
    let file = try SafetensorsFile(path: Self.diffusers)
    let tensors = try file.keys.compactMap { key in try rename(key).map { (key: $0, tensor: try file.tensor(key)) } }
    try SafetensorsFile.write(tensors, metadata: metadata, to: "\(folder)/a.safetensors")
    return "\(folder)/a.safetensors"
  }

  private static func replacing(_ old: String, by new: String, in text: String) -> String {
    guard text.count >= old.count, let start = text.indices.first(where: { text[$0...].hasPrefix(old) }) else { return text }
    return text[..<start] + new + text[text.index(start, offsetBy: old.count)...]
  }

  /// The names that tools gave layers through the years; the scale is then 1, as no alpha is said.
  @Test(arguments: ["peft", "raw", "processor", "ldm"]) func olderNamesAreTheSameLayers(_ tool: String) throws {
    try withTemporaryFolder { folder in
      let path = try renamed(folder) { key in
        let isDown = key.hasSuffix(".lora.down.weight")
        let path = String(key.dropLast(isDown ? 17 : 15))
        switch tool {
        case "peft": return path + (isDown ? ".lora_A.weight" : ".lora_B.weight")
        case "raw": return "base_model.model." + path.dropFirst("unet.".count) + (isDown ? ".lora_A.default.weight" : ".lora_B.default.weight")
        case "processor":
          let (start, name) = path.hasSuffix(".to_out.0") ? (String(path.dropLast(9)), "to_out") : path.splitLast(".")
          return "\(start).processor.\(name)_lora.\(isDown ? "down" : "up").weight"
        default:
          let ldm = ["down_blocks.0.attentions.0": "input_blocks.1.1", "down_blocks.0.attentions.1": "input_blocks.2.1", "down_blocks.1.attentions.0": "input_blocks.4.1", "mid_block.attentions.0": "middle_block.1", "up_blocks.2.attentions.2": "output_blocks.8.1"]
          guard let found = ldm.first(where: { path.hasPrefix("unet.\($0.key).") }) else { return nil }
          let joined = String(Self.replacing(found.key, by: found.value, in: path).map { $0 == "." ? "_" : $0 })
          return "lora_\(joined).lora_\(isDown ? "down" : "up").weight"
        }
      }
      let loaded = try read(path)
      #expect(loaded.layers == loaded.matched && loaded.unused == [])
      let reference = try read(Self.diffusers).adapter.layers
      if tool != "ldm" { #expect(loaded.adapter.layers.count == 88) } else { #expect(loaded.adapter.layers.count == 40) }
      for (key, layer) in loaded.adapter.layers {
        #expect(layer.scale == 1 && layer.down.floats() == reference[key]?.down.floats() && layer.up.floats() == reference[key]?.up.floats(), "\(key)")
      }
    }
  }

  @Test func alphasComeFromKeysThenMetadataThenTheRank() throws {
    try withTemporaryFolder { folder in
      let metadata = [(key: "lora_adapter_metadata", value: #"{"unet.lora_alpha": 8, "unet.alpha_pattern": {"mid_block.attentions.0.transformer_blocks.0.attn1.to_q": 2}, "unet.use_rslora": false}"#)]
      let path = try renamed(folder, metadata: metadata) { $0 }
      let layers = try read(path).adapter.layers
      #expect(layers["unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q.weight"]?.scale == 0.5)
      #expect(layers["unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_k.weight"]?.scale == 2)
      let stable = try renamed(folder, metadata: [("lora_adapter_metadata", #"{"unet.lora_alpha": 8, "unet.use_rslora": true}"#)]) { $0 }
      #expect(try read(stable).adapter.layers.values.allSatisfy { $0.scale == 4 })
      let broken = try renamed(folder, metadata: [("lora_adapter_metadata", "{")]) { $0 }
      #expect(throws: FormatError.self) { try read(broken) }
    }
  }

  /// Every kind of layer: matrices of attention and text encoder, convolutions of 1×1 and 3×3, one with a stride.
  private func mixed() -> Adapter {
    var layers: [String: LowRank] = [:]
    let names = [
      "unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_k", "unet.mid_block.attentions.0.proj_in", "unet.down_blocks.0.resnets.0.conv1",
      "unet.down_blocks.0.downsamplers.0.conv", "unet.conv_in", "text_encoder.text_model.encoder.layers.0.self_attn.q_proj", "text_encoder.text_model.encoder.layers.0.mlp.fc1",
    ]
    for (number, name) in names.enumerated() {
      let shape = model.parameter("\(name).weight")!.shape, rank = number % 2 == 0 ? 2 : 3, random = TorchGenerator(seed: Int64(number))
      let down = random.randn(Shape([rank] + shape.dims.dropFirst())) * 0.1
      let up = random.randn(Shape([shape[0], rank] + Array(repeating: 1, count: shape.rank - 2))) * 0.1
      layers["\(name).weight"] = LowRank(down: down, up: up, scale: Float(number + 1) / Float(rank))
    }
    return Adapter("mixed", strength: 0.5, layers: layers)
  }

  @Test func everyKindOfLayerDoesWhatAddingToTheWeightDoes() throws {
    let known = try model.with(mixed()), merged = try known.mergingAdapters()
    #expect(merged.adapters.isEmpty)
    expectClose(try output(known), try output(merged), relativeToLargest: 1e-4)
    expectClose(try known.encode(["a panda"]).tensor, try merged.encode(["a panda"]).tensor, relativeToLargest: 1e-4)
    #expect(try output(known).floats() != output(model).floats() && known.encode(["a panda"]).tensor.floats() != model.encode(["a panda"]).tensor.floats())
  }

  @Test(arguments: AdapterFile.Form.allCases) func whatIsWrittenIsReadBack(_ form: AdapterFile.Form) throws {
    try withTemporaryFolder { folder in
      let adapter = mixed(), path = "\(folder)/mixed.safetensors"
      try AdapterFile.write(adapter, to: path, form: form)
      let again = try read(path)
      #expect(again.unused == [] && again.matched == 7 && again.adapter.name == "mixed" && again.adapter.source == path)
      for (key, layer) in adapter.layers {
        let found = again.adapter.layers[key]!
        // The strength is counted into the alphas.
        #expect(found.down.floats() == layer.down.floats() && found.up.floats() == layer.up.floats() && abs(found.scale - layer.scale * 0.5) < 1e-6, "\(key)")
      }
      try AdapterFile.write(adapter, to: path, form: form, dtype: .f16)
      #expect(try SafetensorsFile(path: path).entries.values.filter { $0.shape.count > 1 }.allSatisfy { $0.dtype == .f16 })
      expectClose(try output(model.with(read(path).adapter)), try output(model.with(adapter)), relativeToLargest: 2e-3)
    }
  }

  @Test func severalAddUpAndAScaleScales() throws {
    let adapter = try read(Self.diffusers, strength: 0.5).adapter
    var other = adapter
    other.name = "again"
    expectClose(try output(model.with(adapter).with(other)), expected["out"]!, relativeToLargest: 1e-4)
    #expect(try output(model.with(read(Self.diffusers, strength: 0).adapter)).floats() == output(model).floats())
    expectClose(try output(model.with(adapter).with(read(Self.diffusers).adapter)), expected["out"]!, relativeToLargest: 1e-4)  // one of a name replaces it
  }

  @Test func whatHasNoEffectIsTold() throws {
    try withTemporaryFolder { folder in
      #expect(try read(Self.diffusers, strength: 0).notes(on: model) == ["'pytorch_lora_weights' changes nothing: its scale is 0"])
      let adapter = mixed()
      let silent = Adapter("silent", layers: adapter.layers.mapValues { LowRank(down: $0.down, up: .zeros($0.up.shape), scale: $0.scale) })
      try AdapterFile.write(silent, to: "\(folder)/silent.safetensors")
      #expect(try read("\(folder)/silent.safetensors").notes(on: model) == ["'silent' changes nothing: all its 'up' matrices are zeros, as before any learning"])
      let partly = try renamed(folder) { $0.contains("mid_block") ? Self.replacing("mid_block", by: "last_block", in: $0) : $0 }
      let loaded = try read(partly)
      #expect(loaded.layers == 88 && loaded.matched == 80 && loaded.unused.count == 16)
      #expect(loaded.notes(on: model)[0].hasPrefix("'a': 80 of 88 layers are used; 16 keys are not: 'unet.last_block.attentions.0."))
    }
  }

  private func message(_ path: String) -> String {
    do {
      _ = try read(path)
      return "nothing was thrown"
    } catch { return "\(error)" }
  }

  @Test func whatFitsNowhereIsNamed() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.safetensors"
      func write(_ tensors: [(key: String, tensor: Tensor)]) throws { try SafetensorsFile.write(tensors, to: path) }
      let (down, up) = (Tensor.zeros([4, 2048]), Tensor.zeros([640, 4]))
      let name = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k", second = "lora_te2_text_model_encoder_layers_0_self_attn_q_proj"
      try write([("\(second).lora_down.weight", down), ("\(second).lora_up.weight", up), ("lora_unet_x.lora_down.weight", down), ("lora_unet_x.lora_up.weight", up)])
      #expect(message(path).contains("is a LoRA for Stable Diffusion XL: none of its 2 layers is one of '\(model.name)'"))
      try write([("lora_unet_x.lora_down.weight", down), ("lora_unet_x.lora_up.weight", up)])
      #expect(message(path).contains("is a LoRA for other models than '\(model.name)', a Stable Diffusion 1.x: none of its 1 layers"))
      try write([("\(name).lora_down.weight", down), ("\(name).lora_up.weight", up)])
      #expect(message(path).contains("is for models of another family than '\(model.name)', a Stable Diffusion 1.x: 1 of 1 layers do not fit"))
      #expect(message(path).contains("found [640, 4] · [4, 2048], expected a change of a weight ["))
      let own = Tensor.zeros([4, 32])
      try write([("\(name).lora_down.weight", own), ("\(name).lora_up.weight", Tensor.zeros([64, 4]) / Tensor.zeros([64, 4]))])
      #expect(message(path).contains("holds numbers that are not finite"))
      try write([("\(name).hada_w1_a", down)])
      #expect(message(path).contains("is a LoHa, which limn does not compute: found '\(name).hada_w1_a'"))
      try write([("unet.x.lora_magnitude_vector", down), ("unet.x.lora_A.weight", down)])
      #expect(message(path).contains("is a DoRA"))
      #expect(message(Fixtures.path("ti/two_vectors.safetensors")).contains("is a textual-inversion embedding: expected a LoRA"))
    }
  }
}

extension String {
  fileprivate func splitLast(_ separator: Character) -> (String, String) {
    let place = lastIndex(of: separator)!
    return (String(self[..<place]), String(self[index(after: place)...]))
  }
}
