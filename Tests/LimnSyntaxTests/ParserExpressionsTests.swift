import LimnSyntax
import Testing

@Suite struct ParserExpressionsTests {
  @Test(arguments: [
    // Tightest first: postfix, ^, prefix, * / % @, + -, ranges, comparisons, &, |, not, and, or, =>
    ("a.b ^ c.d", "(^ (. a b) (. c d))"),
    ("2 ^ 3 ^ 4", "(^ 2 (^ 3 4))"),
    ("-x ^ 2", "(- (^ x 2))"),
    ("2 ^ -x ^ 2", "(^ 2 (- (^ x 2)))"),
    ("!m ^ 2", "(! (^ m 2))"),
    ("-a * b", "(* (- a) b)"),
    ("a * -b", "(* a (- b))"),
    ("a * b / c % d @ e", "(@ (% (/ (* a b) c) d) e)"),
    ("a + b * c - d", "(- (+ a (* b c)) d)"),
    ("a - b - c", "(- (- a b) c)"),
    ("0..<n + 1", "(..< 0 (+ n 1))"),
    ("1...5", "(... 1 5)"),
    ("1..<2 == r", "(== (..< 1 2) r)"),
    ("a + 1 < b * 2", "(< (+ a 1) (* b 2))"),
    ("a < b & c > d", "(& (< a b) (> c d))"),
    ("a & !b | c", "(| (& a (! b)) c)"),
    ("a | b & c", "(| a (& b c))"),
    ("not a | b", "(not (| a b))"),
    ("not a == b", "(not (== a b))"),
    ("not not a", "(not (not a))"),
    ("not a and b or c", "(or (and (not a) b) c)"),
    ("a and not b", "(and a (not b))"),
    ("a or b and c", "(or a (and b c))"),
    ("x => y => x + y", "((x) => ((y) => (+ x y)))"),
    ("x => not x or y", "((x) => (or (not x) y))"),
    ("(a, b) => a", "((a, b) => a)"),
    ("() => 1", "(() => 1)"),
    ("x => { x; 2 }", "((x) => {x; 2})"),
    ("(a < b) < c", "(< (< a b) c)"),
    ("(a + b) * c", "(* (+ a b) c)"),
    ("- -x", "(- (- x))"),
    ("a--b", "(- a (- b))"),
    ("!a", "(! a)"),
    ("-9223372036854775808", "-9223372036854775808"),
  ])
  func operatorsBindAsTheTableSays(_ text: String, _ expected: String) {
    #expect(tree(text) == expected)
  }

  @Test(arguments: [
    ("f()", "(f)"),
    ("f(x, y: 2, ..m)", "(f x y:2 ..m)"),
    ("f(x,)", "(f x)"),
    ("x.f(y)", "(.f x y)"),
    ("x.k", "(. x k)"),
    ("x.test.use.if.for", "(. (. (. (. x test) use) if) for)"),
    ("f(in: 1, if: 2, test: 3)", "(f in:1 if:2 test:3)"),
    ("m[\"k\"](y)", "(call (at m \"k\") y)"),
    ("f(x)(y)", "(call (f x) y)"),
    ("(f)(x)", "(call f x)"),
    ("(x.f)(y)", "(call (. x f) y)"),
    ("run.back(20).with(guidance: 9).finish()", "(.finish (.with (.back run 20) guidance:9))"),
    ("1.max(2)", "(.max 1 2)"),
    ("f(x) { a, b => a + b }", "(f x ((a, b) => {(+ a b)}))"),
    ("f() { 1 }", "(f (() => {1}))"),
    ("x.f() { it => it }.g()", "(.g (.f x ((it) => {it})))"),
    ("f(x => x) { }", "(f ((x) => x) (() => {}))"),
    ("f(\n  a,\n  b\n)", "(f a b)"),
    ("f\n(x)", "f\nx"),
    ("f(x) { y =>\n  y\n  2\n}", "(f x ((y) => {y; 2}))"),
  ])
  func callsKeepTheirForm(_ text: String, _ expected: String) {
    #expect(tree(text) == expected)
  }

