import LimnDiffusion
import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

@Suite struct ConceptTests {
  private let model: Model
  private let expected: [String: Tensor]

  init() throws {
    model = try Model.load(Fixtures.path("sd1"), options: ModelOptions(precision: .f32))
    expected = try Fixtures.tensors("ti")
  }

  private func read(_ name: String, as token: String? = nil) throws -> [Concept] {
    try ConceptFile.read(Fixtures.path("ti/\(name).safetensors"), name: token)
  }

  @Test func filesOfDiffusersEncodeAsThere() throws {
    let known = try model.with(read("learned_embeds"))
    #expect(known.concepts.map(\.name) == ["<bowl>", "<panda>"])
    expectClose(try known.encode(["a photo of <panda> and <bowl>"]).tensor, expected["last"]!, relativeToLargest: 1e-4)
    let two = try model.with(read("two_vectors"))
    expectClose(try two.encode(["a photo of <two> on grass"]).tensor, expected["two.last"]!, relativeToLargest: 1e-4)
  }

  @Test func filesOfWebInterfacesAreNamedByTheFileOrTheCaller() throws {
    #expect(try read("a1111").map(\.name) == ["<a1111>"])
    let two = try model.with(read("a1111", as: "<two>"))
    expectClose(try two.encode(["a photo of <two> on grass"]).tensor, expected["two.last"]!, relativeToLargest: 1e-4)
  }

  @Test(arguments: ["a1111.pt", "original.pt"]) func filesOfTorchEncodeAsThere(_ name: String) throws {
    let token = name == "a1111.pt" ? "<my-toy>" : "<original>"  // the name it holds, else the file's
    let concepts = try ConceptFile.read(Fixtures.path("torch/\(name)"))
    #expect(concepts.map(\.name) == [token] && concepts[0].vectors.shape == [2, 32])
    expectClose(try model.with(concepts).encode(["a photo of \(token) on grass"]).tensor, expected["two.last"]!, relativeToLargest: 1e-4)
  }

  @Test(arguments: ["learned_embeds", "legacy", "double", "half", "bfloat16"]) func filesOfDiffusersThatTorchWroteAreThose(_ name: String) throws {
    let known = try model.with(ConceptFile.read(Fixtures.path("torch/\(name).bin")))
    let tolerance: Float = ["half": 2e-3, "bfloat16": 2e-2][name] ?? 1e-4
    expectClose(try known.encode(["a photo of <panda> and <bowl>"]).tensor, expected["last"]!, relativeToLargest: tolerance)
  }

  @Test func aFileOfA1111sFormHoldsOneToken() throws {
    try withTemporaryFolder { folder in
      let two = try read("two_vectors")
      try ConceptFile.write(two, to: "\(folder)/toy.safetensors", form: .a1111)
      #expect(try SafetensorsFile(path: "\(folder)/toy.safetensors").keys == ["emb_params"])
      #expect(try ConceptFile.read("\(folder)/toy.safetensors").map(\.name) == ["<toy>"])
      let path = "\(folder)/both.safetensors"
      expectMessage("'\(path)': a file of A1111's form holds one token: found 2: '<bowl>', '<panda>'; 'tokens:' says which") {
        try ConceptFile.write(read("learned_embeds"), to: path, form: .a1111)
      }
    }
  }

  @Test func tokensThatChangeNothingAreTold() throws {
    let word = try model.startingVectors(of: "panda", count: 1)
    let known = try model.with(read("learned_embeds"))
    #expect(known.notes(on: [Concept("<toy>", vectors: word)]) == ["'<toy>' has the vectors of 'panda': nothing was learned"])
    #expect(known.notes(on: [Concept("<toy>", vectors: word.converted(to: .f16).converted(to: .f32))]).count == 1)
    #expect(known.notes(on: [Concept("<toy>", vectors: word * 1.01)]) == [])
    #expect(known.notes(on: [Concept("<toy>", vectors: .zeros([2, 32]))]) == ["the vectors of '<toy>' are zeros: it says nothing"])
    #expect(known.notes(on: known.concepts).first == "'\(model.name)' knows '<bowl>' with these vectors already: nothing changed")
  }

