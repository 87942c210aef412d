import Foundation
import Limn
import LimnBindings
import Testing

@Suite struct CompletionTests {
  private static func session(_ source: String = "") -> Session {
    let session = Session()
    if case .failed(let text) = session.evaluate(source) { Issue.record("\(text)") }
    return session
  }

  /// Completions at the `|` of a text, as their texts.
  private func texts(_ marked: String, in session: Session = session()) -> [String] {
    completions(marked, in: session).map(\.text)
  }

  private func completions(_ marked: String, in session: Session = session()) -> [Completion] {
    let parts = marked.components(separatedBy: "|")
    return session.completions(parts.joined(), cursor: parts[0].utf8.count)
  }

  // MARK: Names

  @Test func namesInScopeComeBeforeNativesAndKeywords() {
    let session = Self.session("let shade = 1, shape_of = 2; func shift(x, by = 1) { x + by }")
    let found = completions("sh|", in: session)
    #expect(found.prefix(3).map(\.text) == ["shade", "shape_of", "shift"])
    #expect(found.prefix(3).map(\.detail) == ["int", "int", "function: shift(x, by = 1)"])
    #expect(found.contains { $0.text == "show" && $0.kind == .function && $0.detail == "show(..values)" })
    #expect(texts("whi|") == ["while"])
    #expect(texts("sho|w").contains("show"))
  }

  @Test func namesThatTheTextDeclaresAreOffered() {
    #expect(texts("let apple = 1\nfor apricot in 0..<3 {\n  ap|").contains("apple"))
    #expect(texts("func f(apple, apricot = 2) {\n  apri|") == ["apricot"])
    #expect(texts("xs.map { apple => appl|") == ["apple"])
    #expect(texts("(apple, pear) => pea|") == ["pear"])
    #expect(!texts("let appl|").contains("appl"))
  }

  @Test func nothingTypedIsNoReasonToListEverything() {
    #expect(texts("|").isEmpty)
    #expect(texts("let x = |").isEmpty)
    #expect(texts("1|").isEmpty)
    #expect(texts("// a comment sho|").isEmpty)
    #expect(texts("qqqq|").isEmpty)
  }

  @Test func privateNamesAreForThoseWhoBeginThem() {
    let session = Self.session("let _hidden = 1, hill = 2")
    #expect(texts("_h|", in: session) == ["_hidden"])
    #expect(!texts("h|", in: session).contains("_hidden"))
  }

  @Test func theReplacedPartIsCountedInBytesAndInCodePoints() throws {
    let text = "print(\"é👍\"); sho|"
    let found = try #require(completions(text).first { $0.text == "show" })
    #expect(found.bytes == 17..<20)
    #expect(found.codePoints == 13..<16)
  }

  // MARK: Members

  @Test func afterADotComeFieldsThenFunctionsOfThatType() {
    let session = Self.session("let z = zeros([2, 3]), pipe = model(\"sticker\")")
    let found = completions("z.|", in: session)
    #expect(found.prefix(4).map(\.text) == ["shape", "dtype", "rank", "count"])
    #expect(found.prefix(2).map(\.detail) == ["list of 2", "string"])
    #expect(found.contains { $0.text == "reshape" && $0.detail == "reshape(x: tensor, shape: list)" })
    #expect(!found.contains { $0.text == "upper" })
    #expect(texts("pipe.na|", in: session) == ["name"])
    #expect(texts("pipe.enc|", in: session) == ["encode", "encode_image"])
  }

  @Test func aChainOfFieldsIsFollowedWithoutRunningAnything() {
    let session = Self.session("let m = [\"inner\": [\"deep\": zeros([2])], \"two words\": 1], xs = [zeros([3])]")
    #expect(texts("m.|", in: session).first == "inner")
    #expect(!texts("m.|", in: session).contains("two words"))
    #expect(texts("m.inner.de|", in: session) == ["deep"])
    #expect(texts("m[\"inner\"].de|", in: session) == ["deep"])
    #expect(texts("xs[0].dty|", in: session) == ["dtype"])
    #expect(texts("\"abc\".upp|", in: session) == ["upper"])
  }

