import Glibc

/// A folder that appears whole or not at all: it is filled beside its place and then renamed into it.
package struct AtomicFolder: ~Copyable {
  private let path: String
  private let temporary: String

  /// Begins the folder at `path`. An older one there stays until ``commit()``.
  ///
  /// - Parameter known: The names an older folder may hold. With anything else in it, it is somebody's and is not replaced.
  /// - Throws: ``FormatError`` when what stands there may not be replaced, or nothing can be written there.
  package init(_ path: String, known: Set<String>) throws(FormatError) {
    self.path = path
    temporary = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp"
    var there: [String] = []
    switch FileKind(at: path) {
    case .file: throw FormatError("is a file", file: path, expected: "a folder, or nothing yet")
    case .folder: there = FolderTree(path).list("").map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    case .missing: break
    }
    let strange = there.filter { !known.contains($0) }
    guard strange.isEmpty else {
      throw FormatError("is a folder with other things in it, which would be lost", file: path, found: FormatError.listing(strange), expected: "a new folder")
    }
    guard mkdir(temporary, 0o777) == 0 else { throw Self.failure(path) }
  }

  /// Where to write a file of the folder, `unet/config.json`; the folders above it are made.
  package func place(_ name: String) throws(FormatError) -> String {
    let inner = name.splitLastComponent.folder
    if !inner.isEmpty, mkdir("\(temporary)/\(inner)", 0o777) != 0, errno != EEXIST { throw Self.failure(path) }
    return "\(temporary)/\(name)"
  }

  /// An error of a file in it, under the name that file would have had.
  package func named(_ error: FormatError) -> FormatError {
    guard error.file.hasPrefix(temporary) else { return error }
    return FormatError(error.problem, file: path + error.file.dropFirst(temporary.count), key: error.key, found: error.found, expected: error.expected, help: error.help)
  }

  /// Puts the folder in its place. Nothing may be written after.
  package func commit() throws(FormatError) {
    let old = "\(temporary).old"
    let hadOne = rename(path, old) == 0
    guard hadOne || errno == ENOENT else { throw Self.failure(path) }
    guard rename(temporary, path) == 0 else {
      let failure = Self.failure(path)
      if hadOne { rename(old, path) }
      throw failure
    }
    if hadOne { Self.remove(old) }
  }

  deinit { Self.remove(temporary) }  // not there any more once it was renamed

  /// Removes a folder with all it holds; links are removed, not followed.
  private static func remove(_ path: String) {
    var info = stat()
    guard lstat(path, &info) == 0 else { return }
    guard info.st_mode & S_IFMT == S_IFDIR else {
      unlink(path)
      return
    }
    if let handle = opendir(path) {
      while let entry = readdir(handle) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
        if name != ".", name != ".." { remove("\(path)/\(name)") }
      }
      closedir(handle)
    }
    rmdir(path)
  }

  private static func failure(_ path: String) -> FormatError {
    FormatError("cannot be written: \(String(cString: strerror(errno)))", file: path)
  }
}
