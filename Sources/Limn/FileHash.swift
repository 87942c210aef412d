import Glibc
import LimnDiffusion
import LimnRuntime

/// For the executable, which sees this module only.
package typealias FileBytes = LimnRuntime.FileBytes

/// Hashes of files, read in pieces.
enum FileHash {
  /// The SHA-256 of a file's bytes in hexadecimal; nil if it cannot be read.
  static func sha256(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var hash = SHA256()
    let isRead = FileBytes.pieces(of: file) { piece in
      hash.update(piece)
      return true
    }
    return isRead ? hash.finish() : nil
  }
}
