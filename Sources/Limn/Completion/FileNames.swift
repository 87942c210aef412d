import Glibc

/// Paths that begin with what somebody typed.
enum FileNames {
  /// More files than this are not listed.
  private static let limit = 1000

  /// The paths that begin with `start`, sorted; folders end in `/`. Hidden ones only where a `.` is typed.
  ///
  /// - Parameter folder: Where relative paths start; nil is the working folder.
  static func beginning(with start: String, in folder: String?) -> [String] {
    let slash = start.lastIndex(of: "/")
    let typedFolder = slash.map { String(start[...$0]) } ?? ""
    let name = slash.map { String(start[start.index(after: $0)...]) } ?? start
    let base = typedFolder.hasPrefix("/") ? "" : folder.map { $0 + "/" } ?? "./"
    guard !start.utf8.contains(0), let handle = opendir(base + typedFolder) else { return [] }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle), names.count < limit {
      let found = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      // Such names could not stand in a string as they are.
      guard found.hasPrefix(name), found != ".", found != "..", !found.contains(where: { "\"\\{\n".contains($0) }) else { continue }
      if found.hasPrefix("."), !name.hasPrefix(".") { continue }
      var info = stat()
      let isFolder = stat(base + typedFolder + found, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
      names.append(typedFolder + found + (isFolder ? "/" : ""))
    }
    return names.sorted()
  }
}
