// The body of `scripts/fuzz`: any bytes as a program, parsed, compiled and run with small limits. It must end in a value, a
// diagnostic or a limit; whatever traps, leaks an unplaced fault or hangs is a find.
import Glibc
import LimnRuntime
import LimnSyntax

private final class Silence: InterpreterDelegate {
  func output(_ text: String) {}
  func warn(_ message: String) {}
  func show(_ values: [Value], _ context: Context) throws { for value in values { _ = context.shown(value) } }
}

/// The modules that a program may `use`: two that use each other, one that is fine.
private let modules = [
  "first": "use second\nfunc a(x) { second.b(x) }", "second": "use first\nfunc b(x) { x }",
  "plain": "let size = 3\nfunc twice(f, x) { f(f(x)) }\nfunc _hidden() { 1 }",
]

private func run(_ text: String) {
  var limits = Limits()
  limits.steps = 20_000
  limits.depth = 300
  limits.seconds = 2
  limits.bytes = 64 << 20
  let interpreter = Interpreter(limits: limits)
  let silence = Silence()
  interpreter.delegate = silence
  interpreter.findModule = { name, _ in
    modules[name].map { ModuleSource(SourceText($0, name: "\(name).limn"), isLibrary: false) }
  }
  let source = SourceText(text, name: "fuzz.limn")
  precondition(tokenize(source).printed() == text, "the tokens must print the source back unchanged")
  do {
    let program = try interpreter.compile(source)
    for statement in program.statements {
      _ = interpreter.disassembly(of: statement)
      let value = try interpreter.run(statement)
      if let value { interpreter.read { _ = $0.shown(value.value) } }
    }
    for test in interpreter.tests { _ = try interpreter.call(test.function.value) }
  } catch let errors as CompileErrors {
    for (source, diagnostic) in errors.diagnostics {
      precondition(Int(diagnostic.range.end) <= source.bytes.count, "a diagnostic lies outside of its source")
    }
    _ = errors.rendered()
  } catch let fault as Fault {
    _ = fault.rendered()
  } catch {
    preconditionFailure("an error that is neither a diagnostic nor a fault: \(error)")
  }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  run(String(decoding: UnsafeBufferPointer(start: data, count: count), as: UTF8.self))
  return 0
}
