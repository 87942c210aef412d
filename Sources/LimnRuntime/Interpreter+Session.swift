import LimnSyntax

// What sessions, completion, help and tests ask of an interpreter.
extension Interpreter {
  /// A name of the session.
  package struct NamedValue {
    package let name: String
    package let value: Held
    package let isVariable: Bool
  }

  /// The names of the main file or session with their values, in the order they were first declared; not `_`.
  package var bindings: [NamedValue] {
    main.names.filter { $0.key != "_" && main.slots[$0.value.slot].tag != .empty }
      .sorted { $0.value.slot < $1.value.slot }
      .map { NamedValue(name: $0.key, value: Held(main.slots[$0.value.slot]), isVariable: $0.value.isVariable) }
  }

  /// The value of a top-level name; nil if there is none.
  package func value(of name: String) -> Held? {
    guard let binding = main.names[name], main.slots[binding.slot].tag != .empty else { return nil }
    return Held(main.slots[binding.slot])
  }

  /// Binds a top-level name from outside, as `let` would.
  package func define(_ name: String, _ value: Value) {
    guard let slot = main.slot(for: name) else { return }
    main.set(slot, value.retained())
    main.names[name] = TopLevelName(slot: slot, kind: .constant)
  }

  /// The same with a value that the caller keeps. A `Held` may be freed as soon as its value was read: `define(name,
  /// held.value)` would hand over a freed object.
  package func define(_ name: String, _ held: Held) {
    withExtendedLifetime(held) { define(name, held.value) }
  }

  /// Makes a value outside of any call: the body's result is kept, what else it made is freed.
  package func make(_ body: (Context) throws -> Value) rethrows -> Held {
    try machine.withPool { Held(try body(machine.context)) }
  }

  /// Reads values outside of any call: as text, as parts.
  package func read<Result>(_ body: (Context) throws -> Result) rethrows -> Result {
    try machine.withPool { try body(machine.context) }
  }

  /// Calls a function of the language from outside: `main(folder, steps: 10)`.
  package func call(_ function: Value, _ arguments: [Value] = [], named: [(String, Value)] = []) throws(Fault) -> Held {
    machine.start(limits)
    let mark = machine.journal.mark()
    do {
      return Held(taking: try machine.invoke(function, arguments, named: named))
    } catch {
      machine.journal.rewind(to: mark)
      throw machine.translated(error)
    }
  }

  // MARK: Going back

  /// All top-level names and the random streams as they were at one moment.
  package final class Snapshot {
    let names: [String: TopLevelName]
    let values: [(slot: Int, value: Held)]
    let journalMark: Int

    init(names: [String: TopLevelName], values: [(slot: Int, value: Held)], journalMark: Int) {
      self.names = names
      self.values = values
      self.journalMark = journalMark
    }
  }

  /// Takes note of all names and random streams. O(names); values are shared.
  package func snapshot() -> Snapshot {
    Snapshot(
      names: main.names,
      values: main.slotOf.values.map { (slot: $0, value: Held(main.slots[$0])) },
      journalMark: machine.journal.mark())
  }

  /// Goes back to a snapshot. Later snapshots are meaningless after it.
  package func restore(_ snapshot: Snapshot) {
    main.clear()
    for (slot, value) in snapshot.values { main.set(slot, value.value.retained()) }
    main.names = snapshot.names
    machine.journal.rewind(to: snapshot.journalMark)
  }

  // MARK: Natives

  /// A form of a native, for help and completion.
  package struct NativeFace {
    package let signature: String
    package let doc: String
  }

  /// The names of all natives, sorted.
  package var nativeNames: [String] { machine.natives.map(\.name).sorted() }

  /// The forms of a native; empty if there is none of the name.
  package func forms(of name: String) -> [NativeFace] {
    guard let number = machine.nativeNumbers[name] else { return [] }
    return machine.natives[number].forms.map { NativeFace(signature: $0.native.signature, doc: $0.native.doc) }
  }

  /// A function's face and doc comment, as `help` shows them; nil for other values.
  package func help(_ value: Value) -> String? { machine.help(value) }

  /// The parameters of a function of the language with their declarations; nil for other values.
  package func parameters(of function: Value) -> [(name: String, hasDefault: Bool, text: String)]? {
    guard function.tag == .function else { return nil }
    return function.asFunction.pointee.code.pointee.code.parameters.map { ($0.name, $0.hasDefault, $0.text) }
  }

  /// The tokens that strings of this interpreter may hold.
  package var tokens: TokenTable { machine.tokens }

  // MARK: Tests

  /// A `test` statement that has been run over: its body is called by `limn test`.
  package struct Test {
    package let name: String
    package let function: Held
    package let place: Place
  }

  /// The tests entered so far, in order.
  package var tests: [Test] { machine.tests.map { Test(name: $0.name, function: $0.function, place: $0.place) } }
}

extension Fault {
  /// The error as text: its place underlined, then the calls that led there; without a line end at the end.
  package func rendered(isColored: Bool = false) -> String {
    guard let place, let diagnostic else {
      return "error[\(kind.code)]: \(message)" + (help.map { "\nhelp: \($0)" } ?? "")
    }
    return ([DiagnosticRenderer(place.source, isColored: isColored).render(diagnostic)] + calls).joined(separator: "\n")
  }

  /// One line a call, innermost first; equal ones that follow each other, and rounds of two that do, are one line.
  private var calls: [String] {
    // A frame's own place is known already; where it was called from stands in the next.
    let all = zip(trace, trace.dropFirst()).map { entry, caller in
      "  in \(entry.function ?? "the top level"), called from \(caller.place.description)"
    }
    var lines: [String] = []
    var index = 0
    while index < all.count, lines.count < 12 {
      let period = all.indices.contains(index + 1) && all[index + 1] != all[index] ? 2 : 1
      let round = all[index..<min(index + period, all.count)]
      var rounds = 1
      while all[min(index + rounds * period, all.count)...].starts(with: round) { rounds += 1 }
      guard rounds > (period == 1 ? 1 : 2) else {
        lines.append(all[index])
        index += 1
        continue
      }
      let isCut = index + rounds * period >= all.count && trace.count >= Machine.traceLimit
      lines += round.dropLast() + [round.last! + ", \(rounds)\(isCut ? " or more" : "") times" + (period == 2 ? " in turn" : "")]
      index += rounds * period
    }
    if index < all.count { lines.append("  … and more calls") }
    return lines
  }
}
