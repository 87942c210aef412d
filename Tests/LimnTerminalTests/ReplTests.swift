import Foundation
import Testing

/// The REPL as a person uses it: through a terminal.
@Suite(.serialized) struct ReplTests {
  /// The executable beside the test bundle.
  static let limn = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("limn").path

  private func terminal(_ state: String) throws -> PseudoTerminal {
    try PseudoTerminal(Self.limn, environment: ["TERM": "xterm-256color", "HOME": state, "XDG_STATE_HOME": state, "LIMN_IMAGES": "none", "LC_ALL": "C.UTF-8"])
  }

  private func withState(_ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "limn-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  @Test func evaluatesLinesAndKeepsNames() throws {
    try withState { state in
      let terminal = try terminal(state)
      #expect(terminal.expect("limn> "))
      terminal.type("let x = 20 + 1\r")
      terminal.type("x * 2\r")
      #expect(terminal.expect("42\r\n"))
      terminal.type("func twice(n) {\r")
      #expect(terminal.expect("    > "))
      terminal.type("n * 2\r}\rtwice(x) + 1000\r")
      #expect(terminal.expect("1042\r\n"))
      terminal.type("twicee(x)\r")
      #expect(terminal.expect("did you mean 'twice'?"))
      #expect(terminal.expect("limn> "))  // Ctrl-D means the end only to a line editor that is reading
      terminal.type("\u{4}")
      #expect(terminal.exitCode() == 0)
    }
  }

  @Test func controlCEndsASamplingAndKeepsEveryName() throws {
    try withState { state in
      let terminal = try terminal(state)
      #expect(terminal.expect("limn> "))
      terminal.type("let kept = 4000 + 2, pipe = model(\"sticker\")\r")
      terminal.type("var run = sample(pipe, \"a panda\", steps: 900)\r")
      #expect(terminal.expect(" s left"))  // the progress line
      terminal.type("\u{3}")
      #expect(terminal.expect("interrupted"))
      terminal.type("kept * 10\r")
      #expect(terminal.expect("40020\r\n"))
    }
  }

  @Test func controlCAtThePromptGivesTheLineUp() throws {
    try withState { state in
      let terminal = try terminal(state)
      #expect(terminal.expect("limn> "))
      terminal.type("let half = (1 +\r")
      #expect(terminal.expect("    > "))
      terminal.type("\u{3}")
      #expect(terminal.expect("limn> "))
      terminal.type("300 + 21\r")
      #expect(terminal.expect("321\r\n"))
    }
  }

  @Test func historyOutlivesTheSession() throws {
    try withState { state in
      let first = try terminal(state)
      #expect(first.expect("limn> "))
      first.type("111 + 222\r")
      #expect(first.expect("333\r\n"))
      #expect(first.expect("limn> "))
      first.type("\u{4}")
      #expect(first.exitCode() == 0)
      let second = try terminal(state)
      #expect(second.expect("limn> "))
      second.type("\u{1B}[A")
      #expect(second.expect("111 + 222"))
      second.type("\r")
      #expect(second.expect("333\r\n"))
    }
  }
}
