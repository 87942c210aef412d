import LimnSyntax
import Testing

@Suite struct ParserStatementsTests {
  @Test(arguments: [
    ("use losses", "use losses"), ("use losses as l", "use losses as l"),
    ("let a = 1, b = a + 1", "let a = 1, b = (+ a 1)"), ("var x = nil", "var x = nil"),
    ("for k, v in m { print k }", "for k,v in m {(print k)}"),
    ("while true { break; continue }", "while true {break; continue}"),
    ("func f() { return }", "func (f() => {return})"),
    ("func f(x, y = 2) { return x + y }", "func (f(x, y = 2) => {return (+ x y)})"),
    ("func f(a: tensor[b, 3, .., w], s: float = 1.0) { }", "func (f(a: tensor[b, 3, .., w], s: float = 1.0) => {})"),
    ("func f(if: int, x: tensor[]) { }", "func (f(if: int, x: tensor[]) => {})"),
    ("test \"sums\" { expect 1 + 1 == 2 }", "test \"sums\" {expect (== (+ 1 1) 2)}"),
    ("x = 1", "x = 1"), ("x += [y]", "x += [y]"), ("x -= 1; x *= 2; x /= 3", "x -= 1\nx *= 2\nx /= 3"),
    ("x[i].k[.., 2] = v", "(at (. (at x i) k) .. 2) = v"),
    ("let use = 1, test = 2, as = use", "let use = 1, test = 2, as = use"),
    ("use = 3; test(1); as.use", "use = 3\n(test 1)\n(. as use)"),
  ])
  func everyKindOfStatement(_ text: String, _ expected: String) {
    #expect(tree(text) == expected)
  }

  @Test(arguments: [
    ("show a, b", "(show a b)"), ("print", "print"), ("show", "show"), ("show(a, size: 2)", "(show a size:2)"),
    ("show (a)", "(show a)"), ("show.x", "(. show x)"), ("show = 3", "show = 3"), ("print -x", "(print (- x))"),
    ("print [1]", "(print [1])"), ("print \"a\",\n  \"b\"", "(print \"a\" \"b\")"), ("print not a", "(print (not a))"),
    ("show f(x) { 1 }", "(show (f x (() => {1})))"), ("let x = show(a)", "let x = (show a)"),
    ("if a { print b }", "(if a {(print b)})"), ("print if a { 1 } else { 2 }", "(print (if a {1} else {2}))"),
  ])
  func showAndPrintNeedNoBracketsAtTheStartOfAStatement(_ text: String, _ expected: String) {
    #expect(tree(text) == expected)
  }

  @Test(arguments: [
    ("a\nb", "a\nb"), ("a; b;", "a\nb"), ("a +\n b", "(+ a b)"), ("a\n + b", "(+ a b)"), ("a\n- b", "(- a b)"),
    ("a\n-b", "a\n(- b)"), ("a\n.b\n  .c()", "(.c (. a b))"), ("a\n// remark\n.b", "(. a b)"), ("a.\nb", "(. a b)"),
    ("a\nand b\nor c", "(or (and a b) c)"), ("a\n== b", "(== a b)"), ("a\n[b]", "a\n[b]"), ("a\n..<b", "(..< a b)"),
    ("let x =\n  1", "let x = 1"), ("x =>\n  x", "((x) => x)"), ("f(a\n  + b)", "(f (+ a b))"),
    ("[f(x) {\n a\n -b }]", "[(f x (() => {a; (- b)}))]"), ("return_ => 1", "((return_) => 1)"),
    ("func f() {\n return\n -1\n}", "func (f() => {return; (- 1)})"), ("a\r\nb\r\n", "a\nb"),
    ("\u{FEFF}a", "a"), ("#!/usr/bin/env limn\na", "a"), ("a\n! b", "a\n(! b)"),
  ])
  func lineEndsEndStatementsExceptWhereALineGoesOn(_ text: String, _ expected: String) {
    #expect(tree(text) == expected)
  }

  @Test func aSemicolonAtTheEndMutes() {
    #expect(parsed("a;").isMuted)
    #expect(parsed("a; // remark\n").isMuted)
    #expect(!parsed("a; b").isMuted)
    #expect(!parsed(";").isMuted)
    #expect(!parsed("").isMuted)
  }

  @Test func docCommentsBelongToTheDefinitionBelow() {
    let program = parsed(
      """
      /// About the file.
      /// Two lines.

      use losses

      /// Adds.
      ///
      ///   add(1, 2)
      func add(a, b) { a + b }
      /// Far.

      let x = 1
      //// not a doc
      let y = 2
      """)
    #expect(program.diagnostics == [])
    #expect(program.doc == "About the file.\nTwo lines.")
    #expect(program.statements.map(\.doc) == [nil, "Adds.\n\n  add(1, 2)", nil, nil])
    guard case .function(let function) = program.statements[1].kind else {
      Issue.record("not a function")
      return
    }
    #expect(function.doc == "Adds.\n\n  add(1, 2)")
    #expect(parsed("/// f\nfunc f() { }").doc == nil)
    #expect(parsed("/// A recipe.\nshow x").doc == "A recipe.")
  }
}
