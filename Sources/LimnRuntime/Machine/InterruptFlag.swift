import Synchronization

/// Asks a running evaluation to stop. Setting it is safe from any thread and from a signal handler.
package final class InterruptFlag: Sendable {
  private let flag = Atomic<Bool>(false)

  package init() {}

  package var isSet: Bool { flag.load(ordering: .relaxed) }

  package func set() { flag.store(true, ordering: .relaxed) }

  package func clear() { flag.store(false, ordering: .relaxed) }
}

/// How much one evaluation may do. Nil is without limit.
package struct Limits: Sendable {
  /// Calls in progress at once.
  package var depth = 20_000
  /// Rounds of loops and calls.
  package var steps: Int?
  /// Wall-clock time.
  package var seconds: Double?
  /// Bytes that values may take.
  package var bytes: Int?

  package init() {}
}
