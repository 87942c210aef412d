import Glibc

/// The bytes of files, read in pieces.
package enum FileBytes {
  /// Calls `piece` with each part of an open file, from where it stands to its end or until `piece` gives false.
  ///
  /// - Returns: Whether the system could read it; if not, errno says why.
  package static func pieces(of file: Int32, _ piece: (UnsafeRawBufferPointer) throws -> Bool) rethrows -> Bool {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      let count = Glibc.read(file, buffer.baseAddress, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return count == 0 }
      guard try piece(UnsafeRawBufferPointer(rebasing: buffer[..<count])) else { return true }
    }
  }

  /// The bytes of an open file; nil with errno set when it cannot be read. What has more than `limit` bytes is given cut off,
  /// with at least one byte more than that.
  package static func read(_ file: Int32, limit: Int = .max) -> [UInt8]? {
    var bytes: [UInt8] = []
    let isRead = pieces(of: file) { piece in
      bytes += piece
      return bytes.count <= limit
    }
    return isRead ? bytes : nil
  }

  /// The same for the file at a path.
  package static func read(_ path: String, limit: Int = .max) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    return read(file, limit: limit)
  }

  /// The lines of a small file, such as one of the system's; none when it cannot be read.
  package static func lines(_ path: String) -> [String] {
    String(decoding: read(path, limit: 1 << 20) ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
