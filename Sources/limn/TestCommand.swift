import Glibc
import Limn
import LimnTerminal

extension Command {
  static let test = Command(
    name: "test", takes: "[FILE|FOLDER …] [--only WORDS]", summary: "runs the tests and the examples of programs",
    details: """
      Runs every `test "name" { expect … }` of the files, and the examples in their doc comments (indented, or blocks marked `limn`;
      `// => value` after a statement is compared). Without a file: all below this folder. Each file has a session of its
      own; main is not called.

        --only WORDS     only tests whose names hold these words; no examples
        --quiet          only what fails
      """,
    options: ["--only": .value, "--quiet": .flag, "--seed": .value, "--max-memory": .value, "--max-steps": .value, "--timeout": .value]
  ) { arguments throws(UsageError) in
    let files = try Files.sources(arguments.rest.isEmpty ? ["."] : arguments.rest)
    guard !files.isEmpty else { throw UsageError(description: "there is no .limn file to test") }
    var tally = TestTally(setup: try SessionSetup(arguments), only: arguments.value("--only"), isQuiet: arguments.has("--quiet"))
    let scratch = try ScratchFolder()
    for file in files { tally.test(file, try Files.read(file), scratch) }
    return tally.finish()
  }
}

/// What passed and failed so far.
@MainActor
private struct TestTally {
  let setup: SessionSetup
  let only: String?
  let isQuiet: Bool
  private var passed = 0, failed = 0, tested = 0
  private var isInterrupted = false

  init(setup: SessionSetup, only: String?, isQuiet: Bool) {
    (self.setup, self.only, self.isQuiet) = (setup, only, isQuiet)
  }

  mutating func test(_ path: String, _ text: String, _ scratch: ScratchFolder) {
    guard !isInterrupted else { return }
    let delegate = TerminalDelegate()
    func session() -> Session {
      let session = setup.session(folder: Files.folder(of: path), delegate)
      Interrupts.listen(session)
      return session
    }
    let own = session()
    switch own.evaluate(text, name: path) {
    case .value: break
    case .failed(let problem): return report("\(path) does not run", problem)
    case .interrupted: return isInterrupted = true
    }
    let before = passed + failed
    for test in own.tests where only.map({ test.name.contains($0) }) ?? true {
      let start = clock()
      do {
        try own.run(test)
        pass("\(path): \(test.name)", seconds: clock() - start)
      } catch {
        if error.kind == .interrupt { return isInterrupted = true }
        report("\(path): \(test.name)", error.description)
      }
    }
    let module = String(Files.name(of: path).dropLast(path.hasSuffix(".limn") ? 5 : 0))
    if only == nil, let section = try? Reference.Section(source: text, name: module, file: path) {
      for (_, example) in Reference([section]).examples {
        let session = SessionSetup.example(folder: Files.folder(of: path), in: scratch)
        // An example reads as its reader would type it: the file's functions by their names.
        if case .failed(let problem) = session.evaluate(text, name: path) { return report(example.place, problem) }
        let problems = example.problems(in: session)
        problems.isEmpty ? pass("\(example.place): the example", seconds: 0) : report("\(example.place): the example", problems.joined(separator: "\n"))
      }
    }
    if passed + failed > before { tested += 1 }
  }

  private mutating func pass(_ what: String, seconds: Double) {
    passed += 1
    if !isQuiet { StandardStreams.out("ok    \(what)\(seconds < 0.1 ? "" : " (\(Int(seconds * 10).description.tenths) s)")\n") }
  }

  private mutating func report(_ what: String, _ problem: String) {
    failed += 1
    StandardStreams.out("FAIL  \(what)\n")
    StandardStreams.error(problem.split(separator: "\n", omittingEmptySubsequences: false).map { "      \($0)" }.joined(separator: "\n") + "\n")
  }

  func finish() -> Int32 {
    let files = "in \(tested) file\(tested == 1 ? "" : "s")"
    StandardStreams.out(failed == 0 ? "\(passed) passed \(files)\n" : "\(failed) failed, \(passed) passed \(files)\n")
    if isInterrupted { StandardStreams.error("interrupted\n") }
    return isInterrupted ? ExitCode.interrupted : failed == 0 ? ExitCode.done : ExitCode.failed
  }

  private func clock() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

extension String {
  /// Tenths as a decimal number: `23` is `2.3`.
  fileprivate var tenths: String { count == 1 ? "0.\(self)" : "\(dropLast()).\(suffix(1))" }
}
