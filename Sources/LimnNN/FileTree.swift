import Glibc

/// A folder of files that a model is read from: on disk, or embedded in the binary.
package protocol FileTree: Sendable {
  /// What people call this folder, for messages.
  var name: String { get }

  /// The bytes of the file at `path` below the folder, nil when there is none.
  ///
  /// - Throws: ``FormatError`` when the file is there but cannot be read.
  func bytes(_ path: String) throws(FormatError) -> Bytes?

  /// The names of the files and folders directly in `folder` (`""` is the tree itself), sorted; folders end in `/`.
  func list(_ folder: String) -> [String]
}

extension FileTree {
  /// Whether `path` is a file of this tree.
  package func exists(_ path: String) -> Bool {
    let (folder, name) = path.splitLastComponent
    return list(folder).contains(name)
  }

  /// Whether `path` is a folder of this tree.
  package func hasFolder(_ path: String) -> Bool {
    let (folder, name) = path.splitLastComponent
    return list(folder).contains(name + "/")
  }

  /// The JSON document at `path`, nil when there is no such file.
  package func json(_ path: String) throws(FormatError) -> JSON? {
    guard let bytes = try bytes(path) else { return nil }
    return try JSON(parsing: bytes, file: "\(name)/\(path)")
  }

  /// This tree seen from one of its folders.
  package func subtree(_ folder: String) -> any FileTree { Subtree(base: self, folder: folder) }
}

/// A folder on disk. Symbolic links are followed, as the Hugging Face cache needs.
package struct FolderTree: FileTree {
  package let path: String
  package let name: String

  /// - Parameter name: What to call it in messages; its path when left out.
  package init(_ path: String, name: String? = nil) {
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    self.name = name ?? self.path
  }

  package func bytes(_ file: String) throws(FormatError) -> Bytes? {
    let full = "\(path)/\(file)"
    guard FileKind(at: full) != .missing else { return nil }
    return try Bytes.mapping(full)
  }

  package func list(_ folder: String) -> [String] {
    let full = folder.isEmpty ? path : "\(path)/\(folder)"
    guard let handle = opendir(full) else { return [] }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name == "." || name == ".." { continue }
      switch FileKind(at: "\(full)/\(name)") {
      case .folder: names.append(name + "/")
      case .file: names.append(name)
      case .missing: break  // a dangling link is no file
      }
    }
    return names.sorted()
  }
}

/// What stands at a path.
package enum FileKind: Sendable {
  case file
  case folder
  case missing

  package init(at path: String) {
    var info = stat()
    guard stat(path, &info) == 0 else {
      self = .missing
      return
    }
    self = info.st_mode & S_IFMT == S_IFDIR ? .folder : .file
  }
}

private struct Subtree<Base: FileTree>: FileTree {
  let base: Base
  let folder: String

  var name: String { "\(base.name)/\(folder)" }
  func bytes(_ path: String) throws(FormatError) -> Bytes? { try base.bytes("\(folder)/\(path)") }
  func list(_ inner: String) -> [String] { base.list(inner.isEmpty ? folder : "\(folder)/\(inner)") }
}

extension String {
  /// `"a/b/c"` as `("a/b", "c")`; a name without a folder has the folder `""`.
  package var splitLastComponent: (folder: String, name: String) {
    guard let slash = lastIndex(of: "/") else { return ("", self) }
    return (String(self[..<slash]), String(self[index(after: slash)...]))
  }
}
