import LimnNN

extension ClipTokenizer {
  /// Reads the tokenizer of a model folder: `vocab.json` and `merges.txt`, or `tokenizer.json`, and the configs beside them.
  ///
  /// - Parameter tree: The tokenizer's own folder.
  /// - Parameter maxLength: Overrides the length of a row, as the text encoder's table of positions is the truth.
  /// - Parameter pad: Overrides the token that fills a row.
  /// - Throws: ``FormatError`` when a file is missing or contradicts itself.
  package init(_ tree: any FileTree, maxLength: Int? = nil, pad padding: String? = nil) throws(FormatError) {
    var source = try VocabularyFiles(tree)
    let config = try tree.json("tokenizer_config.json") ?? [:]
    let map = try tree.json("special_tokens_map.json") ?? [:]
    for (key, value) in try tree.json("added_tokens.json")?.object?.map({ ($0.key, $0.value) }) ?? [] {
      if let id = value.int { source.add(key, id: id) }
    }
    for member in config["added_tokens_decoder"]?.object ?? [] {
      if let id = Int(member.key), let content = member.value["content"]?.string { source.add(content, id: id) }
    }

    /// The text of a special token: a string, or an object with its `content`.
    func content(_ name: String, otherwise: String?) -> String? {
      for document in [config, map] {
        if let text = document[name]?.string ?? document[name]?["content"]?.string { return text }
      }
      return otherwise
    }
    func id(_ name: String, is given: String? = nil, otherwise: String?) throws(FormatError) -> Int32 {
      let text = given ?? content(name, otherwise: otherwise)
      guard let text, let id = source.vocabulary.id(of: text) else {
        throw FormatError(
          "the vocabulary has no such token", file: "\(tree.name)/\(source.file)", key: name,
          found: text.map { "'\($0)'" })
      }
      return id
    }
    let bos = try id("bos_token", otherwise: "<|startoftext|>")
    let eos = try id("eos_token", otherwise: "<|endoftext|>")
    let pad = try id("pad_token", is: padding, otherwise: content("eos_token", otherwise: "<|endoftext|>"))
    let unknown = try id("unk_token", otherwise: content("eos_token", otherwise: "<|endoftext|>"))
    // Recognised as a whole wherever they are spelled. For 2.x that takes in '!', its padding, as the reference does.
    for id in [bos, eos, unknown, pad] {
      if let spelling = source.vocabulary.spellings[Int(id)] { source.add(spelling, id: Int(id)) }
    }

    // Some configs write 1e30 for "no limit".
    let stated = config["model_max_length"]?.double.flatMap { $0 < 1e6 ? Int(exactly: $0) : nil }
    let length = maxLength ?? stated ?? 77
    guard length > 2 else {
      throw FormatError(
        "leaves no room for words", file: "\(tree.name)/tokenizer_config.json", key: "model_max_length",
        found: "\(length)", expected: "more than 2")
    }
    let encoder = try BytePairEncoder(
      vocabulary: source.vocabulary, merges: source.merges, unknown: unknown, file: "\(tree.name)/\(source.file)")
    self.init(
      vocabulary: source.vocabulary, encoder: encoder, specials: source.specials, bos: Int(bos), eos: Int(eos),
      pad: Int(pad),
      maxLength: length)
    for name in ["vocab.json", "merges.txt", "tokenizer.json", "special_tokens_map.json", "added_tokens.json"] {
      if let bytes = try tree.bytes(name) { files.append((name, bytes)) }
    }
    // What was overridden is what the files to write say.
    var written = config.with("tokenizer_class", "CLIPTokenizer").with("model_max_length", .int(length))
    if let padding { written = written.with("pad_token", .string(padding)) }
    files.append(("tokenizer_config.json", Bytes(Array((written.description + "\n").utf8))))
  }
}

/// What the vocabulary files of a tokenizer say, whichever of the two layouts they are in.
private struct VocabularyFiles {
  /// The file the vocabulary came from, for messages.
  let file: String
  private(set) var vocabulary = Vocabulary()
  private(set) var merges: [BytePairEncoder.MergePair] = []
  /// Tokens recognised as a whole in the source text.
  private(set) var specials: [(id: Int, content: String)] = []

