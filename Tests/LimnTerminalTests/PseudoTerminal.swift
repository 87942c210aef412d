import Foundation
import Glibc

/// A program run in a terminal of its own, typed at and read from.
final class PseudoTerminal {
  private let controller: Int32
  private var process: pid_t = 0
  private var unread = ""

  init(_ program: String, _ arguments: [String] = [], environment: [String: String]) throws {
    controller = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var (number, unlocked): (UInt32, Int32) = (0, 0)
    // TIOCSPTLCK and TIOCGPTN, which the Glibc module lacks with the functions that use them.
    guard controller >= 0, ioctl(controller, 0x4004_5431, &unlocked) == 0, ioctl(controller, 0x8004_5430, &number) == 0 else {
      throw POSIXError(.EIO)
    }
    let path = "/dev/pts/\(number)"
    var size = winsize(ws_row: 40, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(controller, UInt(TIOCSWINSZ), &size)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    // POSIX_SPAWN_SETSID: the first terminal opened becomes the controlling one. SETSIGMASK: the thread of a test may block Ctrl-C.
    posix_spawnattr_setflags(&attributes, 0x80 | 0x08)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    for descriptor: Int32 in 0...2 { posix_spawn_file_actions_addopen(&actions, descriptor, path, O_RDWR, 0) }
    var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
    let result = posix_spawn(&process, program, &actions, &attributes, &argv, &envp)
    guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: result) ?? .EIO) }
  }

  deinit {
    if process > 0 {
      kill(process, SIGKILL)
      var status: Int32 = 0
      waitpid(process, &status, 0)
    }
    close(controller)
  }

  func type(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(controller, bytes, bytes.count)
  }

  /// Waits until `text` has been written after what earlier calls found. Returns whether it came in time.
  func expect(_ text: String, seconds: Double = 40) -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while true {
      if let found = unread.range(of: text) {
        unread = String(unread[found.upperBound...])
        return true
      }
      guard Date() < end, let piece = readPiece() else { return false }
      unread += piece
    }
  }

  /// Waits for the program to end and returns its exit code; ends one that does not.
  func exitCode() -> Int32 {
    let end = Date().addingTimeInterval(30)
    while readPiece() != nil, Date() < end {}
    if Date() >= end { kill(process, SIGKILL) }
    var status: Int32 = 0
    waitpid(process, &status, 0)
    process = 0
    return (status >> 8) & 0xFF
  }

  /// What came within a tenth of a second, perhaps nothing; nil when the program has closed the terminal.
  private func readPiece() -> String? {
    var waiting = pollfd(fd: controller, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, 100) > 0 else { return "" }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(controller, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }
}
