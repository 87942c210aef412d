import Foundation
import Limn

/// Hears a session for tests: lines that were printed or shown, and warnings.
final class Listener: SessionDelegate {
  var lines: [String] = []
  var warnings: [String] = []
  var pictures: [Picture] = []
  var steps: [Int] = []
  var onProgress: (() -> Void)?
  var onProgressOf: ((String) -> Void)?

  func session(_ session: Session, printed text: String) {
    lines += text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
  }
  func session(_ session: Session, shows display: Display) {
    if let picture = display.picture { pictures.append(picture) }
    lines += display.text.split(separator: "\n").map { "show " + $0 }
  }
  func session(_ session: Session, warns message: String) { warnings.append(message) }
  func session(_ session: Session, progressed what: String, done: Int, of total: Int) {
    steps.append(done)
    onProgress?()
    onProgressOf?(what)
  }
}

/// A `.limn` file with what it expects of itself: `// expect: text` for each line of output in order, `// expect error: text`
/// on the line that fails, whose message holds the text, and `// expect warning: text` for what a warning holds.
struct SessionScript {
  let path: String

  /// Everything that differs from what the script expects; empty when it passes.
  func problems() throws -> [String] {
    let source = try String(contentsOfFile: path, encoding: .utf8)
    var options = Session.Options()
    options.scriptFolder = (path as NSString).deletingLastPathComponent
    // What the script writes goes to a folder of its own.
    let folder = NSTemporaryDirectory() + "limn-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    options.workingFolder = folder
    let session = Session(options)
    let listener = Listener()
    session.delegate = listener
    let outcome = session.evaluate(source, name: "script.limn")
    var problems: [String] = []
    var expected: [String] = []
    var failure: (line: Int, message: String)?
    for (index, line) in source.components(separatedBy: "\n").enumerated() {
      if let text = Self.after("// expect error: ", line) { failure = (index + 1, text) }
      if let text = Self.after("// expect: ", line) { expected.append(text) }
      if let text = Self.after("// expect warning: ", line), !listener.warnings.contains(where: { $0.contains(text) }) {
        problems.append("no warning says '\(text)', found \(listener.warnings)")
      }
    }
    if listener.lines != expected { problems.append("output is \(listener.lines), expected \(expected)") }
    switch (outcome, failure) {
    case (.value, nil): break
    case (.failed(let text), let failure?):
      let message = text.prefix { $0 != "\n" }
      if failure.message.isEmpty || !message.contains(failure.message) { problems.append("the error is\n\(text)\nexpected it to say: \(failure.message)") }
      if !text.contains("script.limn:\(failure.line):") { problems.append("the error is not on line \(failure.line):\n\(text)") }
    case (.failed(let text), nil): problems.append("failed:\n\(text)")
    case (.value, let failure?): problems.append("did not fail, expected: \(failure.message)")
    case (.interrupted, _): problems.append("was interrupted")
    }
    return problems
  }

  private static func after(_ mark: String, _ line: String) -> String? {
    line.range(of: mark).map { line[$0.upperBound...].trimmingCharacters(in: .whitespaces) }
  }
}

/// The repository's folder, from this file's own place.
let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
