import Foundation
import Glibc
import LimnTerminal
import Testing

@Suite struct PicturesDetectionTests {
  @Test(arguments: [
    (["TERM": "xterm-kitty"], .kitty), (["TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"], .kitty), (["TERM": "xterm-ghostty"], .kitty),
    (["TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"], .iterm2), (["TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"], .iterm2),
    (["TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"], .iterm2), (["TERM": "foot"], .sixel), (["TERM": "foot-extra"], .sixel),
    (["TERM": "mlterm"], .sixel), (["TERM": "xterm-256color", "KONSOLE_VERSION": "220401"], .kitty),
    (["TERM": "xterm-256color", "KONSOLE_VERSION": "210800"], .blocks), (["TERM": "xterm-256color"], .blocks), (["TERM": "linux"], .blocks),
    (["TERM": "dumb"], .none), ([:], .none),
    // a multiplexer hides what the terminal can do, whatever leaked through
    (["TERM": "tmux-256color", "TMUX": "/tmp/tmux", "KITTY_WINDOW_ID": "1"], .blocks), (["TERM": "screen", "KITTY_WINDOW_ID": "1"], .blocks),
    (["TERM": "xterm-kitty", "ZELLIJ": "0"], .blocks),
    // said outright
    (["TERM": "xterm-kitty", "LIMN_IMAGES": "blocks"], .blocks), (["TERM": "xterm", "LIMN_IMAGES": "SIXEL"], .sixel),
    (["TERM": "xterm-kitty", "LIMN_IMAGES": "none"], .none), (["TMUX": "1", "TERM": "tmux", "LIMN_IMAGES": "kitty"], .kitty),
    (["TERM": "xterm-kitty", "LIMN_IMAGES": "kity"], .kitty),
    // no colour: no half-blocks, but pictures
    (["TERM": "xterm", "NO_COLOR": "1"], .none), (["TERM": "xterm-kitty", "NO_COLOR": "1"], .kitty), (["TERM": "xterm", "NO_COLOR": "1", "LIMN_IMAGES": "blocks"], .blocks),
  ] as [([String: String], PictureMethod)])
  func theEnvironmentSaysHow(_ environment: [String: String], method: PictureMethod) {
    #expect(PictureTerminal(environment: environment).method == method)
  }

  @Test func colorsAreCountedByTheEnvironment() {
    #expect(PictureTerminal(environment: ["TERM": "xterm-256color", "COLORTERM": "truecolor"]).colors == .trueColor)
    #expect(PictureTerminal(environment: ["TERM": "xterm-256color"]).colors == .indexed)
  }

  @Test func aMisspelledChoiceIsSaid() {
    #expect(PictureTerminal.complaint(environment: ["LIMN_IMAGES": "kity"]) == "LIMN_IMAGES is 'kity', expected kitty, iterm2, sixel, blocks, none")
    #expect(PictureTerminal.complaint(environment: ["LIMN_IMAGES": "Kitty"]) == nil)
    #expect(PictureTerminal.complaint(environment: [:]) == nil)
  }

  @Test func onlyATerminalThatDidNotSayIsAsked() {
    func asks(_ environment: [String: String]) -> Bool { PictureTerminal.isWorthAsking(environment: environment) }
    #expect(asks(["TERM": "xterm-256color"]))
    for environment in [
      ["TERM": "xterm-kitty"], ["TERM": "dumb"], ["TERM": "linux"], ["TERM": "screen"], ["TERM": "xterm-256color", "TMUX": "1"],
      ["TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"], ["TERM": "xterm", "LIMN_IMAGES": "blocks"],
    ] { #expect(!asks(environment), "\(environment)") }
  }

  @Test func aWindowsSizeGivesTheSizeOfACharacter() {
    var terminal = PictureTerminal(method: .kitty)
    terminal.take(columns: 100, rows: 40, width: 1800, height: 1440)
    #expect("\(terminal.columns) \(terminal.rows) \(terminal.cellWidth) \(terminal.cellHeight)" == "100 40 18 36")
    terminal.take(columns: 0, rows: 0, width: 0, height: 0)
    #expect("\(terminal.columns) \(terminal.rows) \(terminal.cellWidth) \(terminal.cellHeight)" == "100 40 18 36")
  }

  // MARK: - Answers

  @Test(arguments: [
    ("\u{1B}_Gi=31;OK\u{1B}\\\u{1B}[6;36;18t\u{1B}[?62;4c", true, true, true), ("\u{1B}[?62;22c", false, false, true),
    ("\u{1B}[?4c", false, true, true), ("\u{1B}[?64;14c", false, false, true), ("\u{1B}_Gi=31;ENOENT\u{1B}\\", false, false, false),
    ("", false, false, false), ("\u{1B}[?62;4", false, false, false), ("junk\u{1B}[6;0;0t\u{1B}[;c", false, false, false),
  ])
  func answersAreRead(_ text: String, kitty: Bool, sixel: Bool, complete: Bool) {
    let reply = TerminalReply(bytes: Array(text.utf8))
    #expect(reply.takesKitty == kitty && reply.hasSixel == sixel && reply.isComplete == complete)
  }

  /// A terminal of our own: `answer` is what it says to a question.
  static func ask(answering answer: String?, waiting: String = "") throws -> (terminal: PictureTerminal, seconds: Double, left: Bool) {
    let (outer, path) = try PseudoTerminal.open(columns: 80, rows: 24)
    let inner = open(path, O_RDWR | O_NOCTTY)
    try #require(inner >= 0)
    defer {
      close(inner)
      close(outer)
    }
    if !waiting.isEmpty { _ = waiting.withCString { write(outer, $0, strlen($0)) } }
    if let answer {
      Thread.detachNewThread {
        var seen: [UInt8] = []
        while !seen.suffix(3).elementsEqual("\u{1B}[c".utf8) {
          var byte: UInt8 = 0
          guard read(outer, &byte, 1) == 1 else { return }
          seen.append(byte)
        }
        _ = answer.withCString { write(outer, $0, strlen($0)) }
      }
    }
    let start = Date()
    let terminal = PictureTerminal(method: .blocks).asked(on: inner, milliseconds: answer == nil ? 100 : 5000)
    return (terminal, Date().timeIntervalSince(start), TerminalReply.isReadable(inner, milliseconds: 0))
  }

  @Test func aTerminalThatAnswersIsBelieved() throws {
    let kitty = try Self.ask(answering: "\u{1B}_Gi=31;OK\u{1B}\\\u{1B}[6;36;18t\u{1B}[?62;c")
    #expect(kitty.terminal.method == .kitty)
    #expect(kitty.terminal.cellWidth == 18 && kitty.terminal.cellHeight == 36)
    #expect(kitty.seconds < 4)
    #expect(try Self.ask(answering: "\u{1B}[?62;4;22c").terminal.method == .sixel)
    #expect(try Self.ask(answering: "\u{1B}[?62;22c").terminal.method == .blocks)
  }

  @Test func aSilentTerminalIsNotWaitedForLong() throws {
    let silent = try Self.ask(answering: nil)
    #expect(silent.terminal.method == .blocks)
    #expect(silent.seconds < 3)
  }

  @Test func whatTheUserTypedIsLeftAlone() throws {
    let typed = try Self.ask(answering: nil, waiting: "show 1\n")
    #expect(typed.terminal.method == .blocks)
    #expect(typed.left)
  }
}
