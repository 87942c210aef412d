import Foundation
import Limn
import Testing

/// Every program in the documents runs: docs/examples, and each block marked `limn` in a Markdown file.
@Suite struct DocumentTests {
  static let examples: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: repository.appendingPathComponent("docs/examples").path)) ?? [])
    .filter { $0.hasSuffix(".limn") }.sorted()

  @Test(arguments: examples)
  func exampleRuns(_ name: String) throws {
    let folder = repository.appendingPathComponent("docs/examples").path
    let source = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    try Self.run(source, name: name, folder: folder)
  }

  @Test func thereAreExamples() { #expect(Self.examples.count >= 4) }

  static let blocks: [(place: String, folder: String, source: String)] = {
    var found: [(String, String, String)] = []
    for base in ["README.md", "docs"] {
      let root = repository.appendingPathComponent(base)
      let files = root.pathExtension == "md" ? [root] : (FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? [])
      for file in files where file.pathExtension == "md" {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { continue }
        var block: [String]?
        for (index, line) in text.components(separatedBy: "\n").enumerated() {
          if line == "```limn" { block = [] } else if line.hasPrefix("```"), let lines = block {
            found.append(("\(file.lastPathComponent):\(index + 1 - lines.count)", file.deletingLastPathComponent().path, lines.joined(separator: "\n")))
            block = nil
          } else { block?.append(line) }
        }
      }
    }
    return found
  }()

  @Test func thereAreBlocks() { #expect(Self.blocks.count >= 5) }

  @Test(arguments: blocks.indices)
  func blockRuns(_ index: Int) throws {
    let block = Self.blocks[index]
    // Paths in the documents' programs start at the examples' folder or at the document's own.
    let needsExamples = block.source.contains("\"photos/")
    // Learning takes its time: the same program among the examples runs whole.
    let source = block.source.replacingOccurrences(of: "steps: 400, optimizer", with: "steps: 8, optimizer")
    try Self.run(source, name: block.place, folder: needsExamples ? repository.appendingPathComponent("docs/examples").path : block.folder)
  }

  private static func run(_ source: String, name: String, folder: String) throws {
    var options = Session.Options()
    options.scriptFolder = folder
    // What a program saves would litter the repository.
    let working = NSTemporaryDirectory() + "limn-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: working, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: working) }
    options.workingFolder = working
    let session = Session(options)
    let listener = Listener()
    session.delegate = listener
    if source.contains("// =>") || source.contains("// error:") {
      let problems = Example(place: name, source: source).problems(in: session)
      #expect(problems.isEmpty, "\(name):\n\(problems.joined(separator: "\n"))")
    } else if case .failed(let text) = session.evaluate(source, name: name) {
      Issue.record("\(name):\n\(text)")
    }
  }
}
