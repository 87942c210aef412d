import CLimnData
import LimnNN

/// A folder of the files that travel inside the binary.
package struct EmbeddedTree: FileTree {
  private let prefix: String
  package let name: String

  /// - Parameter folder: A folder as under `Sources/CLimnData`: `sticker`, `clip-tokenizer`.
  package init(_ folder: String, name: String? = nil) {
    prefix = folder + "/"
    self.name = name ?? folder
  }

  /// Every embedded file by its path.
  private static let files: [String: Bytes] = {
    var count = 0
    guard let rows = limn_data_files(&count) else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: UnsafeBufferPointer(start: rows, count: count).map {
        (String(cString: $0.path), Bytes(forever: UnsafeRawBufferPointer(start: $0.bytes, count: $0.length)))
      })
  }()

  /// The folders at the top: the names `model("…")` finds without a file.
  package static var folders: [String] {
    Set(files.keys.map { String($0.prefix { $0 != "/" }) }).sorted()
  }

  /// The paths of all embedded files, as under `Sources/CLimnData`, sorted.
  package static var paths: [String] { files.keys.sorted() }

  /// The bytes of the embedded file with this path; nil if there is none.
  package static func file(_ path: String) -> Bytes? { files[path] }

  package func bytes(_ path: String) throws(FormatError) -> Bytes? { Self.files[prefix + path] }

  package func list(_ folder: String) -> [String] {
    let start = folder.isEmpty ? prefix : "\(prefix)\(folder)/"
    var names: Set<String> = []
    for path in Self.files.keys where path.hasPrefix(start) {
      let rest = path.dropFirst(start.count)
      names.insert(rest.firstIndex(of: "/").map { String(rest[...$0]) } ?? String(rest))
    }
    return names.sorted()
  }
}
