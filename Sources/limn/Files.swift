import Glibc
import Limn

/// Source files that commands are given.
enum Files {
  /// The text of a file, or of standard input for `-`.
  static func read(_ path: String) throws(UsageError) -> String {
    guard let bytes = bytes(path) else { throw UsageError(description: "cannot read '\(path)': \(reason)") }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The bytes of a file, or of standard input for `-`; nil, with errno set, when it cannot be read.
  static func bytes(_ path: String) -> [UInt8]? {
    path == "-" ? FileBytes.read(STDIN_FILENO) : FileBytes.read(path)
  }

  /// Writes a file whole: beside it first, then renamed over it.
  static func write(_ text: String, to path: String) throws(UsageError) {
    guard write(bytes: Array(text.utf8), to: path) else { throw UsageError(description: "cannot write '\(path)': \(reason)") }
  }

  /// The same for bytes; false, with errno set and nothing left behind, when it cannot be.
  static func write(bytes: [UInt8], to path: String) -> Bool {
    let temporary = "\(path).\(getpid()).part"
    var status = stat()
    let mode = stat(path, &status) == 0 ? status.st_mode & 0o777 : 0o666
    let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard file >= 0 else { return false }
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + sent, bytes.count - sent) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      sent += count
    }
    let isWritten = sent == bytes.count
    if close(file) == 0, isWritten, rename(temporary, path) == 0 { return true }
    let reason = errno
    unlink(temporary)
    errno = reason
    return false
  }

  /// The .limn files that paths name: files as they are, folders with everything below them, in the order of their names.
  ///
  /// - Throws: When a path is neither.
  static func sources(_ paths: [String]) throws(UsageError) -> [String] {
    var found: [String] = []
    for path in paths {
      if isFolder(path) {
        found += below(path)
      } else {
        guard path == "-" || access(path, R_OK) == 0 else { throw UsageError(description: "cannot read '\(path)': \(reason)") }
        found.append(path)
      }
    }
    return found
  }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The names in a folder, sorted, without hidden ones.
  static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      names.append(withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
    }
    return names.filter { !$0.hasPrefix(".") }.sorted()
  }

  private static func below(_ folder: String) -> [String] {
    names(in: folder).flatMap { name -> [String] in
      let path = folder == "." ? name : folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
      return isFolder(path) ? below(path) : name.hasSuffix(".limn") ? [path] : []
    }
  }

  /// A new empty folder.
  static func temporaryFolder() throws(UsageError) -> String {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/limn-XXXXXX".utf8CString)
    guard let path = mkdtemp(&template) else { throw UsageError(description: "cannot make a folder in '\(base)': \(reason)") }
    return String(cString: path)
  }

  /// Removes a folder with all that is in it; links are removed, not followed.
  static func remove(_ folder: String) {
    guard let stream = opendir(folder) else { return }
    var names: [String] = []
    while let entry = readdir(stream) {
      names.append(withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
    }
    closedir(stream)
    for name in names where name != "." && name != ".." {
      let path = "\(folder)/\(name)"
      var status = stat()
      if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { remove(path) } else { unlink(path) }
    }
    rmdir(folder)
  }

  /// The folder a path lies in; nil for one without.
  static func folder(of path: String) -> String? {
    path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) }
  }

  /// The last part of a path.
  static func name(of path: String) -> String { path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path }

  static var reason: String { String(cString: strerror(errno)).lowercased() }
}

/// A folder for what examples write, removed with this object.
final class ScratchFolder {
  let path: String

  init() throws(UsageError) { path = try Files.temporaryFolder() }

  deinit { Files.remove(path) }
}
