import Foundation
import LimnRuntime
import LimnSyntax
import Testing

/// Broken scripts: whatever is taken out of one, the answer is a result or an error with a place, never a crash.
@Suite struct SurvivalTests {
  /// Runs a text with tight limits and checks that every error has a place inside of it.
  private func run(_ text: String) {
    var limits = Limits()
    limits.steps = 3000
    limits.depth = 200
    let interpreter = Interpreter(limits: limits)
    let recorder = Recorder()
    interpreter.delegate = recorder
    let source = SourceText(text, name: "broken.limn")
    do {
      let program = try interpreter.compile(source)
      for statement in program.statements { _ = try interpreter.run(statement) }
    } catch let errors as CompileErrors {
      for (source, diagnostic) in errors.diagnostics {
        #expect(Int(diagnostic.range.end) <= source.bytes.count, "\(diagnostic.message) in: \(text)")
        #expect(!diagnostic.message.isEmpty)
      }
      #expect(!errors.rendered().isEmpty)
    } catch let fault as Fault {
      #expect(fault.place != nil, "no place for '\(fault.message)' in: \(text)")
      #expect(!fault.rendered().isEmpty)
    } catch {
      Issue.record("an error that is neither: \(error)")
    }
  }

  /// The pieces of a text that can be left out: words, numbers, strings of marks, line ends.
  private func pieces(_ text: String) -> [Range<String.Index>] {
    var result: [Range<String.Index>] = []
    var index = text.startIndex
    while index < text.endIndex {
      let start = index
      let isWord = { (c: Character) in c.isLetter || c.isNumber || c == "_" }
      if isWord(text[index]) {
        while index < text.endIndex, isWord(text[index]) { index = text.index(after: index) }
      } else {
        index = text.index(after: index)
      }
      if text[start] != " " { result.append(start..<index) }
    }
    return result
  }

  @Test(arguments: ScriptTests.names)
  func aScriptSurvivesTheLossOfAnyWord(_ name: String) throws {
    let text = try String(contentsOfFile: "\(ScriptTests.folder)/\(name)", encoding: .utf8)
      .components(separatedBy: "\n").map { $0.components(separatedBy: "// expect")[0] }.joined(separator: "\n")
    // Scripts with long loops on purpose would take the suite's time.
    guard !text.contains("00_000") else { return }
    for range in pieces(text) {
      var broken = text
      broken.removeSubrange(range)
      run(broken)
    }
  }
}