  @Test(arguments: [
    ("x[0]", "(at x 0)"),
    ("x[-1, ..]", "(at x (- 1) ..)"),
    ("x[.., 2...]", "(at x .. <2...>)"),
    ("x[..<5]", "(at x <..<5>)"),
    ("x[1..<5, 2...3]", "(at x <1..<5> <2...3>)"),
    ("x[n - 1...]", "(at x <(- n 1)...>)"),
    ("x[...]", "(at x <...>)"),
    ("x[(1..<5)]", "(at x (..< 1 5))"),
    ("x[a == b]", "(at x (== a b))"),
    ("x[not a]", "(at x (not a))"),
    ("x[i][j].k", "(. (at (at x i) j) k)"),
    ("x[...2]", "(at x <...2>)"),
    ("f(..xs[..])", "(f ..(at xs ..))"),
  ])
  func indicesTakeWholeAxesAndOpenRanges(_ text: String, _ expected: String) {
    #expect(tree(text) == expected)
  }

  @Test(arguments: [
    ("[]", "[]"), ("[:]", "[]:"), ("[1, 2,]", "[1 2]"), ("[\"a\": 1, b: 2,]", "[\"a\": 1 b: 2]"),
    ("[f(x) for x in xs]", "[(f x) for x in xs]"),
    ("[x for x in xs if x > 1]", "[x for x in xs if (> x 1)]"),
    ("[k: v for k, v in m if p(k)]", "[k: v for k,v in m if (p k)]"),
    ("[x * y for x in xs if x for y in ys]", "[(* x y) for x in xs if x for y in ys]"),
    ("[x\n for x in f(xs) { 1 }\n if x]", "[x for x in (f xs (() => {1})) if x]"),
    ("[[1, 2], [3]]", "[[1 2] [3]]"),
    ("[-1\n -2]", "[(- (- 1) 2)]"),
  ])
  func listsMapsAndComprehensions(_ text: String, _ expected: String) {
    #expect(tree(text) == expected)
  }

  @Test(arguments: [
    ("let x = if a { 1 } else { 2 }", "let x = (if a {1} else {2})"),
    ("if a { 1 } else if b { 2 } else if c { 3 } else { 4 }", "(if a {1} b {2} c {3} else {4})"),
    ("let y = try { f() } catch e { e.message }", "let y = (try {(f)} e {(. e message)})"),
    ("f(if a { 1 } else { 2 }, 3)", "(f (if a {1} else {2}) 3)"),
    ("if f(x) { y }", "(if (f x) {y})"),
    ("if (f(x) { y }) { z }", "(if (f x (() => {y})) {z})"),
    ("if g([f(x) { y }]) { z }", "(if (g [(f x (() => {y}))]) {z})"),
    ("while f(x) { y }", "while (f x) {y}"),
    ("for x in f(y) { z }", "for x in (f y) {z}"),
    ("for x in xs { f(x) { y } }", "for x in xs {(f x (() => {y}))}"),
    ("if a { 1 }\n(b)", "(if a {1})\nb"),
  ])
  func ifAndTryAreExpressionsAndTheirHeadsTakeNoTrailingBlock(_ text: String, _ expected: String) {
    #expect(tree(text) == expected)
  }

  @Test(arguments: [
    ("1_000", "1000"), ("2.5e-3", "0.0025"), ("1e3", "1000.0"), ("7", "7"), ("1e+2", "100.0"), ("0.1", "0.1"),
    ("9223372036854775807", "9223372036854775807"), ("nil", "nil"), ("true", "true"), ("1_0.2_5", "10.25"),
  ])
  func numbersHaveTheirValues(_ text: String, _ expected: String) {
    #expect(tree(text) == expected)
  }

  @Test func rangesOfNodesTakeInTheirBrackets() {
    let program = parsed("let y = (a + b).c(1)[2]")
    guard case .binding(_, let bindings) = program.statements[0].kind,
      case .index(let base, _) = bindings[0].value.kind, case .call(let call) = base.kind,
      case .method(let receiver, let name) = call.callee
    else {
      Issue.record("not an index of a call")
      return
    }
    #expect(program.source[bindings[0].value.range] == "(a + b).c(1)[2]")
    #expect(program.source[base.range] == "(a + b).c(1)")
    #expect(program.source[receiver.range] == "(a + b)")
    #expect(program.source[name.range] == "c")
    #expect(program.source[call.argumentsRange] == "(1)")
  }
}
