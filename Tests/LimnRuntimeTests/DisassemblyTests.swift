import LimnRuntime
import LimnSyntax
import Testing

/// Which instructions the compiler chooses where speed depends on it.
@Suite struct DisassemblyTests {
  private func code(_ text: String) throws -> String {
    try Interpreter().disassembly(of: SourceText(text, name: "input"))
  }

  @Test func aLoopOverALiteralRangeIsOneInstructionARound() throws {
    let text = try code("var s = 0\nfor i in 0..<10 { s += i }")
    #expect(text.contains("rangeNext"))
    #expect(!text.contains("makeRange"))
    // The top-level variable is its own register: one addition and nothing else.
    #expect(text.contains("  add s s r"))
  }

  @Test func aFunctionReadsBesideItsSource() throws {
    #expect(try code("func fib(n) {\n  if n < 2 { n } else { fib(n - 1) + fib(n - 2) }\n}\nprint(fib(3), \"x\")") == """
      top level: 4 registers
      1 | func fib(n) {
           0  makeFunction r0 fib(n)
           1  take fib r0
           2  returnNil

      fib(n): 4 registers
      2 |   if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
           0  jumpUnlessLessInt r0:n 2 → 3
           2  return r0:n
           3  subtractInt r2 r0:n 1
           4  callSlot r2 fib (1 argument)
           6  subtractInt r3 r0:n 2
           7  callSlot r3 fib (1 argument)
           9  add r1 r2 r3
          10  return r1

      top level: 4 registers
      4 | print(fib(3), "x")
           0  loadInt r0 3
           1  callSlot r0 fib (1 argument)
           3  loadConstant r1 "x"
           4  callNative r0 print (2 arguments)
           6  return r0

      """)
  }

  @Test func loopsShowWhereTheyGoAndWhatTheyName() throws {
    let text = try code("func f(xs) {\n  var n = 0\n  for x in xs { n += x.size * 2.5 }\n  n\n}")
    #expect(text.contains("loadInt r1:n 0"))
    #expect(text.contains("loopNext r4 from r2 → 4"), "\(text)")
    #expect(text.contains("getField r6 r4:x \"size\""), "\(text)")
    #expect(text.contains(" 2.5"), "\(text)")
  }

  @Test func aComparisonAndItsJumpAreOne() throws {
    let text = try code("func f(n) { if n < 2 { n } else { f(n - 1) } }")
    #expect(text.contains("jumpUnlessLessInt"))
    #expect(text.contains("subtractInt"))
    #expect(text.contains("callSlot"))
    #expect(!text.contains("  less "))
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
