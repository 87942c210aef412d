import Glibc

/// Whole files, read with a limit and written so that a crash never leaves half of one.
package enum PictureFile {
  /// The longest picture file that is read: 1 GiB.
  static let sizeLimit = 1 << 30

  /// Returns the bytes of a PNG file at `path`, or of a JPEG if that may be; another kind of file is refused by its first bytes,
  /// however long it is.
  ///
  /// - Throws: ``ImageError`` if it cannot be read or is of another kind.
  package static func read(_ path: String, orJPEG: Bool = false) throws -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw ImageError.unreadable(name: path, reason: ImageError.systemReason) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw ImageError.unreadable(name: path, reason: ImageError.systemReason) }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw ImageError.unreadable(name: path, reason: "it is a folder") }
    var bytes: [UInt8] = []
    while bytes.count <= sizeLimit {
      let part = try readPart(file, path, atMost: bytes.isEmpty ? 4096 : max(1 << 16, Int(status.st_size) - bytes.count))
      if part.isEmpty { return bytes }
      bytes += part
      if bytes.count >= 8, !bytes.starts(with: PNG.signature), !(orJPEG && bytes.starts(with: JPEG.signature)) {
        throw ImageError.notPNG(name: path, found: FileKind(of: bytes), orJPEG: orJPEG)
      }
    }
    throw ImageError.unreadable(name: path, reason: "it is longer than \(sizeLimit) bytes")
  }

  private static func readPart(_ file: Int32, _ path: String, atMost count: Int) throws -> [UInt8] {
    var failed = false
    let part = [UInt8](unsafeUninitializedCapacity: min(count, sizeLimit + 1)) { buffer, used in
      var got = Glibc.read(file, buffer.baseAddress, buffer.count)
      while got < 0, errno == EINTR { got = Glibc.read(file, buffer.baseAddress, buffer.count) }
      failed = got < 0
      used = max(got, 0)
    }
    if failed { throw ImageError.unreadable(name: path, reason: ImageError.systemReason) }
    return part
  }

  /// Writes `bytes` to `path`: first beside it, then renamed over it. A link is followed, not replaced.
  ///
  /// - Throws: ``ImageError`` with the system's reason; nothing is left behind then.
  package static func write(_ bytes: [UInt8], to path: String) throws {
    func failure() -> ImageError { .unwritable(name: path, reason: ImageError.systemReason) }
    var target = path
    if let resolved = realpath(path, nil) {
      target = String(cString: resolved)
      free(resolved)
    }
    var status = stat()
    if stat(target, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      if status.st_mode & S_IFMT == S_IFDIR { throw ImageError.unwritable(name: path, reason: "it is a folder") }
      return try writeThrough(bytes, to: target, failure)  // a device or pipe cannot be renamed over
    }
    let (file, temporary) = try created(beside: target, failure)
    var isWritten = writeAll(bytes, to: file) && fsync(file) == 0
    if status.st_mode & S_IFMT == S_IFREG { isWritten = fchmod(file, status.st_mode & 0o777) == 0 && isWritten }
    isWritten = close(file) == 0 && isWritten
    guard isWritten, rename(temporary, target) == 0 else {
      let error = failure()
      unlink(temporary)
      throw error
    }
  }

  /// A new file with a name of its own; the numbers tried tell apart two writers in one process.
  private static func created(beside target: String, _ failure: () -> ImageError) throws -> (file: Int32, path: String) {
    for number in 0..<1000 {
      let path = "\(target).\(getpid()).\(number).part"
      let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if file >= 0 { return (file, path) }
      guard errno == EEXIST else { break }
    }
    throw failure()
  }

  private static func writeThrough(_ bytes: [UInt8], to target: String, _ failure: () -> ImageError) throws {
    let file = open(target, O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure() }
    defer { close(file) }
    guard writeAll(bytes, to: file) else { throw failure() }
  }

  private static func writeAll(_ bytes: [UInt8], to file: Int32) -> Bool {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + written, bytes.count - written) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      written += count
    }
    return true
  }
}
