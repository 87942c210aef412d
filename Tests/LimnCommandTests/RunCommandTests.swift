import Foundation
import Testing

@Suite struct RunCommandTests {
  @Test func codePrintsItsLastValue() throws {
    let result = try CommandRunner()("-e", "let x = 6\nx * 7")
    #expect(result.code == 0)
    #expect(result.output == "42\n")
    #expect(result.errors == "")
  }

  @Test func aProgramComesFromStandardInputToo() throws {
    #expect(try CommandRunner()("run", "-", input: "print(1 + 1)\n").output == "2\n")
  }

  @Test func settingsAreMainsArguments() throws {
    let limn = try CommandRunner()
    try limn.write("a.limn", "func main(name, steps = 4, sizes = [1], fast = false) { print(name, steps, sizes, fast, type(name)) }\n")
    #expect(try limn("run", "a.limn", "--set", "name=7 cats", "--set", "sizes=[2, 3.5]", "--set", "fast=true").output == "7 cats 4 [2, 3.5] true string\n")
    let wrong = try limn("run", "a.limn", "--set", "nam=x")
    #expect(wrong.code == 1)
    #expect(wrong.errors.contains("did you mean 'name:'?"))
    #expect(try limn("run", "a.limn", "--set", "steps").code == 2)
  }

  @Test func helpOfAFileIsWhatItsMainTakes() throws {
    let limn = try CommandRunner()
    try limn.write("a.limn", "/// Makes a sheet.\n\n/// - steps: how many\nfunc main(steps = 4) { fail(\"not to be run\") }\n")
    let result = try limn("run", "a.limn", "--help")
    #expect(result.code == 0)
    for part in ["Makes a sheet.", "- steps: how many", "main(steps = 4)"] { #expect(result.output.contains(part)) }
  }

  @Test func mistakesOfTheCommandLineAreToldWithAWayOut() throws {
    let limn = try CommandRunner()
    #expect(try limn("rnu", "a.limn").errors.contains("there is no command 'rnu'; did you mean 'limn run'?"))
    let command = try limn("tets")
    #expect(command.code == 2)
    #expect(command.errors.contains("did you mean 'limn test'?"))
    let option = try limn("run", "--sede", "7", "a.limn")
    #expect(option.code == 2)
    #expect(option.errors.contains("there is no option '--sede'; did you mean '--seed'?"))
    let missing = try limn("run", "a.limn")
    #expect(missing.code == 2)
    #expect(missing.errors.contains("cannot read 'a.limn': no such file or directory"))
    #expect(try limn("run").errors.contains("file to run is missing"))
    #expect(try limn("run", "--max-memory", "much", "a.limn").errors.contains("500MB or 2GB"))
  }

  @Test func failuresAndLimitsHaveExitCodeOne() throws {
    let limn = try CommandRunner()
    let failed = try limn("-e", "print(1)\nfail(\"no paint\")")
    #expect(failed.code == 1)
    #expect(failed.output == "1\n")
    #expect(failed.errors.contains("no paint"))
    #expect(!failed.errors.contains("\u{1B}"))
    #expect(try limn("-e", "while true {}", "--max-steps", "1000").errors.contains("the step limit is reached"))
    #expect(try limn("-e", "while true {}", "--timeout", "0.2").errors.contains("the time limit is reached"))
  }

  @Test func everyCommandHasHelp() throws {
    let limn = try CommandRunner()
    let overview = try limn("--help")
    #expect(overview.code == 0)
    for name in ["run", "test", "doc", "rerun", "doctor"] {
      #expect(overview.output.contains("limn \(name)"))
      let help = try limn(name, "--help")
      #expect(help.code == 0)
      #expect(help.output.hasPrefix("limn \(name)"))
      #expect(try limn("help", name).output == help.output)
    }
    #expect(try limn("--version").output.hasPrefix("limn 0."))
  }

  @Test func theDoctorDrawsAPicture() throws {
    let result = try CommandRunner()("doctor")
    #expect(result.code == 0)
    for part in ["processor", "kernels", "OpenBLAS", "memory", "draws image 64×64"] { #expect(result.output.contains(part)) }
  }
}

@Suite struct LookingCommandTests {
  @Test func instructionsStandBelowTheirLines() throws {
    let limn = try CommandRunner()
    try limn.write("a.limn", "func twice(x) { x * 2 }\nprint(twice(21))\n")
    let result = try limn("disasm", "a.limn")
    #expect(result.code == 0, "\(result.errors)")
    for part in ["twice(x): ", "1 | func twice(x) { x * 2 }", "multiplyInt", "2 | print(twice(21))", "print"] { #expect(result.output.contains(part), "\(result.output)") }
    try limn.write("b.limn", "print(nothing)\n")
    let wrong = try limn("disasm", "b.limn")
    #expect(wrong.code == 1)
    #expect(wrong.errors.contains("there is no name 'nothing'"))
  }

  @Test func checkingFindsWhatRunningWouldMeet() throws {
    let limn = try CommandRunner()
    try limn.write("a.limn", "let z = zeros([2, 3]) @ zeros([2, 3])\nprint(zz)\n")
    try limn.write("deep/b.limn", "print(1)\n")
    let result = try limn("check")
    #expect(result.code == 1)
    #expect(result.output.contains("inner sizes differ: [2, 3] @ [2, 3]"))
    #expect(result.output.contains("there is no name 'zz'"))
    #expect(result.output.hasSuffix("2 errors in 2 files\n"))
    let fine = try limn("check", "deep")
    #expect(fine.code == 0)
    #expect(fine.output == "nothing found in 1 file\n")
    #expect(try limn("explain", "e1001").output.contains("E1001"))
    #expect(try limn("explain", "E9999").code == 2)
  }

  @Test func aLoadedProgramsPathsStartAtTheWorkingFolder() throws {
    let limn = try CommandRunner()
    try limn.write("sub/a.limn", "print(1 + 1)\n")
    try limn.write("b.limn", "print(3)\n")
    let result = try limn("repl", "--no-init", input: ":load sub/a.limn\n:load b.limn\n")
    #expect(result.output == "2\n3\n")
    #expect(result.errors == "warning: in a session relative paths and modules are looked for in the working folder, not in 'sub'\n")
  }

  @Test func formattingWritesOnlyWhatChanges() throws {
    let limn = try CommandRunner()
    try limn.write("a.limn", "let x=1  // one\nprint( x )\n")
    try limn.write("b.limn", "let y = 1\n")
    let asked = try limn("fmt", "--check")
    #expect(asked.code == 1)
    #expect(asked.output == "a.limn\n")
    #expect(limn.read("a.limn") == "let x=1  // one\nprint( x )\n")
    #expect(try limn("fmt").output == "a.limn\n")
    #expect(limn.read("a.limn") == "let x = 1 // one\nprint(x)\n")
    #expect(try limn("fmt", "--check").code == 0)
    try limn.write("c.limn", "let = 3\n")
    let refused = try limn("fmt", "c.limn")
    #expect(refused.code == 1)
    #expect(limn.read("c.limn") == "let = 3\n")
    #expect(try limn("fmt", "-", input: "let x=1\n").output == "let x = 1\n")
  }
}