  @Test func whatWouldHaveToRunIsNotRun() {
    let session = Self.session("let r = rng(1); func f() { r.randn([2]) }")
    let before = Self.session("let r = rng(1)")
    _ = completions("f().sha|", in: session)
    guard case .value(let a?) = session.evaluate("r.randn([2])"), case .value(let b?) = before.evaluate("r.randn([2])") else {
      Issue.record("no value")
      return
    }
    #expect(a.text == b.text)
  }

  @Test func ofACallTheFieldsOfItsResultAreKnown() {
    #expect(texts("sample(model(\"sticker\"), \"a cat\").imag|") == ["image", "images"])
    #expect(texts("sample(model(\"sticker\"), \"a cat\").fini|") == ["finish"])
    #expect(texts("zeros([2, 3]).resh|") == ["reshape"])
  }

  @Test func aRunsPictureIsNamedButNotDecoded() throws {
    let session = Self.session("let run = start(model(\"sticker\"), \"a cat\", steps: 2)")
    let image = try #require(completions("run.|", in: session).first { $0.text == "image" })
    #expect(image.detail.isEmpty)
    #expect(completions("run.|", in: session).first { $0.text == "z" }?.detail == "tensor [1, 4, 16, 16] f32")
  }

  @Test func modulesOfferTheirNames() {
    let session = Self.session("use sequences")
    #expect(texts("sequ|", in: session).contains("sequences"))
    #expect(!texts("sequences.|", in: session).isEmpty)
    #expect(!texts("sequences.|", in: session).contains { $0.hasPrefix("_") })
    #expect(texts("use seq|") == ["sequences"])
    #expect(texts("let x = 1; use seq|") == ["sequences"])
  }

  // MARK: Arguments

  @Test func labelsOfTheCallComeFirst() {
    let found = completions("image(2, 2).blur(ra|")
    #expect(found.first?.text == "radius: ")
    #expect(found.first?.detail == "radius: float")
    let session = Self.session("let pipe = model(\"sticker\"); func mine(first, second = 2) { first }")
    #expect(texts("sample(pipe, \"a cat\", see|", in: session).first == "seed: ")
    #expect(!texts("sample(pipe, \"a cat\", seed: 1, see|", in: session).contains("seed: "))
    #expect(texts("sample(pipe, \"a cat\", |", in: session).contains("guidance: "))
    #expect(texts("mine(|", in: session) == ["first: ", "second: "])
    #expect(texts("mine(1, |", in: session) == ["second: "])
    #expect(texts("mine(1, second: |", in: session).isEmpty)
    #expect(texts("func other(seco|", in: session).isEmpty)
  }

  @Test func choicesAreThoseThatTheFunctionTakes() {
    let session = Self.session("let pipe = model(\"sticker\")")
    #expect(texts("sample(pipe, \"a cat\", sampler: \"dpm++ 2m s|", in: session) == ["dpm++ 2m sde", "dpm++ 2m sde karras"])
    #expect(texts("scheduler(pipe, \"dd|", in: session) == ["ddim", "ddpm"])
    #expect(texts("tensor([1], dtype: \"bf|") == ["bf16"])
    #expect(texts("image(2, 2).flip(\"ver|") == ["vertical"])
    #expect(texts("image(2, 2).flip(axis: |") == ["\"horizontal\"", "\"vertical\""])
    #expect(completions("tensor([1], dtype: \"bf|").first?.suffix == "\"")
  }

