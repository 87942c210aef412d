import LimnSyntax
import Testing

@Suite struct ForeignSpellingsTests {
  @Test(arguments: [
    ("sample(pipe, ‹seed=›7)", "an argument is named with ':', not '=' → seed: 7"),
    ("let x = ‹None›", "'None' is not a word of Limn → nil"),
    ("let x = ‹null›", "'null' is not a word of Limn → nil"),
    ("let x = ‹True›", "'True' is not a word of Limn → true"),
    ("let x = ‹False›", "'False' is not a word of Limn → false"),
    ("‹def› f(x, y=2):\n  return x\nlet z = 1", "'def' is not a word of Limn → func f(x, y=2) { … }"),
    ("‹function› f(x) { x }", "'function' is not a word of Limn → func f(x) { … }"),
    ("if a { 1 } ‹elif› b { 2 }", "'elif' is not a word of Limn → else if"),
    ("let f = ‹lambda› x, y: x + y", "'lambda' is not a word of Limn → (x, y) => x + y"),
    ("‹import› losses", "'import' is not a word of Limn → use losses"),
    ("‹from› losses import masked", "'from' is not a word of Limn → use losses"),
    ("a ‹&&› b", "'&&' is not an operator → and"),
    ("a ‹||› b", "'||' is not an operator → or"),
    ("x ‹**› 2", "a power is written '^', not '**' → x ^ 2"),
    ("f(‹**›options)", "the entries of a map are passed on with '..', not '**' → f(..options)"),
    ("f(‹*›options)", "arguments are passed on with '..', not '*' → ..options"),
    ("f(‹...›options)", "arguments are passed on with '..', not '...' → ..options"),
    ("x[‹1:5›]", "a slice is written with '..<', not ':' → x[1..<5]"),
    ("x[‹1:›]", "a slice is written with '..<', not ':' → x[1...]"),
    ("x[‹:›, 0]", "a slice is written with '..<', not ':' → x[..]"),
    ("x[‹::2›]", "a slice is written with '..<'; each n-th item is a range with 'by' → x[(0..<len(x)).by(2)]"),
    ("x[‹...›, 0]", "'...' without ends is one axis, as '..' is → .."),
    ("‹f›\"a {x}\"", "a string has no prefix 'f': every string fills in {expressions} → \"…\""),
    ("n ‹//› 2", "'//' begins a comment: the floored quotient is 'div' → div(n, 2)"),
    ("f(n‹//›2, 3)", "'//' begins a comment: the floored quotient is 'div' → div(n, 2)"),
    ("let k = 2\nlet h = n ‹//› k", "'//' begins a comment: the floored quotient is 'div' → div(n, k)"),
    ("x‹++›", "'++' is not an operator → x += 1"),
    ("x‹--›", "'--' is not an operator → x -= 1"),
    ("‹++›x", "'++' is not an operator → x += 1"),
    ("a ‹===› b", "'===' is not an operator → =="),
    ("a ‹!==› b", "'!==' is not an operator → !="),
    ("a ‹<>› b", "'<>' is not an operator → !="),
    ("x ‹:=› 3", "a new name is made with 'let' or 'var', not ':=' → let x = 1"),
    ("x ‹^=› 2", "'^=' is not an operator → x = x ^ 2"),
    ("x ‹%=› 2", "'%=' is not an operator → x = x % 2"),
    ("‹~›m", "'~' is not an operator → !"),
    ("x ‹is› y", "'is' is not an operator → =="),
    ("x ‹is not› y", "'is' is not an operator → !="),
    ("x ‹in› xs", "'in' stands only in 'for x in xs' → xs.contains(x)"),
    ("x ‹not in› xs", "'in' stands only in 'for x in xs' → not xs.contains(x)"),
    ("let x = c ‹?› a : b", "a choice is written with 'if' in front → if c { a } else { b }"),
    ("let x = a ‹if› c else b", "a choice is written with 'if' in front → if c { a } else { b }"),
    ("‹'a b'›", "a string stands in double quotes → \"a b\""),
    ("‹#› remark", "a comment begins with '//', not '#' → // …"),
    ("‹/*› remark */ x", "a comment begins with '//' and ends with its line → // …"),
    ("let m = ‹{›\"a\": 1}", "lists and maps stand in square brackets, not in braces → [\"a\": 1]"),
    ("let m = ‹{}›", "a map stands in square brackets → [:]"),
    ("let t = (a‹,› b)", "several values stand in square brackets → [a, b]"),
    ("sum(f(x) ‹for› x in xs)", "a comprehension stands in square brackets → [f(x) for x in xs]"),
    ("for i in 0‹..›5 { }", "a range is written '..<' or, with its end, '...' → 0..<5"),
    ("for i in 1‹:›n { }", "a range is written '..<' or, with its end, '...' → 1...n"),
    ("for ‹(›x in xs) { show x }", "the head of 'for' has no brackets → for x in xs { … }"),
    ("for ‹(›let i = 0; i < 3; i++) { f(i) }", "a loop goes over a list, a range or a map → for i in 0..<10 { … }"),
    ("while a‹:›\n  f(a)\nb", "the body of 'while' stands in braces, not behind ':' → { … }"),
    ("‹const› x = 3", "'const' is not a word of Limn → let x = …"),
    ("let ‹mut› x = 3", "'mut' is not a word of Limn → var x"),
    ("let x‹: int› = 3", "a type stands only in a parameter list"),
    ("func f(x: int) ‹-> int› { x }", "a function does not declare what it gives back"),
    ("func f(x) ‹=› x + 1", "the body of 'func' stands in braces, not behind '=' → { … }"),
    ("let f = ‹func›(x) { x }", "a function without a name is written with '=>' → x => { … }"),
    ("xs.map(x ‹->› x + 1)", "a function is written with '=>', not '->' → x => x + 1"),
    ("f(x) { y ‹in› y }", "the names of a block end with '=>', not 'in' → =>"),
    ("func f(‹*›args) { }", "a function has a fixed number of parameters: take a list"),
    ("‹class› A { }", "Limn has no 'class': a map holds named values → [\"name\": value]"),
    ("‹raise› ValueError(\"x\")", "'raise' is not a word of Limn → fail(\"message\")"),
    ("‹assert› x == y", "'assert' is not a word of Limn → expect"),
    ("‹println› x", "'println' is not a word of Limn → print"),
    ("if a { ‹pass› }", "'pass' is not a word of Limn: an empty body is '{ }' → { }"),
    ("try { a } ‹except› e { b }", "'except' is not a word of Limn → catch e"),
    ("try { a } catch ‹(›e) { b }", "the name after 'catch' has no brackets → catch e"),
    ("‹loop› { break }", "'loop' is not a word of Limn → while true { … }"),
    ("a ‹|>› f", "'|>' is not an operator: a call is written after a dot → x.f()"),
    ("‹.5›", "a number begins with a digit → 0.5"),
    ("‹0xff›", "'0xff' is not a number → 255"),
    ("a ‹×› b", "'×' is not an operator → *"),
    ("a ‹≤› b", "'≤' is not an operator → <="),
    ("a ‹−› b", "'−' is not the minus of the keyboard → -"),
    ("‹“a b”›", "a string stands in straight quotes → \"a b\""),
    ("x ‹?›", "expected an expression, found the end of the text"),
  ])
  func eachIsToldOnceWithLimnsSpelling(_ marked: String, _ expected: String) {
    let (text, ranges) = unmarked(marked)
    let diagnostics = parsed(text).diagnostics
    #expect(messages(text) == [expected])
    if diagnostics.first?.code == .foreignSpelling || diagnostics.first?.code == .misplacedType {
      #expect(diagnostics.first?.range == ranges.first)
    }
    survivesRemovals(text)
  }

