import Glibc
import LimnNN

/// The files under `Tests/Fixtures`, found from this file's own place so that tests run from any directory.
package enum Fixtures {
  /// The folder itself.
  package static let folder: String = {
    let support = #filePath.splitLastComponent.folder  // …/Tests/LimnTestSupport
    return support.splitLastComponent.folder + "/Fixtures"
  }()

  /// The path of a file or folder below `Tests/Fixtures`.
  package static func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// The JSON document `<name>.json`.
  package static func json(_ name: String) throws -> JSON {
    try JSON(parsing: Bytes.mapping(path("\(name).json")), file: "\(name).json")
  }

  /// A model folder below `Tests/Fixtures`.
  package static func tree(_ name: String) -> FolderTree { FolderTree(path(name)) }
}

/// A new folder that is removed, with all it holds, when `body` returns.
package func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  var template = Array("/tmp/limn-test-XXXXXX".utf8CString)
  let path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  defer { remove(tree: path) }
  return try body(path)
}

private func remove(tree path: String) {
  for name in FolderTree(path).list("") {
    let inner = "\(path)/\(name)"
    if name.hasSuffix("/") { remove(tree: String(inner.dropLast())) } else { unlink(inner) }
  }
  rmdir(path)
}

/// Writes `bytes` to the file at `path`, making the folders above it.
package func write(_ bytes: some Collection<UInt8>, to path: String) {
  let folder = path.splitLastComponent.folder
  var made = ""
  for part in folder.split(separator: "/") {
    made += "/\(part)"
    mkdir(made, 0o777)
  }
  guard let file = fopen(path, "wb") else { preconditionFailure("cannot write \(path)") }
  defer { fclose(file) }
  let copy = Array(bytes)
  precondition(fwrite(copy, 1, copy.count, file) == copy.count, "cannot write \(path)")
}