  /// No vocabulary of a text encoder is near this; a wild id must not size an array.
  private static let largestID = 4_000_000

  init(_ tree: any FileTree) throws(FormatError) {
    if let document = try tree.json("vocab.json") {
      file = "vocab.json"
      try readVocabulary(document, in: tree)
      guard let bytes = try tree.bytes("merges.txt") else {
        throw FormatError("there is no 'merges.txt' beside 'vocab.json'", file: tree.name)
      }
      try readMerges(bytes.withBytes { Array($0) }, file: "\(tree.name)/merges.txt")
    } else if let document = try tree.json("tokenizer.json") {
      file = "tokenizer.json"
      try readTokenizer(document, in: tree)
    } else {
      let there = tree.list("")
      throw FormatError(
        "there is no tokenizer", file: tree.name, found: there.isEmpty ? "nothing" : FormatError.listing(there),
        expected: "'vocab.json' and 'merges.txt', or 'tokenizer.json'")
    }
  }

  mutating func add(_ content: String, id: Int) {
    guard (0...Self.largestID).contains(id) else { return }
    vocabulary.put(content, id: id)
    if !specials.contains(where: { $0.id == id }) { specials.append((id, content)) }
  }

  private mutating func readVocabulary(_ document: JSON, in tree: any FileTree) throws(FormatError) {
    guard let members = document.object else {
      throw FormatError(
        "is not a vocabulary", file: "\(tree.name)/\(file)", found: document.kind, expected: "an object")
    }
    for member in members {
      guard let id = member.value.int, (0...Self.largestID).contains(id) else {
        throw FormatError(
          "is not the id of a piece", file: "\(tree.name)/\(file)", key: member.key, found: "\(member.value)")
      }
      vocabulary.put(member.key, id: id)
    }
  }

  private mutating func readMerges(_ text: [UInt8], file: String) throws(FormatError) {
    for (index, line) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      // "#version: 0.2" stands on the first line only: '#' is also a piece.
      if line.isEmpty || (index == 0 && line.starts(with: "#version".utf8)) { continue }
      try addMerge(line.last == UInt8(ascii: "\r") ? line.dropLast() : line, number: index + 1, file: file)
    }
  }

  private mutating func addMerge(_ line: ArraySlice<UInt8>, number: Int, file: String) throws(FormatError) {
    guard let space = line.firstIndex(of: UInt8(ascii: " ")), space > line.startIndex, space + 1 < line.endIndex,
      !line[(space + 1)...].contains(UInt8(ascii: " "))
    else {
      throw FormatError(
        "line \(number) is not a merge", file: file, found: "'\(String(decoding: line, as: UTF8.self))'",
        expected: "two pieces")
    }
    merges.append((line[..<space], line[(space + 1)...]))
  }

  private mutating func readTokenizer(_ document: JSON, in tree: any FileTree) throws(FormatError) {
    let name = "\(tree.name)/\(file)"
    guard let model = document["model"], let pieces = model["vocab"], let pairs = model["merges"]?.array,
      model["type"]?.string ?? "BPE" == "BPE"
    else {
      throw FormatError(
        "is not a byte-pair tokenizer", file: name, found: document["model"]?["type"]?.string.map { "'\($0)'" },
        expected: "'BPE' with a vocabulary and merges")
    }
    guard model["end_of_word_suffix"]?.string ?? "</w>" == "</w>" else {
      throw FormatError("is not the tokenizer of a CLIP text encoder: its words do not end in '</w>'", file: name)
    }
    try readVocabulary(pieces, in: tree)
    for (index, pair) in pairs.enumerated() {
      if let text = pair.string {
        try addMerge(Array(text.utf8)[...], number: index + 1, file: name)
      } else if let parts = pair.array, parts.count == 2, let left = parts[0].string, let right = parts[1].string {
        merges.append((Array(left.utf8)[...], Array(right.utf8)[...]))
      } else {
        throw FormatError("merge \(index + 1) is malformed", file: name, found: "\(pair)", expected: "two pieces")
      }
    }
    for token in document["added_tokens"]?.array ?? [] {
      if let id = token["id"]?.int, let content = token["content"]?.string { add(content, id: id) }
    }
  }
}
