import LimnSyntax
import Testing

@Suite struct SourceTextTests {
  let source = SourceText("let é = 1\r\n\n  熊 = x", name: "a.limn")

  @Test func placesCountLinesAndCharactersFromOne() {
    #expect(source.position(at: 0) == SourcePosition(line: 1, column: 1))
    #expect(source.position(at: 6) == SourcePosition(line: 1, column: 6))  // behind é, of two bytes
    #expect(source.position(at: 12) == SourcePosition(line: 2, column: 1))
    #expect(source.position(at: 18) == SourcePosition(line: 3, column: 4))  // behind 熊, of three bytes
    #expect(source.position(at: 999) == SourcePosition(line: 3, column: 8))
  }

  @Test func linesStandWithoutTheirEnds() {
    #expect(source[source.lineRange(at: 3)] == "let é = 1")
    #expect(source[source.lineRange(at: 12)] == "")
    #expect(source[source.lineRange(at: 999)] == "  熊 = x")
  }

  @Test func brokenUTF8IsRepaired() {
    let broken = SourceText(bytes: [0x61, 0xFF, 0x62], name: "a")
    #expect(broken.text == "a\u{FFFD}b")
    #expect(!broken.wasValidUTF8)
    #expect(SourceText(bytes: Array("a\u{FFFD}b".utf8), name: "a").wasValidUTF8)
  }
}
