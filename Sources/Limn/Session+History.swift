import LimnBindings
import LimnRuntime
import LimnSyntax

// Going back, and writing down what was done.
extension Session {
  /// What ``undo(_:)`` took back.
  public struct Undone: Sendable {
    /// How many inputs.
    public let inputs: Int
    /// The files they wrote, which stay.
    public let files: [String]
  }

  /// Whether inputs can be taken back, which keeps alive what they replaced. Off at first; a session that people type at
  /// switches it on before the first input.
  public var canUndo: Bool {
    get { log.keepsSnapshots }
    set { log.keepsSnapshots = newValue }
  }

  /// Takes the last inputs back: names, `_` and random streams are as before them.
  ///
  /// - Returns: nil when there are not that many to take back.
  public func undo(_ count: Int = 1) -> Undone? {
    guard let input = log.removeLast(count), let before = input.before else { return nil }
    interpreter.restore(before)
    return interpreter.read { context in
      let written = context.files.writes(since: input.files)
      context.files.rewind(to: input.files)
      return Undone(inputs: count, files: written)
    }
  }

  /// How many inputs can be taken back now.
  public var undoCount: Int { log.undoCount }

  /// Forgets all names and inputs. Models stay loaded.
  public func reset() {
    log.removeAll()
    interpreter.restore(start)
    interpreter.read { context in context.files.rewind(to: startFiles) }
  }

  /// The statements that took effect, in order, as a program that does the same again, below comment lines with the
  /// version, the seed and the hashes of the files that were read.
  ///
  /// - Parameter isThorough: Whether the hashes of large files are worked out too, which reads every byte of them.
  public func script(isThorough: Bool = true) -> String {
    interpreter.read { context in context.service(Recipe.self) { Recipe() }.text(context, isThorough: isThorough) ?? "" }
  }

  /// How many statements ``script(isThorough:)`` holds.
  public var statementCount: Int { log.statementCount }

  /// Whether a file was read by a path that depends on where the session's paths start.
  package var readsRelativePaths: Bool { interpreter.read { context in context.files.reads.contains { !$0.path.hasPrefix("/") } } }

  /// Whether ``script(isThorough:)`` holds a statement that used what a failed one had reached, which a program cannot.
  package var scriptHasLostValue: Bool { log.hasLostValue }

  /// What a statement's value needs in a program: a place to go to.
  func showing(_ value: Held?, _ statement: CompiledStatement, in source: SourceText) -> SessionLog.Showing {
    guard statement.hasValue, let value else { return .nothing }
    guard value.value.isNil else { return .displayed }
    let alone = SourceText(source[statement.range], name: source.name)
    return (try? interpreter.compile(alone, showsLast: false)) == nil ? .unused : .nothing
  }
}
