import Foundation
import Glibc

/// A program run in a terminal of its own, typed at and read from.
final class PseudoTerminal {
  private let controller: Int32
  private var process: pid_t = 0
  private var unread = ""
  /// What the terminal shows.
  private(set) var screen: Screen
  private var undecoded: [UInt8] = []

  init(_ program: String, _ arguments: [String] = [], environment: [String: String], columns: Int = 100, rows: Int = 40) throws {
    screen = Screen(width: columns, height: rows)
    let terminal = try Self.open(columns: columns, rows: rows)
    controller = terminal.controller

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    // POSIX_SPAWN_SETSID: the first terminal opened becomes the controlling one. SETSIGMASK: the thread of a test may block Ctrl-C.
    posix_spawnattr_setflags(&attributes, 0x80 | 0x08)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    for descriptor: Int32 in 0...2 { posix_spawn_file_actions_addopen(&actions, descriptor, terminal.path, O_RDWR, 0) }
    // Else a program that outlives its test would keep the other tests' terminals open.
    posix_spawn_file_actions_addclose(&actions, controller)
    var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
    let result = posix_spawn(&process, program, &actions, &attributes, &argv, &envp)
    guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: result) ?? .EIO) }
  }

  /// A new terminal: the side a user sits at, and the path of the other.
  static func open(columns: Int, rows: Int) throws -> (controller: Int32, path: String) {
    let controller = Glibc.open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var (number, unlocked): (UInt32, Int32) = (0, 0)
    // TIOCSPTLCK and TIOCGPTN, which the Glibc module lacks with the functions that use them.
    guard controller >= 0, ioctl(controller, 0x4004_5431, &unlocked) == 0, ioctl(controller, 0x8004_5430, &number) == 0 else {
      throw POSIXError(.EIO)
    }
    var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(controller, UInt(TIOCSWINSZ), &size)
    return (controller, "/dev/pts/\(number)")
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

  /// Waits until the screen is as wanted. Returns whether it came to that in time.
  func waitFor(seconds: Double = 40, _ isReached: (Screen) -> Bool) -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while !isReached(screen) {
      guard Date() < end, let piece = readPiece() else { return false }
      unread += piece
    }
    return true
  }

  /// Waits until a row of the screen is this text.
  func shows(_ row: String, seconds: Double = 40) -> Bool { waitFor(seconds: seconds) { $0.text.contains(row) } }

  /// Waits for an empty prompt under everything else.
  func isPrompted(seconds: Double = 40) -> Bool {
    waitFor(seconds: seconds) { $0.text[$0.row] == "limn>" && $0.column == 6 }
  }

  /// Waits for the program to end and returns its exit code; ends one that does not.
  func exitCode() -> Int32 {
    let end = Date().addingTimeInterval(30)
    while let piece = readPiece(), Date() < end { unread += piece }
    if Date() >= end { kill(process, SIGKILL) }
    var status: Int32 = 0
    waitpid(process, &status, 0)
    process = 0
    return (status >> 8) & 0xFF
  }

  /// What came within a twentieth of a second, perhaps nothing; nil when the program has closed the terminal.
  private func readPiece() -> String? {
    var waiting = pollfd(fd: controller, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, 50) > 0 else { return "" }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(controller, &buffer, buffer.count)
    guard count > 0 else { return nil }
    undecoded += buffer[..<count]
    // A character may be cut in two.
    var whole = undecoded.count
    while whole > max(undecoded.count - 4, 0), String(validating: undecoded[..<whole], as: UTF8.self) == nil { whole -= 1 }
    let text = String(decoding: undecoded[..<whole], as: UTF8.self)
    undecoded.removeFirst(whole)
    screen.feed(text)
    return text
  }
}
