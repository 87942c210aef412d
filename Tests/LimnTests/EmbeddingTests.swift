import Foundation
import Limn
import Testing

/// What programs that embed the language rely on; only the public library is used here.
@Suite struct EmbeddingTests {
  final class Thermometer: LimnObject {
    static let typeName = "thermometer"
    let degrees: Double
    init(_ degrees: Double) { self.degrees = degrees }
    var memberNames: [String] { ["degrees", "twin", "broken"] }
    func member(_ name: String) throws -> LimnValue {
      if name == "broken" { throw LimnProblem("the wire is cut", kind: .io) }
      return name == "degrees" ? .float(degrees) : .nil
    }
    func isEqual(to other: any LimnObject) -> Bool { (other as? Thermometer)?.degrees == degrees }
  }

  static let scale = LimnFunction("scale(xs: list, by: float = 2.0, mode: string = \"each\")", doc: "Every number times `by`.") { call in
    _ = try call.choice("mode", of: ["each", "sum"])
    let by = try call.float("by")
    let numbers = try call.list("xs").map { item -> Double in
      guard let number = item.number else { throw LimnProblem("'xs' holds something that is no number", kind: .type, parameter: "xs", help: "scale([1, 2])") }
      return number * by
    }
    return .list(numbers.map { .float($0) })
  }

  private func message(_ body: () throws -> Void) -> String {
    do { try body() } catch let error as LimnError { return error.description } catch { return "\(error)" }
    return "nothing was thrown"
  }

  @Test func valuesGoInAndComeOut() throws {
    let session = Session()
    let value: LimnValue = ["n": 3, "x": 0.5, "s": "a {b}", "l": [true, nil], "m": [:]]
    try session.define("given", value)
    #expect(try session.compute("[given.n + 1, given.x, given.s, given.l[0], given.l[1] == nil, len(given.m)]").list?.count == 6)
    #expect(try session.compute("given.n + 1").int == 4)
    #expect(try session.compute("given.x").number == 0.5)
    #expect(try session.compute("given.s").string == "a {b}")
    #expect(try session.compute("given")["l"]?.list?.first?.bool == true)
    let tensor = TensorValues(shape: [2, 3], values: [1, 2, 3, 4, 5, 6])
    try session.define("t", .tensor(tensor))
    #expect(try session.compute("t").tensor == tensor)
    #expect(try session.compute("sum(t, 0)").tensor == TensorValues(shape: [3], values: [5, 7, 9]))
    let picture = try Picture(width: 2, height: 1, planes: [0, 1, 0.25, 0.5, 1, 0])
    try session.define("p", .image(picture))
    #expect(try session.compute("p").image?.planes == picture.planes)
    #expect(try session.compute("p.width").int == 2)
    #expect(try Picture(png: picture.png()).width == 2)
    #expect(session.value(of: "nothing") == nil)
    // Private code points of a text from outside are not taken for learned tokens.
    try session.define("odd", "a\u{F0001}b")
    #expect(try session.compute("odd").string == "a\u{FFFD}b")
  }

  @Test func functionsAreCheckedLikeBuiltIns() throws {
    let session = Session(functions: [Self.scale])
    #expect(try session.compute("scale([1, 2.5], by: 3)").list?.map(\.number) == [3, 7.5])
    #expect(try session.compute("[1].scale()").list?.first?.number == 2)
    #expect(message { try session.compute("scale(3)", name: "a.limn") }.contains("'xs' of 'scale' must be a list, found the int 3"))
    #expect(message { try session.compute("scale([1], bye: 3)", name: "a.limn") }.contains("by"))
    #expect(message { try session.compute("scale([1], mode: \"eech\")", name: "a.limn") }.contains("did you mean \"each\"?"))
    let thrown = message { try session.compute("let ok = 1\nscale([1, \"a\"], by: 2)", name: "a.limn") }
    #expect(thrown.contains("'xs' holds something that is no number"))
    #expect(thrown.contains("--> a.limn:2:7"))
    #expect(thrown.contains("help: scale([1, 2])"))
    #expect(try session.compute("ok").int == 1)
    #expect(session.help("scale")?.contains("Every number times `by`.") == true)
    // A call without effect whose result is not used is a mistake, as with built-ins.
    #expect(message { try session.compute("scale([1])\n2") }.contains("scale"))
    // Scripts catch what Swift throws.
    #expect(try session.compute("try { scale([nil]) } catch e { e.kind }").string == "type")
  }

  @Test func objectsHaveMembersAndATypeOfTheirOwn() throws {
    let session = Session(objects: [Thermometer.self])
    session.define("inside", Thermometer(21))
    #expect(try session.compute("inside.degrees").number == 21)
    #expect(try session.compute("type(inside)").string == "thermometer")
    #expect(try session.compute("func warmer(t: thermometer, than) { t.degrees > than }; warmer(inside, 20)").bool == true)
    #expect(message { try session.compute("warmer(3, 20)") }.contains("must be a thermometer"))
    #expect(message { try session.compute("inside.degres") }.contains("did you mean 'degrees'?"))
    #expect(message { try session.compute("inside.broken") }.contains("the wire is cut"))
    #expect((try session.compute("inside").reference?.object as? Thermometer)?.degrees == 21)
    try session.define("all", .list([session.value(for: Thermometer(1)), session.value(for: Thermometer(21))]))
    #expect(try session.compute("all[1] == inside").bool == true)
    #expect(try session.compute("all[0] == inside").bool == false)
  }

