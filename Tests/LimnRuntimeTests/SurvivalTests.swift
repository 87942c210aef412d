import Foundation
import LimnRuntime
import LimnSyntax
import LimnTestSupport
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

  @Test(arguments: ScriptTests.names)
  func aScriptSurvivesTheLossOfAnyWord(_ name: String) throws {
    let text = try ScriptText(contentsOfFile: "\(ScriptTests.folder)/\(name)")
    // Scripts with long loops on purpose would take the suite's time.
    guard !text.text.contains("00_000") else { return }
    for broken in text.withoutOnePiece { run(broken) }
  }
}
