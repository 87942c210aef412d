import LimnSyntax
import Testing

@Suite struct IncompleteTests {
  @Test(arguments: [
    "f(", "f(a,", "f(a", "[1, 2", "[f(x) for x in xs", "x[", "if a {", "if a { b", "func f(x) {\n  let y = 1\n",
    "func f(a,", "1 +", "a and", "not", "let x =", "x =>", "x += ", "a ==", "f(x) { a, b =>",
    "\"\"\"", "\"\"\"\nabc", "\"\"\"\n {", "\"\"\"\n {f(", "show a,", "let a = 1,", "x.",
    "for x in xs {\n if x {\n }\n",
    "let m = [\n  \"a\": 1,", "f(\n// remark\n", "while x { f(",
  ])
  func anInputThatIsNotFinishedIsToldFromAWrongOne(_ text: String) {
    #expect(parsed(text).isIncomplete)
    #expect(parsed(text).diagnostics.count == 1)
  }

  @Test(arguments: [
    "", "a", "if a { }", "f(x)", "f(x", ")", "f(x]", "let", "let x", "\"abc", "\"abc {", "if a", "func f(x)", "f(a b",
    "let x = ) (", "}", "x = 3 {", "for", "a b (", "// remark", "if a { b } else", "'a' + (",
  ])
  func finishedOrWrongInputsAreNotIncomplete(_ text: String) {
    // "f(x" is the one unfinished text in the list: it guards the test itself.
    #expect(parsed(text).isIncomplete == (text == "f(x"))
  }
}