  @Test func whatIsNoTokenIsNamed() throws {
    expectMessage("'\(Fixtures.path("torch/sdxl.pt"))': is a learned token for Stable Diffusion XL, which limn does not run: found 'clip_l' of width 768 and 'clip_g' of width 1280, expected vectors of one text encoder") {
      try ConceptFile.read(Fixtures.path("torch/sdxl.pt"))
    }
    expectMessage("'\(Fixtures.path("sd1/text_encoder/model.safetensors"))': is a CLIP text encoder alone: expected learned tokens") {
      try ConceptFile.read(Fixtures.path("sd1/text_encoder/model.safetensors"))
    }
    #expect(throws: FormatError.self) { try ConceptFile.read(Fixtures.path("torch/pytorch_model.bin")) }
    #expect(throws: FormatError.self) { try ConceptFile.read(Fixtures.path("torch/evil.pt")) }
  }

  @Test func whatIsWrittenIsReadBack() throws {
    try withTemporaryFolder { folder in
      let concepts = try read("learned_embeds") + read("two_vectors")
      try ConceptFile.write(concepts, to: "\(folder)/a.safetensors")
      let again = try ConceptFile.read("\(folder)/a.safetensors")
      #expect(again.map(\.name) == ["<bowl>", "<panda>", "<two>"])
      #expect(again.map(\.vectors.shape) == [[1, 32], [1, 32], [2, 32]])
      for concept in again {
        #expect(concept.vectors.floats() == concepts.first { $0.name == concept.name }!.vectors.floats())
      }
    }
  }

  @Test func aTokenOfAnotherLengthMovesTheRowsOfTheOthers() throws {
    let known = try model.with(read("learned_embeds"))
    let longer = try known.with([Concept("<bowl>", vectors: expected["two.embeds"]!)])
    #expect(longer.concepts.map(\.vectors.shape) == [[2, 32], [1, 32]])
    #expect(try longer.encode(["a <panda>"]).tensor.floats() == known.encode(["a <panda>"]).tensor.floats())
    expectClose(
      try longer.encode(["a photo of <bowl> on grass"]).tensor, expected["two.last"]!, relativeToLargest: 1e-4)
  }

  @Test func aTokenBeginsAsItsWord() throws {
    let start = try model.startingVectors(of: "panda", count: 1)
    let known = try model.with([Concept("<toy>", vectors: start)])
    #expect(try known.encode(["a <toy>"]).tensor.floats() == model.encode(["a panda"]).tensor.floats())
    #expect(model.randomVectors(for: "<x>", count: 3).floats() == model.randomVectors(for: "<x>", count: 3).floats())
    #expect(model.randomVectors(for: "<x>", count: 3).floats() != model.randomVectors(for: "<y>", count: 3).floats())
  }

  @Test func whatDoesNotFitIsNamed() throws {
    let wide = Concept("<wide>", vectors: .zeros([1, 768]))
    expectMessage(
      "the vectors of '<wide>' are [1, 768], expected [n, 32] of the text encoder of '\(model.name)': they belong to another family of models"
    ) { try model.with([wide]) }
    expectMessage("'<|endoftext|>' is a word of '\(model.name)' already, expected a new name") {
      try model.with([Concept("<|endoftext|>", vectors: .zeros([1, 32]))])
    }
    expectMessage(
      "'\(Fixtures.path("ti/learned_embeds.safetensors"))': cannot be loaded under one name: found 2 tokens: '<bowl>', '<panda>'; asked for '<x>'"
    ) { try read("learned_embeds", as: "<x>") }
    #expect(throws: FormatError.self) { try ConceptFile.read("panda.pt") }
  }

  private func expectMessage(_ text: String, _ body: () throws -> some Any) {
    do {
      _ = try body()
      Issue.record("nothing was thrown, expected: \(text)")
    } catch { #expect("\(error)" == text) }
  }

  /// One step of textual inversion, in whichever way: the gradient of a loss on the encoding reaches the vectors.
  @Test func gradientsOfPromptsAreThoseOfFiniteDifferences() throws {
    let start = try model.startingVectors(of: "panda", count: 1)
    func loss(_ vectors: Tensor) throws -> Tensor {
      let text = try model.with([Concept("<toy>", vectors: vectors)]).encode(["a photo of <toy> on grass"]).tensor
      // Against fixed numbers: the mean of squares hardly moves after the last layer norm.
      return (text * TorchGenerator(seed: 4).randn(text.shape)).mean()
    }
    let (_, gradients) = try valueAndGradient(at: [start]) { try loss($0[0]) }
    let direction = TorchGenerator(seed: 3).randn(start.shape), step: Float = 1e-3  // the vectors are of the size of 0.02
    let slope = try (loss(start + step * direction).item - loss(start - step * direction).item) / (2 * step)
    let expected = (gradients[0] * direction).sum().item
    #expect(abs(slope - expected) <= 1e-2 * abs(expected), "\(slope) against \(expected)")
  }
}
