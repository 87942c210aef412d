import LimnNN

/// One token of a prompt.
package struct TokenPiece: Hashable, Sendable {
  /// The row of the embedding table. Learned tokens lie past the vocabulary.
  package let id: Int
  /// Where it stands in the prompt, in UTF-8 offsets; the characters it was made from, before cleaning.
  package let range: Range<Int>
  /// Its spelling in the vocabulary, `panda</w>`.
  package let text: String
  /// Which word of the prompt it belongs to, counted from 0; the pieces of one word share the number.
  package let word: Int
}

/// A token that was learned: a name for one or more rows of the embedding table past the vocabulary.
package struct LearnedToken: Hashable, Sendable {
  /// What people write, `<panda>`.
  package let name: String
  /// The ids of its vectors, in order.
  package let ids: Range<Int>
  /// The private-use character that stands for it inside strings, if it has one.
  package let character: Unicode.Scalar?
}

/// The byte-level tokenizer of CLIP text encoders.
///
/// Text is composed, put in lower case and cut into words; each word becomes pieces of the vocabulary. Special tokens
/// are recognised where they are spelled exactly; learned tokens by name, whatever the case, and by their character.
///
/// - Source: Radford et al. 2021, arXiv:2103.00020; agrees with the tokenizers library for `CLIPTokenizer`.
package struct ClipTokenizer: Sendable {
  /// How many ids one row has, with the two that mark its ends.
  package let maxLength: Int
  package let bos: Int
  package let eos: Int
  package let pad: Int
  package private(set) var learned: [LearnedToken] = []
  /// The files it was read from, for writing it again.
  package internal(set) var files: [(name: String, bytes: Bytes)] = []
  private let vocabulary: Vocabulary
  private let encoder: BytePairEncoder
  private let specials: [Special]

  private struct Special: Sendable {
    let id: Int
    let content: String
    let bytes: [UInt8]
  }

  /// - Parameter specials: Tokens that are recognised as a whole in the source text.
  init(
    vocabulary: Vocabulary, encoder: BytePairEncoder, specials: [(id: Int, content: String)], bos: Int, eos: Int,
    pad: Int,
    maxLength: Int
  ) {
    self.vocabulary = vocabulary
    self.encoder = encoder
    // The longest first, so that a token is not taken for the beginning of another.
    self.specials = specials.map { Special(id: $0.id, content: $0.content, bytes: Array($0.content.utf8)) }
      .filter { !$0.bytes.isEmpty }.sorted { $0.bytes.count > $1.bytes.count }
    self.bos = bos
    self.eos = eos
    self.pad = pad
    self.maxLength = maxLength
  }

  /// How many ids the vocabulary has; learned tokens take those from here on.
  package var vocabularySize: Int { vocabulary.spellings.count }

  /// How many tokens of a prompt fit one row.
  package var room: Int { maxLength - 2 }

  /// The spelling of `id`, for showing tokens to people.
  package func spelling(of id: Int) -> String? {
    if vocabulary.spellings.indices.contains(id) { return vocabulary.spellings[id] }
    return learned.first { $0.ids.contains(id) }?.name
  }

  /// A copy that also knows a learned token.
  ///
  /// - Parameter vectors: How many rows it has.
  /// - Parameter firstID: Its first row; the next free one when left out.
  /// - Parameter character: The private-use character that stands for it inside strings.
  package func adding(
    _ name: String, vectors: Int = 1, firstID: Int? = nil, character: Unicode.Scalar? = nil
  ) -> ClipTokenizer {
    precondition(vectors > 0, "a learned token has at least one vector")
    let first = firstID ?? learned.map(\.ids.upperBound).max() ?? vocabularySize
    precondition(first >= vocabularySize, "a learned token lies past the vocabulary")
    var copy = self
    copy.learned.removeAll { $0.name == name || (character != nil && $0.character == character) }
    copy.learned.append(LearnedToken(name: name, ids: first..<first + vectors, character: character))
    return copy
  }

  /// The private-use characters in `text` that stand for no token this tokenizer knows.
  package func unknownCharacters(in text: String) -> [Unicode.Scalar] {
    text.unicodeScalars.filter { scalar in
      scalar.value >= 0xF0000 && !learned.contains { $0.character == scalar }
    }
  }

  /// The tokens of `text`, without the two that mark the ends of a row and however many they are.
  package func encode(_ text: String) -> [TokenPiece] {
    var pieces: [TokenPiece] = []
    var word = 0
    var start = 0  // UTF-8 offset of the plain text not yet encoded
    let utf8 = Array(text.utf8)
    func flush(upTo end: Int) {
      guard end > start else { return }
      let plain = String(decoding: utf8[start..<end], as: UTF8.self)
      encodePlain(plain, offset: start, word: &word, into: &pieces)
    }
    var index = 0
    while index < utf8.count {
      guard let special = specials.first(where: { utf8[index...].starts(with: $0.bytes) }) else {
        index += 1
        continue
      }
      flush(upTo: index)
      let range = index..<index + special.bytes.count
      pieces.append(TokenPiece(id: special.id, range: range, text: special.content, word: word))
      word += 1
      index = range.upperBound
      start = index
    }
    flush(upTo: utf8.count)
    return pieces
  }

  /// The tokens of `text` taken apart at UTF-8 offsets first: none reaches over one.
  func encode(_ text: String, cutAt offsets: [Int]) -> [TokenPiece] {
    let utf8 = Array(text.utf8)
    var pieces: [TokenPiece] = []
    var start = 0
    for end in Set(offsets + [utf8.count]).sorted() where end > start {
      let word = pieces.last.map { $0.word + 1 } ?? 0
      pieces += encode(String(decoding: utf8[start..<end], as: UTF8.self)).map {
        TokenPiece(id: $0.id, range: $0.range.lowerBound + start..<$0.range.upperBound + start, text: $0.text, word: $0.word + word)
      }
      start = end
    }
    return pieces
  }

  /// Encodes text that holds no special token: learned tokens, and the words between them.
  private func encodePlain(_ text: String, offset: Int, word: inout Int, into pieces: inout [TokenPiece]) {
    let scalars = CleanText.scalars(text[...], offset: offset)
    var start = 0
    func encodeWords(upTo end: Int, _ word: inout Int, _ pieces: inout [TokenPiece]) {
      for part in CleanText.words(Array(scalars[start..<end])) {
        for run in encoder.encode(part.bytes) {
          let ranges = part.ranges[run.bytes]
          let range = ranges.first!.lowerBound..<ranges.last!.upperBound
          pieces.append(TokenPiece(id: Int(run.id), range: range, text: spelling(of: Int(run.id)) ?? "", word: word))
        }
        word += 1
      }
    }
    if !learned.isEmpty {
      // The longest name first: '<cat-toy>' before '<cat'.
      let names = learned.map { (token: $0, scalars: CleanText.scalars($0.name[...], offset: 0).map(\.scalar)) }
        .sorted { $0.scalars.count > $1.scalars.count }
      var index = 0
      while index < scalars.count {
        guard let (token, count) = match(scalars[index...], names) else {
          index += 1
          continue
        }
        encodeWords(upTo: index, &word, &pieces)
        let range = scalars[index].range.lowerBound..<scalars[index + count - 1].range.upperBound
        for (order, id) in token.ids.enumerated() {
          let text = order == 0 ? token.name : "\(token.name)_\(order)"
          pieces.append(TokenPiece(id: id, range: range, text: text, word: word))
        }
        word += 1
        index += count
        start = index
      }
    }
    encodeWords(upTo: scalars.count, &word, &pieces)
  }

  private func match(
    _ text: ArraySlice<CleanScalar>, _ names: [(token: LearnedToken, scalars: [Unicode.Scalar])]
  ) -> (LearnedToken, Int)? {
    for (token, scalars) in names {
      if token.character == text.first!.scalar { return (token, 1) }
      if !scalars.isEmpty, text.starts(with: scalars, by: { $0.scalar == $1 }) { return (token, scalars.count) }
    }
    return nil
  }
}
