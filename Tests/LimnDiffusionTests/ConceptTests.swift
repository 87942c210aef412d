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
