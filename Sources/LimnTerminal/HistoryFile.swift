import Glibc

/// The inputs of all sessions, on disk: one a line, with `\n` for a line end and `\\` for a backslash.
///
/// Each input is added as soon as it is made, under a lock, so that two sessions at once and a killed one lose nothing.
package struct HistoryFile {
  package let path: String
  /// How many inputs are kept.
  package static let limit = 5000

  package init(path: String) { self.path = path }

  /// `limn/history` in the folder XDG_STATE_HOME, or `~/.local/state`; folders are made where they lack.
  package static func standard() -> HistoryFile? { stateFolder().map { HistoryFile(path: $0 + "/history") } }

  /// The folder for what sessions leave behind; nil without a home.
  static func stateFolder() -> String? { folder("XDG_STATE_HOME", orInHome: ".local/state") }

  /// The folder `limn` of one of the XDG base directories.
  static func folder(_ variable: String, orInHome place: String, isMade: Bool = true) -> String? {
    func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } }
    guard let base = value(variable) ?? value("HOME").map({ "\($0)/\(place)" }) else { return nil }
    guard isMade else { return base + "/limn" }
    var folder = ""
    for part in (base + "/limn").split(separator: "/") {
      folder += (folder.isEmpty && !base.hasPrefix("/") ? "" : "/") + part
      mkdir(folder, 0o700)
    }
    return folder
  }

  /// The inputs, oldest first, each once. A file that has grown long is written anew.
  package func load() -> [String] {
    guard let file = locked() else { return [] }
    defer { close(file) }
    let lines = String(decoding: Self.contents(file), as: UTF8.self).split(separator: "\n")
    let kept = Self.newest(lines.map(String.init))
    if lines.count > kept.count + Self.limit / 5 { rewrite(kept) }
    return kept.map(Self.decoded)
  }

  /// Adds an input at the end.
  package func append(_ input: String) {
    guard let file = locked() else { return }
    defer { close(file) }
    Self.write(Self.encoded(input) + "\n", to: file)
  }

  /// Each line once, at its last place, up to the limit.
  private static func newest(_ lines: [String]) -> [String] {
    var seen: Set<String> = []
    return lines.reversed().filter { seen.insert($0).inserted }.prefix(limit).reversed()
  }

  /// The file, open and locked; closing it unlocks it. nil if it cannot be opened.
  private func locked() -> Int32? {
    while true {
      let file = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
      guard file >= 0 else { return nil }
      var (mine, current) = (stat(), stat())
      while flock(file, LOCK_EX) != 0, errno == EINTR {}
      // Another session may have put a shorter file in its place while this one waited.
      if fstat(file, &mine) == 0, stat(path, &current) == 0, mine.st_ino == current.st_ino {
        if mine.st_mode & 0o077 != 0 { fchmod(file, 0o600) }
        return file
      }
      close(file)
    }
  }

  private func rewrite(_ lines: [String]) {
    let temporary = "\(path).\(getpid())"
    let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { return }
    let isWhole = Self.write(lines.map { $0 + "\n" }.joined(), to: file)
    close(file)
    if !isWhole || rename(temporary, path) != 0 { unlink(temporary) }
  }

  private static func contents(_ file: Int32) -> [UInt8] {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(file, &part, part.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return bytes }
      bytes += part[..<count]
    }
  }

  @discardableResult
  private static func write(_ text: String, to file: Int32) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var sent = 0
      while sent < bytes.count {
        let count = Glibc.write(file, bytes.baseAddress! + sent, bytes.count - sent)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        sent += count
      }
      return true
    }
  }

  private static func encoded(_ input: String) -> String {
    var line = ""
    for scalar in input.unicodeScalars {
      switch scalar {
      case "\\": line += "\\\\"
      case "\n": line += "\\n"
      case "\r": break
      default: line.unicodeScalars.append(scalar)
      }
    }
    return line
  }

  private static func decoded(_ line: String) -> String {
    var input = ""
    var isEscaped = false
    for scalar in line.unicodeScalars {
      if isEscaped {
        input.unicodeScalars.append(scalar == "n" ? "\n" : scalar)
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else {
        input.unicodeScalars.append(scalar)
      }
    }
    return input
  }
}
