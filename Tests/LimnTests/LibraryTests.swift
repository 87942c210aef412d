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
    let session = Session()
    if case .failed(let text) = session.evaluate("use \(name)") { Issue.record("\(text)") }
    let tests = session.interpreter.tests.filter { $0.place.source.name.hasSuffix("/\(name).limn") }
    #expect(!tests.isEmpty, "\(name) has no tests")
    for test in tests {
      do { _ = try session.interpreter.call(test.function.value) } catch { Issue.record("\(test.name):\n\(error.rendered())") }
    }
  }

  struct Example: Sendable, CustomTestStringConvertible {
    let file: String
    let line: Int
    var source = ""
    var testDescription: String { "\(file):\(line)" }
  }

  /// Lines indented by four spaces in doc comments; neighbouring lines are one example.
  static let examples: [Example] = files.flatMap { file -> [Example] in
    let text = (try? String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)) ?? ""
    var found: [Example] = []
    var isInside = false
    for (index, line) in text.components(separatedBy: "\n").enumerated() {
      guard line.hasPrefix("///     ") else {
        isInside = false
        continue
      }
      if !isInside { found.append(Example(file: file, line: index + 1)) }
      found[found.count - 1].source += line.dropFirst(8) + "\n"
      isInside = true
    }
    return found
  }

  @Test func thereAreExamples() { #expect(Self.examples.count >= Self.names.count) }

  @Test(arguments: examples)
  func exampleShowsWhatItSays(_ example: Example) throws {
    let folder = NSTemporaryDirectory() + "limn-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var options = Session.Options()
    options.scriptFolder = folder
    let session = Session(options)
    let source = SourceText(example.source, name: example.testDescription)
    let program = parse(source)
    #expect(!program.hasErrors, "\(example.testDescription): \(program.diagnostics.map(\.message))")
    // As typed into a session, one statement after the other.
    for statement in program.statements {
      let text = source[statement.range]
      let rest = example.source.utf8.dropFirst(Int(statement.range.end)).prefix { $0 != UInt8(ascii: "\n") }
      let comment = String(decoding: rest, as: UTF8.self).trimmingCharacters(in: .whitespaces)
      switch session.evaluate(text, name: example.testDescription) {
      case .value(let display):
        if comment.hasPrefix("// => ") { #expect(display?.text == String(comment.dropFirst(6)), "\(example.testDescription): \(text)") }
        #expect(!comment.hasPrefix("// error: "), "\(example.testDescription): \(text) did not fail")
      case .failed(let message):
        #expect(comment.hasPrefix("// error: ") && message.hasPrefix(String(comment.dropFirst(3))), "\(example.testDescription): \(text)\n\(message)")
      case .interrupted: Issue.record("\(example.testDescription) was interrupted")
      }
    }
  }
}
