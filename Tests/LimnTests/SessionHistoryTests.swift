import Foundation
import Limn
import LimnBindings
import Testing

/// Taking inputs back, and writing a session down as a program that does the same again.
@Suite struct SessionHistoryTests {
  private func text(_ outcome: Session.Outcome) -> String {
    switch outcome {
    case .value(let display): display?.text ?? "nothing"
    case .failed(let text): text
    case .interrupted: "interrupted"
    }
  }

  private func session(_ folder: String? = nil) -> Session {
    var options = Session.Options()
    options.seed = 3
    options.scriptFolder = folder
    let session = Session(options)
    session.canUndo = true
    return session
  }

  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "limn-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  private static let header = "// limn \(version)\n// seed: 3\n"

  @Test func undoPutsBackNamesTheLastValueAndRandomStreams() {
    let session = session()
    _ = session.evaluate("let r = rng(7)")
    _ = session.evaluate("var x = 1; x + 10")
    let first = text(session.evaluate("r.randn([2])"))
    _ = session.evaluate("x = 2; let y = 5")
    #expect(session.undo(2)?.inputs == 2)
    #expect(text(session.evaluate("x")) == "1")
    #expect(text(session.evaluate("y")).contains("'y'"))
    #expect(session.undo()?.inputs == 1)  // the failed one changed nothing and does not count
    #expect(text(session.evaluate("_")) == "11")
    #expect(text(session.evaluate("r.randn([2])")) == first)
  }

  @Test func thereIsNoMoreToTakeBackThanThereWas() {
    let session = session()
    #expect(session.undo() == nil)
    _ = session.evaluate("let x = 1")
    #expect(session.undo(2) == nil)
    #expect(session.undo(0) == nil)
    #expect(session.undoCount == 1)
    #expect(session.undo()?.inputs == 1)
    #expect(session.script() == Self.header)
  }

  @Test func onlyTheNewestInputsCanBeTakenBack() {
    let session = session()
    for number in 0..<60 { _ = session.evaluate("let x\(number) = \(number)") }
    #expect(session.undoCount == 50)
    #expect(session.undo(50) != nil)
    #expect(session.undo() == nil)
    #expect(text(session.evaluate("x9")) == "9")
  }

  @Test func undoListsTheFilesThatStay() throws {
    try withFolder { folder in
      let session = session()
      _ = session.evaluate("let red = image(4, 4, \"red\")")
      _ = session.evaluate("save(red, \"\(folder)/a.png\"); save(red, \"\(folder)/a.png\")")
      #expect(session.undo()?.files == ["\(folder)/a.png"])
      #expect(FileManager.default.fileExists(atPath: "\(folder)/a.png"))
      #expect(session.undo()?.files == [])
    }
  }

  @Test func aScriptHoldsWhatTookEffectInOrder() {
    let session = session()
    _ = session.evaluate("// a square\nlet x = 3; x * 2")
    _ = session.evaluate("let wrong = zeros([2]) + zeros([3])")
    _ = session.evaluate("let y = [:]; y.get(\"a\")")
    _ = session.evaluate("func f(n) {\n  n + 1  // one more\n}")
    _ = session.evaluate("f(1)")
    _ = session.evaluate("_ + 40")
    _ = session.evaluate("print(1)")
    let expected = """
      // a square
      let x = 3
      show(x * 2)
      let y = [:]
      [y.get("a")]
      func f(n) {
        n + 1  // one more
      }
      let _ = show(f(1))
      show(_ + 40)
      print(1)

      """
    #expect(session.script() == Self.header + expected)
    let replay = Session()
    let listener = Listener()
    replay.delegate = listener
    #expect(text(replay.evaluate(session.script())) == "nothing")
    #expect(listener.lines == ["show 6", "show 2", "show 42", "1"])
  }

  @Test func aScriptSaysWhatItCannotDoAgain() {
    let session = session()
    _ = session.evaluate("let a = 1; a")
    _ = session.evaluate("let n = if true { let reached = 5; fail(\"no\") }")
    #expect(!session.scriptHasLostValue)
    _ = session.evaluate("let kept = _")
    #expect(session.scriptHasLostValue)
    #expect(session.script().contains("\nshow(a)\n"))  // what the failure hid is not asked for
    #expect(session.script().contains("// '_' was what a failed statement had reached; the next line cannot be run again\nlet kept = _\n"))
    #expect(session.undo() != nil)
    #expect(!session.scriptHasLostValue)
  }

