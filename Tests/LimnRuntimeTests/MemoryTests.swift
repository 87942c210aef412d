import LimnRuntime
import LimnSyntax
import Testing

/// The limit of memory: what is large is refused before it is made, what is small when it has come to much.
@Suite struct MemoryTests {
  private func interpreter(bytes: Int) -> Interpreter {
    var limits = Limits()
    limits.bytes = bytes
    return Interpreter(limits: limits)
  }

  private func fault(_ interpreter: Interpreter, _ text: String) -> Fault? {
    do {
      try interpreter.evaluate(text)
      return nil
    } catch { return error as? Fault }
  }

  /// Each grows without end in its own way.
  static let growing = [
    "var s = \"ab\"\nwhile true { s += s }",
    "var s = \"\"\nwhile true { s += \"piece {len(s)} \" }",
    "var xs = [1]\nwhile true { xs += xs }",
    "var xs = []\nwhile true { xs += [0] }",
    "var xs = []\nwhile true { xs = append(xs, 0) }",
    "var xs = []\nwhile true { xs = [xs] }",
    "var m = [:]\nvar i = 0\nwhile true {\n  m[i] = i\n  i += 1\n}",
    "let xs = [x * 2 for x in 0..<1_000_000_000]",
    "let xs = list(0..<1_000_000_000)",
    "let xs = (0..<1_000_000_000).map(x => x)",
    "let s = \"abc\".repeat(1_000_000_000)",
    "let xs = [1, 2].repeat(100_000_000)",
    "let s = \"a\".repeat(1_000_000).replace(\"a\", \"b\".repeat(1_000_000))",
    "let xs = [[0].repeat(100_000)].repeat(1_000_000)\nlet all = xs.flatten()",
    "let s = [\"a\".repeat(1_000_000)].repeat(100_000).join()",
    "var f = () => 1\nwhile true {\n  let g = f\n  f = () => g()\n}",
  ]

  @Test(arguments: growing)
  func whatGrowsWithoutEndIsStopped(_ text: String) {
    let interpreter = interpreter(bytes: 20 << 20)
    let fault = fault(interpreter, text)
    #expect(fault?.kind == .memory, "\(fault?.message ?? "no fault") in: \(text)")
    #expect(interpreter.bytesInUse < 22 << 20)
  }

  @Test func aFaultOfMemoryCanBeCaughtAndNamesStay() throws {
    let interpreter = interpreter(bytes: 20 << 20)
    let result = try interpreter.evaluate(
      """
      let kept = [1, 2, 3]
      var s = "ab"
      let told = try { while true { s += s } } catch e { e.kind }
      [told, len(s) > 1000, sum(kept)]
      """)
    #expect(interpreter.read { $0.shown(result.value) } == "[\"memory\", true, 6]")
    // The statement that fails without a `catch` is taken back, and the session goes on.
    #expect(fault(interpreter, "while true { s += s }")?.kind == .memory)
    #expect(try interpreter.evaluate("s = \"\"\nlen(kept)").value.int == 3)
  }

  @Test func smallValuesThatAreCaughtAgainAndAgainEndInTheEnd() {
    let fault = fault(
      interpreter(bytes: 4 << 20), "var x = [0]\nwhile true { try { while true { x = [x] } } catch e { nil } }")
    #expect(fault?.kind == .memory)
  }

  @Test func theMessageTellsHowMuchIsNeeded() {
    let fault = fault(interpreter(bytes: 1 << 20), "let s = \"ab\".repeat(1_000_000)")
    #expect(fault?.message.hasPrefix("out of memory: 1.9 MiB needed, the limit is 1.0 MiB") == true, "\(fault?.message ?? "")")
  }

  @Test func whatIsLetGoOfIsGivenBack() throws {
    let interpreter = interpreter(bytes: 100 << 20)
    let before = interpreter.bytesInUse
    for _ in 0..<10 { try interpreter.evaluate("let s = [\"a\".repeat(1_000_000).split(\"b\"), [\"k\": [0].repeat(500_000)]]\nlen(s)") }
    try interpreter.evaluate("let s = nil")
    #expect(interpreter.bytesInUse - before < 10_000)
  }

  @Test func aValueMayOutliveItsInterpreter() throws {
    var held: Held?
    do { held = try interpreter(bytes: 1 << 20).evaluate("[\"a\", [\"k\": 1], 0...3]") }
    #expect(held?.value.list?.count == 3)
    held = nil
  }

  @Test func memoryOutsideCounts() {
    let interpreter = interpreter(bytes: 1 << 20)
    interpreter.outsideBytes = { 3 << 20 }
    #expect(fault(interpreter, "let n = len([1, 2])")?.kind == .memory)
    interpreter.outsideBytes = { 1000 }
    #expect(fault(interpreter, "let n = len([1, 2])") == nil)
  }
}
