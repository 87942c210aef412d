import LimnNN

/// What becomes of a prompt that is longer than one row of the text encoder.
package enum LongPrompt: String, CaseIterable, Sendable {
  /// Tokens past the end fall off.
  case cut
  /// The prompt takes as many rows as it needs; their encodings are joined.
  case chunk
}

/// A prompt as rows of ids for a text encoder, with the way back from words to positions.
package struct TokenizedPrompt: Sendable {
  package let text: String
  /// All tokens of the prompt, also those that fell off.
  package let pieces: [TokenPiece]
  /// Rows of `maxLength` ids: the begin mark, up to `room` tokens, the end mark, padding. At least one.
  package let rows: [[Int]]
  /// How many of ``pieces``, from the first, are in ``rows``.
  package let kept: Int
  /// Where each of the kept pieces stands.
  private let places: [Int]
  private let tokenizer: ClipTokenizer

  /// - Parameters:
  ///   - cuts: UTF-8 offsets at which tokens begin anew.
  ///   - breaks: UTF-8 offsets at which a row begins; a prompt with any takes as many rows as it needs.
  fileprivate init(
    _ text: String, tokenizer: ClipTokenizer, long: LongPrompt, rows rowCount: Int?, cuts: [Int], breaks: [Int]
  ) {
    self.text = text
    self.tokenizer = tokenizer
    pieces = cuts.isEmpty && breaks.isEmpty ? tokenizer.encode(text) : tokenizer.encode(text, cutAt: cuts + breaks)
    let room = tokenizer.room
    var rows: [[Int]] = [], row: [Int] = [], places: [Int] = [], breaks = breaks[...]
    func endRow() {
      let ids = [tokenizer.bos] + row + [tokenizer.eos]
      rows.append(ids + Array(repeating: tokenizer.pad, count: tokenizer.maxLength - ids.count))
      row = []
    }
    let isCut = long == .cut && breaks.isEmpty
    for piece in pieces {
      while let offset = breaks.first, offset <= piece.range.lowerBound {
        endRow()
        breaks = breaks.dropFirst()
      }
      if row.count == room {
        if isCut { break }
        endRow()
      }
      row.append(piece.id)
      places.append(rows.count * tokenizer.maxLength + row.count)  // the begin mark is 0
    }
    if !row.isEmpty || rows.isEmpty { endRow() }
    while rows.count < rowCount ?? 1 { endRow() }
    kept = places.count
    (self.rows, self.places) = (rows, places)
  }

  /// Where piece `index`, one of those kept, stands among the positions of all rows joined, the marks counted.
  package func position(ofPiece index: Int) -> Int { places[index] }

  /// The words that fell off the end, nil when all fit. For the warning.
  package var cutText: String? {
    guard kept < pieces.count else { return nil }
    return source(pieces[kept].range.lowerBound..<pieces[pieces.count - 1].range.upperBound)
  }

  /// The last word or part of one that was kept before the cut.
  package var lastKeptText: String? { kept > 0 ? source(pieces[kept - 1].range) : nil }

  /// The words of the prompt as they are written, in order; learned tokens by their names.
  package var words: [String] {
    var words: [String] = []
    for (index, piece) in pieces.enumerated() where index == 0 || pieces[index - 1].word != piece.word {
      let end = pieces[index...].prefix { $0.word == piece.word }.last!.range.upperBound
      words.append(piece.id >= tokenizer.vocabularySize ? piece.text : source(piece.range.lowerBound..<end))
    }
    return words
  }

  private func source(_ range: Range<Int>) -> String {
    let utf8 = text.utf8
    let start = utf8.index(utf8.startIndex, offsetBy: range.lowerBound)
    return String(text[start..<utf8.index(start, offsetBy: range.count)])
  }

  /// The positions of `phrase` in the prompt, one list an occurrence, first to last.
  ///
  /// A phrase is compared as tokens, so case and spacing do not matter, and "pan" is not found in "panda".
  ///
  /// - Throws: ``PromptError`` when the phrase is empty, does not occur, or fell off the end.
  package func occurrences(of phrase: String) throws(PromptError) -> [[Int]] {
    let wanted = tokenizer.encode(phrase).map(\.id)
    guard !wanted.isEmpty else { throw PromptError(.emptyPhrase, phrase: phrase) }
    var found: [Range<Int>] = []
    var index = 0
    while index + wanted.count <= pieces.count {
      if pieces[index..<index + wanted.count].lazy.map(\.id).elementsEqual(wanted) {
        found.append(index..<index + wanted.count)
        index += wanted.count
      } else {
        index += 1
      }
    }
    guard !found.isEmpty else {
      throw PromptError(.notFound(nearest: nearest(to: phrase), words: words), phrase: phrase)
    }
    let whole = found.filter { $0.upperBound <= kept }
    guard !whole.isEmpty else { throw PromptError(.cut(room: kept), phrase: phrase) }
    return whole.map { $0.map(position(ofPiece:)) }
  }

  /// The positions of `phrase`, of every occurrence or of one, counted from 1.
  ///
  /// - Throws: ``PromptError`` as ``occurrences(of:)``, and when there are fewer occurrences.
  package func positions(of phrase: String, occurrence: Int? = nil) throws(PromptError) -> [Int] {
    let all = try occurrences(of: phrase)
    guard let occurrence else { return all.flatMap { $0 } }
    guard all.indices.contains(occurrence - 1) else {
      throw PromptError(.occurrence(occurrence, count: all.count), phrase: phrase)
    }
    return all[occurrence - 1]
  }

  /// The words of the prompt nearest to a phrase that was not found: as many words as the phrase has.
  private func nearest(to phrase: String) -> String? {
    let words = words
    let length = phrase.split(whereSeparator: \.isWhitespace).count
    guard length > 0, length <= words.count else { return nearestName(to: phrase, in: words) }
    let runs = (0...words.count - length).map { words[$0..<$0 + length].joined(separator: " ") }
    return nearestName(to: phrase, in: runs)
  }
}

