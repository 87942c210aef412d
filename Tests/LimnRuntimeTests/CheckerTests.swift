import LimnRuntime
import LimnSyntax
import Testing

/// What is found in programs without running them, and what is not.
@Suite struct CheckerTests {
  private func rendered(_ text: String) -> String {
    Interpreter().check(SourceText(text, name: "test.limn")).map { DiagnosticRenderer($0.source).render($0.diagnostic) }.joined(separator: "\n\n")
  }

  private func messages(_ text: String) -> [String] {
    Interpreter().check(SourceText(text, name: "test.limn")).map { found in
      "\(found.source.position(at: found.diagnostic.range.start).line) \(found.diagnostic.message)"
        + (found.diagnostic.help.map { " | \($0)" } ?? "")
    }
  }

  @Test func aNameThatIsNotUsedIsTold() {
    #expect(
      rendered("func area(r) {\n  let square = r * r\n  pi() * r * r\n}") == """
        warning[W1101]: 'square' is not used
         --> test.limn:2:7
        2 |   let square = r * r
          |       ^^^^^^ help: '_square' if that is meant
        """)
  }

  @Test func codeBehindAReturnIsTold() {
    #expect(
      rendered("func f(x) {\n  return x\n  print(x)\n  print(x)\n}") == """
        warning[W1102]: this never runs: 'return' stands before it
         --> test.limn:3:3
        2 |   return x
          |   -------- nothing behind this runs
        3 |   print(x)
          |   ^^^^^^^^
        """)
    #expect(messages("for i in 0..<3 {\n  break\n  print(i)\n}") == ["3 this never runs: 'break' stands before it"])
    #expect(messages("func f() {\n  fail(\"no\")\n  1\n}") == ["3 this never runs: 'fail' stands before it"])
  }

  @Test func typesOfLiteralsAreComparedWithDeclaredOnes() {
    #expect(
      rendered("func half(x: float) { x / 2 }\nlet word = \"six\"\nprint(half(word))") == """
        error[E2002]: 'x' of 'half' must be a float, found the string "six"
         --> test.limn:3:12
        1 | func half(x: float) { x / 2 }
          |           -------- declared here
        2 | let word = "six"
          |     ---- this is the string "six"
        3 | print(half(word))
          |            ^^^^
        """)
    #expect(messages("print(upper(3))") == ["1 'text' of 'upper' must be a string, found the int 3 | upper(text: string)"])
    #expect(messages("print(3.upper())") != [])
    #expect(messages("let xs = [1, 2]\nprint(xs.upper())") == ["2 'text' of 'upper' must be a string, found a list of 2 | upper(text: string)"])
  }

  @Test func listsAreIndexedWithinTheirLength() {
    #expect(
      rendered("let xs = [1, 2, 3]\nprint(xs[3])") == """
        error[E2005]: index 3 is outside of the list of 3
         --> test.limn:2:7
        1 | let xs = [1, 2, 3]
          |     -- this is a list of 3
        2 | print(xs[3])
          |       ^^^^^
        """)
    #expect(messages("let xs = [1, 2, 3]\nprint(xs[-3], xs[0])") == [])
  }

  static let wrong: [(String, [String])] = [
    ("print(1 / 0)", ["1 division by zero: 1 / 0"]),
    ("for x in 3 { print(x) }", ["1 cannot loop over the int 3 | count with a range: 0..<3"]),
    ("print([1].length)", ["1 a list of 1 has no fields, found '.length' | len(x)"]),
    ("print(\"a\".upper)", ["1 the string \"a\" has no fields, found '.upper' | a call needs brackets: x.upper()"]),
    ("let _hidden = 1", ["1 '_hidden' is not used"]),
    ("func _hidden() { 1 }", ["1 '_hidden' is not used"]),
    ("func f(v: list[2]) { v }\nprint(f([1, 2, 3]))", ["2 'v' of 'f' must be a list[2], found the shape [3]"]),
    (
      "func f(v: list[n], w: list[n]) { [v, w] }\nprint(f([1, 2], [3]))",
      ["2 'w' of 'f' must be a list[n] where 'n' is 2 already, found the shape [1]"]
    ),
    ("func f(x) { let g = () => 1; x }", ["1 'g' is not used | '_g' if that is meant"]),
    ("if true { let a = 1; print(2) }", ["1 'a' is not used | '_a' if that is meant"]),
    ("func f() { 1 }\nprint(f(2))", ["2 'f' takes 0 arguments, found 1 | f()"]),
    ("print(phto)\nlet photo = 1", ["1 there is no name 'phto' | did you mean 'photo'?"]),
  ]

  @Test(arguments: wrong.indices)
  func findsWhatIsSurelyWrong(_ index: Int) {
    #expect(messages(Self.wrong[index].0) == Self.wrong[index].1)
  }

  /// Programs about which nothing may be said.
  static let right = [
    "let a = 1\nprint(2)",
    "func f(x) { 1 }",
    "for i in 0..<3 { print(1) }",
    "try { print([][0]) } catch e { print(1) }",
    "try { print(1 / 0) } catch e { print(e.kind) }",
    "func kind(f) { try { f() } catch e { e.kind } }\nprint(kind(() => [][0]))",
    "var xs = []\nfor i in 0..<3 { xs += [i] }\nprint(xs[2])",
    "var xs = []\nif len(\"a\") == 1 { xs = [1] }\nprint(xs[0])",
    "var xs = []\nwhile len(xs) < 3 { xs += [1] }\nprint(xs[2])",
    "var x = 1\nfunc f() { x[0] }\nx = [1]\nprint(f())",
    "let x = 1\nlet g = () => x\nprint(g())",
    "let mode = \"a\"\nif type(mode) == \"list\" { print(mode[0]) }",
    "var x = 3\ntry { x = \"a\" } catch e { print(e) }\nprint(upper(x))",
    "func f(x = nil) { x }\nprint(f(), f(nil))",
    "func f(x: string = nil) { x }\nprint(f(nil))",
    "let list = [1]\nprint(list([2]))",
    "func f(g) { g(1) }\nprint(f(x => x))",
    "let m = [\"a\": 1]\nprint(m.a, m[\"a\"])",
    "let e = 3\nprint(e.abs())",
    "func even(n) { if n == 0 { true } else { odd(n - 1) } }\nfunc odd(n) { if n == 0 { false } else { even(n - 1) } }\nprint(even(4))",
    "func f(x) { var n = 0; for i in 0..<x { n += i }; n }",
    "let r = 0..<5\nfor i in r { print(i) }\nprint(r.by(2))",
    "let xs = [1, 2]\nfunc f() { xs[5] }\nlet xs = [1, 2, 3, 4, 5, 6]\nprint(f())",
    "let s = \"{upper(\"a\")}\"\nprint(s)",
    "let options = [\"digits\": 1]\nprint(round(1.25, ..options))",
    "test \"a\" { let x = 1; expect x == 1 }",
    "let x = 1\nlet x = \"a\"\nprint(upper(x))",
    "func f(x: float) { x }\nprint(f(1))",
    "print(max(1, 2, 3), max([1, 2]))",
    "let f = if true { x => x } else { x => 2 * x }\nprint(f(1))",
  ]

  @Test(arguments: right.indices)
  func passesOverWhatMayBeRight(_ index: Int) {
    #expect(messages(Self.right[index]) == [])
  }

  /// A script that runs to its end has no error in it.
  @Test func noScriptThatRunsIsRefused() throws {
    var count = 0
    for name in ScriptTests.names {
      let script = try Script(path: "\(ScriptTests.folder)/\(name)")
      guard !script.source.text.contains("expect error"), !script.source.text.contains("use ") else { continue }
      count += 1
      let errors = Interpreter().check(script.source).filter { $0.diagnostic.severity == .error }
      #expect(errors.isEmpty, "\(name): \(errors.map(\.diagnostic.message))")
    }
    #expect(count > 80)
  }

  @Test func checkingChangesNothing() throws {
    let session = Interpreter()
    try session.evaluate("let a = 1")
    _ = session.check(SourceText("let b = 2\nprint(a, b)", name: "test.limn"))
    #expect(session.bindings.map(\.name) == ["a"])
    #expect(throws: CompileErrors.self) { try session.evaluate("b") }
  }

  @Test func aProgramIsCheckedBeforeItsFirstLineRunsWhenAsked() throws {
    let session = Interpreter()
    let recorder = Recorder()
    session.delegate = recorder
    session.checksFirst = true
    #expect(throws: CompileErrors.self) { try session.evaluate("print(1)\nprint(upper(2))") }
    #expect(recorder.lines.isEmpty)
    session.checksFirst = false
    #expect(throws: Fault.self) { try session.evaluate("print(1)\nprint(upper(2))") }
    #expect(recorder.lines == ["1"])
  }

  @Test func namesOfEarlierInputsAreKnownByTheirValues() throws {
    let session = Interpreter()
    try session.evaluate("let word = \"a\"\nlet n = 3")
    #expect(session.check(SourceText("print(upper(n))", name: "test.limn")).map(\.diagnostic.message) == ["'text' of 'upper' must be a string, found the int 3"])
    #expect(session.check(SourceText("print(upper(word))", name: "test.limn")).isEmpty)
  }
}
