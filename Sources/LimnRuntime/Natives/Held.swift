/// A value kept beyond the native call that made or received it.
///
/// - Important: Use and drop it on the interpreter's thread; its count is not atomic.
package final class Held {
  package let value: Value

  package init(_ value: Value) {
    self.value = value.retained()
  }

  /// Takes over a value the machine already counts for the caller.
  init(taking value: Value) {
    self.value = value
  }

  deinit { value.release() }
}
