import LimnNN
import LimnTensor

/// Learned tokens in a file: `.safetensors` with one entry a token, as diffusers writes textual inversion.
package enum ConceptFile {
  /// What web interfaces call the only entry of their files, which name the token by the file.
  private static let unnamed = "emb_params"

  /// Writes tokens under their names, each `[n, D]` in f32, atomically.
  ///
  /// - Throws: ``FormatError`` if the file cannot be written.
  package static func write(_ concepts: [Concept], to path: String) throws(FormatError) {
    try SafetensorsFile.write(concepts.map { ($0.name, $0.vectors.detached().converted(to: .f32)) }, to: path)
  }

  /// Reads tokens, in the order of their names.
  ///
  /// An entry `[D]` is one vector. A file whose entry has no name of its own is named by the file, `<panda>` for `panda.safetensors`.
  ///
  /// - Parameter name: What to call the token of a file that holds one.
  /// - Throws: ``FormatError`` if the file is no such file, or `name` is given and it holds several.
  package static func read(_ path: String, name: String? = nil) throws(FormatError) -> [Concept] {
    if Pickle.isPickle(path) { throw Pickle.refusal(path) }
    let file = try SafetensorsFile(path: path)
    guard !file.keys.isEmpty else { throw FormatError("holds no tokens", file: path) }
    if let name, file.keys.count > 1 {
      throw FormatError(
        "cannot be loaded under one name", file: path, found: "\(file.keys.count) tokens: \(FormatError.listing(file.keys, first: 6)); asked for '\(name)'")
    }
    var concepts: [Concept] = []
    for key in file.keys {
      var vectors = try file.tensor(key).converted(to: .f32)
      if vectors.rank == 1 { vectors = vectors.unsqueezed(0) }
      guard vectors.rank == 2, vectors.shape[0] > 0, vectors.shape[0] <= limit else {
        throw FormatError("is not a learned token", file: path, key: key, found: "\(vectors.shape)", expected: "[D] or [n, D] with n up to \(limit)")
      }
      concepts.append(Concept(name ?? (key == unnamed ? stem(path) : key), vectors: vectors))
    }
    return concepts
  }

  /// More vectors than a prompt has places are no token; a checkpoint's matrix is.
  private static let limit = 75

  private static func stem(_ path: String) -> String {
    let file = path.splitLastComponent.1
    return "<\(file.hasSuffix(".safetensors") ? String(file.dropLast(12)) : file)>"
  }
}
