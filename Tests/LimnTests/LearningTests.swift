import Foundation
import Limn
import LimnTensor
import Testing

/// Learning tokens as scripts do it, on the bundled model.
@Suite struct LearningTests {
  /// Learns the panda of the example's photo; ends with the value of its last line.
  private static func script(steps: Int, then last: String) -> String {
    """
    use losses
    let pipe = model("sticker"), photo = image("photos/panda-bowl/img.png"), panda = token("<panda>", from: "panda")
    let m = mask("photos/panda-bowl/mask0.png"), z0 = encode_image(pipe, photo)
    func loss(model, rng) {
      let t = rng.timestep(pipe), eps = rng.randn(z0.shape)
      let out = denoise(model, t.add_noise(z0, eps), t, encode(model, "a photo of {panda}"), capture: [panda])
      ["masked": losses.masked(out.raw, t.target(z0, eps), m), "attention": 0.01 * losses.attention(out.maps.at(panda, size: 8), m)]
    }
    let learned = train(pipe, params: [panda], steps: \(steps), optimizer: adamw(lr: 5e-3), seed: 0) { it => loss(it.model, it.rng) }
    \(last)
    """
  }

  private func session(_ listener: Listener? = nil) -> Session {
    var options = Session.Options()
    options.scriptFolder = repository.appendingPathComponent("docs/examples").path
    let session = Session(options)
    session.delegate = listener
    return session
  }

  private func text(_ outcome: Session.Outcome) -> String {
    switch outcome {
    case .value(let display): display?.text ?? ""
    case .failed(let text): text
    case .interrupted: "interrupted"
    }
  }

  @Test func theMaskedLossFalls() {
    let last = "[mean([loss(p, rng(9, k)).masked for k in 0..<12]) for p in [pipe, learned.model]]"
    let numbers = text(session().evaluate(Self.script(steps: 60, then: last)))
      .split { "[], ".contains($0) }.compactMap { Double($0) }
    #expect(numbers.count == 2 && numbers[1] < 0.9 * numbers[0], "\(numbers)")
  }

  @Test func theBytesAreTheSameForAnyNumberOfThreads() {
    let before = ThreadPool.threads
    defer { ThreadPool.threads = before }
    let vectors = [1, 2, 3].map { threads in
      ThreadPool.threads = threads
      return text(session().evaluate(Self.script(steps: 3, then: "to_list(learned.params[panda])")))
    }
    #expect(vectors[0].count > 100 && vectors[1] == vectors[0] && vectors[2] == vectors[0])
  }

  @Test func whatIsSavedIsLoaded() throws {
    let path = NSTemporaryDirectory() + "limn-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let last = """
      save(learned, "\(path)")
      let again = load(pipe, "\(path)")
      [again.tokens["<panda>"] == learned.model.tokens["<panda>"], encode(again, "a {panda}").tensor == encode(learned.model, "a {panda}").tensor,
       load(pipe, "\(path)", name: "<toy>").tokens.keys()]
      """
    #expect(text(session().evaluate(Self.script(steps: 2, then: last))) == "[true, true, [\"<toy>\"]]")
  }

  /// What a look samples has steps of its own.
  @Test func aTrainingThatLooksGoesOnSayingItsSteps() {
    let listener = Listener()
    var said: [String] = []
    listener.onProgressOf = { said.append(String($0.prefix(6))) }
    let last = "train(zeros([2]), steps: 4, every: 2, look: fit => { sample(pipe, \"a cat\", steps: 3) }) { it => mean((it.model - 1) ^ 2) }"
    if case .failed(let text) = session(listener).evaluate("let pipe = model(\"sticker\")\n" + last) { Issue.record("\(text)") }
    #expect(said == ["train,", "train,", "train,"] + Array(repeating: "sample", count: 4) + ["train,", "train,"] + Array(repeating: "sample", count: 4))
    #expect(listener.steps == [0, 1, 2, 0, 1, 2, 3, 3, 4, 0, 1, 2, 3])
  }

  @Test func progressSaysTheLossAndAnInterruptKeepsNames() {
    let listener = Listener()
    let session = session(listener)
    let interrupter = session.interrupter
    var said: [String] = []
    listener.onProgressOf = { what in
      said.append(what)
      if said.count == 4 { interrupter.interrupt() }
    }
    guard case .interrupted = session.evaluate(Self.script(steps: 500, then: "")) else {
      Issue.record("the training should have been interrupted")
      return
    }
    #expect(said.count < 10 && said.first == "train, 96 numbers, 1 MB")
    #expect(said.dropFirst().allSatisfy { $0.hasPrefix("train, ") && $0.contains(" 0.") }, "\(said)")
    #expect(text(session.evaluate("panda.name")) == "\"<panda>\"")
    #expect(listener.warnings == [])
  }
}