  /// A choice that is offered and not taken would be worse than none.
  @Test(arguments: [
    ("sampler", "sample", "scheduler(pipe, sampler: \"@\")"), ("dtype", "tensor", "tensor([1], dtype: \"@\")"),
    ("long", "encode", "encode(pipe, \"a cat\", long: \"@\")"), ("filter", "resize", "photo.resize(3, 3, filter: \"@\")"),
    ("mode", "resize", "hole.resize(3, 3, mode: \"@\")"), ("axis", "flip", "photo.flip(axis: \"@\")"), ("colors", "heat", "heat(hole, colors: \"@\")"),
  ])
  func everyChoiceIsTaken(_ parameter: String, _ native: String, _ call: String) {
    let session = Self.session("let pipe = model(\"sticker\"), photo = image(4, 4), hole = mask(4, 4, 0.5)")
    let values = ArgumentChoices.values(of: parameter, in: native)
    #expect(values.count > 1)
    for value in values {
      if case .failed(let text) = session.evaluate("let taken = " + call.replacingOccurrences(of: "@", with: value)) { Issue.record("\(text)") }
    }
  }

  // MARK: Strings

  @Test func keysInAnIndex() {
    let session = Self.session("let m = [\"apple\": 1, \"apricot pie\": 2]")
    #expect(texts("m[\"ap|", in: session) == ["apple", "apricot pie"])
    #expect(completions("m[\"appl|", in: session).first?.suffix == "\"]")
    #expect(texts("print(m[\"apr|", in: session) == ["apricot pie"])
  }

  @Test func wordsOfTheTokenizerInAPrompt() {
    let found = texts("let p = \"a photo of a pand|")
    #expect(found.first == "panda")
    #expect(found.contains("pandas"))
    #expect(texts("\"a photo of a p|").isEmpty)
    #expect(texts("\"the Pand|").first == "panda")
    #expect(texts("\"a {1 + 1} pand|").first == "panda")
    #expect(texts("\"a pand|", in: Self.session()).allSatisfy { $0.allSatisfy(\.isLetter) })
    // The commoner word first: its merge came earlier.
    let common = texts("\"do|")
    let dog = common.firstIndex(of: "dog"), donkey = common.firstIndex(of: "donkey")
    #expect(dog != nil && (donkey.map { dog! < $0 } ?? true))
  }

