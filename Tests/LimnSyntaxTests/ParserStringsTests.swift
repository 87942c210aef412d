import LimnSyntax
import Testing

@Suite struct ParserStringsTests {
  @Test(arguments: [
    (#""""#, #""""#), (#""a b""#, #""a b""#), (#""a {x} b""#, #""a "+{x}+" b""#), (#""{x}{y}""#, #"{x}+{y}"#),
    (#""a photo of {s.join(" and ")}""#, #""a photo of "+{(.join s " and ")}"#),
    (#""{m["k"]} {[1, 2]} {if a { "x" } else { "y" }}""#, #"{(at m "k")}+" "+{[1 2]}+" "+{(if a {"x"} else {"y"})}"#),
    (#""{"{"deep"}"}""#, #"{{"deep"}}"#),
    (#""\{x} } \} \\ \" \n\t""#, #""{x} } } \\ \" \n\t""#),
    (#""\u{1F43C}\u{e9}""#, #""🐼é""#),
    (#""// no comment""#, #""// no comment""#),
    (#""(words:1.3)""#, #""(words:1.3)""#),
  ])
  func partsAndEscapes(_ text: String, _ expected: String) {
    #expect(tree(text) == expected)
  }

  @Test(arguments: [
    ("\"\"\"one line\"\"\"", #""one line""#),
    ("\"\"\"\n  a\n    b\n\n  c\n  \"\"\"", #""a\n  b\n\nc""#),
    ("\"\"\"\n  {x} and\n  {y}\n  \"\"\"", #"{x}+" and\n"+{y}"#),
    ("\"\"\"\n\"quoted\" \"\" here\n\"\"\"", #""\"quoted\" \"\" here""#),
    ("\"\"\"\n  a \\\n  b\n  \"\"\"", #""a   b""#),
    ("\"\"\"\r\n  a\r\n  b\r\n  \"\"\"", #""a\nb""#),
    ("\"\"\"\n  {\n  x\n  }\n  \"\"\"", "{x}"),
    ("\"\"\"\n\"\"\"", #""""#),
    ("\"\"\"a\n b\"\"\"", #""a\n b""#),
  ])
  func threeQuotesTakeLinesWithoutTheirIndentation(_ text: String, _ expected: String) {
    #expect(tree(text) == expected)
  }

  @Test func aStringThatIsNotClosedIsToldOnce() {
    expectDiagnostics(
      """
      let x = ‹"›a {b" + c
      let y = 4
      """,
      """
      error[E0103]: string is not closed on its line
       --> test.limn:1:9
      1 | let x = "a {b" + c
        |         ^ help: end it with "
      """)
  }

  @Test func anErrorInAnInterpolationLeavesTheRestOfTheStatementReadable() {
    #expect(
      messages(#"f("a {x y} b {} c {z:.2f}", None)"#)
        == [
          "expected '}', found 'y' → put ',' between them",
          "nothing stands between '{' and '}' → \\{ for a brace",
          "a value in a string has no format after ':'",
          "'None' is not a word of Limn → nil",
        ].map { $0.replacing(" → put ',' between them", with: "") })
  }

  @Test func badEscapesAreNamed() {
    expectDiagnostics(
      #""‹\q›""#,
      #"""
      error[E0104]: '\q' is not an escape
       --> test.limn:1:2
      1 | "\q"
        |  ^^ help: \\ for a backslash
      """#)
    #expect(messages(#""\(x)""#) == [#"'\(' is not an escape → \\( for a backslash, {x} for a value"#])
    #expect(messages(#""\u{110000}""#) == [#"'\u{110000}' is not a character → \u{1F43C}"#])
    #expect(
      messages("\"\"\"\n   a\n  b\n    \"\"\"").first == "line is indented less than the closing quotes of its string")
  }
}
