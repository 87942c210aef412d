import Foundation
import Testing

@Suite struct TestCommandTests {
  @Test func passesAndFailuresAreCounted() throws {
    let limn = try CommandRunner()
    try limn.write("good.limn", """
      /// Twice a number.
      ///
      ///     twice(4)     // => 8
      func twice(x) { x * 2 }
      test "twice is twice" { expect twice(2) == 4 }
      func main() { fail("main is not called") }
      """)
    let good = try limn("test", "good.limn")
    #expect(good.code == 0)
    #expect(good.output.hasSuffix("2 passed in 1 file\n"))
    try limn.write("deep/bad.limn", "test \"fine\" { expect true }\ntest \"sums\" { let a = 2; expect a + a == 5 }\n")
    let all = try limn("test")
    #expect(all.code == 1)
    #expect(all.output.contains("FAIL  deep/bad.limn: sums"))
    #expect(all.output.hasSuffix("1 failed, 3 passed in 2 files\n"))
    #expect(all.errors.contains("deep/bad.limn:2:"))
    #expect(try limn("test", "--only", "fine").output.hasSuffix("1 passed in 1 file\n"))
  }

  @Test func anExampleThatSaysSomethingElseFails() throws {
    let limn = try CommandRunner()
    try limn.write("a.limn", "/// Half a number.\n///\n/// ```limn\n/// half(3)    // => 2\n/// ```\nfunc half(x) { x / 2 }\n")
    let result = try limn("test", "a.limn")
    #expect(result.code == 1)
    #expect(result.output.contains("FAIL  a.limn:4: the example"))
    #expect(result.errors.contains("the value is 1.5, the example says 2"))
  }

  @Test func afileThatDoesNotRunIsAFailure() throws {
    let limn = try CommandRunner()
    try limn.write("a.limn", "let x = yy\n")
    let result = try limn("test", "a.limn")
    #expect(result.code == 1)
    #expect(result.output.contains("FAIL  a.limn does not run"))
  }
}
