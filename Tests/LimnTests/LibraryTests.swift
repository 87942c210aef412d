import Foundation
import Limn
import LimnRuntime
import LimnSyntax
import Testing

/// The standard library: every `test` block passes, and every example in a doc comment shows what it says.
@Suite struct LibraryTests {
  static let folder = repository.appendingPathComponent("stdlib")
  static let files: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter { $0.hasSuffix(".limn") }.sorted()
  static let names = files.map { String($0.dropLast(5)) }

  @Test func theBinaryHoldsEveryModule() { #expect(Library.embeddedNames == Self.names) }

  @Test func theEmbeddedTextsAreTheFiles() throws {
    for name in Self.names {
      let file = try String(contentsOf: Self.folder.appendingPathComponent("\(name).limn"), encoding: .utf8)
      #expect(try Library.source(of: name)?.bytes == Array(file.utf8), "\(name)")
    }
  }

  @Test func aModuleBesideTheScriptComesFirst() throws {
    let folder = NSTemporaryDirectory() + "limn-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try "func take(xs, n) { \"mine\" }".write(toFile: "\(folder)/sequences.limn", atomically: true, encoding: .utf8)
    var options = Session.Options()
    options.scriptFolder = folder
    let session = Session(options)
    guard case .value(let display) = session.evaluate("use sequences\nsequences.take([1], 1)") else {
      Issue.record("the module was not found")
      return
    }
    #expect(display?.text == "\"mine\"")
  }

  @Test(arguments: names)
  func testsPass(_ name: String) throws {
    let folder = NSTemporaryDirectory() + "limn-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let session = Self.session(in: folder)
    if case .failed(let text) = session.evaluate("use \(name)") { Issue.record("\(text)") }
    let tests = session.interpreter.tests.filter { $0.place.source.name.hasSuffix("/\(name).limn") }
    #expect(!tests.isEmpty, "\(name) has no tests")
    for test in tests {
      do { _ = try session.interpreter.call(test.function.value) } catch { Issue.record("\(test.name):\n\(error.rendered())") }
    }
  }

  /// A session whose files all lie in a folder.
  private static func session(in folder: String) -> Session {
    var options = Session.Options()
    (options.scriptFolder, options.workingFolder) = (folder, folder)
    return Session(options)
  }

  static let examples: [Example] = files.flatMap { file -> [Example] in
    let text = (try? String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)) ?? ""
    // Doc comments alone, each line in its place.
    let docs = text.components(separatedBy: "\n").map { $0.hasPrefix("///") ? String($0.dropFirst($0.hasPrefix("/// ") ? 4 : 3)) : "." }
    return Example.all(in: docs.joined(separator: "\n"), file: file, isDocComment: true)
  }

  @Test func thereAreExamples() { #expect(Self.examples.count >= 90) }

  @Test(arguments: examples.indices)
  func exampleShowsWhatItSays(_ index: Int) throws {
    let folder = NSTemporaryDirectory() + "limn-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let problems = Self.examples[index].problems(in: Self.session(in: folder))
    #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
  }
}
