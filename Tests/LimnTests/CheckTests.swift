import Foundation
import Limn
import Testing

/// `limn check` with tensors, pictures and models: whole texts, and what must not be said.
@Suite struct CheckTests {
  private func report(_ text: String) -> CheckReport { Session().check(text, name: "test.limn") }
  private func rendered(_ text: String) -> String { report(text).rendered }
  private func messages(_ text: String) -> [String] { report(text).findings.map { "\($0.line) \($0.message)" } }

  @Test func aProductOfMatricesNamesBothShapesAndWhereTheyCameFrom() {
    #expect(
      rendered("let a = zeros([2, 3])\nlet b = ones([2, 3])\nprint(a @ b)") == """
        error[E2003]: matmul: inner sizes differ: [2, 3] @ [2, 3]
         --> test.limn:3:7
        1 | let a = zeros([2, 3])
          |     - this is a tensor [2, 3]
        2 | let b = ones([2, 3])
          |     - this is a tensor [2, 3]
        3 | print(a @ b)
          |       ^^^^^
        """)
  }

  @Test func aBroadcastNamesBothShapes() {
    #expect(
      rendered("let z = rng(0).randn([1, 4, 8, 8])\nprint(z + zeros([3, 1, 1]))") == """
        error[E2003]: +: shapes do not fit: [1, 4, 8, 8] and [3, 1, 1]
         --> test.limn:2:7
        1 | let z = rng(0).randn([1, 4, 8, 8])
          |     - this is a tensor [1, 4, 8, 8]
        2 | print(z + zeros([3, 1, 1]))
          |       ^^^^^^^^^^^^^^^^^^^^
        """)
  }

  @Test func aReshapeSaysBothCounts() {
    #expect(
      rendered("print(zeros([2, 3]).reshape([4, 2]))") == """
        error[E2003]: reshape: [2, 3] has 6 elements, [4, 2] has 8
         --> test.limn:1:29
        1 | print(zeros([2, 3]).reshape([4, 2]))
          |                             ^^^^^^
        """)
  }

  @Test func namesOfASignatureMustAgree() {
    #expect(
      rendered("func product(x: tensor[b, c], y: tensor[c, d]) { x @ y }\nprint(product(zeros([2, 3]), ones([4, 5])))") == """
        error[E2003]: 'y' of 'product' must be a tensor[c, d] where 'c' is 3 already, found the shape [4, 5]
         --> test.limn:2:30
        2 | print(product(zeros([2, 3]), ones([4, 5])))
          |                              ^^^^^^^^^^^^
          |               ------------- here 'c' is 3
        """)
  }

  @Test func aSamplerThatThereIsNotIsTold() {
    let found = report("let pipe = model(\"sticker\")\nshow sample(pipe, \"a panda\", sampler: \"dpm++ 2m karas\").image").findings
    #expect(found.map(\.code) == ["E2004"])
    #expect(found.first.map { $0.message.contains("dpm++ 2m karas") } == true)
    #expect(found.first.map { ($0.line, $0.column) } ?? (0, 0) == (2, 30))
  }

  @Test func aCapturedWordMustBeInThePrompt() {
    let found = report("let pipe = model(\"sticker\")\nlet run = sample(pipe, \"a panda\", capture: [\"pandas\"])\nshow run.image").findings
    #expect(found.map(\.code) == ["E2004"])
    #expect(found.first.map { $0.message.contains("pandas") } == true)
  }

  static let wrong: [(String, [String])] = [
    ("print(zeros([2, 3])[2, 0])", ["1 index 2 is outside axis 0, which has 2"]),
    ("print(zeros([2, 3])[0, 0, 0])", ["1 3 indices for a tensor with 2 axes: [2, 3]"]),
    ("print(tensor([[1, 2], [3]]))", ["1 the lists are of different lengths"]),
    ("print(zeros([2, 3]).sum(axes: 2))", ["1 there is no axis 2 in [2, 3], which has 2"]),
    ("print(zeros([2, 3]).permute([0, 0]))", ["1 permute: [0, 0] does not name each axis of [2, 3] once"]),
    ("print(concat([zeros([2, 3]), zeros([2, 4])]))", ["1 concatenate: shapes differ outside of axis 0: [2, 3] and [2, 4]"]),
    ("print(zeros([2, 3]).squeeze(0))", ["1 only an axis of size 1 can be squeezed, axis 0 of [2, 3] has 2"]),
    ("print(zeros([-1]))", ["1 shape: a size is negative: [-1]"]),
    ("print(lerp(zeros([2]), zeros([3]), 0.5))", ["1 lerp: shapes do not fit: [2] and [3]"]),
    ("let pipe = model(\"sticker\")\nprint(noise(pipe, width: 65))", ["2 the side is 65 pixels, expected a multiple of 4"]),
    ("let pipe = model(\"sticker\")\nprint(decode(pipe, zeros([1, 3, 16, 16])))", ["2 decode: the latent is [1, 3, 16, 16], expected [N, 4, h, w]"]),
    ("let pipe = model(\"sticker\")\nprint(noise(pipe) + zeros([1, 4, 8, 8]))", ["2 +: shapes do not fit: [1, 4, 16, 16] and [1, 4, 8, 8]"]),
    ("let run = sample(model(\"sticker\"), \"a panda\", steps: 1)\nshow run.imge", ["2 a run has no field 'imge'"]),
    ("show image(8, 8).resize(4, 4, \"lanczoss\")", ["1 'filter' is \"lanczoss\", expected one of \"nearest\", \"area\", \"bilinear\", \"bicubic\", \"lanczos\""]),
    ("print(image(8, 8).grow(2))", ["1 'mask' of 'grow' must be a mask, found an image"]),
    ("show sample(image(8, 8), \"a panda\").image", ["1 'model' of 'sample' must be a model, found an image"]),
  ]

  @Test(arguments: wrong.indices)
  func findsWhatIsSurelyWrong(_ index: Int) {
    #expect(messages(Self.wrong[index].0) == Self.wrong[index].1)
  }

  @Test func aConditionBelongsToAModelOfItsWidth() {
    var options = Session.Options()
    options.scriptFolder = repository.appendingPathComponent("Tests/Fixtures").path
    let text = "let a = model(\"./sd1\"), b = model(\"./sd2\")\nlet cond = encode(a, \"a cat\")\nprint(denoise(b, noise(b), 500, cond).eps)"
    let found = Session(options).check(text, name: "test.limn").findings
    #expect(found.map(\.message) == ["the condition is of '\(options.scriptFolder!)/sd1', of width 32, and '\(options.scriptFolder!)/sd2' attends at width 64"])
    #expect(Session(options).check(text.replacingOccurrences(of: "encode(a", with: "encode(b"), name: "test.limn").findings.isEmpty)
  }

  @Test func aModelThatThereIsNotIsToldAndAPathIsNot() {
    #expect(report("let pipe = model(\"stickr\")\nprint(pipe.name)").findings.map(\.code) == ["E2007"])
    #expect(report("let pipe = model(\"./not-yet-there\")\nprint(pipe.name)").findings.isEmpty)
    #expect(report("let pipe = model(\"./not-yet-there.safetensors\")\nprint(pipe.name)").findings.isEmpty)
  }

  static let right = [
    "let z = zeros([2, 3])\nprint(z + zeros([3]), z + zeros([2, 1]), z + 1, 1 - z, z @ zeros([3, 2]), z > 0, z[-1], z[0..<2, ..], z[.., 2...])",
    "func f(x: tensor[.., h, w]) { x.reshape([h * w]) }\nprint(f(zeros([1, 4, 8, 8])))",
    "var z = zeros([2])\nfor i in 0..<3 { z = concat([z, z]) }\nprint(z[5])",
    "let m = rect(0, 0, 4, 4, size: [8, 8])\nprint(m | circle(2, 2, 1, size: [8, 8]))",
    "let t = tensor(3)\nprint(t + 1, round(t), range(0, 3))",
    "let pipe = model(\"sticker\")\nlet run = sample(pipe, \"a panda\", negative: \"bowl\", capture: [\"bowl\"], steps: 1)\nshow run.image",
    "let pipe = model(\"sticker\")\nlet run = sample(pipe, \"a (red:1.3) panda\", capture: \"red\", steps: 1)\nshow run.maps[\"red\"]",
    "let x = zeros([2, 3])\nprint(x.shape[1] + 1, x.shape == [2, 3])",
    "let x = zeros([4])\nif len(x.shape) == 2 { print(x[0, 0]) }",
    "func square(x: tensor[n, n]) { x @ x }\nprint(square(eye(3)))",
    "print(max(zeros([2])), zeros([2, 3]).sum(axes: [0], keep: true) + zeros([1, 3]))",
  ]

  @Test(arguments: right.indices)
  func passesOverWhatMayBeRight(_ index: Int) {
    #expect(messages(Self.right[index]) == [])
  }

  /// What runs to its end has no error in it: all scripts, the examples and the library.
  @Test func noProgramThatRunsIsRefused() throws {
    var count = 0
    for name in ScriptTests.names {
      let text = try String(contentsOf: repository.appendingPathComponent("Tests/Scripts/\(name)"), encoding: .utf8)
      if text.contains("expect error") { continue }
      count += 1
      var options = Session.Options()
      options.scriptFolder = repository.appendingPathComponent("Tests/Scripts/\(name)").deletingLastPathComponent().path
      let errors = Session(options).check(text, name: name).findings.filter(\.isError)
      #expect(errors.isEmpty, "\(errors.map(\.rendered).joined(separator: "\n"))")
    }
    #expect(count > 30)
    for name in ["first", "look", "runs", "steps"] {
      let file = repository.appendingPathComponent("docs/examples/\(name).limn")
      var options = Session.Options()
      options.scriptFolder = file.deletingLastPathComponent().path
      #expect(Session(options).check(try String(contentsOf: file, encoding: .utf8), name: name).findings.isEmpty, "\(name)")
    }
  }

  @Test func aProgramIsNotStartedWhenItsLastLineIsSurelyWrong() {
    var options = Session.Options()
    options.checksFirst = true
    let session = Session(options)
    let listener = Listener()
    session.delegate = listener
    guard case .failed(let text) = session.evaluate("print(1)\nprint(zeros([2]) + zeros([3]))", name: "test.limn") else {
      Issue.record("it must fail")
      return
    }
    #expect(text.hasPrefix("error[E2003]: +: shapes do not fit: [2] and [3]\n --> test.limn:2:7"))
    #expect(listener.lines.isEmpty)
  }

  @Test func countsErrorsAndWarnings() {
    let found = report("func f(x) { let y = 1; x }\nprint(f(1), upper(2))")
    #expect((found.errorCount, found.warningCount) == (1, 1))
    #expect(found.findings.map(\.isError) == [false, true])
    #expect(report("print(1)").rendered.isEmpty)
  }

  @Test func formatsThroughTheLibrary() {
    #expect(format("let a=1", name: "test.limn") == .formatted("let a = 1\n"))
    guard case .refused(let text) = format("let a = (", name: "test.limn") else {
      Issue.record("a text with errors must be refused")
      return
    }
    #expect(text.hasPrefix("error[E"))
  }
}
