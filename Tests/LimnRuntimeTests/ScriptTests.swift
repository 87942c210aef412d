import Foundation
import Testing

/// The scripts of Tests/Scripts/language, each its own case.
@Suite struct ScriptTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Scripts/language").path
  static let names = (try? FileManager.default.contentsOfDirectory(atPath: folder))?
    .filter { $0.hasSuffix(".limn") }.sorted() ?? []

  @Test func thereAreScripts() {
    #expect(Self.names.count > 100)
  }

  @Test(arguments: names)
  func doesWhatItExpects(_ name: String) throws {
    let problems = try Script(path: "\(Self.folder)/\(name)").problems()
    #expect(problems.isEmpty, "\(name):\n\(problems.joined(separator: "\n"))")
  }
}
