import Glibc

/// A file that appears whole or not at all: it is written beside its place and then renamed into it.
package struct AtomicFile: ~Copyable {
  private let path: String
  private let temporary: String
  private let descriptor: Int32

  /// Begins the file at `path`. An older file there stays until ``commit()``.
  ///
  /// - Throws: ``FormatError`` when the folder is missing or cannot be written.
  package init(_ path: String) throws(FormatError) {
    self.path = path
    temporary = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp"
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Self.failure(path) }
  }

  /// Appends `bytes`.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest)
      let count = Glibc.write(descriptor, part.baseAddress, part.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw abandoned()
      }
      rest = rest.dropFirst(count)
    }
  }

  /// Puts the file in its place. Nothing may be written after.
  package func commit() throws(FormatError) {
    // On disk before the name points to it, so that a crash leaves the old file or the new one.
    guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw abandoned() }
  }

  deinit {
    if descriptor >= 0 {
      close(descriptor)
      unlink(temporary)  // fails, as it should, once the file was renamed
    }
  }

  private func abandoned() -> FormatError { Self.failure(path) }

  private static func failure(_ path: String) -> FormatError {
    FormatError("cannot be written: \(String(cString: strerror(errno)))", file: path)
  }

  /// Removes what processes that were killed while they wrote this file left beside it.
  package static func removeLeftOvers(of path: String) {
    let (folder, name) = path.splitLastComponent
    for other in FolderTree(folder.isEmpty ? "." : folder).list("") where other.hasPrefix("\(name).") && other.hasSuffix(".tmp") {
      let marks = other.dropFirst(name.count + 1).dropLast(4).split(separator: ".", omittingEmptySubsequences: false)
      guard marks.count == 2, let process = pid_t(marks[0]), UInt32(marks[1]) != nil, kill(process, 0) != 0, errno == ESRCH else { continue }
      unlink(folder.isEmpty ? other : "\(folder)/\(other)")
    }
  }

  /// Writes the file at `path` in one go.
  package static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(FormatError) {
    let file = try AtomicFile(path)
    try file.write(bytes)
    try file.commit()
  }
}
