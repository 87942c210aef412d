import Synchronization

/// Lets a caller stop work between two layers: the work looks at it and throws `CancellationError`.
///
/// Safe from any thread.
package final class Cancellation: Sendable {
  private let flag = Atomic<Bool>(false)
  private let probe: (@Sendable () -> Bool)?

  /// - Parameter probe: Says whether somebody else, such as an interpreter's interrupt flag, asks to stop. Called often; must be quick.
  package init(_ probe: (@Sendable () -> Bool)? = nil) { self.probe = probe }

  package func cancel() { flag.store(true, ordering: .relaxed) }

  package var isCancelled: Bool { flag.load(ordering: .relaxed) || (probe?() ?? false) }

  /// Throws `CancellationError` if the work is to stop.
  package func check() throws { if isCancelled { throw CancellationError() } }
}
