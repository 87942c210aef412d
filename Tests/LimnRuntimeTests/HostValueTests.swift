import LimnRuntime
import LimnSyntax
import Testing

/// A vector of floats as a host value: what LimnBindings does for tensors, in small.
private final class Vector: HostObject {
  let items: [Double]
  let isScalar: Bool

  init(_ items: [Double], isScalar: Bool = false) {
    self.items = items
    self.isScalar = isScalar
  }

  var typeName: String { "vector" }
  func description(_ context: Context) -> String { isScalar ? "\(items[0])" : "vector\(items)" }
  func isEqual(to other: any HostObject) -> Bool { (other as? Vector)?.items == items }
  var number: Number? { isScalar ? .float(items[0]) : nil }
  var shape: [Int]? { isScalar ? [] : [items.count] }
  var conditionHelp: String? { "any(x > 0) or all(x > 0)" }

  func binary(_ op: BinaryOperator, _ other: Value, reversed: Bool, _ context: Context) throws -> Value? {
    let others: [Double]
    if let vector = other.host as? Vector {
      guard vector.items.count == items.count else {
        throw Fault(.shape, "\(op.rawValue): sizes differ: [\(items.count)] and [\(vector.items.count)]")
      }
      others = vector.items
    } else if let number = other.number {
      others = items.map { _ in number.double }
    } else {
      return nil
    }
    let (a, b) = reversed ? (others, items) : (items, others)
    switch op {
    case .add: return context.make(Vector(zip(a, b).map { $0 + $1 }))
    case .subtract: return context.make(Vector(zip(a, b).map { $0 - $1 }))
    case .greater: return context.make(Vector(zip(a, b).map { $0 > $1 ? 1 : 0 }))
    default: return nil
    }
  }

  func unary(_ op: UnaryOperator, _ context: Context) -> Value? {
    op == .negate ? context.make(Vector(items.map { -$0 })) : nil
  }

  func element(at index: [IndexItem], _ context: Context) throws -> Value? {
    switch index[0] {
    case .at(let key):
      guard let position = key.int, items.indices.contains(position) else { return nil }
      return .float(items[position])
    case .whole: return context.make(self)
    case .slice(let start, let end, let step):
      let part = try IndexItem.resolve(start: start, end: end, step: step, count: items.count)
      return context.make(Vector((0..<part.count).map { items[part.first + $0 * part.step] }))
    }
  }

  func replacing(at index: [IndexItem], with value: Value, _ context: Context) throws -> Value? {
    guard case .at(let key) = index[0], let position = key.int, let number = value.number else { return nil }
    var copy = items
    copy[position] = number.double
    return context.make(Vector(copy))
  }

  let memberNames = ["size", "scale"]

  func member(_ name: String, _ context: Context) -> Value? { name == "size" ? .int(items.count) : nil }

  func replacing(member name: String, with value: Value, _ context: Context) -> Value? {
    guard name == "scale", let factor = value.number?.double else { return nil }
    return context.make(Vector(items.map { $0 * factor }))
  }

  var itemCount: Int? { items.count }
  func item(_ index: Int, _ context: Context) -> Value { .float(items[index]) }
  var isCallable: Bool { true }
  func call(_ arguments: [Value], _ context: Context) -> Value { .float(items[arguments[0].int!]) }
}

/// A learned token: one character of a string.
private final class Token: HostObject {
  let name: String
  init(_ name: String) { self.name = name }
  var typeName: String { "token" }
  func description(_ context: Context) -> String { name }
  func isEqual(to other: any HostObject) -> Bool { (other as? Token)?.name == name }
  var keyHash: Int? { name.utf8.reduce(0) { $0 &* 31 &+ Int($1) } }
  var isToken: Bool { true }
}

/// A stream that moves with each draw.
private final class Counter: HostObject {
  var next = 0
  var typeName: String { "counter" }
  func savedState() -> Any? { next }
  func restore(_ state: Any) { next = state as! Int }
}

private struct Refused: Error {}

@Suite struct HostValueTests {
  private let recorder = Recorder()
  private let session: Interpreter

  init() {
    session = Interpreter(
      natives: [
        Native("vector(xs: list)", doc: "A vector.") { call in call.make(Vector(try call.floats("xs"))) },
        Native("scalar(x: float)", doc: "A vector without axes.") { call in
          call.make(Vector([try call.float("x")], isScalar: true))
        },
        Native("token(name: string)", doc: "A token.") { call in call.make(Token(try call.string("name"))) },
        Native("counter()", doc: "A stream.") { call in call.make(Counter()) },
        Native("draw(c: counter)", doc: "The next number.", effect: .acts) { call in
          let counter = try call.host(Counter.self, "c")
          call.willChange(counter)
          counter.next += 1
          return .int(counter.next)
        },
        Native("sqrt(v: vector)", doc: "Roots of the elements.") { call in
          call.make(Vector(try call.host(Vector.self, "v").items.map { $0.squareRoot() }))
        },
        Native("step(v: vector, by: float = 0.5)", doc: "One form.") { call in .float(try call.float("by")) },
        Native("step(t: token, ..more)", doc: "Another form.") { call in .int(call.rest.count) },
        Native("mode(name: string)", doc: "A choice.") { call in
          call.make(try call.choice("name", of: ["nearest", "bilinear"]))
        },
        Native(
          "zeros(shape: list, fill: float = 0)", doc: "A shape that is checked before anything runs.",
          known: Inference { call in
            guard let shape = call["shape"].ints, shape.contains(where: { $0 < 0 }) else { return .anything }
            throw call.fault(.shape, "a shape has no negative sizes, found \(shape)", at: "shape")
          }
        ) { call in .int(try call.ints("shape").reduce(1, *)) },
        Native("refuse()", doc: "Throws an error of another module.", effect: .acts) { _ in throw Refused() },
        Native("late(f: function)", doc: "Keeps a function.") { call in call.make(Keeper(call.hold(call[0]))) },
      ],
      hostTypes: ["vector", "token", "counter"])
    session.delegate = recorder
    session.translateError = { $0 is Refused ? Fault(.model, "refused") : nil }
  }

