import Foundation
import Testing

/// The scripts of Tests/Scripts that need tensors, pictures or models, each its own case.
@Suite struct ScriptTests {
  static let names: [String] = ["tensor", "networks", "image", "diffusion", "limit", "library", "learning", "photos"].flatMap { folder -> [String] in
    let path = repository.appendingPathComponent("Tests/Scripts/\(folder)").path
    return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasSuffix(".limn") }.sorted().map { "\(folder)/\($0)" }
  }

  @Test func thereAreScripts() { #expect(Self.names.count >= 40) }

  @Test(arguments: names)
  func doesWhatItExpects(_ name: String) throws {
    let problems = try SessionScript(path: repository.appendingPathComponent("Tests/Scripts/\(name)").path).problems()
    #expect(problems.isEmpty, "\(name):\n\(problems.joined(separator: "\n"))")
  }
}