  @Test func mistakesAreValues() throws {
    let session = Session()
    do {
      try session.compute("let a = 1\nlet b = aa + 1\nlet c = zeros([2]).shap", name: "poster.limn")
      Issue.record("it should not compile")
    } catch {
      #expect(error.kind == .syntax)
      #expect(error.diagnostics.first?.line == 2)
      #expect(error.diagnostics.first?.column == 9)
      #expect(error.diagnostics.first?.source == "poster.limn")
      #expect(error.diagnostics.first?.code.hasPrefix("E") == true)
    }
    #expect(session.value(of: "a") == nil)  // checked whole before anything runs
    do {
      try session.compute("let a = 1\nlet b = [1, 2][a + 1]", name: "poster.limn")
      Issue.record("it should fail")
    } catch {
      #expect(error.kind == .index)
      #expect(error.diagnostics.first?.message == "index 2 is outside of the list of 2")
    }
    #expect(session.value(of: "a")?.int == 1)
  }

  @Test func functionsOfScriptsAreCalledFromSwift() throws {
    let session = Session()
    try session.compute("func power(x, n = 2) { x ^ n }\nlet twice = f => x => f(f(x))")
    #expect(try session.call("power", [3]).int == 9)
    #expect(try session.call("power", [3], named: ["n": 3]).int == 27)
    #expect(message { try session.call("powr", [3]) }.contains("did you mean 'power'?"))
    #expect(message { try session.call("power", [3], named: ["m": 3]) }.contains("'m'"))
    // What Swift has no value for is held and given back.
    let function = try session.call("twice", [try #require(session.value(of: "power"))])
    try session.define("fourth", function)
    #expect(function.reference?.typeName == "function")
    #expect(try session.compute("fourth(3)").int == 81)
  }

  @Test func swiftCallsFunctionsItWasGiven() throws {
    let apply = LimnFunction("apply_all(xs: list, f: function)", doc: "f of each.") { call in
      .list(try call.list("xs").map { try call.invoke("f", [$0]) })
    }
    let session = Session(functions: [apply])
    #expect(try session.compute("[1, 2].apply_all(x => x * 10)").list?.map(\.int) == [10, 20])
    let failure = message { try session.compute("[1, 0].apply_all(x => div(1, x))", name: "a.limn") }
    #expect(failure.contains("--> a.limn:1:23"))
  }

  @Test func aLongSwiftFunctionIsInterrupted() throws {
    let spin = LimnFunction("spin()", doc: "Turns until it is stopped.", hasEffect: true) { call in
      while true { try call.checkInterrupt() }
    }
    let session = Session(functions: [spin])
    let interrupter = session.interrupter
    Thread.detachNewThread {
      Thread.sleep(forTimeInterval: 0.2)
      interrupter.interrupt()
    }
    do {
      try session.compute("let kept = 5\nspin()")
      Issue.record("it should not end by itself")
    } catch { #expect(error.kind == .interrupt) }
    #expect(try session.compute("kept").int == 5)
  }

  @Test func sessionsSideBySideKeepTheirOwn() async {
    await withTaskGroup(of: Bool.self) { group in
      for number in 0..<2 {
        group.addTask {
          let own = LimnFunction("own()", doc: "Whose session this is.") { _ in .int(number) }
          let session = Session(functions: [own])
          for round in 0..<200 {
            _ = try? session.compute("let text = \"{own()}-{\(round)}\", xs = [own() + i for i in 0..<50]")
            guard session.value(of: "text")?.string == "\(number)-\(round)",
              session.value(of: "xs")?.list?.last?.int == number + 49
            else { return false }
          }
          guard let run = try? session.compute("sample(model(\"sticker\"), \"a panda\", seed: own(), steps: 2).image").image else { return false }
          let alone = try? Session().compute("sample(model(\"sticker\"), \"a panda\", seed: \(number), steps: 2).image").image
          return alone?.planes == run.planes
        }
      }
      for await fine in group { #expect(fine) }
    }
  }

  @Test func whatNestsWithoutEndStaysInItsSession() throws {
    let session = Session()
    try session.compute("var deep = [1]\nfor i in 0..<100_000 { deep = [deep] }")
    var value = try #require(session.value(of: "deep"))
    var levels = 0
    while let inner = value.list?.first { (value, levels) = (inner, levels + 1) }
    #expect(levels == LimnValue.depthLimit)
    #expect(value.reference?.typeName == "list")
    // Given back it is the same value.
    try session.define("rest", value)
    #expect(try session.compute("len(rest)").int == 1)
  }

  @Test func theExampleOfTheGuideDoesWhatItSays() throws {
    let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("limn-embedding-example")
    let process = Process(), pipe = Pipe()
    process.executableURL = program
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(output == """
      script says: palette of 2: #3060a0
      script shows: image 32×32
      16×16, a PNG
      menu.limn:1: 'photo' of 'brightened' must be an image, found a palette

      """)
  }
}
