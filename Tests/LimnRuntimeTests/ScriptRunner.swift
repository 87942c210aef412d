import Foundation
import LimnRuntime
import LimnSyntax

/// What a script says and displays, for tests.
final class Recorder: InterpreterDelegate {
  var lines: [String] = []
  var warnings: [String] = []

  func output(_ text: String) {
    var pieces = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if pieces.last == "" { pieces.removeLast() }
    lines += pieces
  }

  func warn(_ message: String) { warnings.append(message) }

  func show(_ values: [Value], _ context: Context) { lines.append("show " + values.map { context.shown($0) }.joined(separator: ", ")) }
}

/// A `.limn` file with what it expects of itself:
///
///     print(1 + 1)   // expect: 2
///     [1, 2][5]      // expect error: index 5 is outside of the list of 2
///     [1, 2].lenn()  // expect error: there is no function 'lenn' | did you mean 'len'?
///
/// Lines of output must come in the order of the `expect:` comments. An error must stand on the line of its comment;
/// what follows a ` | ` is its help.
struct Script {
  let path: String
  let source: SourceText
  private var expected: [String] = []
  private var errors: [(line: Int, message: String, help: String?)] = []

  init(path: String) throws {
    self.path = path
    let text = try String(contentsOfFile: path, encoding: .utf8)
    source = SourceText(text, name: (path as NSString).lastPathComponent)
    for (index, line) in text.components(separatedBy: "\n").enumerated() {
      if let comment = line.range(of: "// expect error: ") {
        let parts = line[comment.upperBound...].components(separatedBy: " | ")
        errors.append((index + 1, parts[0], parts.count > 1 ? parts[1] : nil))
      } else if let comment = line.range(of: "// expect:") {
        expected.append(line[comment.upperBound...].trimmingCharacters(in: .whitespaces))
      }
    }
  }

  /// Everything that differs from what the script expects; empty when it passes.
  func problems() -> [String] {
    let recorder = Recorder()
    let interpreter = Interpreter()
    interpreter.delegate = recorder
    let modules = (path as NSString).deletingLastPathComponent + "/modules"
    interpreter.findModule = { name, _ in
      let file = "\(modules)/\(name).limn"
      guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
      return ModuleSource(SourceText(text, name: "\(name).limn"), isLibrary: false)
    }
    var found: [(line: Int, message: String, help: String?)] = []
    do {
      let program = try interpreter.compile(source, showsLast: false)
      for statement in program.statements { _ = try interpreter.run(statement) }
      for test in interpreter.tests { _ = try interpreter.call(test.function.value) }
    } catch let errors as CompileErrors {
      for (source, diagnostic) in errors.diagnostics where source === self.source {
        found.append((source.position(at: diagnostic.range.start).line, diagnostic.message, diagnostic.help))
      }
    } catch let fault as Fault {
      let line = fault.place.map { $0.source === source ? $0.source.position(at: $0.range.start).line : -1 } ?? 0
      found.append((line, fault.message, fault.help))
    } catch {
      return ["an error that is neither: \(error)"]
    }
    return differences(recorder.lines, found)
  }

  private func differences(_ lines: [String], _ found: [(line: Int, message: String, help: String?)]) -> [String] {
    var problems: [String] = []
    for index in 0..<max(lines.count, expected.count) {
      let (have, want) = (index < lines.count ? lines[index] : nil, index < expected.count ? expected[index] : nil)
      if have?.trimmingCharacters(in: .whitespaces) != want {
        problems.append("output \(index + 1): expected \(want ?? "nothing"), found \(have ?? "nothing")")
      }
    }
    for index in 0..<max(found.count, errors.count) {
      let (have, want) = (index < found.count ? found[index] : nil, index < errors.count ? errors[index] : nil)
      if have?.line != want?.line || have?.message != want?.message || (want?.help != nil && want?.help != have?.help) {
        func text(_ error: (line: Int, message: String, help: String?)?) -> String {
          error.map { "line \($0.line): \($0.message)" + ($0.help.map { " | \($0)" } ?? "") } ?? "nothing"
        }
        problems.append("error \(index + 1): expected \(text(want)), found \(text(have))")
      }
    }
    return problems
  }
}