  /// A host value that stores a value of the language.
  private final class Keeper: HostObject {
    let held: Held
    init(_ held: Held) { self.held = held }
    var typeName: String { "keeper" }
    var isCallable: Bool { true }
    func call(_ arguments: [Value], _ context: Context) throws -> Value { try context.invoke(held.value, arguments) }
  }

  private func text(_ source: String) throws -> String {
    let value = try session.evaluate(source)
    return session.read { $0.shown(value.value) }
  }

  private func message(_ source: String) -> String? {
    do {
      try session.evaluate(source)
      return nil
    } catch let fault as Fault {
      return fault.message + (fault.help.map { " | \($0)" } ?? "")
    } catch {
      return (error as? CompileErrors)?.diagnostics.first?.diagnostic.message
    }
  }

  @Test func operatorsAskEitherSide() throws {
    #expect(try text("vector([1, 2]) + vector([3, 4])") == "vector[4.0, 6.0]")
    #expect(try text("10 - vector([1, 2])") == "vector[9.0, 8.0]")
    #expect(try text("-vector([1, 2])") == "vector[-1.0, -2.0]")
    #expect(message("vector([1]) * vector([2])") == "'*' does not go between a vector [1] and a vector [1]")
    #expect(message("vector([1]) + vector([2, 3])") == "+: sizes differ: [1] and [2]")
  }

  @Test func equalityIsOfWholeValues() throws {
    #expect(try text("vector([1, 2]) == vector([1, 2])") == "true")
    #expect(try text("vector([1, 2]) != vector([1, 3])") == "true")
    #expect(try text("vector([1]) == 1") == "false")
  }

  @Test func aValueWithoutAxesCountsAsANumber() throws {
    #expect(try text("[scalar(3) == 3, 3.0 == scalar(3), round(scalar(2.6)), [1, 2, 3, 4][int(scalar(1))]]") == "[true, true, 3, 2]")
    #expect(try text("func f(x: float) { type(x) }\nf(scalar(2))") == #""vector""#)
    #expect(try text("[scalar(1): \"one\"][1]") == #""one""#)
  }

  @Test func theHostsOwnFormGoesBeforeTheOneForNumbers() throws {
    #expect(try text("sqrt(vector([4, 9]))") == "vector[2.0, 3.0]")
    #expect(try text("sqrt(scalar(4))") == "vector[2.0]")
    #expect(try text("sqrt(4)") == "2.0")
  }

  @Test func aConditionNamesWhatTheHostSuggests() {
    #expect(message("if vector([1, 2]) > 1 { 1 }") == "a condition must be a bool, found a vector [2] | any(x > 0) or all(x > 0)")
    #expect(message("while vector([1]) { }") == "a condition must be a bool, found a vector [1] | any(x > 0) or all(x > 0)")
  }

  @Test func elementsAndSlices() throws {
    try session.evaluate("let v = vector([1, 2, 3, 4])")
    #expect(try text("[v[1], v[1...], v[..], v[(0..<4).by(2)]]") == "[2.0, vector[2.0, 3.0, 4.0], vector[1.0, 2.0, 3.0, 4.0], vector[1.0, 3.0]]")
    #expect(message("v[\"a\"]") == "a vector [4] cannot be indexed")
  }

  @Test func settingAnElementMakesANewObject() throws {
    try session.evaluate("var v = vector([1, 2])\nlet before = v\nv[0] = 9\nv[1] += 5")
    #expect(try text("[v, before]") == "[vector[9.0, 7.0], vector[1.0, 2.0]]")
    try session.evaluate("var m = [\"v\": [before]]\nm.v[0][1] = 4")
    #expect(try text("[m, before]") == #"[["v": [vector[1.0, 4.0]]], vector[1.0, 2.0]]"#)
  }

  @Test func membersAreReadAndSet() throws {
    try session.evaluate("var v = vector([1, 2])\nv.scale = 10")
    #expect(try text("[v, v.size]") == "[vector[10.0, 20.0], 2]")
    #expect(message("v.sise") == "a vector has no field 'sise' | did you mean 'size'?")
    #expect(message("v.size = 3") == "the field 'size' of a vector cannot be set")
    #expect(message("v.sqrt") == "a vector has no field 'sqrt' | a call needs brackets: x.sqrt()")
  }

