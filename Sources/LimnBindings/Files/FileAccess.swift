import Glibc
import LimnImage
import LimnRuntime

/// Which files a session's scripts read and write, and where relative paths start. One object a session.
///
/// Reading goes wherever the user may read. Writing stays below the working folder, the script's folder (unless that is
/// forbidden) and the folders that were allowed, links followed: a script from elsewhere cannot change a home folder it was
/// not started in.
package final class FileAccess {
  /// The folder that relative paths to write start at; nil is the process's working folder.
  package var workingFolder: String?
  /// The system's folder for temporary files.
  package static var temporaryFolder: String { getenv("TMPDIR").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp" }

  /// Whether the script's folder may be written below.
  package var writesBesideScript = true
  /// Further folders that may be written below.
  package var writableFolders: [String] = []
  /// The relative paths that were written, so that they are read back from there.
  private var written: Set<String> = []

  package init() {}

  /// A path to read. A relative one is looked for beside the script, then in the working folder; what this session wrote
  /// is found where it was written.
  func source(_ path: String, scriptFolder: String?) -> String {
    Self.source(path, scriptFolder: written.contains(path) ? nil : scriptFolder, workingFolder: workingFolder)
  }

  static func source(_ path: String, scriptFolder: String?, workingFolder: String?) -> String {
    if path.hasPrefix("/") { return path }
    let own = Path.joined(workingFolder, path)
    guard let scriptFolder, !scriptFolder.isEmpty else { return own }
    let beside = Path.joined(scriptFolder, path)
    return access(beside, F_OK) != 0 && access(own, F_OK) == 0 ? own : beside
  }

  /// The file to write for a path, every link in it followed.
  ///
  /// - Throws: ``Refusal`` when its folder is not there or it lies outside of what may be written.
  func target(_ path: String, scriptFolder: String?) throws(Refusal) -> String {
    let full = path.hasPrefix("/") ? path : Path.joined(workingFolder, path)
    let (folder, name) = Path.split(full)
    guard !name.isEmpty, name != ".", name != ".." else { throw Refusal("it is a folder") }
    guard let real = Path.real(folder) else { throw Refusal("there is no folder '\(folder)'", help: "make_folder(\"\(folder)\")") }
    var file = Path.joined(real, name)
    if Path.isLink(file) {
      guard let followed = Path.real(file) else { throw Refusal("it is a link that leads nowhere") }
      file = followed
    }
    try check(file, scriptFolder: scriptFolder)
    return file
  }

  /// Makes a folder and those above it that are missing.
  func makeFolder(_ path: String, scriptFolder: String?) throws(Refusal) {
    let full = path.hasPrefix("/") ? path : Path.joined(workingFolder, path)
    // From the deepest folder that is there on; what follows is made, so it can hold no link that leads elsewhere.
    var missing: [String] = []
    var known = full
    while Path.real(known) == nil {
      let (folder, name) = Path.split(known)
      guard name != "..", !folder.isEmpty else { throw Refusal("'..' may not follow a folder that is missing") }
      // The working folder itself may have been removed.
      guard folder != known else { throw Refusal("there is no folder '\(known)'") }
      guard !Path.isLink(known) else { throw Refusal("'\(known)' is a link that leads nowhere") }
      if !name.isEmpty, name != "." { missing.append(name) }
      known = folder
    }
    guard var made = Path.real(known), Path.isFolder(made) else { throw Refusal("'\(known)' is not a folder") }
    if !missing.isEmpty { try check(Path.joined(made, missing.last!), scriptFolder: scriptFolder) }
    for name in missing.reversed() {
      made = Path.joined(made, name)
      guard mkdir(made, 0o777) == 0 || errno == EEXIST else { throw Refusal(Path.systemReason) }
    }
  }

  /// Remembers that a path was written.
  func note(_ path: String) { if !path.hasPrefix("/") { written.insert(path) } }

  private func check(_ file: String, scriptFolder: String?) throws(Refusal) {
    let beside = writesBesideScript ? scriptFolder.flatMap { $0.isEmpty ? nil : $0 } : nil
    let roots = [workingFolder ?? "."] + (beside.map { [$0] } ?? []) + writableFolders
    let isInside = roots.contains { root in
      guard let real = Path.real(root) else { return false }
      return real == "/" || file.hasPrefix(real + "/")
    }
    if !isInside {
      guard writesBesideScript else { throw Refusal("it lies outside of the working folder") }
      throw Refusal("it lies outside of the working folder and the script's", help: "limn --write \(Path.split(file).folder) …")
    }
  }

  /// Why a file is not written.
  struct Refusal: Error {
    let reason: String
    let help: String?
    init(_ reason: String, help: String? = nil) { (self.reason, self.help) = (reason, help) }
  }
}

/// Paths as the system sees them.
enum Path {
  /// A relative path inside a folder; nil is the working folder.
  static func joined(_ folder: String?, _ path: String) -> String {
    guard let folder, !folder.isEmpty else { return path }
    let path = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
    return folder.hasSuffix("/") ? folder + path : folder + "/" + path
  }

  /// What stands before and after the last slash: `.` before a name alone.
  static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let folder = String(path[..<slash])
    return (folder.isEmpty ? "/" : folder, String(path[path.index(after: slash)...]))
  }

  /// The letters after the last dot of the name, small; empty if there is none.
  static func fileExtension(_ path: String) -> String {
    let name = split(path).name
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
    return name[name.index(after: dot)...].lowercased()
  }

  /// The path without links, `.` and `..`; nil if there is nothing there.
  static func real(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The system's words for the last failed call.
  static var systemReason: String { String(cString: strerror(errno)).lowercased() }
}
