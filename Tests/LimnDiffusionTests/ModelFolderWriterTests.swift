import Foundation
import LimnDiffusion
import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

@Suite struct ModelFolderWriterTests {
  private func load(_ path: String, vae: String? = nil) throws -> Model { try Model.load(path, options: ModelOptions(vae: vae, precision: .f32)) }

  private func parameters(_ model: Model) -> [String: [Float]] {
    var all: [String: [Float]] = [:]
    for part in ModelPart.allCases {
      for name in model.parameterNames(of: part) { all[name] = model.parameter(name)!.merged.floats() }
    }
    return all
  }

  @Test(arguments: ["sd1", "sd2", "sticker"], [DType.f32, .f16]) func aModelComesBackToTheBit(_ name: String, dtype: DType) throws {
    try withTemporaryFolder { folder in
      let model = try load(name == "sticker" ? name : Fixtures.path(name))
      try model.write(toFolder: "\(folder)/m", dtype: dtype)
      let again = try load("\(folder)/m")
      // The files of the fixtures hold f16, so that both widths keep every bit.
      #expect(parameters(again) == parameters(model))
      #expect(again.files.unet.weights.values.allSatisfy { $0.dtype == dtype })
      #expect(again.report.family == model.report.family && again.schedule.prediction == model.schedule.prediction && again.side == model.side)
      #expect(try again.encode(["a panda, on grass"]).tensor.floats() == model.encode(["a panda, on grass"]).tensor.floats())
      #expect(FolderTree(folder).list("") == ["m/"])
    }
  }

  @Test func aCheckpointInOneFileBecomesAFolder() throws {
    try withTemporaryFolder { folder in
      let model = try Model.load(Fixtures.path("sd1/single.safetensors"), options: ModelOptions(config: Fixtures.path("sd1"), precision: .f32))
      try model.write(toFolder: "\(folder)/m")
      #expect(parameters(try load("\(folder)/m")) == parameters(model))
      // Matrices that LDM keeps as convolutions of 1×1.
      let vae = try SafetensorsFile(path: "\(folder)/m/vae/diffusion_pytorch_model.safetensors")
      #expect(vae.entries.filter { $0.key.contains(".attentions.") && $0.key.hasSuffix("to_q.weight") }.allSatisfy { $0.value.shape.count == 2 })
    }
  }

  @Test func whatWasLearnedIsInIt() throws {
    try withTemporaryFolder { folder in
      var model = try load(Fixtures.path("sd1"))
      model = try model.with(ConceptFile.read(Fixtures.path("ti/two_vectors.safetensors")))
      model = try model.with(AdapterFile.read(Fixtures.path("lora/kohya.safetensors"), for: model, strength: 0.5).adapter)
      let name = "unet.conv_in.weight"
      model = try model.with(weights: [(name, model.parameter(name)!.tensor * 1.001)])
      try model.write(toFolder: "\(folder)/m")
      let again = try load("\(folder)/m")
      #expect(again.adapters.isEmpty && again.concepts.map(\.name) == ["<two>"] && again.concepts[0].source == "\(folder)/m/learned_embeds.safetensors")
      #expect(parameters(again) == parameters(model))
      #expect(again.parameter(name)!.tensor.floats() != (try load(Fixtures.path("sd1"))).parameter(name)!.tensor.floats())
      #expect(try again.encode(["a <two>"]).tensor.floats() == model.encode(["a <two>"]).tensor.floats())
    }
  }

  @Test func anOlderFolderIsReplacedUnlessItHoldsMore() throws {
    try withTemporaryFolder { folder in
      let model = try load(Fixtures.path("sd1")), path = "\(folder)/m"
      try model.with(ConceptFile.read(Fixtures.path("ti/two_vectors.safetensors"))).write(toFolder: path)
      try model.write(toFolder: path)
      #expect(try load(path).concepts.isEmpty)
      // A model may be written over the folder it came from.
      let own = try load(path)
      try own.write(toFolder: path)
      #expect(parameters(try load(path)) == parameters(own))
      write("mine".utf8, to: "\(path)/notes.txt")
      #expect(throws: FormatError("is a folder with other things in it, which would be lost", file: path, found: "'notes.txt'", expected: "a new folder")) { try model.write(toFolder: path) }
      #expect(throws: FormatError("is a file", file: "\(path)/notes.txt", expected: "a folder, or nothing yet")) { try model.write(toFolder: "\(path)/notes.txt") }
      #expect(FolderTree(folder).list("") == ["m/"])
    }
  }

  @Test func whereNothingCanBeWrittenNothingIsLeft() throws {
    try withTemporaryFolder { folder in
      let model = try load(Fixtures.path("sd1"))
      #expect(throws: FormatError("cannot be written: No such file or directory", file: "\(folder)/no/m")) { try model.write(toFolder: "\(folder)/no/m") }
      #expect(FolderTree(folder).list("") == [])
    }
  }
}
