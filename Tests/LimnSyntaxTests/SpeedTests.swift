import Foundation
import LimnSyntax
import Testing

@Suite struct SpeedTests {
  /// Processor time, so that other programs on the machine do not count.
  private func seconds(_ body: () -> Void) -> Double {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    let start = now()
    body()
    return now() - start
  }

  @Test func parsingTakesTimeInProportionToTheLength() {
    let program = Tour.all.joined(separator: "\n") + "\n"
    func best(_ copies: Int) -> Double {
      let source = SourceText(String(repeating: program, count: copies), name: "big.limn")
      return (0..<5).map { _ in seconds { #expect(parse(source).diagnostics.isEmpty) } }.min()!
    }
    // About 30 KB and 490 KB; what is guarded is the growth, with room for caches that no longer hold the tree.
    #expect(best(128) < 16 * best(8) * 4)
  }

  /// Comments that look like divisions, errors, doc comments, brackets: all that makes the parser look back or ahead.
  @Test(arguments: [
    "let aa = b // cc\n", "let x = )\n", "/// doc\nfunc f() { }\n", "f(a,\n", "\"{", "x // 2\n", "(a, b, c) => 1\n",
    "if a: b\n",
    "\"\"\"\n a {b}\n", "let x = a <\n", "$ ", "'a' ", "f(x) { a, b, c ", "def f(a, b", "[a, b, ", "elif a\n", "{",
    "}\n", "é",
  ])
  func noTextIsSlow(_ unit: String) {
    let source = SourceText(String(repeating: unit, count: 20_000), name: "big.limn")
    var program: Program?
    let parsing = seconds { program = parse(source) }
    let rendering = seconds { _ = DiagnosticRenderer(source).render(program!.diagnostics) }
    #expect(parsing < 1)
    #expect(rendering < 2)
  }

  /// A line that goes on for ever behind an indented body, and comments that the formatter looks back and ahead over.
  @Test func longLinesAndManyCommentsAreNotSlow() throws {
    let line = SourceText("if x:\n  " + String(repeating: "a;", count: 20_000), name: "line.limn")
    #expect(seconds { _ = parse(line) } < 1)
    for first in ["", "let x = 1  // a\n"] {
      let comments = first + String(repeating: "\(first.isEmpty ? "" : "           ")// b\n", count: 20_000)
      var laidOut = ""
      #expect(seconds { laidOut = (try? formatted(SourceText(comments, name: "comments.limn"))) ?? "" } < 4)
      #expect(laidOut == comments)
    }
  }

  @Test func aTextThatIsNoneGivesFewDiagnostics() {
    #expect(tokenize(SourceText(String(repeating: "$ ", count: 100_000), name: "picture.limn")).diagnostics.count <= 1000)
    #expect(parse(SourceText(String(repeating: "$ ", count: 100_000), name: "picture.limn")).diagnostics.count == 101)
  }

  /// Half a megabyte of stack is what a thread of a library may have.
  @Test func deepTextsNeedLittleStack() {
    let openings = [
      "(", "[", "f(", "x[", "-", "not ", "a ^ ", "x => ", "if a { ", "f() { ", "\"{", "x => {", "func f() { ", "a ? ",
    ]
    nonisolated(unsafe) var finished = 0
    let thread = Thread {
      for opening in openings {
        if parse(SourceText(String(repeating: opening, count: 1000), name: "deep.limn")).hasErrors { finished += 1 }
      }
      for link in [" + a", ".b", "(1)", "[1]"] {
        if !parse(SourceText("a" + String(repeating: link, count: 990), name: "long.limn")).hasErrors { finished += 1 }
      }
    }
    thread.stackSize = 512 * 1024
    thread.start()
    while !thread.isFinished { usleep(1000) }
    #expect(finished == openings.count + 4)
  }
}