  @Test func filesWhereAPathIsWanted() throws {
    let folder = NSTemporaryDirectory() + "limn-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder + "/photos", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for name in ["photos/panda.png", "photos/.hidden.png", "map.png", "no\"te.png"] { _ = FileManager.default.createFile(atPath: "\(folder)/\(name)", contents: nil) }
    var options = Session.Options()
    options.scriptFolder = folder
    let session = Session(options)
    #expect(texts("image(\"|", in: session) == ["map.png", "photos/"])
    #expect(texts("image(\"photos/|", in: session) == ["photos/panda.png"])
    #expect(texts("image(\"photos/.|", in: session) == ["photos/.hidden.png"])
    #expect(texts("let p = \"photos/pa|", in: session) == ["photos/panda.png"])
    #expect(texts("image(2, 2).save(\"ma|", in: session) == ["map.png"])
    #expect(texts("model(\"st|", in: session) == ["sticker"])
    #expect(completions("image(\"ph|", in: session).first?.suffix == "")
    #expect(texts("image(\"\(folder)/ma|", in: session) == ["\(folder)/map.png"])
  }

  // MARK: Commands

  @Test func commandsAndTheirArguments() {
    let session = Self.session("let shade = zeros([2])")
    #expect(texts(":un|", in: session) == ["undo"])
    #expect(texts(":|", in: session).contains("inspect"))
    #expect(texts(":type sha|", in: session).contains("shade"))
    #expect(texts(":time shade.sha|", in: session) == ["shape"])
    #expect(texts("?sampl|", in: session) == ["sample"])
    #expect(texts(":doc sampl|", in: session) == ["sample"])
    #expect(texts(":vars sh|", in: session).isEmpty)
    #expect(completions(":type shad|", in: session).first?.bytes == 6..<10)
  }

  // MARK: Whatever is typed

  /// At every prefix of every script, and after removing a piece of it: no crash, a right range, in bounded time.
  @Test func everyPrefixOfEveryScriptIsAnswered() throws {
    let session = Self.session("let pipe = model(\"sticker\"), z = zeros([2, 3]), m = [\"k\": 1], photo = image(2, 2); func f(x, y = 1) { x }")
    let root = repository.appendingPathComponent("Tests/Scripts")
    let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL }.filter { $0.pathExtension == "limn" } ?? []
    #expect(files.count > 100)
    var slowest = 0.0
    for file in files {
      let text = try String(contentsOf: file, encoding: .utf8)
      guard text.utf8.count < 4000 else { continue }
      let count = text.utf8.count
      // Every third place of the long ones: the rest differ by a letter of the same word.
      for cursor in stride(from: 0, through: count, by: count > 300 ? 3 : 1) {
        let began = Date()
        let found = session.completions(text, cursor: cursor)
        slowest = max(slowest, Date().timeIntervalSince(began))
        for completion in found.prefix(2) where completion.bytes.upperBound > cursor || completion.bytes.lowerBound < 0 {
          Issue.record("\(file.lastPathComponent) at \(cursor): \(completion)")
        }
      }
    }
    #expect(slowest < 1.0)
  }

  @Test(arguments: ["", ".", "..", "(", ")", "))((", "\"", "\"\"\"", "\"{", "\"{\"{\"{", "}", "a.b.c.", ".a", "x[", "x[\"", "[\"", "f(,", "f(:", "f(a:,", "use", "use ", ":", "?", ": ", "::", "é", "👨‍👩‍👧.", "\u{0}", "1.", "1..", "...", "func", "func (", "=>", ") =>", "for", "for ,", "let let", "\\", "#!/", "f(\"a\nb", "x.\n.y"])
  func oddTextsAreAnswered(_ text: String) {
    let session = Self.session("let x = [\"a\": 1]")
    for cursor in -1...(text.utf8.count + 1) {
      for completion in session.completions(text, cursor: cursor) { #expect(completion.bytes.upperBound <= text.utf8.count) }
    }
  }

  @Test func deepNestingTakesNoLongerThanItsLength() {
    let session = Self.session()
    let text = String(repeating: "f([x.y(\"{", count: 3000) + "sho"
    let began = Date()
    _ = session.completions(text, cursor: text.utf8.count)
    #expect(Date().timeIntervalSince(began) < 2)
  }

  // MARK: Types

  @Test(arguments: [
    ("3", "int"), ("3 + 4", "int"), ("3 / 4", "float"), ("2 * 1.5", "float"), ("1 < 2", "bool"), ("\"a\" + \"b\"", "string"), ("not x", "bool"),
    ("z", "tensor [2, 3] f32"), ("z * 2", "tensor [2, 3]"), ("z < 1", "tensor [2, 3]"), ("z.shape", "list of 2"), ("m.k", "int"), ("xs[0]", "int"), ("[1, nope()]", "list"),
    ("f", "function: f(x, y = 1)"), ("f(1)", "known when it runs: a call of 'f'"), ("sample(model(\"sticker\"), \"a cat\")", "run"), ("z @ z", "it would fail: matmul: inner sizes differ: [2, 3] @ [2, 3]"), ("nope", "there is no name 'nope'"),
    ("z.nope", "tensor has no field 'nope'"), ("x => x", "function"), ("[i for i in 0..<3]", "list"), ("let q = 1", "that is no expression"), ("nil", "nil"),
  ])
  func typesAreToldWithoutRunning(_ expression: String, _ expected: String) {
    let session = Self.session("let z = zeros([2, 3]), m = [\"k\": 1], xs = [1, \"a\"], x = true; func f(x, y = 1) { fail(\"ran\") }")
    #expect(session.type(of: expression) == expected)
  }
}
