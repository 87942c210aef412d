import LimnRuntime
import LimnSyntax
import Testing

/// A session: statements that take effect whole or not at all, going back, limits, interrupts.
@Suite struct InterpreterTests {
  private let recorder = Recorder()

  private func interpreter(_ limits: Limits = Limits()) -> Interpreter {
    let interpreter = Interpreter(limits: limits)
    interpreter.delegate = recorder
    return interpreter
  }

  private func text(_ interpreter: Interpreter, _ source: String) throws -> String {
    let value = try interpreter.evaluate(source)
    return interpreter.read { $0.shown(value.value) }
  }

  private func fault(_ interpreter: Interpreter, _ source: String) -> Fault? {
    do {
      try interpreter.evaluate(source)
      return nil
    } catch {
      return error as? Fault
    }
  }

  @Test func namesLastFromInputToInput() throws {
    let session = interpreter()
    try session.evaluate("var x = 2\nfunc f(n) { n * x }")
    #expect(try text(session, "f(21)") == "42")
    try session.evaluate("x = 3")
    #expect(try text(session, "f(10)") == "30")
    #expect(session.bindings.map(\.name) == ["x", "f"])
    #expect(session.bindings.map(\.isVariable) == [true, false])
  }

  @Test func underscoreIsTheLastValue() throws {
    let session = interpreter()
    try session.evaluate("20 + 1")
    #expect(try text(session, "_ * 2") == "42")
    try session.evaluate("let y = 5")
    #expect(try text(session, "_") == "42")
  }

  @Test func aFailedStatementLeavesEveryNameAsItWas() throws {
    let session = interpreter()
    try session.evaluate("var xs = [1, 2], m = [\"a\": [1]], n = 1")
    let failed = fault(session, "for i in 0..<10 { xs += [i]; m[\"a\"] += [i]; n += 1; if i == 3 { fail(\"stop\") } }")
    #expect(failed?.kind == .fail)
    #expect(try text(session, "[xs, m, n]") == #"[[1, 2], ["a": [1]], 1]"#)
  }

  @Test func statementsBeforeAFailedOneStay() throws {
    let session = interpreter()
    #expect(fault(session, "let a = 1\nlet b = [][0]\nlet c = 3")?.kind == .index)
    #expect(try text(session, "a") == "1")
    #expect(throws: CompileErrors.self) { try session.evaluate("b") }
  }

  @Test func afterAnErrorUnderscoreHoldsWhatTheNamesHadReached() throws {
    let session = interpreter()
    try session.evaluate("var z = 0")
    _ = fault(session, "for t in 0..<10 { let double = t * 2; z = z + t; if t == 4 { fail(\"stop\") } }")
    #expect(try text(session, "[_.z, _.t, _.double]") == "[10, 4, 8]")
    #expect(try text(session, "z") == "0")
  }

  @Test func anErrorInACalledFunctionKeepsTheStatementsNames() throws {
    let session = interpreter()
    _ = fault(session, "func f(x) { if x == 3 { fail(\"no\") }; x }\nfor i in 0..<5 { let y = f(i) }")
    #expect(try text(session, "_.i") == "3")
  }

  @Test func aSnapshotBringsNamesBack() throws {
    let session = interpreter()
    try session.evaluate("var x = [1]")
    let before = session.snapshot()
    try session.evaluate("x += [2]\nlet y = 1")
    session.restore(before)
    #expect(try text(session, "x") == "[1]")
    #expect(session.value(of: "y") == nil)
    #expect(throws: CompileErrors.self) { try session.evaluate("y") }
  }

  @Test func aSemicolonMutesTheLastValue() throws {
    let session = interpreter()
    let program = try session.compile(SourceText("1 + 1;", name: "input"))
    #expect(program.isMuted)
    #expect(try session.run(program.statements[0]) == nil)
  }

  @Test func nothingRunsWhenAnythingIsMisspelled() throws {
    let session = interpreter()
    #expect(throws: CompileErrors.self) { try session.evaluate("print(1)\nprintt(2)") }
    #expect(recorder.lines.isEmpty)
  }