  @Test func aScriptNamesTheFilesItReadWithTheirHashes() throws {
    try withFolder { folder in
      try Data([1, 2, 3]).write(to: URL(fileURLWithPath: "\(folder)/no.png"))
      let maker = Session()
      _ = maker.evaluate("save(image(2, 2, \"blue\"), \"\(folder)/a b.png\", metadata: false)")
      let session = session(folder)
      _ = session.evaluate("let photo = image(\"a b.png\"); let broken = mask(\"no.png\")")
      _ = session.evaluate("for i in 0..<3 { let again = image(\"a b.png\") }")
      let header = Recipe.Header(of: session.script())
      // As sha256sum says.
      #expect(header.reads.map(\.path).first == "a b.png")
      #expect(header.reads.first?.hash?.count == 64)
      #expect(header.reads.count == 2)
      #expect(header.reads.last == Recipe.Header.Read(path: "no.png", hash: "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81"))
      #expect(header.seed == 3)
      #expect(header.version == version)
    }
  }

  @Test func aHeaderIsReadBackAsItWasWritten() {
    var header = Recipe.Header()
    header.version = "0.1"
    header.seed = -4
    header.settings = [Recipe.Header.Setting(name: "text", value: "a = b"), Recipe.Header.Setting(name: "n", value: "")]
    header.reads = [Recipe.Header.Read(path: "a sha256:b c.png", hash: "00ff"), Recipe.Header.Read(path: "big model", hash: nil)]
    #expect(Recipe.Header(of: header.text + "let x = 1\n// seed: 9\n") == header)
    #expect(Recipe.Header(of: "let x = 1") == Recipe.Header())
    header.settings = [Recipe.Header.Setting(name: "text", value: "two\nlines")]
    #expect(Recipe.Header(of: header.text).settings.first?.value == "two lines")
  }

  /// `:save` and replay: the pixels of a session that sampled, failed, took back and drew random numbers.
  @Test func aSavedSessionMakesTheSamePixels() throws {
    try withFolder { folder in
      let session = session()
      for input in [
        "let pipe = model(\"sticker\"), r = rng(5)", "var run = start(pipe, \"a red panda\", steps: 4, capture: [\"panda\"])",
        "run = run.step()", "r.randn([3])", "run = run.step(eps: nope)", "run = run.step()", "let z = r.randn([1, 4, 16, 16])",
        "let mixed = decode(pipe, run.z + 0.1 * z)", "_", "save(mixed, \"\(folder)/a.png\", metadata: false)",
      ] { _ = session.evaluate(input) }
      #expect(session.undo()?.files == ["\(folder)/a.png"])
      _ = session.evaluate("let late = r.randn([4]); save(run.finish().image, \"\(folder)/b.png\", metadata: false)")
      _ = session.evaluate("save(mixed.paste(run.image), \"\(folder)/c.png\", metadata: false)")
      let names = ["b.png", "c.png"]
      let before = try names.map { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)")) }
      for name in ["a.png"] + names { try FileManager.default.removeItem(atPath: "\(folder)/\(name)") }
      let replay = self.session()
      #expect(text(replay.evaluate(session.script())) == "nothing")
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/a.png"))
      #expect(try names.map { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)")) } == before)
    }
  }

  @Test func resetForgetsNamesAndStatements() {
    let session = session()
    _ = session.evaluate("let x = 1; x")
    session.reset()
    #expect(text(session.evaluate("x")).contains("'x'"))
    #expect(text(session.evaluate("_")).contains("'_'"))
    #expect(session.undo() == nil)
    #expect(session.script() == Self.header)
  }

  @Test func aPictureCarriesItsRecipeWithSettings() throws {
    try withFolder { folder in
      let session = session()
      _ = session.evaluate("func main(size) { save(image(size, size, \"red\"), \"\(folder)/m.png\") }")
      #expect(text(session.callMain([(name: "size", value: "6")])) == "nothing")
      let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/m.png"))
      let expected = Self.header + "// set: size=6\nfunc main(size) { save("
      #expect(bytes.range(of: Data(expected.utf8)) != nil)
    }
  }
}
