import LimnNN
import LimnTensor

/// Learned tokens in files: as diffusers writes them (an entry a token), and as A1111's web UI does (one token, `emb_params`,
/// or a `.pt` with `string_to_param`).
package enum ConceptFile {
  /// How tokens are written.
  package enum Form: String, CaseIterable, Sendable {
    /// One entry a token, under its name.
    case diffusers
    /// The vectors of one token under `emb_params`; the file names it.
    case a1111
  }

  /// What web interfaces call the only entry of their files, which name the token by the file.
  private static let unnamed = "emb_params"
  /// More vectors than a prompt has places are no token; a checkpoint's matrix is.
  private static let limit = 75

  /// Writes tokens, each `[n, D]` in f32, atomically.
  ///
  /// - Throws: ``FormatError`` if the file cannot be written, or its form holds one token and there are several.
  package static func write(_ concepts: [Concept], to path: String, form: Form = .diffusers) throws(FormatError) {
    if form == .a1111, concepts.count != 1 {
      throw FormatError(
        "a file of A1111's form holds one token", file: path, found: "\(concepts.count): \(FormatError.listing(concepts.map(\.name)))",
        help: "'tokens:' says which")
    }
    try SafetensorsFile.write(concepts.map { (form == .a1111 ? unnamed : $0.name, $0.vectors.detached().converted(to: .f32)) }, to: path)
  }

  /// Reads tokens, in the order of their names.
  ///
  /// An entry `[D]` is one vector. A file whose entry has no name of its own is named by its `name`, else by the file: `<panda>` for
  /// `panda.safetensors`.
  ///
  /// - Parameter name: What to call the token of a file that holds one.
  /// - Throws: ``FormatError`` if the file is no such file, or `name` is given and it holds several.
  package static func read(_ path: String, name: String? = nil) throws(FormatError) -> [Concept] {
    let bytes = try Bytes.mapping(path)
    let found: [(name: String, vectors: Tensor)]
    if TorchFile.isTorch(bytes) || TorchFile.isName(path) {
      found = try entries(of: try TorchFile(bytes, name: path), path)
    } else {
      found = try entries(of: try SafetensorsFile(bytes, name: path), path)
    }
    if let name, found.count > 1 {
      throw FormatError(
        "cannot be loaded under one name", file: path, found: "\(found.count) tokens: \(FormatError.listing(found.map(\.name), first: 6)); asked for '\(name)'")
    }
    var concepts: [Concept] = []
    for (key, vectors) in found {
      var concept = Concept(name ?? key, vectors: try checked(vectors, key, path))
      concept.source = path
      concepts.append(concept)
    }
    return concepts
  }

  // MARK: - Forms

  private static func entries(of file: SafetensorsFile, _ path: String) throws(FormatError) -> [(name: String, vectors: Tensor)] {
    let family = ModelFamily(of: file)
    try refuseSDXL(Dictionary(uniqueKeysWithValues: file.entries.map { ($0.key, $0.value.shape) }), path)
    guard !file.keys.isEmpty else { throw FormatError("holds no tokens", file: path) }
    guard family == .textualInversion || family == .unknown else { throw FormatError("is \(family.withArticle)", file: path, expected: "learned tokens") }
    var found: [(name: String, vectors: Tensor)] = []
    for key in file.keys { found.append((isNamed(key) ? key : token(stem(path)), try file.tensor(key))) }
    return found
  }

  private static func entries(of file: TorchFile, _ path: String) throws(FormatError) -> [(name: String, vectors: Tensor)] {
    if case .tensor(let entry) = file.root { return [(token(stem(path)), try file.tensor(entry, key: "the tensor"))] }
    var name: String?
    var top = file.root
    if var inner = top["string_to_param"] {
      if let parameters = inner["_parameters"] { inner = parameters }  // a ParameterDict of torch of 2022
      if case .text(let said)? = top["name"], !said.isEmpty { name = token(said) }
      top = inner
    }
    var tensors: [(key: String, entry: SafetensorsFile.Entry)] = []
    if case .map(let pairs) = top { for (key, value) in pairs { if case .tensor(let entry) = value { tensors.append((key, entry)) } } }
    try refuseSDXL(Dictionary(tensors.map { ($0.key, $0.entry.shape) }) { $1 }, path)
    guard !tensors.isEmpty else { throw FormatError("holds no tokens", file: path, found: file.root.brief, expected: "vectors under their names, or 'string_to_param'") }
    guard tensors.count <= 1024, !tensors.contains(where: { $0.key.hasSuffix(".weight") }) else {
      throw FormatError("holds the weights of a network", file: path, found: FormatError.listing(tensors.map(\.key), first: 3), expected: "learned tokens")
    }
    var found: [(name: String, vectors: Tensor)] = []
    for (key, entry) in tensors.sorted(by: { $0.key < $1.key }) {
      found.append((isNamed(key) ? key : name ?? token(stem(path)), try file.tensor(entry, key: key)))
    }
    return found
  }

  /// Files for SDXL hold vectors for its two text encoders.
  private static func refuseSDXL(_ shapes: [String: [Int]], _ path: String) throws(FormatError) {
    guard let second = shapes["clip_g"] else { return }
    let first = shapes["clip_l"]?.last.map { "'clip_l' of width \($0) and " } ?? ""
    throw FormatError(
      "is a learned token for Stable Diffusion XL, which limn does not run", file: path, found: "\(first)'clip_g' of width \(second.last ?? 0)",
      expected: "vectors of one text encoder")
  }

  private static func checked(_ vectors: Tensor, _ key: String, _ path: String) throws(FormatError) -> Tensor {
    guard vectors.dtype.isFloat, vectors.rank == 1 || vectors.rank == 2, vectors.count > 0, vectors.rank == 1 || vectors.shape[0] <= limit else {
      throw FormatError("is not a learned token", file: path, key: key, found: "\(vectors.shape)", expected: "[D] or [n, D] with n up to \(limit)")
    }
    let wide = (vectors.rank == 1 ? vectors.unsqueezed(0) : vectors).converted(to: .f32)
    guard wide.floats().allSatisfy(\.isFinite) else { throw FormatError("holds numbers that are not finite", file: path, key: key) }
    return wide
  }

  // MARK: - Names

  /// Whether a key names a token; `*` and A1111's name for its entry do not.
  private static func isNamed(_ key: String) -> Bool { key != unnamed && key != "*" }

  /// A name in angle brackets, without spaces.
  private static func token(_ name: String) -> String {
    if name.count > 2, name.hasPrefix("<"), name.hasSuffix(">"), !name.contains(where: \.isWhitespace) { return name }
    return "<\(String(name.map { $0.isWhitespace ? "-" : $0 }.filter { $0 != "<" && $0 != ">" }))>"
  }

  private static func stem(_ path: String) -> String {
    let file = path.splitLastComponent.1
    guard let dot = file.lastIndex(of: "."), dot != file.startIndex else { return file }
    return String(file[..<dot])
  }
}

