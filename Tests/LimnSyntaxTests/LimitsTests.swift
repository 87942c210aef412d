import LimnSyntax
import Testing

@Suite struct LimitsTests {
  @Test(arguments: [
    "(", "[", "f(", "x[", "-", "!", "not ", "a ^ ", "x => ", "if a { ", "f() { ", "\"{", "[a: ", "x => {",
    "func f() { ", "if if ", "try { ", "{", "a ? ", "a if ", "..", "a.f() { x => ", "++", "lambda: ", "while a { ",
  ])
  func tenThousandLevelsAreADiagnostic(_ opening: String) {
    let text = String(repeating: opening, count: 10_000)
    let program = parsed(text)
    #expect(program.hasErrors)
    #expect(program.diagnostics.count <= 101)
  }

  @Test func tenThousandBracketsAreTheLimitsDiagnosticAndNothingElse() {
    let text = String(repeating: "(", count: 10_000) + "1" + String(repeating: ")", count: 10_000) + "\nlet x = )"
    #expect(
      messages(text) == [
        "brackets and blocks nest more than 200 levels deep → give the inner parts names with 'let'",
        "expected an expression, found ')'",
      ])
  }

  @Test func nestingIsAllowedUpToTheLimit() {
    let brackets = { (count: Int) in
      String(repeating: "(", count: count) + "1" + String(repeating: ")", count: count)
    }
    // The statement and the expression in the innermost bracket are levels too.
    #expect(messages(brackets(198)) == [])
    #expect(messages(brackets(199)).count == 1)
  }

  @Test(arguments: [" + a", ".b", "(1)", "[1]", " and a", " * a"])
  func longChainsAreADiagnosticBeforeWhoeverWalksTheTreeOverflows(_ link: String) {
    #expect(messages("a" + String(repeating: link, count: 900)) == [])
    #expect(
      messages("a" + String(repeating: link, count: 100_000)) == [
        "an expression has more than 1000 operators in a row → give its parts names with 'let'"
      ])
  }

  @Test func wideTextsAreNotDeep() {
    let items = (0..<20_000).map { "f(x.y.z + \($0), a: \($0))" }.joined(separator: ", ")
    #expect(messages("let xs = [\(items)]") == [])
    #expect(messages((0..<5_000).map { "let x\($0) = [1, 2].map(x => x.y + 1)" }.joined(separator: "\n")) == [])
    let branches = String(repeating: "else if a { 1 } ", count: 5_000)
    #expect(messages("if a { 1 } " + branches) == [])
  }

  @Test func aTextThatIsTooLargeIsToldAndNotRead() {
    let stream = tokenize(SourceText("let x = 1", name: "big.limn"), limit: 8)
    #expect(stream.diagnostics.map(\.message) == ["'big.limn' has 9 bytes; a script has 8 at most"])
    #expect(stream.tokens.map(\.kind) == [.end])
  }

  @Test func everyReservedWordIsOne() {
    for word in TokenKind.keywords {
      #expect(tokenize(SourceText(word, name: "a")).tokens[0].kind.isKeyword, "\(word)")
      #expect(messages("let \(word) = 1").count == 1)
    }
    for word in ["use", "as", "test", "show", "print", "lets", "fo", "nill", "Let"] {
      #expect(messages("let \(word) = 1") == [])
    }
  }

  @Test func notMoreThanAHundredErrorsAreTold() {
    let program = parsed(String(repeating: "let x = )\n", count: 10_000))
    #expect(program.diagnostics.count == 101)
    #expect(program.diagnostics.last?.message == "more than 100 errors; the rest is not shown")
  }

  /// Bytes of the tour changed, taken out and put in at random: nothing may crash, hang or be printed back changed.
  @Test func randomChangesOfBytesAreSurvived() {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    let marks = Array("(){}[]\"'\\,:;=<>.+-*/^&|!#\n \u{0}aé{\"\"\"//".utf8)
    for text in Tour.all {
      let original = Array(text.utf8)
      for _ in 0..<400 {
        var bytes = original
        for _ in 0...random(6) {
          let index = random(bytes.count)
          switch random(4) {
          case 0: bytes[index] = UInt8(random(256))
          case 1: bytes.remove(at: index)
          case 2: bytes.insert(marks[random(marks.count)], at: index)
          default: bytes.removeSubrange(index..<min(bytes.count, index + random(30)))
          }
          if bytes.isEmpty { bytes = [0] }
        }
        let source = SourceText(bytes: bytes, name: "fuzz.limn")
        let stream = tokenize(source)
        #expect(Array(stream.printed().utf8) == source.bytes)
        let program = parse(source)
        _ = DiagnosticRenderer(source).render(program.diagnostics)
        #expect(
          program.diagnostics.allSatisfy { Int($0.range.end) <= source.bytes.count && $0.range.start <= $0.range.end })
      }
    }
  }

  @Test func betweenTokensStandOnlyBlanksAndComments() {
    for text in Tour.all {
      let stream = tokenize(SourceText(text, name: "tour.limn"))
      for index in stream.tokens.indices {
        let trivia = stream.source[stream.trivia(before: index)]
        for line in trivia.split(separator: "\n") {
          let rest = line.drop { $0 == " " }
          #expect(rest.isEmpty || rest.hasPrefix("//"))
        }
      }
    }
  }
}
