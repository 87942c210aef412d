import Glibc
import Limn
import Synchronization

/// Ctrl-C: counted for the line editor, and passed to the session that evaluates. A second one within a second, while
/// something is evaluated, ends the process; what the session had done by then is written to a file first.
///
/// The one piece of global state, because a signal handler has no context.
public enum Interrupts {
  private static let presses = Atomic<Int>(0)
  /// When the last one was, in nanoseconds of the monotonic clock.
  private static let lastPress = Atomic<Int>(0)
  /// The session's flag, kept alive for as long as the process runs: the handler may come at any moment.
  private static let target = Atomic<UInt>(0)
  private static let isEvaluating = Atomic<Bool>(false)
  /// A ``Rescue``; 0 when there is nothing to save.
  private static let rescue = Atomic<UInt>(0)

  static var count: Int { presses.load(ordering: .relaxed) }

  /// Installs the handler. SA_RESTART stays off so that waiting for a key ends at once.
  public static func listen(_ session: Session) {
    target.store(UInt(bitPattern: Unmanaged.passRetained(session.interrupter).toOpaque()), ordering: .releasing)
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in Interrupts.pressed() }
    sigemptyset(&action.sa_mask)
    sigaction(SIGINT, &action, nil)
    // A program that started this one from a thread of its own may have passed on that thread's mask.
    var interrupt = sigset_t()
    sigemptyset(&interrupt)
    sigaddset(&interrupt, SIGINT)
    pthread_sigmask(SIG_UNBLOCK, &interrupt, nil)
  }

  /// An evaluation begins or is over: only then does a second press end the process.
  public static func setEvaluating(_ value: Bool) {
    lastPress.store(0, ordering: .relaxed)
    isEvaluating.store(value, ordering: .releasing)
  }

  /// What a second press writes, and where.
  @MainActor
  static func save(_ script: String, to path: String) {
    let next = Rescue.make(script, path)
    let old = rescue.exchange(UInt(bitPattern: next), ordering: .acquiringAndReleasing)
    // The handler may run on another thread just now, with the old one in its hands; the one before that is free.
    if let oldest = retired { Rescue.free(oldest) }
    retired = UnsafeMutablePointer(bitPattern: old)
  }

  @MainActor private static var retired: UnsafeMutablePointer<Rescue>?

  /// In the signal handler: no allocation and no lock from here on.
  private static func pressed() {
    presses.wrappingAdd(1, ordering: .relaxed)
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let now = time.tv_sec * 1_000_000_000 + time.tv_nsec
    let last = lastPress.exchange(now, ordering: .relaxed)
    if isEvaluating.load(ordering: .acquiring), last > 0, now - last < 1_000_000_000 {
      if let rescue = UnsafePointer<Rescue>(bitPattern: rescue.load(ordering: .acquiring)) { rescue.pointee.write() }
      _exit(130)
    }
    guard let target = UnsafeRawPointer(bitPattern: target.load(ordering: .acquiring)) else { return }
    Unmanaged<Session.Interrupter>.fromOpaque(target).takeUnretainedValue().interrupt()
  }
}

/// A script and its file's name as plain memory, for a signal handler to write.
private struct Rescue {
  let path: UnsafeMutablePointer<CChar>
  let text: UnsafeMutablePointer<CChar>
  /// What is said on stderr.
  let notice: UnsafeMutablePointer<CChar>

  static func make(_ script: String, _ path: String) -> UnsafeMutablePointer<Rescue> {
    let rescue = UnsafeMutablePointer<Rescue>.allocate(capacity: 1)
    rescue.initialize(to: Rescue(path: strdup(path), text: strdup(script), notice: strdup("\r\n\u{1B}[Kforced to end; what the session did is in \(path)\r\n")))
    return rescue
  }

  static func free(_ rescue: UnsafeMutablePointer<Rescue>) {
    Glibc.free(rescue.pointee.path)
    Glibc.free(rescue.pointee.text)
    Glibc.free(rescue.pointee.notice)
    rescue.deallocate()
  }

  func write() {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard file >= 0 else { return }
    var sent = 0
    let count = strlen(text)
    while sent < count {
      let part = Glibc.write(file, text + sent, count - sent)
      guard part > 0 else { break }
      sent += part
    }
    close(file)
    _ = Glibc.write(STDERR_FILENO, notice, strlen(notice))
  }
}