  @Test func theStepLimitEndsALoopAndCannotBeCaught() throws {
    var limits = Limits()
    limits.steps = 10_000
    let session = interpreter(limits)
    let failed = fault(session, "try { while true { } } catch e { print(\"caught\") }")
    #expect(failed?.kind == .limit)
    #expect(recorder.lines.isEmpty)
    #expect(fault(session, "count(0..<1_000_000_000_000, x => false)")?.kind == .limit)
    #expect(try text(session, "sum([i for i in 0..<100])") == "4950")
  }

  @Test func theTimeLimitEndsALoop() throws {
    var limits = Limits()
    limits.seconds = 0.05
    let session = interpreter(limits)
    #expect(fault(session, "while true { }")?.message == "the time limit is reached")
    #expect(fault(session, "count(0..<1_000_000_000_000, x => false)")?.message == "the time limit is reached")
    #expect(fault(session, "list(0..<1_000_000_000_000)")?.kind == .memory)
  }

  @Test func anInterruptEndsALoopAndKeepsNames() throws {
    let session = interpreter()
    try session.evaluate("var n = 5")
    session.interrupt.set()
    let failed = fault(session, "try { while true { n += 1 } } catch e { }")
    #expect(failed?.kind == .interrupt)
    session.interrupt.clear()
    #expect(try text(session, "n") == "5")
  }

  @Test func twoInterpretersKnowNothingOfEachOther() async throws {
    func count(_ start: Int) throws -> String {
      let session = Interpreter()
      try session.evaluate("var n = \(start)")
      for _ in 0..<50 { try session.evaluate("n += 1\nvar s = \"\"\nfor i in 0..<200 { s += \"{i}\" }") }
      let value = try session.evaluate("[n, len(s)]")
      return session.read { $0.shown(value.value) }
    }
    async let first = Task.detached { try count(0) }.value
    async let second = Task.detached { try count(1000) }.value
    #expect(try await first == "[50, 490]")
    #expect(try await second == "[1050, 490]")
  }

  @Test func functionsAreCalledFromOutside() throws {
    let session = interpreter()
    try session.evaluate("func main(folder, steps = 400) { \"{folder} {steps}\" }")
    let main = try #require(session.value(of: "main"))
    let folder = session.make { $0.make("cats") }
    let result = try session.call(main.value, [folder.value], named: [("steps", .int(10))])
    #expect(session.read { $0.text(result.value) } == "cats 10")
    #expect(session.parameters(of: main.value)?.map(\.text) == ["folder", "steps = 400"])
    #expect(throws: Fault.self) { try session.call(main.value) }
  }

  @Test func helpShowsSignatureAndDoc() throws {
    let session = interpreter()
    try session.evaluate("/// Adds.\n///\n/// Two numbers.\nfunc add(a, b = 1) { a + b }\nhelp(add)\nhelp(sqrt)")
    #expect(recorder.lines == ["add(a, b = 1)", "  Adds.", "  ", "  Two numbers.", "sqrt(x: number)", "  The square root."])
  }

  @Test func anErrorIsRenderedWithItsPlaceAndCalls() throws {
    let session = interpreter()
    let failed = try #require(fault(session, "func inner(x) {\n  1 / x\n}\nfunc outer(x) { inner(x) }\nprint(outer(0))"))
    #expect(
      failed.rendered() == """
        error[E2004]: division by zero: 1 / 0
         --> input:2:3
        2 |   1 / x
          |   ^^^^^
          in inner, called from input:4:17
          in outer, called from input:5:7
        """)
  }

  @Test func aWrongArgumentIsUnderlined() throws {
    let session = interpreter()
    let failed = try #require(fault(session, "let photo = 3\nround(photo, digits: \"x\")"))
    #expect(
      failed.rendered() == """
        error[E2002]: 'digits' of 'round' must be an int, found the string "x"
         --> input:2:14
        2 | round(photo, digits: "x")
          |              ^^^^^^^^^^^ help: round(x: number, digits: int = 0)
        """)
  }
}
