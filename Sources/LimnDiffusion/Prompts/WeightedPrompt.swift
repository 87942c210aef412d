/// A prompt with its syntax read off: the plain words, and how much each counts.
package struct WeightedPrompt: Sendable {
  /// The prompt without the syntax.
  package let text: String
  package let dialect: PromptDialect
  /// Weighted stretches of `text`, in UTF-8 offsets. Where several hold a place, their weights multiply.
  package private(set) var spans: [(range: Range<Int>, weight: Float)] = []
  /// UTF-8 offsets of `text` at which tokens begin anew, as in tools that cut a prompt into weighted parts first.
  package private(set) var cuts: [Int] = []
  /// UTF-8 offsets of `text` at which a new row of the text encoder begins.
  package private(set) var breaks: [Int] = []
  /// What the user should be told once.
  package private(set) var notes: [String] = []

  /// Whether any word has a weight of its own.
  package var isWeighted: Bool { !spans.isEmpty }

  /// Reads `source`; what is not syntax of the dialect stays text.
  ///
  /// - Throws: ``PromptSyntaxError`` with the place of what is not well formed.
  package init(_ source: String, dialect: PromptDialect = .limn) throws(PromptSyntaxError) {
    self.dialect = dialect
    switch dialect {
    case .limn:
      (text, spans) = try LimnPrompt.read(source)
    case .a1111:
      var reader = A1111Prompt(source)
      let parts = try reader.read()
      (text, notes) = (parts.text, reader.notes)
      (spans, cuts, breaks) = (parts.spans, parts.cuts, parts.breaks)
    case .compel:
      var reader = CompelPrompt(source)
      let parts = try reader.read()
      text = parts.text
      (spans, cuts) = (parts.spans, parts.cuts)
    }
  }

  /// The weight of what begins at a UTF-8 offset.
  package func weight(at offset: Int) -> Float {
    spans.reduce(1) { $1.range.contains(offset) ? $0 * $1.weight : $0 }
  }
}

/// Stretches of text with a weight each, as the dialects with fragments read them.
struct PromptParts {
  private(set) var bytes: [[UInt8]] = []
  private(set) var weights: [Float] = []
  /// Parts before which a new row begins.
  private var broken: [Int] = []

  var count: Int { bytes.count }

  mutating func append(_ part: some Sequence<UInt8>) {
    bytes.append(Array(part))
    weights.append(1)
  }

  mutating func breakRow() { broken.append(count) }

  mutating func scale(_ parts: Range<Int>, by weight: Float) {
    for part in parts { weights[part] *= weight }
  }

  /// The parts, neighbours of one weight joined unless a row begins between them.
  private var joined: [(bytes: [UInt8], weight: Float)] {
    var result: [(bytes: [UInt8], weight: Float)] = []
    for (index, part) in bytes.enumerated() where !part.isEmpty {
      if let last = result.last, last.weight == weights[index], !broken.contains(where: { $0 <= index && $0 > lastPart(before: index) }) {
        result[result.count - 1].bytes += part
      } else {
        result.append((part, weights[index]))
      }
    }
    return result
  }

  /// The number of the last part before `index` that is not empty; −1 if there is none.
  private func lastPart(before index: Int) -> Int { bytes[..<index].lastIndex { !$0.isEmpty } ?? -1 }

  var text: String { String(decoding: bytes.joined(), as: UTF8.self) }

  /// Where each part of a weight other than 1 lies in ``text``.
  var spans: [(range: Range<Int>, weight: Float)] {
    var start = 0
    return joined.compactMap { part in
      defer { start += part.bytes.count }
      return part.weight == 1 ? nil : (start..<start + part.bytes.count, part.weight)
    }
  }

  /// Where each part but the first begins in ``text``.
  var cuts: [Int] {
    var start = 0
    return joined.map { part in
      defer { start += part.bytes.count }
      return start
    }.filter { $0 > 0 }
  }

  /// Where rows begin in ``text``; one place more than once for empty rows.
  var breaks: [Int] { broken.map { bytes[..<$0].reduce(0) { $0 + $1.count } } }
}

/// Bytes of the syntaxes.
enum PromptSign {
  static let open = UInt8(ascii: "("), close = UInt8(ascii: ")")
  static let openSquare = UInt8(ascii: "["), closeSquare = UInt8(ascii: "]")
  static let colon = UInt8(ascii: ":"), backslash = UInt8(ascii: "\\"), bar = UInt8(ascii: "|")
  static let plus = UInt8(ascii: "+"), minus = UInt8(ascii: "-")

  static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
  static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
  static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte & 0xDF) || byte >= 0x80 }
  /// What a number is made of.
  static func isOfNumber(_ byte: UInt8) -> Bool { isDigit(byte) || byte == UInt8(ascii: ".") || byte == plus || byte == minus }
}
