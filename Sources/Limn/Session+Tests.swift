import LimnRuntime
import LimnSyntax

/// A `test "name" { … }` that a source entered.
public struct LimnTest {
  public let name: String
  /// `sequences.limn:12:1`
  public let place: String
  let function: Held
}

extension Session {
  /// The tests that evaluated sources entered, in order.
  public var tests: [LimnTest] {
    interpreter.tests.map { LimnTest(name: $0.name, place: $0.place.description, function: $0.function) }
  }

  /// Runs a test's body.
  ///
  /// - Throws: What failed: an `expect`, or any other error, with its place.
  public func run(_ test: LimnTest) throws(LimnError) {
    interpreter.interrupt.clear()
    do {
      _ = try withExtendedLifetime(test.function) { () throws(Fault) in try interpreter.call(test.function.value) }
    } catch { throw LimnError(error, isColored: options.isColored) }
  }
}
