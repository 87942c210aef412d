import Glibc
import LimnNN

/// The Hugging Face cache on this machine, read as it is: nothing is ever fetched.
///
/// Layout: `models--org--name/refs/<revision>` holds a commit, `snapshots/<commit>/` the files as links into `blobs/`.
package struct HubCache: Sendable {
  package let folder: String

  /// Finds the cache as its own tools do: `HF_HUB_CACHE`, else `$HF_HOME/hub`, else below the user's cache folder.
  package init(environment: (String) -> String? = { name in getenv(name).map { String(cString: $0) } }) {
    func value(_ name: String) -> String? {
      guard let text = environment(name), !text.isEmpty else { return nil }
      guard text == "~" || text.hasPrefix("~/") else { return text }
      return (environment("HOME") ?? "") + text.dropFirst()
    }
    if let cache = value("HF_HUB_CACHE") {
      folder = cache
    } else if let home = value("HF_HOME") {
      folder = home + "/hub"
    } else {
      let caches = value("XDG_CACHE_HOME") ?? (environment("HOME") ?? "") + "/.cache"
      folder = caches + "/huggingface/hub"
    }
  }

  /// Whether `name` could be a repository: `org/name`, or a bare name, of the letters the hub allows.
  package static func isRepository(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return (1...2).contains(parts.count)
      && parts.allSatisfy { part in
        !part.isEmpty && part != "." && part != ".."
          && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
      }
  }

  /// The repositories in the cache, sorted: `org/name`.
  package var repositories: [String] {
    guard FileKind(at: folder) == .folder else { return [] }
    return FolderTree(folder).list("").filter { $0.hasPrefix("models--") && $0.hasSuffix("/") }
      .map { $0.dropFirst("models--".count).dropLast().split(separator: "--", maxSplits: 1).joined(separator: "/") }.sorted()
  }

  private func path(of repository: String) -> String {
    "\(folder)/models--\(repository.split(separator: "/").joined(separator: "--"))"
  }

  /// The files of `repository` at `revision` (a branch, a tag or a commit).
  ///
  /// - Throws: ``FormatError`` when the cache has no such repository or revision.
  package func tree(_ repository: String, revision: String = "main") throws(FormatError) -> FolderTree {
    let root = FolderTree(path(of: repository))
    guard FileKind(at: root.path) == .folder else {
      throw FormatError(
        "is neither a file here nor in the Hugging Face cache", file: repository, expected: "'\(root.path)'",
        help: "'hf download \(repository)' puts it there; limn itself never downloads")
    }
    var commit = revision
    if !revision.contains(".."), let bytes = try root.bytes("refs/\(revision)") {
      commit = String(try bytes.text(file: "\(root.path)/refs/\(revision)").filter { !$0.isWhitespace })
    }
    let snapshots = root.list("snapshots").filter { $0.hasSuffix("/") }.map { String($0.dropLast()) }
    if snapshots.contains(commit) { return FolderTree("\(root.path)/snapshots/\(commit)", name: repository) }
    // A cache copied from elsewhere may lack its refs: with one snapshot there is no doubt which is meant.
    if revision == "main", commit == "main", snapshots.count == 1 {
      return FolderTree("\(root.path)/snapshots/\(snapshots[0])", name: repository)
    }
    throw FormatError(
      "the Hugging Face cache has no revision '\(revision)'", file: repository,
      found: snapshots.isEmpty ? "no snapshot" : "snapshots \(FormatError.listing(snapshots))",
      help: "'hf download \(repository) --revision \(revision)' puts it there")
  }
}