extension Model {
  /// What should be said of tokens that a model is given, a sentence each: those that change nothing.
  package func notes(on concepts: [Concept]) -> [String] {
    concepts.compactMap { concept in
      let vectors = concept.vectors.detached().floats()
      if vectors.allSatisfy({ $0 == 0 }) { return "the vectors of '\(concept.name)' are zeros: it says nothing" }
      if let known = self.concepts.first(where: { $0.name == concept.name }), known.vectors.shape == concept.vectors.shape, known.vectors.detached().floats() == vectors {
        return "'\(name)' knows '\(concept.name)' with these vectors already: nothing changed"
      }
      guard concept.vectors.shape[1] == textEncoder.config.features, let word = word(withVectors: concept.vectors.detached()) else { return nil }
      return "'\(concept.name)' has the vectors of '\(word)': nothing was learned"
    }
  }

  /// The word or words whose vectors these are, but for the rounding of files in half precision.
  private func word(withVectors vectors: Tensor) -> String? {
    let table = textEncoder.tokens.table.tensor, width = table.shape[1]
    let wanted = vectors.floats()
    return table.withFloats { rows in
      var pieces: [String] = []
      for first in stride(from: 0, to: wanted.count, by: width) {
        let same = (0..<min(table.shape[0], tokenizer.vocabularySize)).first { id in
          (0..<width).allSatisfy { abs(rows[id * width + $0] - wanted[first + $0]) <= 4e-3 * abs(rows[id * width + $0]) + 1e-7 }
        }
        guard let same, let spelling = tokenizer.spelling(of: same) else { return nil }
        pieces.append(spelling.hasSuffix("</w>") ? spelling.dropLast(4) + " " : spelling)
      }
      let text = pieces.joined()
      return text.hasSuffix(" ") ? String(text.dropLast()) : text
    }
  }
}
