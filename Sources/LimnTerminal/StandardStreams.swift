import Glibc

/// Standard output and error, written whole and at once: what a session says must not wait in a buffer behind an evaluation.
public enum StandardStreams {
  public static func out(_ text: String) { write(text, to: STDOUT_FILENO) }
  public static func error(_ text: String) { write(text, to: STDERR_FILENO) }

  private static func write(_ text: String, to file: Int32) {
    var text = text
    text.withUTF8 { bytes in
      var sent = 0
      while sent < bytes.count {
        let count = Glibc.write(file, bytes.baseAddress! + sent, bytes.count - sent)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return }  // the reader has gone; there is nobody to tell
        sent += count
      }
    }
  }

  /// The process's environment.
  static var environment: [String: String] {
    var found: [String: String] = [:]
    var entry = Glibc.environ
    while let text = entry.pointee {
      let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { found[String(parts[0])] = String(parts[1]) }
      entry += 1
    }
    return found
  }
}