  @Test(arguments: [
    "let n = steps // 30 are enough", "let x = f(n)   // 8", "a // [1, 4, 16]", "a // b", "x = 3 // x", "// 2",
    "let z = noise(pipe) // z", "a\n// 2", "let h = 3 /// 2", "xs.None", "f(None: 1)", "x.lambda", "f(def: 2)",
    "let fn = 3; fn(2); let loop = 2; loop = 3; match = 4; import.x", "lambda(x)", "pass(x)", "def = 3", "class.x",
    "let is = 2; is + 1", "a - -b", "let rf = 2; rf", "m[1...]", "f(x)[-1]", "let elif = 3\nelif.x",
  ])
  func remarksAndNamesOfOnesOwnAreLeftAlone(_ text: String) {
    #expect(messages(text) == [])
  }

  @Test func aPythonFunctionIsReadToItsEnd() {
    expectDiagnostics(
      """
      if a‹:›
        x = None
      elif b:
        y = 2
      else:
        z = 3
      done = y z
      """,
      """
      error[E0401]: the body of 'if' stands in braces, not behind ':'
       --> test.limn:1:5
      1 | if a:
        |     ^ help: { … }

      error[E0401]: 'None' is not a word of Limn
       --> test.limn:2:7
      2 |   x = None
        |       ^^^^ help: nil

      error[E0401]: 'elif' is not a word of Limn
       --> test.limn:3:1
      3 | elif b:
        | ^^^^ help: else if

      error[E0401]: the body of 'else' stands in braces, not behind ':'
       --> test.limn:5:5
      5 | else:
        |     ^ help: { … }

      error[E0201]: expected the end of the statement, found 'z'
       --> test.limn:7:10
      7 | done = y z
        |          ^
      """)
  }
}
