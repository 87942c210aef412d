import Foundation
import Limn
import Testing

/// What `:concepts` lists.
@Suite struct ConceptsTests {
  private func rows(_ script: String) throws -> [[String]] {
    var options = Session.Options()
    options.scriptFolder = repository.appendingPathComponent("Tests/Fixtures").path
    let session = Session(options)
    if case .failed(let text) = session.evaluate(script) { Issue.record("\(text)") }
    return session.learnedThings().map { [$0.model, $0.family, $0.kind, $0.name, $0.size, ($0.file as NSString).lastPathComponent] }
  }

  @Test func nothingIsListedBeforeSomethingIsLearned() throws { #expect(try rows("let pipe = model(\"sticker\"), x = 1") == []) }

  @Test func tokensAdaptersAndLearnersAreListed() throws {
    let rows = try rows(
      """
      let pipe = model("./sd1")
      let known = load(load(pipe, "ti/two_vectors.safetensors"), "lora/kohya.safetensors", scale: 0.8)
      let toy = token("<toy>", from: "panda")
      let fit = learner(pipe, params: [toy])
      """)
    let family = "Stable Diffusion 1.x"
    #expect(
      rows == [
        ["known", family, "token", "<two>", "2 vectors of 32", "two_vectors.safetensors"],
        ["known", family, "adapter", "kohya", "rank 4 on 88 layers, scale 0.80", "kohya.safetensors"],
        ["fit.model", family, "token", "<toy>", "1 vector of 32", ""],
      ])
  }
}
