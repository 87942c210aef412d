import LimnRuntime
import LimnSyntax
import Testing

/// Which instructions the compiler chooses where speed depends on it.
@Suite struct DisassemblyTests {
  private func code(_ text: String) throws -> String {
    let session = Interpreter()
    return try session.compile(SourceText(text, name: "input")).statements.map(\.disassembly).joined(separator: "\n")
  }

  @Test func aLoopOverALiteralRangeIsOneInstructionARound() throws {
    let text = try code("var s = 0\nfor i in 0..<10 { s += i }")
    #expect(text.contains("rangeNext"))
    #expect(!text.contains("makeRange"))
    // The top-level variable is its own register: one addition and nothing else.
    #expect(text.contains("\tadd 0 0 "))
  }

  @Test func aComparisonAndItsJumpAreOne() throws {
    let text = try code("func f(n) { if n < 2 { n } else { f(n - 1) } }")
    #expect(text.contains("jumpUnlessLessInt"))
    #expect(text.contains("subtractInt"))
    #expect(text.contains("callSlot"))
    #expect(!text.contains("\tless "))
  }

  @Test func appendingMakesNothingInBetween() throws {
    #expect(try code("var xs = []\nxs += [1]").contains("appendOne"))
    #expect(try code("var s = \"\"\ns += \"a{1}\"").contains("appendTexts"))
    #expect(try code("var xs = []\nxs = append(xs, 1)").contains("takeCollection"))
    // Where an error can be caught the variable must keep its value.
    #expect(try !code("var xs = []\ntry { xs = append(xs, 1) } catch e { }").contains("takeCollection"))
    #expect(try !code("var xs = []\nxs = append(xs, xs)").contains("takeCollection"))
  }

  @Test func whileLoopsTestAtTheEnd() throws {
    let text = try code("var i = 0\nwhile i < 1000 { i += 1 }")
    #expect(text.contains("loopIfLessInt"))
    #expect(text.contains("addInt"))
  }
}
