import LimnDiffusion
import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

@Suite struct ConditionTests {
  private let model = PipelineTests.models["sd1"]!
  private let long = String(repeating: "a very ", count: 60) + "dog"

  @Test func aPromptIsARowAndRowsAreTheSameAlone() throws {
    let both = try model.encode(["a dog", "a photo of a panda and a bowl"])
    #expect(both.tensor.shape == [2, 77, 32] && both.count == 2 && both.warnings.isEmpty)
    expectSame(both[1].tensor, try model.encode(["a photo of a panda and a bowl"]).tensor)
    expectClose(both[1].tensor.selected(axis: 0, index: 0), try Fixtures.tensor("sd1", "text.last").selected(axis: 0, index: 0))
  }

  @Test func chunksKeepTheWholePrompt() throws {
    let cut = try model.encode([long])
    let chunks = try model.encode([long], Model.TextOptions(long: .chunk))
    #expect(cut.warnings.count == 1 && chunks.warnings.isEmpty)
    #expect(chunks.tensor.shape[1] > 77 && chunks.tensor.shape[1] % 77 == 0)
    // The first chunk is what was left of the cut prompt.
    expectSame(chunks.tensor.sliced(axis: 1, from: 0, to: 77), cut.tensor)
    #expect(try chunks.prompts[0].positions(of: "dog").allSatisfy { $0 > 77 })
  }

  @Test func aLongPromptInChunksIsSampledWithAShortNegative() throws {
    var request = SampleRequest(long)
    (request.steps, request.long, request.capture) = (2, .chunk, Capture([.phrase("dog")]))
    let run = try model.sample(request)
    #expect(run.uncondition.tensor.shape == run.condition.tensor.shape)
    #expect(try #require(run.maps).mean(.phrase("dog")).shape == [16, 16])
    request.long = .cut
    #expect(throws: PromptError.self) { try Run(model, request) }
  }

  @Test func clipSkipLeavesLayersOff() throws {
    let skipped = try model.encode(["a dog"], Model.TextOptions(clipSkip: 1))
    #expect(skipped.tensor.floats() != (try model.encode(["a dog"])).tensor.floats())
    #expect(throws: ShapeError.self) { try model.encode(["a dog"], Model.TextOptions(clipSkip: 9)) }
  }

  @Test func anotherTensorTakesThePromptsPlace() throws {
    let condition = try model.encode(["a dog"])
    #expect(try condition.with(tensor: condition.tensor * 2).prompts[0].text == "a dog")
    #expect(throws: PipelineError("the condition's tensor is [1, 77, 8], expected [1, T, 32]")) {
      try condition.with(tensor: Tensor.ones([1, 77, 8]))
    }
  }

  @Test(arguments: [
    ("a (red:1.3) ball", "a red ball", [1, 1, 1.3, 1.3, 1.3, 1, 1, 1, 1, 1]), ("a (red) ball", "a (red) ball", []),
    ("(a (red:2) ball:0.5)", "a red ball", [0.5, 0.5, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5]), ("3:2 (x", "3:2 (x", []),
    ("(a: b)", "(a: b)", []), (":1.3)", ":1.3)", []),
  ] as [(String, String, [Float])]) func weightsAreReadOffThePrompt(_ source: String, _ text: String, _ weights: [Float]) throws {
    let prompt = try WeightedPrompt(source)
    #expect(prompt.text == text && prompt.isWeighted == !weights.isEmpty)
    for (offset, weight) in weights.enumerated() { #expect(prompt.weight(at: offset) == weight) }
  }

  @Test func aWeightScalesItsWordsAndKeepsTheMean() throws {
    let plain = try model.encode(["a red ball"]), weighted = try model.encode(["a (red:1.5) ball"])
    let positions = try plain.prompts[0].positions(of: "red")
    #expect(abs(weighted.tensor.mean().item - plain.tensor.mean().item) < 1e-4)
    func ratio(_ position: Int) -> Float {
      weighted.tensor.selected(axis: 1, index: position).floats()[0] / plain.tensor.selected(axis: 1, index: position).floats()[0]
    }
    for position in positions { #expect(abs(ratio(position) / ratio(0) - 1.5) < 1e-4) }
    #expect(try weighted.prompts[0].positions(of: "red") == positions)
    // Rows without weights are untouched beside one with.
    expectSame(try model.encode(["a (red:1.5) ball", "a dog"])[1].tensor, try model.encode(["a dog"]).tensor)
  }
}
