import Glibc
import LimnTerminal
import Testing

@Suite struct LineLayoutTests {
  private func layout(_ text: String, cursor: Int? = nil, width: Int = 20, isColored: Bool = false) -> LineLayout {
    LineLayout(
      prompt: "limn> ", continuation: "    > ", text: text, cursor: cursor ?? text.utf8.count, spans: isColored ? Highlighter.spans(of: text) : [], width: width,
      isColored: isColored)
  }

  private func place(_ layout: LineLayout) -> [Int] { [layout.cursorRow, layout.cursorColumn] }

  @Test func aLineStandsAfterThePrompt() {
    let layout = layout("1 + 2")
    #expect(layout.rows == ["limn> 1 + 2"])
    #expect(place(layout) == [0, 11])
    #expect(place(self.layout("1 + 2", cursor: 2)) == [0, 8])
  }

  @Test func linesAfterTheFirstHaveTheirOwnPrompt() {
    let layout = layout("f(\n1)\n")
    #expect(layout.rows == ["limn> f(", "    > 1)", "    > "])
    #expect(place(layout) == [2, 6])
    #expect(place(self.layout("f(\n1)", cursor: 2)) == [0, 8])
    #expect(place(self.layout("f(\n1)", cursor: 3)) == [1, 6])
  }

  @Test func wideAndCombiningCharactersTakeTheirColumns() {
    #expect(place(layout("\"猫\"", cursor: 4)) == [0, 9])
    #expect(place(layout("\"e\u{301}\"")) == [0, 9])
    #expect(place(layout("👍x")) == [0, 9])
    #expect(place(layout("👨‍👩‍👧x")) == [0, 9])
  }

  @Test func aLongLineIsBrokenWhereItEnds() {
    let full = layout("12345678901234")
    #expect(full.rows == ["limn> 12345678901234", ""])
    #expect(place(full) == [1, 0])
    #expect(layout("123456789012345").rows == ["limn> 12345678901234", "5"])
    // A wide character does not fit in the last column.
    #expect(layout("1234567890123猫").rows == ["limn> 1234567890123", "猫"])
  }

  @Test func controlCharactersAreShown() {
    #expect(layout("a\u{1}b\tc").rows == ["limn> a^Ab  c"])
  }

  @Test func coloursChangeNothingElse() {
    let text = "let x = \"a {1 + 2}\" // note"
    let plain = layout(text, width: 80), colored = layout(text, width: 80, isColored: true)
    #expect(colored.widths == plain.widths)
    #expect(place(colored) == place(plain))
    #expect(colored.rows[0].contains("\u{1B}[35mlet\u{1B}[0m"))
    var bare = "", isEscape = false
    for character in colored.rows[0] {
      if character == "\u{1B}" { isEscape = true }
      if !isEscape { bare.append(character) }
      if character == "m" { isEscape = false }
    }
    #expect(bare == plain.rows[0])
  }

  @Test func colorsGoByTheLanguage() {
    func parts(_ text: String) -> [String] {
      let bytes = Array(text.utf8)
      return Highlighter.spans(of: text).map { "\(String(decoding: bytes[$0.bytes], as: UTF8.self)):\($0.color)" }
    }
    #expect(parts("for i in 3 { f(x, seed: 1) }") == ["for:35", "in:35", "3:36", "f:34", "seed:33", "1:36"])
    #expect(parts("a.in.for(nil)") == ["for:34", "nil:36"])
    #expect(parts("\"a{b}\" // c") == ["\":32", "a:32", "\":32", "// c:90"])
    #expect(parts(":type x + 1") == [":type:1;33", "1:36"])
    #expect(parts(":undo") == [":undo:1;33"])
    #expect(parts("a |> b") == ["|>:31"])
    #expect(parts("\"open") == ["\":32", "open:32"])
  }

  @Test func drawingGoesBackToWhereItBegan() {
    let layout = layout("f(\n1)", cursor: 1)
    let drawing = layout.drawing(over: 2, height: 24)
    #expect(drawing.text == "\u{1B}[2A\rlimn> f(\u{1B}[K\r\n    > 1)\u{1B}[K\u{1B}[J\u{1B}[1A\r\u{1B}[7C")
    #expect(drawing.drawn == LineLayout.Drawn(widths: [8, 8], cursorRow: 0, cursorColumn: 7))
  }

  @Test func aNarrowerWindowBreaksTheRowsAboveTheCursor() {
    let drawn = LineLayout.Drawn(widths: [20, 8, 14], cursorRow: 2, cursorColumn: 13)
    #expect(drawn.cursorRow(at: 20) == 2)
    #expect(drawn.cursorRow(at: 40) == 2)
    #expect(drawn.cursorRow(at: 10) == 4)  // two rows, one row, and the cursor in the second of two
    #expect(drawn.cursorRow(at: 7) == 6)
  }

  @Test func ofMoreRowsThanTheTerminalHasThoseAroundTheCursorAreDrawn() {
    let text = (0..<30).map { "line \($0)" }.joined(separator: "\n")
    let end = layout(text).drawing(over: 0, height: 10)
    #expect(end.drawn.widths.count == 9 && end.drawn.cursorRow == 8)
    #expect(end.text.contains("line 29") && end.text.contains("line 21") && !end.text.contains("line 20"))
    let start = layout(text, cursor: 0).drawing(over: 8, height: 10)
    #expect(start.drawn.widths.count == 9 && start.drawn.cursorRow == 0)
    #expect(start.text.contains("line 0") && start.text.contains("line 8") && !start.text.contains("line 9"))
  }
}
