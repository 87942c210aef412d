import LimnRuntime
import LimnSyntax

/// The statements of a session that took effect, in order, with what is needed to take inputs back and to write them down
/// as a program that does the same again.
package final class SessionLog {
  /// One statement that took effect, or is running.
  struct Statement {
    /// The comments above it.
    let lead: String
    let text: String
    /// Whether it names `_`, the value of the statement shown before it.
    let namesLast: Bool
    var showing = Showing.nothing
    /// Whether the statement before it that set `_` failed: then `_` was what that one had reached.
    var followsFailure = false
  }

  /// What a session did with a statement's value, which a program has to ask for.
  enum Showing {
    /// Nothing: the statement stands in a program as it is.
    case nothing
    /// It was displayed and became `_`.
    case displayed
    /// It was nil, and the call changes nothing: alone on a line of a program it would be a mistake.
    case unused
  }

  /// One input: its statements, and what was before it.
  struct Input {
    var statements: [Statement] = []
    let files: FilesTouched.Mark
    /// nil when it is too long ago to be taken back, or nobody may.
    var before: Interpreter.Snapshot?
    /// Whether `_` was what a failed statement had reached.
    let wasLastOfFailure: Bool
  }

  /// How many inputs can be taken back. Each keeps alive the values that its statements replaced.
  package static let undoLimit = 50

  /// Whether inputs can be taken back; a program that just runs has no use for what that keeps alive.
  package var keepsSnapshots = false
  /// Called before each statement, when the log holds what took effect so far.
  package var willRun: (() -> Void)?
  private(set) var inputs: [Input] = []
  private var running: Statement?
  private var isLastOfFailure = false

  package init() {}

  // MARK: Taking note

  /// An input begins.
  func begin(_ interpreter: Interpreter, _ files: FilesTouched) {
    inputs.append(Input(files: files.mark, before: keepsSnapshots ? interpreter.snapshot() : nil, wasLastOfFailure: isLastOfFailure))
    if inputs.count > Self.undoLimit { inputs[inputs.count - Self.undoLimit - 1].before = nil }
  }

  /// A statement is about to run.
  ///
  /// - Parameter start: Where the text before it ends that belongs to other statements.
  func enter(_ range: SourceRange, of source: SourceText, from start: UInt32) {
    willRun?()
    let lead = source[SourceRange(start: start, end: range.start)].drop { $0.isWhitespace || $0 == ";" }
    let text = source[range]
    running = Statement(lead: String(lead), text: text, namesLast: Self.namesLast(text), followsFailure: isLastOfFailure)
  }

  private static func namesLast(_ text: String) -> Bool {
    let source = SourceText(text, name: "statement")
    guard source.bytes.contains(UInt8(ascii: "_")) else { return false }
    return tokenize(source).tokens.contains { $0.kind == .name && source[$0.range] == "_" }
  }

  /// The statement took effect.
  func tookEffect(_ showing: Showing) {
    guard var statement = running else { return }
    statement.showing = showing
    if case .displayed = showing { isLastOfFailure = false }
    inputs[inputs.count - 1].statements.append(statement)
    running = nil
  }

  /// The statement failed, and `_` is what it had reached.
  func failed() {
    if running != nil { isLastOfFailure = true }
    running = nil
  }

  /// The input is over. One that changed nothing cannot be taken back and is forgotten.
  func end() {
    if inputs.last?.statements.isEmpty ?? false { inputs.removeLast() }
  }

  // MARK: Taking back

  /// How many inputs can be taken back now.
  var undoCount: Int { inputs.reversed().prefix { $0.before != nil }.count }

  /// Forgets the last inputs and returns the first of them; nil if there are fewer that can be taken back.
  func removeLast(_ count: Int) -> Input? {
    guard count > 0, count <= undoCount else { return nil }
    let first = inputs[inputs.count - count]
    inputs.removeLast(count)
    isLastOfFailure = first.wasLastOfFailure
    return first
  }

  /// The inputs so far stay for good: a program that sets the session up, say.
  package func settle() {
    for index in inputs.indices { inputs[index].before = nil }
  }

  func removeAll() {
    inputs = []
    isLastOfFailure = false
  }

  // MARK: Writing down

  /// The statements that took effect, and the one that runs, as a program; each line ends.
  var program: String {
    let statements = inputs.flatMap(\.statements) + (running.map { [$0] } ?? [])
    // `_` is made only where a later statement asks for it before it is made again.
    var asksFor = Array(repeating: false, count: statements.count)
    var isAsked = false
    for (index, statement) in statements.enumerated().reversed() {
      asksFor[index] = isAsked
      if statement.showing == .displayed { isAsked = false }
      if statement.namesLast, !statement.followsFailure { isAsked = true }
    }
    var text = ""
    for (statement, isAskedFor) in zip(statements, asksFor) {
      if statement.namesLast, statement.followsFailure { text += "// '_' was what a failed statement had reached; the next line cannot be run again\n" }
      text += statement.lead
      switch statement.showing {
      case .nothing: text += statement.text
      case .displayed: text += isAskedFor ? "let _ = show(\(statement.text))" : "show(\(statement.text))"
      case .unused: text += "[\(statement.text)]"
      }
      text += "\n"
    }
    return text
  }

  /// How many statements took effect.
  package var statementCount: Int { inputs.reduce(0) { $0 + $1.statements.count } }

  /// Whether the program holds a statement that cannot be run again.
  var hasLostValue: Bool { inputs.contains { $0.statements.contains { $0.namesLast && $0.followsFailure } } }
}
