import Foundation
import LimnTerminal
import Testing

@Suite struct HistoryFileTests {
  private func withFile(_ body: (HistoryFile) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "limn-history-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(HistoryFile(path: path))
  }

  @Test func inputsComeBackWhole() throws {
    try withFile { file in
      let inputs = ["let x = 1", "func f() {\n  \"\\n\"\n}", "\\\\", "# 1", "a\\nb", "é👍"]
      for input in inputs { file.append(input) }
      #expect(file.load() == inputs)
    }
  }

  @Test func anInputIsKeptOnceAtItsLastPlace() throws {
    try withFile { file in
      for input in ["a", "b", "a", "c", "a"] { file.append(input) }
      #expect(file.load() == ["b", "c", "a"])
    }
  }

  @Test func onlyItsOwnerMayReadIt() throws {
    try withFile { file in
      _ = FileManager.default.createFile(atPath: file.path, contents: Data("old\n".utf8), attributes: [.posixPermissions: 0o644])
      file.append("secret")
      let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      #expect(file.load() == ["old", "secret"])
    }
  }

  @Test func twoSessionsAtOnceLoseNothing() async throws {
    let path = NSTemporaryDirectory() + "limn-history-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    // Half of the file is repetition, so that one that loads also writes it anew.
    for round in 0..<3 { for number in 0..<1500 { HistoryFile(path: path).append("old \(number) \(round / 3)") } }
    await withTaskGroup(of: Void.self) { group in
      for session in 0..<4 {
        group.addTask {
          for number in 0..<50 {
            HistoryFile(path: path).append("session \(session) input \(number)")
            if number % 10 == 0 { _ = HistoryFile(path: path).load() }
          }
        }
      }
    }
    let inputs = Set(HistoryFile(path: path).load())
    for session in 0..<4 { for number in 0..<50 { #expect(inputs.contains("session \(session) input \(number)")) } }
    #expect(inputs.count == 1700)
  }

  @Test func theNewestAreKept() throws {
    try withFile { file in
      let all = (0..<(HistoryFile.limit * 2)).map { "input \($0)" }
      try Data(all.map { $0 + "\n" }.joined().utf8).write(to: URL(fileURLWithPath: file.path))
      #expect(file.load() == Array(all.suffix(HistoryFile.limit)))
      #expect(try String(contentsOfFile: file.path, encoding: .utf8).split(separator: "\n").count == HistoryFile.limit)
    }
  }

  @Test func aFileThatCannotBeMadeIsNoHistory() {
    let file = HistoryFile(path: "/nowhere/at/all")
    file.append("x")
    #expect(file.load().isEmpty)
  }
}
