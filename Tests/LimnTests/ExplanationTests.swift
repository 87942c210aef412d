import Limn
import LimnRuntime
import LimnSyntax
import Testing

/// `limn explain`: every code has a page, and its programs do what it says.
@Suite struct ExplanationTests {
  /// Codes whose error takes more than a short program: bytes that are no text, programs of megabytes, a Ctrl-C.
  static let withoutProgram: Set<String> = ["E0101", "E0501", "E0502", "E0503", "E0504", "E1011", "E2000", "E2011"]

  /// The codes that checking, and if that finds nothing running, gives.
  private func codes(_ program: String) -> [String] {
    let session = Session()
    let found = session.check(program, name: "test.limn").findings.map(\.code)
    if !found.isEmpty { return found }
    guard case .failed(let text) = session.evaluate(program, name: "test.limn") else { return [] }
    return [String(text.drop { $0 != "[" }.dropFirst().prefix { $0 != "]" })]
  }

  @Test(arguments: Explanations.all.indices)
  func theWrongProgramGivesItsCodeAndTheRightOneNone(_ index: Int) {
    let explanation = Explanations.all[index]
    let code = explanation.code.description
    guard let wrong = explanation.wrong, let right = explanation.right else {
      #expect(Self.withoutProgram.contains(code), "\(code) has no program")
      return
    }
    #expect(codes(wrong) == [code], "wrong program of \(code)")
    #expect(codes(right) == [], "right program of \(code)")
  }

  @Test func thePagesAreInOrderAndOneACode() {
    let numbers = Explanations.all.map(\.code.number)
    #expect(numbers == numbers.sorted())
    #expect(Set(numbers).count == numbers.count)
    for explanation in Explanations.all {
      let lines = explanation.page.split(separator: "\n", omittingEmptySubsequences: false).count
      #expect(lines >= 3 && lines <= 18, "\(explanation.code) has \(lines) lines")
    }
  }

  @Test func everyKindOfErrorHasAPage() {
    for kind in FaultKind.allCases { #expect(explanation(of: kind.code.description) != nil, "\(kind)") }
    #expect(explainedCodes.count > 50)
  }

  @Test func aPageIsFoundHoweverItsCodeIsTyped() {
    #expect(explanation(of: "E1009") == explanation(of: "1009"))
    #expect(explanation(of: "e1009") == explanation(of: "E1009"))
    #expect(explanation(of: "E9999") == nil)
    #expect(explanation(of: "help") == nil)
    #expect(
      explanation(of: "E1003") == """
        E1003: a name that cannot be rebound

        A name made with 'let' keeps its value, and so do parameters and the names of loops. 'var' makes one that can be
        given another.

        Wrong:
            let count = 0
            count += 1

        Right:
            var count = 0
            count += 1
        """)
  }
}
