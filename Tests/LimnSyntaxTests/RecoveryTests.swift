import LimnSyntax
import Testing

@Suite struct RecoveryTests {
  @Test func eachCauseIsToldOnceAndLaterOnesAreFound() {
    expectDiagnostics(
      """
      let a = ‹)›
      func f(x) {
        let b = = 2
        g(x y)
        return x
      }
      f(1,
      let c = 3
      }
      let d
      """,
      """
      error[E0301]: expected an expression, found ')'
       --> test.limn:1:9
      1 | let a = )
        |         ^

      error[E0301]: expected an expression, found '='
       --> test.limn:3:11
      3 |   let b = = 2
        |           ^

      error[E0204]: expected ',' or ')', found 'y'
       --> test.limn:4:7
      4 |   g(x y)
        |       ^ help: put ',' between them

      error[E0302]: '(' is never closed
       --> test.limn:7:2
      7 | f(1,
        |  ^

      error[E0303]: '}' closes nothing
       --> test.limn:9:1
      9 | }
        | ^

      error[E0211]: 'd' needs a value
        --> test.limn:10:5
      10 | let d
         |     ^ help: let d = nil
      """)
  }

  @Test(arguments: [
    ("f(x‹]›", "'(' is closed by ']', expected ',' or ')'"),
    ("[1, ‹›", "expected an expression, found the end of the text"),
    ("if a ‹b› { c }", "expected '{' and the body of 'if', found 'b'"),
    ("if x ‹=› 3 { }", "'=' gives a value and does not compare → =="),
    ("x = y ‹=› 3", "an assignment has no value: 'a = b = c' is two statements"),
    ("‹f()› = 3", "what a call gives has no name and cannot be changed → give it a name with 'var' first"),
    ("‹3› = x", "'3' is a value and cannot be changed"),
    ("‹[a, b]› = f()", "a list is not taken apart by '='"),
    ("let ‹a›, b = f()", "'a' needs a value of its own → let a = …, b = …"),
    ("let ‹for› = 3", "'for' is a word of the language and cannot be a name"),
    ("f(a: 1, ‹a›: 2)", "argument 'a' is given twice"),
    ("(a, ‹a›) => a", "parameter 'a' stands twice"),
    ("func f(x, ‹x›) { }", "parameter 'x' stands twice"),
    ("func f(a: t[.., ‹..›]) { }", "'..' stands twice in one shape"),
    ("a < b ‹<› c", "comparisons do not chain → a < b and b < c"),
    ("a == b ‹!=› c", "comparisons do not chain → a == b and b != c"),
    ("1..<2‹..<›3", "ranges do not chain"),
    ("a == ‹not› b", "'not' binds looser than '==' → put 'not' and what it negates in brackets"),
    ("1 + x ‹=>› x", "a function inside an expression stands in brackets → (x => …)"),
    ("[1, \"a\"‹:› 2]", "a list has no keys: a ':' stands after every item or none"),
    ("[\"a\": 1, ‹2›]", "a map needs ':' and a value after each key"),
    ("let r = 2‹...›\nlet s = 3", "a range without both ends stands only in an index"),
    ("x.‹3›", "expected a name after '.', found '3' → x[3]"),
    ("let x = 1 ‹let› y = 2", "expected the end of the statement, found 'let' → ';' between statements on one line"),
    (
      "f ‹{› x => x }",
      "'{' opens nothing here: a block follows 'if', 'for', 'while', '=>' or, on its line, the ')' of a call → f() { … }"
    ),
    ("if a\n‹{› b }", "'{' stands on the line of its 'if'"),
    ("if a { 1 }\n‹else› { 2 }", "'else' stands on the line of the '}' before it → } else"),
    ("‹else› { 2 }", "'else' without 'if' before it"),
    ("try { a }\n‹catch› e { 2 }", "'catch' stands on the line of the '}' before it → } catch"),
    ("try { a } catch ‹{› 2 }", "expected a name for the error, found '{' → catch e"),
    ("try { a } b‹›", "expected 'catch', found 'b' → try { … } catch e { … }"),
    ("show a, ‹size:› 3", "named arguments need brackets → show(…, size: …)"),
    (
      "‹99999999999999999999›",
      "99999999999999999999 is larger than the largest int, 9223372036854775807 → 99999999999999999999.0 is a float"
    ),
    ("‹1e999›", "1e999 is larger than the largest float, about 1.8e308"),
    ("‹3px›", "'3px' is not a number"),
    ("let x = ‹$›y", "unexpected character '$'"),
    ("let x = ‹\u{200B}›y", "unexpected character U+200B"),
    ("f(‹\"a\"›: 1)", "an argument's name is a plain word → a: …"),
    ("f‹(›n // 2, seed: 3)\nlet y = 1", "'(' is never closed → '//' begins a comment: a floored quotient is div(a, b)"),
    ("x = f‹(›a\ny = 3", "'(' is never closed"),
    ("if ‹{› }", "expected an expression, found '{'"),
    ("while ‹{› }", "expected an expression, found '{'"),
    ("use ‹\"›losses\"", "a module is named by a word → use name"),
    ("test ‹sums› { }", "the name of a test is a string → test \"sums\" { … }"),
    ("let x = y ‹=› 3", "an assignment is a statement of its own"),
    ("f(x) ‹=>› 3", "left of '=>' stand only the names of parameters"),
    ("let ‹(›a, b) = f()", "expected a name (a list is not taken apart by 'let'), found '('"),
    ("func ‹(›x) { }", "a function without a name is written with '=>' → x => { … }"),
  ])
  func mistakesAreNamed(_ marked: String, _ expected: String) {
    let (text, ranges) = unmarked(marked)
    #expect(messages(text) == [expected])
    if let range = ranges.first, range.count > 0, !marked.hasPrefix("func ‹(") {
      #expect(parsed(text).diagnostics.first?.range == range)
    }
    survivesRemovals(text)
  }

  @Test func textThatIsNotUTF8IsToldAndStillRead() {
    let program = parse(SourceText(bytes: Array("let x = \"".utf8) + [0xFF] + Array("\"".utf8), name: "latin1.limn"))
    #expect(program.diagnostics.map(\.message) == ["'latin1.limn' is not UTF-8 text"])
    #expect(program.diagnostics.first?.range == SourceRange(start: 9, end: 12))
    #expect(program.statements.count == 1)
  }
}
