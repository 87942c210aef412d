import Foundation
import Testing

/// The REPL as a person uses it: through a terminal.
@Suite(.serialized) struct ReplTests {
  /// The executable beside the test bundle.
  static let limn = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("limn").path
  private static let up = "\u{1B}[A", left = "\u{1B}[D"

  private func terminal(_ state: String, _ arguments: [String] = [], columns: Int = 100, more: [String: String] = [:]) throws -> PseudoTerminal {
    let environment = [
      "TERM": "xterm-256color", "HOME": state, "XDG_STATE_HOME": state, "XDG_CONFIG_HOME": state, "LIMN_IMAGES": "none", "LC_ALL": "C.UTF-8",
    ]
    return try PseudoTerminal(Self.limn, arguments, environment: environment.merging(more) { $1 }, columns: columns)
  }

  private func withState(_ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "limn-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  /// Ctrl-D means the end only to a line editor that is reading.
  private func leave(_ terminal: PseudoTerminal) {
    #expect(terminal.isPrompted())
    terminal.type("\u{4}")
    #expect(terminal.exitCode() == 0)
  }

  // MARK: Evaluating

  @Test func evaluatesInputsAndKeepsNames() throws {
    try withState { state in
      let terminal = try terminal(state)
      #expect(terminal.isPrompted())
      terminal.type("let x = 20 + 1\r")
      terminal.type("x * 2\r")
      #expect(terminal.shows("42"))
      terminal.type("func twice(n) {\r")
      #expect(terminal.waitFor { $0.text[$0.row] == "    >" && $0.column == 6 })
      terminal.type("n * 2\r}\rtwice(x) + 1000\r")
      #expect(terminal.shows("1042"))
      terminal.type("twicee(x)\r")
      #expect(terminal.expect("did you mean 'twice'?"))
      terminal.type("_ + 1;\r_ + 2\r")  // muted, and _ is still 1042
      #expect(terminal.shows("1044"))
      leave(terminal)
    }
  }

  @Test func anErrorLeavesWhatWasReached() throws {
    try withState { state in
      let terminal = try terminal(state)
      #expect(terminal.isPrompted())
      terminal.type("let n = if true { let reached = 41 + 1; zeros([2]) + zeros([3]) }\r")
      #expect(terminal.waitFor { $0.text.contains { $0.hasPrefix("error") } })
      terminal.type("_.reached * 2\r")
      #expect(terminal.shows("84"))
      leave(terminal)
    }
  }

  @Test func theLineIsColouredAsItIsTyped() throws {
    try withState { state in
      let terminal = try terminal(state)
      #expect(terminal.isPrompted())
      terminal.type("let s = \"a\"")
      #expect(terminal.waitFor { $0.text[$0.row] == "limn> let s = \"a\"" && $0.column == 17 })
      let colors = terminal.screen.colors[terminal.screen.row]
      #expect(colors[6] == "35" && colors[10] == "" && colors[15] == "32")
      let plain = try self.terminal(state, more: ["NO_COLOR": "1"])
      #expect(plain.isPrompted())
      plain.type("let s = \"a\"")
      #expect(plain.waitFor { $0.text[$0.row] == "limn> let s = \"a\"" })
      let isPlain = plain.screen.colors[plain.screen.row].allSatisfy { $0.isEmpty }
      #expect(isPlain)
    }
  }

  // MARK: Editing

  @Test func aPastedBlockIsOneInput() throws {
    try withState { state in
      let terminal = try terminal(state)
      #expect(terminal.isPrompted())
      terminal.type("\u{1B}[200~let a = 1\nlet b = a + 1\n\nfunc sum(x) {\n  x + a + b\n}\nsum(100)\n\u{1B}[201~")
      // Nothing runs before Enter.
      #expect(terminal.shows("    > sum(100)"))
      #expect(!terminal.screen.text.contains("103"))
      terminal.type("\r")
      #expect(terminal.shows("103"))
      #expect(terminal.isPrompted())
      // It is one entry of the history, and comes back whole.
      terminal.type(Self.up)
      #expect(terminal.waitFor { screen in
        Array(screen.text[max(screen.row - 6, 0)...screen.row].suffix(7)).starts(with: ["limn> let a = 1", "    > let b = a + 1", "    >", "    > func sum(x) {"])
      })
      terminal.type("\r")
      #expect(terminal.waitFor { $0.text.filter { $0 == "103" }.count == 2 })
      leave(terminal)
    }
  }

  @Test func theCursorStandsRightAfterWideCharacters() throws {
    try withState { state in
      let terminal = try terminal(state, columns: 30)
      #expect(terminal.isPrompted())
      terminal.type("\"猫が好き\"")
      #expect(terminal.waitFor { $0.column == 6 + 10 && $0.text[$0.row] == "limn> \"猫が好き\"" })
      terminal.type(Self.left + Self.left)
      #expect(terminal.waitFor { $0.column == 6 + 7 })
      terminal.type("e\u{301}👍")
      #expect(terminal.waitFor { $0.column == 6 + 10 && $0.text[$0.row].hasSuffix("き\"") })
      terminal.type("\u{7F}")  // backspace takes the emoji
      #expect(terminal.waitFor { $0.column == 6 + 8 })
      // Past the right edge: what does not fit is on the next row, and the cursor with it.
      terminal.type("\u{5}1234567890123")
      #expect(terminal.waitFor { $0.column == 0 && $0.text[$0.row - 1].hasSuffix("123") })
      terminal.type("猫")
      #expect(terminal.waitFor { $0.column == 2 && $0.text[$0.row] == "猫" })
    }
  }

  @Test func controlCAtThePromptGivesTheLineUpAndKeepsItVisible() throws {
    try withState { state in
      let terminal = try terminal(state)
      #expect(terminal.isPrompted())
      for _ in 0..<3 {
        terminal.type("let half = (1 +\r")
        #expect(terminal.waitFor { $0.text[$0.row] == "    >" })
        terminal.type("\u{3}")
        #expect(terminal.isPrompted())
      }
      #expect(terminal.screen.text.filter { $0 == "limn> let half = (1 +" }.count == 3)
      terminal.type("300 + 21\r")
      #expect(terminal.shows("321"))
      leave(terminal)
    }
  }

  @Test func anEmptyLineEndsAnUnfinishedInput() throws {
    try withState { state in
      let terminal = try terminal(state)
      #expect(terminal.isPrompted())
      terminal.type("let x = (1 +\r\r")
      #expect(terminal.waitFor { $0.text.contains { $0.hasPrefix("error") } })
      #expect(terminal.isPrompted())
    }
  }

  // MARK: Completion

  @Test func tabGoesOnThenListsWithSignatures() throws {
    try withState { state in
      let terminal = try terminal(state)
      #expect(terminal.isPrompted())
      terminal.type("let tile = zeros([2, 3])\r")
      #expect(terminal.isPrompted())
      terminal.type("tile.resh\t")
      #expect(terminal.waitFor { $0.text[$0.row] == "limn> tile.reshape" })
      terminal.type("([6])\r")
      #expect(terminal.shows("[0, 0, 0, 0, 0, 0]"))
      #expect(terminal.isPrompted())
      terminal.type("tile.s\t")
      #expect(terminal.waitFor { $0.text.contains { $0.hasPrefix("shape") && $0.hasSuffix("list of 2") } })
      #expect(terminal.waitFor { $0.text.contains { $0.hasPrefix("squeeze") && $0.hasSuffix("squeeze(x: tensor, axis: int)") } && $0.text[$0.row] == "limn> tile.s" })
      terminal.type("\u{15}sample(p, \"a pand\t")
      #expect(terminal.waitFor { $0.text.contains { $0.hasPrefix("panda ") && $0.contains("pandas") } })
      terminal.type("\u{15}:und\t")
      #expect(terminal.waitFor { $0.text[$0.row] == "limn> :undo" })
      terminal.type("\r")
      #expect(terminal.expect("took back one input"))
      leave(terminal)
    }
  }

  // MARK: History

  @Test func historyOutlivesTheSessionAndUpSearchesForWhatIsTyped() throws {
    try withState { state in
      let first = try terminal(state)
      #expect(first.isPrompted())
      first.type("111 + 222\r222 + 333\r111 + 333\r222 + 333\r")
      #expect(first.shows("444"))
      #expect(first.waitFor { $0.text.filter { $0 == "555" }.count == 2 })
      let second = try terminal(state)  // at once: each input is on disk as soon as it is made
      #expect(second.isPrompted())
      second.type("7 + 8\r")
      #expect(second.shows("15"))
      leave(first)
      leave(second)
      let third = try terminal(state)
      #expect(third.isPrompted())
      third.type("111" + Self.up)
      #expect(third.shows("limn> 111 + 333"))
      third.type(Self.up)
      #expect(third.shows("limn> 111 + 222"))
      third.type("\u{3}")
      #expect(third.isPrompted())
      third.type(Self.up)
      #expect(third.shows("limn> 7 + 8"))
      third.type(Self.up)
      #expect(third.shows("limn> 222 + 333"))
      third.type(Self.up)  // the earlier equal one is not there twice
      #expect(third.waitFor { $0.text[$0.row] == "limn> 111 + 333" })
      third.type("\u{3}")
      #expect(third.isPrompted())
      third.type("\u{12}1 + 2")  // Ctrl-R
      #expect(third.waitFor { $0.text[$0.row].contains("111 + 222") })
      third.type("\r")
      #expect(third.shows("333"))
      leave(third)
      let mode = try FileManager.default.attributesOfItem(atPath: "\(state)/limn/history")[.posixPermissions] as? Int
      #expect(mode == 0o600)
    }
  }

  // MARK: Ctrl-C

  @Test func controlCEndsASamplingAndKeepsEveryName() throws {
    try withState { state in
      let terminal = try terminal(state)
      #expect(terminal.isPrompted())
      terminal.type("let kept = 4000 + 2, pipe = model(\"sticker\"); var run = start(pipe, \"a panda\", steps: 900)\r")
      #expect(terminal.isPrompted())
      terminal.type("while not run.done { run = run.step() }\r")
      Thread.sleep(forTimeInterval: 0.5)
      let pressed = Date()
      terminal.type("\u{3}")
      #expect(terminal.expect("interrupted; every name keeps its value"))
      #expect(Date().timeIntervalSince(pressed) < 5)
      // The statement had no effect, and what it had reached is in _.
      terminal.type("[kept * 10, run.index, _.run.index > 0]\r")
      #expect(terminal.shows("[40020, 0, true]"))
      terminal.type("let whole = sample(pipe, \"a panda\", steps: 900)\r")
      #expect(terminal.expect(" s left"))  // the progress line
      terminal.type("\u{3}")
      #expect(terminal.expect("interrupted"))
      leave(terminal)
    }
  }

  @Test func aSecondControlCSavesTheSessionAndEndsIt() throws {
    try withState { state in
      let terminal = try terminal(state)
      #expect(terminal.isPrompted())
      terminal.type("let kept = 12 * 12\rkept + 1\r")
      #expect(terminal.shows("145"))
      #expect(terminal.isPrompted())
      // This search is one native call that does not look up, and takes minutes.
      terminal.type("\"a\".repeat(2000000).contains(\"a\".repeat(100000) + \"b\")\r")
      Thread.sleep(forTimeInterval: 0.3)
      terminal.type("\u{3}")
      Thread.sleep(forTimeInterval: 0.2)  // two at once would be one signal
      terminal.type("\u{3}")
      #expect(terminal.expect("forced to end; what the session did is in ", seconds: 10))
      #expect(terminal.exitCode() == 130)
      let files = try FileManager.default.contentsOfDirectory(atPath: state + "/limn").filter { $0.hasSuffix(".limn") }
      let script = try String(contentsOfFile: state + "/limn/" + (files.first ?? ""), encoding: .utf8)
      #expect(script.hasSuffix("let kept = 12 * 12\nshow(kept + 1)\n"))
    }
  }

  // MARK: Commands

  @Test func undoPutsNamesAndRandomStreamsBack() throws {
    try withState { state in
      let terminal = try terminal(state)
      #expect(terminal.isPrompted())
      terminal.type("let r = rng(7); var x = 1\rlet a = r.randn([2]); x = 2\r:undo\r")
      #expect(terminal.expect("took back one input: names and random streams are as before"))
      terminal.type("[x, r.randn([2]) == rng(7).randn([2])]\r")
      #expect(terminal.shows("[1, true]"))
      terminal.type("save(image(2, 2), \"\(state)/a.png\")\r:undo\r")
      #expect(terminal.expect("files stay: \(state)/a.png"))
      terminal.type(":undo 9\r")
      #expect(terminal.expect("only 2 inputs can be taken back"))
      leave(terminal)
    }
  }

  @Test func aSavedSessionRunsToTheSamePixels() throws {
    try withState { state in
      let terminal = try terminal(state)
      #expect(terminal.isPrompted())
      terminal.type("let run = sample(model(\"sticker\"), \"a cat\", seed: 5, steps: 3)\r")
      terminal.type("save(run.imag, \"\(state)/wrong.png\")\r")
      #expect(terminal.waitFor { $0.text.contains { $0.hasPrefix("error") } })
      terminal.type("save(run.image, \"\(state)/a.png\", metadata: false)\r:save \(state)/again.limn\r")
      #expect(terminal.expect("wrote 2 statements to"))
      leave(terminal)
      let picture = URL(fileURLWithPath: state + "/a.png")
      let before = try Data(contentsOf: picture)
      try FileManager.default.removeItem(at: picture)
      let again = try PseudoTerminal(Self.limn, ["run", "\(state)/again.limn"], environment: ["TERM": "dumb"])
      #expect(again.exitCode() == 0)
      #expect(try Data(contentsOf: picture) == before)
    }
  }

  @Test func commandsSayWhatThereIs() throws {
    try withState { state in
      let terminal = try terminal(state)
      #expect(terminal.isPrompted())
      terminal.type("let z = zeros([2, 3]), pipe = model(\"sticker\")\r:vars\r")
      #expect(terminal.waitFor { $0.text.contains { $0.split(separator: " ") == ["z", "tensor", "[2,", "3]", "f32", "24", "B"] } })
      terminal.type(":type z.shape\r")
      #expect(terminal.shows("list of 2"))
      terminal.type(":inspect z\r")
      #expect(terminal.shows("  .shape  [2, 3]"))
      terminal.type("?reshape\r")
      #expect(terminal.shows("reshape(x: tensor, shape: list)"))
      terminal.type(":time z + 1\r")
      #expect(terminal.expect(" ms, at most "))
      terminal.type(":mem\r")
      #expect(terminal.waitFor { $0.text.contains { $0.hasPrefix("pipe  unet ") } })
      terminal.type(":concepts\r")
      #expect(terminal.shows("no model has learned anything, or was given a token or a LoRA"))
      terminal.type("let fit = learner(pipe, params: [token(\"<toy>\", from: \"panda\")])\r:concepts\r")
      #expect(terminal.waitFor { $0.text.contains { $0.hasPrefix("fit.model  Stable Diffusion 1.x  token  <toy>  1 vector of 96  here") } })
      terminal.type(":histori\r")
      #expect(terminal.shows("there is no command ':histori'; did you mean ':history'?"))
      terminal.type(":history 2\r")
      #expect(terminal.shows("  :concepts"))
      terminal.type(":reset\rz\r")
      #expect(terminal.expect("there is no name 'z'"))
      leave(terminal)
    }
  }

  @Test func initRunsFirstAndItsErrorsEndNothing() throws {
    try withState { state in
      try FileManager.default.createDirectory(atPath: state + "/limn", withIntermediateDirectories: true)
      try "let mine = 6 * 7\nnope()\n".write(toFile: state + "/limn/init.limn", atomically: true, encoding: .utf8)
      let terminal = try terminal(state)
      #expect(terminal.expect("init.limn:2:1"))
      #expect(terminal.isPrompted())
      leave(terminal)
      try "let mine = 6 * 7\n".write(toFile: state + "/limn/init.limn", atomically: true, encoding: .utf8)
      let second = try self.terminal(state)
      #expect(second.isPrompted())
      second.type("mine * 10\r")
      #expect(second.shows("420"))
      let bare = try self.terminal(state, ["--no-init"])
      #expect(bare.isPrompted())
      bare.type("mine\r")
      #expect(bare.expect("there is no name 'mine'"))
    }
  }

  @Test func aTerminalThatCannotMoveItsCursorIsReadLineByLine() throws {
    try withState { state in
      let terminal = try terminal(state, more: ["TERM": "dumb"])
      #expect(terminal.expect("limn> "))
      terminal.type("let x = (1 +\r")
      #expect(terminal.expect("    > "))
      terminal.type("41)\rx\r")
      #expect(terminal.expect("42\r\n"))
    }
  }
}
