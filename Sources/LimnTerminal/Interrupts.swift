import Glibc
import Limn
import Synchronization

/// Ctrl-C: counted for the line editor, and passed to the session that evaluates.
///
/// The one piece of global state, because a signal handler has no context.
public enum Interrupts {
  private static let presses = Atomic<Int>(0)
  /// The session's flag, kept alive for as long as the process runs: the handler may come at any moment.
  private static let target = Atomic<UInt>(0)

  static var count: Int { presses.load(ordering: .relaxed) }

  /// Installs the handler. SA_RESTART stays off so that waiting for a key ends at once.
  public static func listen(_ session: Session) {
    target.store(UInt(bitPattern: Unmanaged.passRetained(session.interrupter).toOpaque()), ordering: .releasing)
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in
      Interrupts.presses.wrappingAdd(1, ordering: .relaxed)
      guard let target = UnsafeRawPointer(bitPattern: Interrupts.target.load(ordering: .acquiring)) else { return }
      Unmanaged<Session.Interrupter>.fromOpaque(target).takeUnretainedValue().interrupt()
    }
    sigemptyset(&action.sa_mask)
    sigaction(SIGINT, &action, nil)
  }
}