  @Test func hostsAreLoopedOverAndCalled() throws {
    #expect(try text("[x * 2 for x in vector([1, 2])]") == "[2.0, 4.0]")
    #expect(try text("let v = vector([5, 6])\nv(1)") == "6.0")
    #expect(try text("[len(vector([5, 6])), list(vector([7]))]") == "[2, [7.0]]")
  }

  @Test func shapesInSignaturesAskTheHost() throws {
    try session.evaluate("func dot(a: vector[n], b: vector[n]) { n }")
    #expect(try text("dot(vector([1, 2]), vector([3, 4]))") == "2")
    #expect(
      message("dot(vector([1, 2]), vector([3]))")
        == "'b' of 'dot' must be a vector[n] where 'n' is 2 already, found the shape [1]")
    #expect(message("dot(1, 2)") == "'a' of 'dot' must be a vector[n], found the int 1")
  }

  @Test func theFirstArgumentChoosesTheForm() throws {
    #expect(try text("let v = vector([1])\n[v.step(), v.step(by: 2), step(token(\"<x>\"), 1, 2, 3)]") == "[0.5, 2.0, 3]")
    #expect(message("step(3)") == "'step' takes a vector or a token first, found the int 3 | step(v: vector, by: float = 0.5)")
  }

  @Test func aTokenInAStringIsOneCharacter() throws {
    try session.evaluate("let panda = token(\"<panda>\")\nlet s = \"a {panda}!\"")
    #expect(try text("[len(s), s == \"a {token(\"<panda>\")}!\", s[2] == \"{panda}\"]") == "[4, true, true]")
    #expect(try text("s.replace(panda, \"bear\")") == #""a bear!""#)
    #expect(try text("[s.contains(panda), [panda, \"x\"].join(\" and \") == \"{panda} and x\"]") == "[true, true]")
    try session.evaluate("print(s)\nprint([s])\nprint(upper(s))")
    #expect(recorder.lines == ["a <panda>!", #"["a <panda>!"]"#, "A <panda>!"])
  }

  @Test func equalTokensAreOneMapKey() throws {
    #expect(try text("let m = [token(\"<a>\"): 1]\nm[token(\"<a>\")]") == "1")
    #expect(message("[vector([1]): 1]") == "a vector cannot be a key; keys are nil, bools, numbers, strings, tokens and lists of them")
  }

  @Test func textFromOutsideCannotPoseAsAToken() throws {
    try session.evaluate("let panda = token(\"<panda>\")\nlet s = \"{panda}\"")
    let source = "let t = \"\u{F0000}\""
    try session.evaluate(source)
    #expect(try text("[s == t, t == \"\u{FFFD}\", code(t)]") == "[false, true, 65533]")
  }

  @Test func aFailedStatementPutsMovingValuesBack() throws {
    try session.evaluate("let c = counter()\ndraw(c)\ndraw(c)")
    #expect(message("let x = draw(c) + draw(c)\nlet y = [draw(c), fail(\"no\")]") == "no")
    // The first statement took effect, the second did not.
    #expect(try text("[x, draw(c)]") == "[7, 5]")
  }

  @Test func goingBackPutsMovingValuesBack() throws {
    try session.evaluate("let c = counter()\ndraw(c)")
    let before = session.snapshot()
    try session.evaluate("draw(c)\ndraw(c)")
    session.restore(before)
    #expect(try text("draw(c)") == "2")
  }

  @Test func choicesSuggestTheNearest() {
    #expect(message("mode(\"biliner\")") == #"'name' is "biliner", expected one of "nearest", "bilinear" | did you mean "bilinear"?"#)
  }

  @Test func errorsOfOtherModulesAreTranslated() {
    #expect(message("refuse()") == "refused")
    #expect((try? text("try { refuse() } catch e { e.kind }")) == #""model""#)
  }

  @Test func aHostMayKeepAFunctionAndCallItLater() throws {
    try session.evaluate("let k = late(x => [x, \"{x}\"])")
    try session.evaluate("let junk = [\"{i}\" for i in 0..<100]")
    #expect(try text("k(3)") == #"[3, "3"]"#)
  }

  @Test func aNativeChecksLiteralsBeforeAnythingRuns() throws {
    session.checksFirst = true
    do {
      try session.evaluate("print(\"started\")\nlet a = zeros([2, 3])\nlet b = zeros(fill: 1, shape: [2, -3])")
      Issue.record("the shape must be rejected")
    } catch let errors as CompileErrors {
      let (source, diagnostic) = errors.diagnostics[0]
      #expect(diagnostic.message == "a shape has no negative sizes, found [2, -3]")
      #expect(source[diagnostic.range] == "shape: [2, -3]")
    }
    #expect(recorder.lines.isEmpty)
    session.checksFirst = false
    #expect(try text("let n = -2\nzeros([n, 2])") == "-4")
  }

  @Test func typesOfHostsAreKnownToTheChecker() {
    #expect(message("func f(x: vectr) { x }") == "there is no type 'vectr'")
  }
}
