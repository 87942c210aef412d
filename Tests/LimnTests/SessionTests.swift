import Foundation
import Limn
import Testing

@Suite struct SessionTests {
  private func text(_ outcome: Session.Outcome) -> String {
    switch outcome {
    case .value(let display): display?.text ?? "nothing"
    case .failed(let text): text
    case .interrupted: "interrupted"
    }
  }

  @Test func keepsNamesFromOneEvaluationToTheNext() {
    let session = Session()
    #expect(text(session.evaluate("let x = zeros([2, 2]) + 1")) == "nothing")
    #expect(text(session.evaluate("x * 3")) == "[[3, 3], [3, 3]]")
    #expect(text(session.evaluate("_ + 1")) == "[[4, 4], [4, 4]]")
    #expect(text(session.evaluate("x;")) == "nothing")
  }

  @Test func longValuesAreShownByTheirEnds() {
    let session = Session()
    let first = (0..<20).map(String.init).joined(separator: ", ")
    #expect(text(session.evaluate("[i for i in 0..<5000]")) == "[\(first), …, 4995, 4996, 4997, 4998, 4999]  5000 items")
    #expect(text(session.evaluate("[i for i in 0..<100]")).hasSuffix(", 98, 99]"))
    #expect(text(session.evaluate("[i: i * 2 for i in 0..<101]")).hasSuffix("19: 38, …, 96: 192, 97: 194, 98: 196, 99: 198, 100: 200]  101 entries"))
    #expect(text(session.evaluate("\"ab\".repeat(5000)")).count < 2100)
  }

  @Test func namesTheShapesThatDoNotFit() {
    #expect(
      text(Session().evaluate("zeros([2, 3]) @ zeros([2, 3])", name: "a.limn")) == """
        error[E2003]: matmul: inner sizes differ: [2, 3] @ [2, 3]
         --> a.limn:1:1
        1 | zeros([2, 3]) @ zeros([2, 3])
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """)
  }

  @Test func aFailedStatementLeavesRandomStreamsAsTheyWere() {
    let session = Session()
    _ = session.evaluate("let r = rng(3), first = r.copy().randn([2])")
    guard case .failed = session.evaluate("let a = r.randn([2]) + zeros([3])") else {
      Issue.record("the shapes should not fit")
      return
    }
    #expect(text(session.evaluate("r.randn([2]) == first")) == "true")
  }

  @Test func anInterruptEndsASamplingAndKeepsNames() {
    let session = Session()
    let listener = Listener()
    session.delegate = listener
    _ = session.evaluate("let pipe = model(\"sticker\"), kept = 7")
    let interrupter = session.interrupter
    listener.onProgress = { if listener.steps.last == 2 { interrupter.interrupt() } }
    guard case .interrupted = session.evaluate("let run = sample(pipe, \"a panda\", steps: 500)") else {
      Issue.record("the sampling should have been interrupted")
      return
    }
    #expect((listener.steps.last ?? 500) < 10)
    #expect(text(session.evaluate("kept")) == "7")
    #expect(text(session.evaluate("sample(pipe, \"a panda\", steps: 2).done")) == "true")
  }

  @Test func aLoopWithoutEndIsInterrupted() {
    let session = Session()
    let interrupter = session.interrupter
    // A thread of its own: the loop may hold every thread that tasks would run on.
    Thread.detachNewThread {
      Thread.sleep(forTimeInterval: 0.3)
      interrupter.interrupt()
    }
    guard case .interrupted = session.evaluate("var n = 0; while true { n += 1 }") else {
      Issue.record("the loop should have been interrupted")
      return
    }
  }

  @Test func savedPicturesCarryHowTheyWereMadeUnlessAskedNotTo() throws {
    let folder = NSTemporaryDirectory() + "limn-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let session = Session()
    let source = """
      let run = sample(model("sticker"), "a cat in the snow", negative: "rain", seed: 5, steps: 2, guidance: 4)
      save(run.image, "\(folder)/a.png")
      save(run.image, "\(folder)/b.png", metadata: false)
      print(image("\(folder)/a.png").parameters)
      """
    let listener = Listener()
    session.delegate = listener
    if case .failed(let text) = session.evaluate(source) { Issue.record("\(text)") }
    #expect(listener.lines.first == "a cat in the snow")
    #expect(listener.lines.dropFirst().first == "Negative prompt: rain")
    let last = try #require(listener.lines.last)
    for part in ["Steps: 2", "CFG scale: 4", "Seed: 5", "Size: 64x64", "Model: sticker", "RNG: CPU", "Version: limn"] { #expect(last.contains(part)) }
    let bare = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/b.png"))
    for chunk in ["tEXt", "iTXt", "zTXt"] { #expect(bare.range(of: Data(chunk.utf8)) == nil) }
    let full = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/a.png"))
    #expect(full.range(of: Data("a cat in the snow".utf8)) != nil)
  }

  @Test func twoSessionsOnTwoThreadsKnowNothingOfEachOther() async {
    await withTaskGroup(of: String.self) { group in
      for seed in 0..<2 {
        group.addTask {
          let session = Session()
          let source = "let z = rng(\(seed)).randn([4]); var s = 0.0; for i in 0..<20000 { s += item(z[i % 4]) }; mean(abs(z - rng(\(seed)).randn([4])))"
          if case .value(let display?) = session.evaluate(source) { return display.text }
          return "failed"
        }
      }
      for await result in group { #expect(result == "0") }
    }
  }
}
