import LimnSyntax
import Testing

@Suite struct DiagnosticRendererTests {
  let source = SourceText("let photo = image(768, 512)\nphoto.inpaint(hole, \"a red kite\")", name: "poster.limn")
  let hole = SourceRange(start: 42, end: 46)

  @Test func showsMessagePlaceLineAndHelp() {
    let diagnostic = Diagnostic(
      DiagnosticCode(1000), "'hole' is 512×512 but 'photo' is 768×512", at: hole, help: "hole.fit(photo)")
    #expect(
      DiagnosticRenderer(source).render(diagnostic) == """
        error[E1000]: 'hole' is 512×512 but 'photo' is 768×512
         --> poster.limn:2:15
        2 | photo.inpaint(hole, "a red kite")
          |               ^^^^ help: hole.fit(photo)
        """)
    #expect(diagnostic.code.description == "E1000")
    #expect(DiagnosticCode.notUTF8.description == "E0101")
  }

  @Test func showsLabelsAndSecondPlacesInTheOrderOfTheirLines() {
    let diagnostic = Diagnostic(
      DiagnosticCode(1000), "sizes differ", at: hole, severity: .warning, label: "this is 512×512",
      secondary: [.init(range: SourceRange(start: 12, end: 27), label: "this is 768×512")], help: "hole.fit(photo)")
    #expect(
      DiagnosticRenderer(source).render([diagnostic, diagnostic]).hasPrefix(
        """
        warning[E1000]: sizes differ
         --> poster.limn:2:15
        1 | let photo = image(768, 512)
          |             --------------- this is 768×512
        2 | photo.inpaint(hole, "a red kite")
          |               ^^^^ this is 512×512
          = help: hole.fit(photo)

        warning[E1000]: sizes differ
        """))
  }

  @Test func underlinesStandUnderWideCharactersTabsAndCombiningMarks() {
    let text = "\tf(\"熊猫🐼e\u{301}\", x)"
    let start = UInt32(text.utf8.count - 2)
    let diagnostic = Diagnostic(DiagnosticCode(1000), "no", at: SourceRange(start: start, end: start + 1))
    #expect(
      DiagnosticRenderer(SourceText(text, name: "a.limn")).render(diagnostic) == """
        error[E1000]: no
         --> a.limn:1:12
        1 |     f("熊猫🐼e\u{301}", x)
          |                  ^
        """)
  }

  @Test func aRangeOverLinesIsUnderlinedOnItsFirst() {
    let source = SourceText("f(a,\n  b)\n", name: "a.limn")
    let diagnostic = Diagnostic(DiagnosticCode(1000), "no", at: SourceRange(start: 1, end: 9))
    #expect(
      DiagnosticRenderer(source).render(diagnostic) == """
        error[E1000]: no
         --> a.limn:1:2
        1 | f(a,
          |  ^^^
        """)
  }

  @Test func theEndOfTheTextIsAPlaceToo() {
    let diagnostic = Diagnostic(DiagnosticCode(1000), "no", at: SourceRange(start: 1, end: 1))
    #expect(
      DiagnosticRenderer(SourceText("x", name: "a.limn")).render(diagnostic) == """
        error[E1000]: no
         --> a.limn:1:2
        1 | x
          |  ^
        """)
    let empty = Diagnostic(DiagnosticCode(1000), "no", at: SourceRange(start: 0, end: 0))
    #expect(
      DiagnosticRenderer(SourceText("", name: "a.limn")).render(empty) == """
        error[E1000]: no
         --> a.limn:1:1
        1 |\u{20}
          | ^
        """)
  }

  @Test func longLinesAreShownAroundThePlace() {
    let text = String(repeating: "a", count: 300) + "HERE" + String(repeating: "b", count: 300)
    let diagnostic = Diagnostic(DiagnosticCode(1000), "no", at: SourceRange(start: 300, end: 304))
    #expect(
      DiagnosticRenderer(SourceText(text, name: "a.limn")).render(diagnostic) == """
        error[E1000]: no
         --> a.limn:1:301
        1 | …\(String(repeating: "a", count: 80))HERE\(String(repeating: "b", count: 76))…
          | \(String(repeating: " ", count: 81))^^^^
        """)
  }

  @Test func controlCharactersDoNotReachTheTerminal() {
    let diagnostic = Diagnostic(DiagnosticCode(1000), "no", at: SourceRange(start: 1, end: 2))
    #expect(!DiagnosticRenderer(SourceText("a\u{1B}[31m", name: "a")).render(diagnostic).contains("\u{1B}"))
  }

  @Test func coloursAreWrittenOnlyWhenAsked() {
    let diagnostic = Diagnostic(DiagnosticCode(1000), "no", at: hole)
    #expect(DiagnosticRenderer(source, isColored: true).render(diagnostic).hasPrefix("\u{1B}[1;31merror[E1000]\u{1B}[0m: no"))
  }
}
