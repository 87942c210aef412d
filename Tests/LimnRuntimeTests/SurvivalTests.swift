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

  /// After a hundred errors no more are looked for: each asks all names which of them was meant.
  @Test func aTextFullOfUnknownNamesIsToldInTime() {
    let names = (0..<3000).map { "let a\($0) = 1\n" }.joined(), uses = (0..<3000).map { "print(b\($0))\n" }.joined()
    do {
      _ = try Interpreter().compile(SourceText(names + uses, name: "names.limn"))
      Issue.record("the names were found")
    } catch {
      #expect(error.diagnostics.count == 101)
      #expect(error.diagnostics.last?.diagnostic.message == "more than 100 errors; the rest is not shown")
    }
  }

  /// Two modules a level that both use both of the next: each is compiled once, and its errors are told once.
  @Test func aBrokenModuleIsCompiledOnce() {
    let interpreter = Interpreter()
    var asked = 0
    interpreter.findModule = { name, _ in
      asked += 1
      guard let level = Int(name.dropFirst()) else { return nil }
      let text = level == 30 ? "let = 1\n" : "use a\(level + 1)\nuse b\(level + 1)\nlet x = a\(level + 1).x\n"
      return ModuleSource(SourceText(text, name: "\(name).limn"), isLibrary: false)
    }
    do {
      _ = try interpreter.compile(SourceText("use a0\nprint(a0.x)\n", name: "main.limn"))
      Issue.record("the broken module was not told")
    } catch {
      #expect(asked < 200)
      #expect(error.diagnostics.filter { $0.diagnostic.message.contains("expected a name") }.count == 2)  // of a30 and of b30
      #expect(error.diagnostics.filter { $0.source.name == "main.limn" }.map(\.diagnostic.message) == ["the module 'a0' has errors"])
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
