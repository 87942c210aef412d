import Foundation
import Limn
import Testing

/// The limits a session can be given.
@Suite struct SessionLimitsTests {
  private func failure(_ session: Session, _ text: String) -> String {
    if case .failed(let message) = session.evaluate(text) { return message }
    return ""
  }

  @Test func memoryOfTensorsIsLimitedAndCanBeCaught() {
    var options = Session.Options()
    options.memoryLimit = 2 << 30  // other suites' tensors count too
    let session = Session(options)
    #expect(failure(session, "let x = 7\nlet big = zeros([100000, 100000])").contains("out of memory"))
    #expect(failure(session, "let a = zeros([100000, 1]) + zeros([1, 100000])").contains("out of memory"))
    #expect(failure(session, "let a = zeros([100000, 2]) @ zeros([2, 100000])").contains("out of memory"))
    guard case .value(let value?) = session.evaluate("let kind = try { zeros([100000, 100000]) } catch e { e.kind }\n[kind, x]") else {
      Issue.record("the error was not caught")
      return
    }
    #expect(value.text == "[\"memory\", 7]")
  }

  /// What is large is asked for before it is made.
  @Test(arguments: [
    "var a = [0]\nfor i in 0..<60 { a = [a, a] }\nlet text = json_text(a)", "let xs = arange(1_000_000_000)", "let m = eye(16384)",
    "let z = noise(model(\"sticker\"), width: 65536, height: 65536)",
  ])
  func nothingLargeIsMadeFirst(_ text: String) {
    var options = Session.Options()
    options.memoryLimit = 900 << 20  // other suites' tensors count too
    #expect(failure(Session(options), text).contains("out of memory"))
  }

  @Test func nativesLookAtTheClock() {
    var options = Session.Options()
    options.secondsLimit = 0.02
    #expect(failure(Session(options), "let s = \"ab\".repeat(50_000_000)").contains("the time limit is reached"))
    #expect(failure(Session(options), "let n = (0..<1_000_000_000).reduce(0, max)").contains("the time limit is reached"))
  }

  /// A stream that a loop makes and draws from is gone when the loop goes on.
  @Test func streamsMadeInALoopAreNotKept() throws {
    func resident() throws -> Int {
      let words = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
      return Int(words[1])! * 4096
    }
    let session = Session()
    #expect(failure(session, "for i in 0..<1000 { let x = rng(i).rand([1]) }") == "")
    let before = try resident()
    // Each has 5 KB of state, and would be kept with a copy of it.
    #expect(failure(session, "for i in 0..<40_000 { let x = rng(i).rand([1]) }") == "")
    #expect(try resident() - before < 100 << 20)
  }

  @Test func stepsAndSecondsAreLimited() {
    var options = Session.Options()
    options.stepLimit = 10_000
    #expect(failure(Session(options), "try { while true { } } catch e { nil }").contains("the step limit is reached"))
    options = Session.Options()
    options.secondsLimit = 0.05
    #expect(failure(Session(options), "try { while true { } } catch e { nil }").contains("the time limit is reached"))
  }
}
