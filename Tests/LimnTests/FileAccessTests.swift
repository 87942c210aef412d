import Foundation
import Limn
import Testing

/// Where scripts read and write.
@Suite struct FileAccessTests {
  /// A folder with `script/` and `work/` in it, and a session between them that may write nowhere else.
  private static func inFolders(_ body: (_ folder: String, _ session: Session) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "limn-\(UUID().uuidString)"
    for name in ["script", "work", "other"] { try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true) }
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var options = Session.Options()
    (options.scriptFolder, options.workingFolder, options.writableFolders) = ("\(folder)/script", "\(folder)/work", [])
    try body(folder, Session(options))
  }

  private func text(_ outcome: Session.Outcome) -> String {
    switch outcome {
    case .value(let display): display?.text ?? "nothing"
    case .failed(let text): text
    case .interrupted: "interrupted"
    }
  }

  @Test func readsBesideTheScriptFirstAndWritesInTheWorkingFolder() throws {
    try Self.inFolders { folder, session in
      try "script".write(toFile: "\(folder)/script/a.txt", atomically: false, encoding: .utf8)
      try "work".write(toFile: "\(folder)/work/a.txt", atomically: false, encoding: .utf8)
      try "work".write(toFile: "\(folder)/work/b.txt", atomically: false, encoding: .utf8)
      #expect(text(session.evaluate("read_text(\"a.txt\") + read_text(\"b.txt\")")) == "\"scriptwork\"")
      // What it wrote itself is read back, although there is a file of the name beside the script.
      #expect(text(session.evaluate("write_text(\"new\", \"a.txt\"); read_text(\"a.txt\")")) == "\"new\"")
      #expect(try String(contentsOfFile: "\(folder)/script/a.txt", encoding: .utf8) == "script")
      #expect(try String(contentsOfFile: "\(folder)/work/a.txt", encoding: .utf8) == "new")
    }
  }

  @Test func writesBesideTheScriptWhenThePathSaysSo() throws {
    try Self.inFolders { folder, session in
      #expect(text(session.evaluate("write_text(\"x\", \"\(folder)/script/a.txt\")")) == "nothing")
      #expect(text(session.evaluate("write_text(\"x\", \"../script/b.txt\")")) == "nothing")
    }
  }

  @Test(arguments: ["link/a.txt", "file.txt", "../other/a.txt", "new/a.txt"])
  func linksAndDotsLeadNowhereElse(_ path: String) throws {
    try Self.inFolders { folder, session in
      let files = FileManager.default
      try "old".write(toFile: "\(folder)/other/file.txt", atomically: false, encoding: .utf8)
      try files.createSymbolicLink(atPath: "\(folder)/work/link", withDestinationPath: "\(folder)/other")
      try files.createSymbolicLink(atPath: "\(folder)/work/file.txt", withDestinationPath: "\(folder)/other/file.txt")
      try files.createSymbolicLink(atPath: "\(folder)/work/new", withDestinationPath: "\(folder)/other/new")
      for program in ["write_text(\"x\", \"\(path)\")", "write_text(\"x\", \"\(path)\", append: true)", "make_folder(\"link/deeper\")", "make_folder(\"new\")"] {
        guard case .failed = session.evaluate(program) else {
          Issue.record("\(program) was not refused")
          continue
        }
      }
      #expect(try files.contentsOfDirectory(atPath: "\(folder)/other") == ["file.txt"])
      #expect(try String(contentsOfFile: "\(folder)/other/file.txt", encoding: .utf8) == "old")
    }
  }

  @Test func aLinkInsideIsFollowedAndNothingIsLeftBehind() throws {
    try Self.inFolders { folder, session in
      try FileManager.default.createSymbolicLink(atPath: "\(folder)/work/link.json", withDestinationPath: "\(folder)/work/real.json")
      #expect(text(session.evaluate("save([1], \"real.json\"); save([2], \"link.json\"); load(\"real.json\")")) == "[2]")
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/work").sorted() == ["link.json", "real.json"])
    }
  }

  @Test func aFullDeviceIsAnErrorWithThePath() throws {
    try Self.inFolders { folder, _ in
      var options = Session.Options()
      (options.workingFolder, options.writableFolders) = ("\(folder)/work", ["/dev"])
      let said = text(Session(options).evaluate("write_text(\"x\", \"/dev/full\")"))
      #expect(said.contains("cannot write '/dev/full': no space left on device"))
    }
  }
}
