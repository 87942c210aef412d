import Foundation
import LimnRuntime
import LimnSyntax
import Testing

/// Every program ends in a value, a diagnostic or a limit.
@Suite struct EndingTests {
  private enum Ending: Equatable {
    case value
    case diagnostic(String)
    case fault(FaultKind, String)
  }

  private func ending(
    of text: String, steps: Int = 200_000, modules: [String: String] = [:], depth: Int? = nil
  ) -> Ending {
    var limits = Limits()
    limits.steps = steps
    limits.bytes = 200 << 20
    if let depth { limits.depth = depth }
    let interpreter = Interpreter(limits: limits)
    interpreter.findModule = { name, _ in
      modules[name].map { ModuleSource(SourceText($0, name: "\(name).limn"), isLibrary: false) }
    }
    do {
      try interpreter.evaluate(text)
      return .value
    } catch let errors as CompileErrors {
      #expect(!errors.rendered().isEmpty)
      return .diagnostic(errors.diagnostics.first?.diagnostic.message ?? "")
    } catch let fault as Fault {
      #expect(!fault.rendered().isEmpty)
      return .fault(fault.kind, fault.message)
    } catch {
      Issue.record("an error that is neither: \(error)")
      return .value
    }
  }

  private func isLimit(_ ending: Ending) -> Bool {
    if case .fault(.limit, _) = ending { return true }
    return false
  }

  // MARK: Depth of the text

  static let openers = [
    "(", "[", "[1: ", "-", "not ", "!", "x => ", "(a, b) => ", "if true { ", "f(", "\"{", "x[", "try { ", "func f() { ",
    "for i in 0..<3 { ", "while true { ", "[x for x in ", "1 + (", "2 ^ ", "f { ", "[[1], ", "a.b(",
  ]

  @Test(arguments: openers)
  func tenThousandOpenBracketsAreADiagnostic(_ opener: String) {
    guard case .diagnostic = ending(of: String(repeating: opener, count: 10_000)) else {
      Issue.record("no diagnostic")
      return
    }
  }

  @Test(arguments: [("(", ")"), ("[", "]"), ("f(", ")"), ("if true { ", " }"), ("() => { ", " }"), ("\"{", "}\""), ("[1: ", "]")])
  func tenThousandPairsOfBracketsAreADiagnostic(_ opener: String, _ closer: String) {
    let text = String(repeating: opener, count: 10_000) + "1" + String(repeating: closer, count: 10_000)
    guard case .diagnostic = ending(of: text) else {
      Issue.record("no diagnostic")
      return
    }
  }

  @Test(arguments: [" + 1", ".f()", "[0]", ".k", " and true", "(1)", " ^ 2"])
  func longChainsEnd(_ link: String) {
    guard case .diagnostic = ending(of: "let x = 1\nlet y = x" + String(repeating: link, count: 100_000)) else {
      Issue.record("no diagnostic")
      return
    }
  }

  // MARK: Modules

  @Test func modulesInACircleAreShown() {
    let own = ending(of: "use a", modules: ["a": "use a"])
    #expect(own == .diagnostic("modules use each other in a circle: a → a"))
    let two = ending(of: "use a", modules: ["a": "use b", "b": "use a"])
    #expect(two == .diagnostic("modules use each other in a circle: a → b → a"))
    let three = ending(of: "use a", modules: ["a": "use b", "b": "use c", "c": "use a"])
    #expect(three == .diagnostic("modules use each other in a circle: a → b → c → a"))
    let inner = ending(of: "use a", modules: ["a": "use b", "b": "use c", "c": "use b"])
    #expect(inner == .diagnostic("modules use each other in a circle: b → c → b"))
  }

  @Test func aDeepChainOfModulesEnds() {
    var modules: [String: String] = [:]
    for index in 0..<300 { modules["m\(index)"] = "use m\(index + 1)" }
    modules["m300"] = "let x = 1"
    let end = ending(of: "use m0", modules: modules)
    #expect(end == .value || end != .diagnostic(""))
  }

  // MARK: Recursion

  static let recursions = [
    "func f(n) { f(n + 1) }\nlet x = f(0)",
    "func f(n) { 1 + f(n + 1) }\nlet x = f(0)",
    "func f(n, by = 1) { f(n + by, by: by) }\nlet x = f(0)",
    "func f(n) { g(n) }\nfunc g(n) { f(n) }\nlet x = f(0)",
    "let f = [:]\nfunc call(f, n) { f(f, n + 1) }\nlet x = call(call, 0)",
    "func f(n) { [n].map(x => f(x + 1)) }\nlet x = f(0)",
    "func f(n) { [2, 1].sort(by: x => len(f(x))) }\nlet x = f(0)",
    "func f(n) { [1, 2].reduce(0) { a, b => f(b) } }\nlet x = f(0)",
    "func f(n) { [1].filter(x => f(x)) }\nlet x = f(0)",
    "func f(n) { any([n], x => f(x)) }\nlet x = f(0)",
    "func f(n = f()) { n }\nlet x = f()",
    "let y = x => { let g = () => x(x)\n g() }\nlet x = y(y)",
  ]

  @Test(arguments: recursions)
  func recursionWithoutEndIsALimit(_ text: String) {
    #expect(isLimit(ending(of: text)))
    // On a thread with a small stack too.
    let box = EndingBox()
    let thread = Thread { box.isLimit = self.isLimit(self.ending(of: text)); box.done.signal() }
    thread.stackSize = 512 << 10
    thread.start()
    box.done.wait()
    #expect(box.isLimit)
  }

  @Test func recursionCanBeCaughtAtAnyDepth() {
    #expect(ending(of: "func f(n) { try { f(n + 1) } catch e { n } }\nlet x = f(0)", steps: 10_000_000) == .value)
    #expect(ending(of: "func f(n) { try { [n].map(x => f(x + 1)) } catch e { n } }\nlet x = f(0)") == .value)
    // Each level tries twice: only the steps end it.
    #expect(isLimit(ending(of: "func f(n) { try { f(n + 1) } catch e { f(n + 1) } }\nlet x = f(0)", depth: 500)))
  }

  // MARK: Size

  @Test func aSourceOfAHundredMegabytesIsToldAndNotRead() {
    let start = Date()
    let lines = SourceText(bytes: Array(repeatElement(Array("let a = 1 + 2\n".utf8), count: 7_200_000).joined()), name: "many.limn")
    let line = SourceText(bytes: Array("let a = \"".utf8) + [UInt8](repeating: 0x61, count: 100_000_000), name: "line.limn")
    for source in [lines, line] {
      #expect(source.bytes.count > 100_000_000)
      let program = parse(source)
      #expect(program.hasErrors)
      #expect(program.diagnostics.first?.message.contains("bytes; a script has") == true)
    }
    #expect(Date().timeIntervalSince(start) < 60)
  }

  @Test func aLargeSourceRuns() {
    // Just below what is read: one line, and many.
    #expect(ending(of: "let a = \"" + String(repeating: "a", count: 15_000_000) + "\"") == .value)
    #expect(ending(of: "var a = 1\n" + String(repeating: "a = a + 2\n", count: 100_000), steps: 10_000_000) == .value)
    guard case .diagnostic = ending(of: "let a = [" + String(repeating: "1, ", count: 1_000_000)) else {
      Issue.record("no diagnostic")
      return
    }
  }
}

private final class EndingBox: @unchecked Sendable {
  var isLimit = false
  let done = DispatchSemaphore(value: 0)
}
