/// The stable number of a kind of diagnostic: `E0101`. A number is never given a second meaning.
///
/// Areas: 01xx text and tokens, 02xx statements, 03xx expressions, 04xx spellings of other languages, 05xx limits.
/// Other modules number theirs from 1000: 10xx what a compiler finds, 11xx warnings (`W1101`), 20xx errors at run time.
package struct DiagnosticCode: Hashable, Sendable, CustomStringConvertible {
  package let number: Int

  package init(_ number: Int) { self.number = number }

  package var description: String {
    let digits = String(number)
    return (1100..<1200 ~= number ? "W" : "E") + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}

extension DiagnosticCode {
  // 01xx: text and tokens
  package static let notUTF8 = DiagnosticCode(101)
  package static let unexpectedCharacter = DiagnosticCode(102)
  package static let unterminatedString = DiagnosticCode(103)
  package static let badEscape = DiagnosticCode(104)
  package static let badNumber = DiagnosticCode(105)
  package static let badIndentation = DiagnosticCode(106)
  package static let emptyInterpolation = DiagnosticCode(107)

  // 02xx: statements
  package static let expectedStatementEnd = DiagnosticCode(201)
  package static let expectedName = DiagnosticCode(202)
  package static let reservedWord = DiagnosticCode(203)
  package static let expectedToken = DiagnosticCode(204)
  package static let expectedBlock = DiagnosticCode(205)
  package static let notAPlace = DiagnosticCode(206)
  package static let misplacedElse = DiagnosticCode(207)
  package static let misplacedBrace = DiagnosticCode(208)
  package static let duplicateParameter = DiagnosticCode(209)
  package static let missingInitialValue = DiagnosticCode(211)
  package static let misplacedType = DiagnosticCode(212)

  // 03xx: expressions
  package static let expectedExpression = DiagnosticCode(301)
  package static let unclosedBracket = DiagnosticCode(302)
  package static let unmatchedBracket = DiagnosticCode(303)
  package static let chainedComparison = DiagnosticCode(304)
  package static let operatorNeedsBrackets = DiagnosticCode(305)
  package static let mixedListAndMap = DiagnosticCode(306)
  package static let duplicateArgument = DiagnosticCode(307)
  package static let openRangeOutsideIndex = DiagnosticCode(308)

  // 04xx: spellings of other languages
  package static let foreignSpelling = DiagnosticCode(401)

  // 05xx: limits
  package static let nestedTooDeep = DiagnosticCode(501)
  package static let expressionTooLong = DiagnosticCode(502)
  package static let tooManyErrors = DiagnosticCode(503)
  package static let sourceTooLarge = DiagnosticCode(504)
}
