import LimnBindings
import LimnRuntime
import LimnSyntax

// What programs that embed Limn do with a session besides showing its displays.
extension Session {
  /// Checks and runs a source; gives its last value.
  ///
  ///     let steps = try session.compute("3 * 7").int        // 21
  ///
  /// Statements before the one that fails take effect, the failing one not at all.
  /// - Throws: ``LimnError``; of kind `interrupt` when the ``interrupter`` ended it, `limit` or `memory` for the session's
  ///   limits.
  @discardableResult
  public func compute(_ source: String, name: String? = nil) throws(LimnError) -> LimnValue {
    let last = try run(source, name: name)
    return interpreter.read { LimnValue(last.value, $0, interpreter) }
  }

  /// Calls a function that a script defined.
  ///
  /// - Throws: ``LimnError``, also when there is no such function.
  @discardableResult
  public func call(_ name: String, _ arguments: [LimnValue] = [], named: KeyValuePairs<String, LimnValue> = [:]) throws(LimnError) -> LimnValue {
    interpreter.interrupt.clear()
    return try translating { () throws(Fault) in
      guard let function = interpreter.value(of: name) else {
        throw Fault(.name, "there is no function '\(name)'", help: nearest(to: name, in: interpreter.bindings.map(\.name)).map { "did you mean '\($0)'?" })
      }
      let positional = try arguments.map { argument throws(Fault) in try held(argument) }
      var labelled: [(String, Held)] = []
      for (label, value) in named { labelled.append((label, try held(value))) }
      defer { withExtendedLifetime((function, positional, labelled)) {} }
      let result = try interpreter.call(function.value, positional.map(\.value), named: labelled.map { ($0.0, $0.1.value) })
      return interpreter.read { LimnValue(result.value, $0, interpreter) }
    }
  }

  /// The value of a name of the session; nil if there is none.
  public func value(of name: String) -> LimnValue? {
    guard let held = interpreter.value(of: name) else { return nil }
    return interpreter.read { LimnValue(held.value, $0, interpreter) }
  }

  /// Binds a name, as `let` would.
  public func define(_ name: String, _ value: LimnValue) throws(LimnError) {
    try translating { () throws(Fault) in interpreter.define(name, try held(value)) }
  }

  /// Binds a name to a Swift object.
  public func define(_ name: String, _ object: any LimnObject) {
    interpreter.define(name, interpreter.make { $0.make(ObjectValue(object, interpreter)) })
  }

  /// A Swift object as a value, to be put into lists and given to functions.
  public func value(for object: any LimnObject) -> LimnValue {
    interpreter.read { .reference(LimnReference($0.make(ObjectValue(object, interpreter)), $0, interpreter)) }
  }

  private func held(_ value: LimnValue) throws(Fault) -> Held {
    do { return try interpreter.make { try value.made($0, interpreter) } } catch let fault as Fault { throw fault } catch {
      throw Faults.translate(error) ?? Fault(.value, "\(error)")
    }
  }

  private func translating<Result>(_ body: () throws(Fault) -> Result) throws(LimnError) -> Result {
    do { return try body() } catch { throw LimnError(error, isColored: options.isColored) }
  }
}
