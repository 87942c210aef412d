import LimnRuntime
import LimnSyntax
import Testing

/// Errors at run time as people see them: whole texts, with the calls that led there.
@Suite struct RenderedFaultTests {
  private func rendered(_ text: String) throws -> String {
    let session = Interpreter()
    do {
      try session.evaluate(text, name: "test.limn")
    } catch let fault as Fault {
      return fault.rendered()
    } catch let errors as CompileErrors {
      return errors.rendered()
    }
    return ""
  }

  @Test func aRecursionWithoutEndIsOneLine() throws {
    #expect(
      try rendered("func count(n) { 1 + count(n - 1) }\nprint(count(3))") == """
        error[E2009]: calls are nested more than 20000 deep
         --> test.limn:1:21
        1 | func count(n) { 1 + count(n - 1) }
          |                     ^^^^^^^^^^^^ help: does the recursion end?
          in count, called from test.limn:1:21, 63 or more times
        """)
  }

  @Test func functionsThatCallEachOtherAreOneRound() throws {
    let text = try rendered("func even(n) { odd(n - 1) or false }\nfunc odd(n) { even(n - 1) or false }\nprint(even(1))")
    #expect(text.contains("in even, called from test.limn:2:15\n  in odd, called from test.limn:1:16, ") || text.contains("in odd, called from test.limn:1:16\n  in even, called from test.limn:2:15, "))
    #expect(text.contains("times in turn"))
    #expect(text.split(separator: "\n").count < 9, "\(text)")
  }

  @Test func differentCallsStayLinesOfTheirOwn() throws {
    #expect(
      try rendered("func a(x) { 1 / x }\nfunc b(x) { a(x) }\nfunc c(x) { b(x) }\nprint(c(0))") == """
        error[E2004]: division by zero: 1 / 0
         --> test.limn:1:13
        1 | func a(x) { 1 / x }
          |             ^^^^^
          in a, called from test.limn:2:13
          in b, called from test.limn:3:13
          in c, called from test.limn:4:7
        """)
  }

  @Test func aNameThatCannotBeReboundShowsWhereItIsDeclared() throws {
    #expect(
      try rendered("let size = 64\nsize = 32") == """
        error[E1003]: 'size' is not a variable and cannot be rebound
         --> test.limn:2:1
        1 | let size = 64
          |     ---- declared here
        2 | size = 32
          | ^^^^ help: declare it with `var size = …`
        """)
  }

  @Test func aCallThatDoesNotFitShowsTheFunction() throws {
    #expect(
      try rendered("func area(width, height) { width * height }\nprint(area(3))") == """
        error[E1007]: 'area' needs an argument 'height'
         --> test.limn:2:7
        1 | func area(width, height) { width * height }
          |      ---- declared here
        2 | print(area(3))
          |       ^^^^ help: area(width, height)
        """)
  }

  @Test func severalMistakesAreToldAtOnce() throws {
    #expect(
      try rendered("print(phto)\nlet photo = 1\nbreak") == """
        error[E1001]: there is no name 'phto'
         --> test.limn:1:7
        1 | print(phto)
          |       ^^^^ help: did you mean 'photo'?

        error[E1009]: 'break' stands outside of a loop
         --> test.limn:3:1
        3 | break
          | ^^^^^
        """)
  }

  /// The deepest and longest programs that the parser takes are checked on a thread's usual stack.
  @Test func deepProgramsAreChecked() throws {
    let long = "let x = " + Array(repeating: "1", count: 990).joined(separator: " + ")
    let deep = "let y = " + String(repeating: "[", count: 190) + String(repeating: "]", count: 190)
    let blocks = String(repeating: "if true { ", count: 90) + "print(1)" + String(repeating: " }", count: 90)
    for text in [long, deep, blocks] {
      #expect(Interpreter().check(SourceText(text, name: "test.limn")).filter { $0.diagnostic.severity == .error }.isEmpty)
      #expect(try !formatted(SourceText(text, name: "test.limn")).isEmpty)
    }
  }

  /// Time that grows with the length, not with its square: each takes some hundredths of a second.
  @Test func longProgramsAreCheckedAndLaidOutInTime() throws {
    let clock = ContinuousClock()
    let many = (0..<20_000).map { "let name\($0) = \($0)\nprint(name\($0))" }.joined(separator: "\n")
    let wide = "let table = [" + (0..<20_000).map { "[\($0)]" }.joined(separator: ", ") + "]\nprint(table)"
    for text in [many, wide] {
      let source = SourceText(text, name: "test.limn")
      let checking = clock.measure { #expect(Interpreter().check(source).isEmpty) }
      let start = clock.now
      let laidOut = try formatted(source)
      let formatting = clock.now - start
      #expect(laidOut == text + "\n")
      #expect(checking < .seconds(20) && formatting < .seconds(20), "\(checking), \(formatting)")
    }
  }
}