extension ClipTokenizer {
  /// The rows of ids a text encoder takes for `text`.
  ///
  /// - Parameter rows: With ``LongPrompt/chunk``, the least number of rows, so that a prompt and its negative agree in length.
  package func tokenize(_ text: String, long: LongPrompt = .cut, rows: Int? = nil) -> TokenizedPrompt {
    TokenizedPrompt(text, tokenizer: self, long: long, rows: rows, cuts: [], breaks: [])
  }

  /// The same for a prompt whose syntax was read off.
  package func tokenize(_ prompt: WeightedPrompt, long: LongPrompt, rows: Int? = nil) -> TokenizedPrompt {
    TokenizedPrompt(prompt.text, tokenizer: self, long: long, rows: rows, cuts: prompt.cuts, breaks: prompt.breaks)
  }
}

/// Words that were asked for and are not where they can be looked at.
package struct PromptError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Reason: Hashable, Sendable {
    case emptyPhrase
    case notFound(nearest: String?, words: [String])
    case cut(room: Int)
    case occurrence(Int, count: Int)
  }

  package let reason: Reason
  package let phrase: String

  init(_ reason: Reason, phrase: String) {
    self.reason = reason
    self.phrase = phrase
  }

  package var description: String {
    switch reason {
    case .emptyPhrase: "'\(phrase)' has no words to look for"
    case .notFound(let nearest?, _): "'\(phrase)' does not occur in the prompt; did you mean '\(nearest)'?"
    case .notFound(nil, let words) where words.isEmpty: "'\(phrase)' does not occur in the prompt, which is empty"
    case .notFound(nil, let words):
      "'\(phrase)' does not occur in the prompt: its words are \(FormatError.listing(words, first: 12))"
    case .cut(let room): "'\(phrase)' fell off the end of the prompt: only its first \(room) tokens are used"
    case .occurrence(let n, let count):
      "there is no occurrence \(n) of '\(phrase)' in the prompt: it occurs \(count == 1 ? "once" : "\(count) times")"
    }
  }
}
