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

  @Test func stepsAndSecondsAreLimited() {
    var options = Session.Options()
    options.stepLimit = 10_000
    #expect(failure(Session(options), "try { while true { } } catch e { nil }").contains("the step limit is reached"))
    options = Session.Options()
    options.secondsLimit = 0.05
    #expect(failure(Session(options), "try { while true { } } catch e { nil }").contains("the time limit is reached"))
  }
}
