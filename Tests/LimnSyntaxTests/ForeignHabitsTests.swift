import LimnSyntax
import Testing

/// What people write who come from Python, JavaScript, Swift, Rust or Julia: one message each, with Limn's spelling.
@Suite struct ForeignHabitsTests {
  static let cases: [(text: String, message: String)] = [
    ("print(1 in xs)", "'in' stands only in 'for x in xs' → xs.contains(1)"),
    ("if a.b in f(x) { y }", "'in' stands only in 'for x in xs' → f(x).contains(a.b)"),
    ("print(1 not in xs)", "'in' stands only in 'for x in xs' → not xs.contains(1)"),
    ("print(1 in a + b)", "'in' stands only in 'for x in xs' → (a + b).contains(1)"),
    ("xs[::2]", "a slice is written with '..<'; each n-th item is a range with 'by' → xs[(0..<len(xs)).by(2)]"),
    ("xs[1:5:2]", "a slice is written with '..<'; each n-th item is a range with 'by' → xs[(1..<5).by(2)]"),
    ("xs[::-1]", "a slice is written with '..<'; each n-th item is a range with 'by' → xs.reversed()"),
    ("for (i, x) in xs { i }", "the names of 'for' have no brackets → for i, x in …"),
    ("for i = 1:10 { i }", "a loop goes over a list, a range or a map → for i in 0..<10 { … }"),
    ("f(x) = x + 1", "a function is declared with 'func' → func f(x) { … }"),
    ("let f = { x in x + 1 }", "a function begins with its parameters, not with '{' → x => …"),
    ("let f = |x| x + 1", "a function is written with '=>' → x => x + 1"),
    ("let f = |a, b| a + b", "a function is written with '=>' → (a, b) => a + b"),
    ("int x = 5", "a name is declared without its type → let x = …"),
    ("let s = `abc`", "a string stands in double quotes → \"abc\""),
    ("let x = 7 mod 2", "'mod' is not an operator → %"),
    ("let x = a?.b", "'?.' is not an operator: a value that may be nil is asked first → if a == nil { nil } else { a.… }"),
    ("let x = a ?? b", "'??' is not an operator → if a == nil { b } else { a }"),
    ("let x = a!", "'!' stands before what it negates: a value that may be nil is compared with nil"),
    ("let x = [i for i in 0..3]", "a range is written '..<' or, with its end, '...' → 0..<3"),
    ("let x = 1:3", "a range is written '..<' or, with its end, '...' → 1...3"),
    ("let x = 5.", "a number does not end with '.' → 5.0"),
    ("let x = a .* b", "'.*' is not an operator: '*' is elementwise → *"),
    ("del x", "'del' is not a word of Limn: values go when no name holds them"),
    ("async func f() { 1 }", "'async' is not a word of Limn"),
    ("let x = await f()", "'await' is not a word of Limn: a call waits for its result"),
    ("@show 3", "'@show' is not a word of Limn: there are no macros and decorators"),
    ("a, b = 1, 2", "one name is given a value at a time"),
    ("let m = [1, 2; 3, 4]", "rows are lists in a list → tensor([[1, 2], [3, 4]])"),
  ]

  @Test(arguments: cases.indices)
  func areToldWithLimnsSpelling(_ index: Int) {
    #expect(messages(Self.cases[index].text) == [Self.cases[index].message], "\(Self.cases[index].text)")
    survivesRemovals(Self.cases[index].text)
  }

  @Test func membershipIsUnderlined() {
    expectDiagnostics(
      "let known = \"a\" ‹in› words\nprint(known)",
      """
      error[E0401]: 'in' stands only in 'for x in xs'
       --> test.limn:1:17
      1 | let known = "a" in words
        |                 ^^ help: words.contains("a")
      """)
  }

  @Test func wordsOfOtherLanguagesStayNames() {
    for text in ["let new = 1", "mod(3, 2)", "let double = 2\ndouble(3)", "with(run, guidance: 3)", "let m = [\"del\": 1]\nm.del"] {
      #expect(messages(text) == [], "\(text)")
    }
  }
}
