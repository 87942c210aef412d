// Text as CLIP sees it: composed (NFC), lower case, cut into words. Each scalar remembers where in the source it stood,
// so that a word of the prompt can be addressed however it was cleaned.

// NB: the standard library composes text but offers it only as SPI; to be replaced once normalization is public API
// (https://github.com/swiftlang/swift-evolution/blob/main/proposals, "Unicode Normalization").
@_spi(_Unicode) import Swift

/// One scalar of cleaned text.
struct CleanScalar {
  let scalar: Unicode.Scalar
  /// The UTF-8 offsets in the source of the character it came from.
  let range: Range<Int>
}

/// A piece of text that is encoded by itself: letters, one digit, a contraction, or a run of other signs.
struct CleanWord {
  /// UTF-8 of the cleaned word.
  var bytes: [UInt8] = []
  /// For each byte, the source range of the character it came from.
  var ranges: [Range<Int>] = []

  mutating func append(_ item: CleanScalar) {
    for byte in Character(item.scalar).utf8 {
      bytes.append(byte)
      ranges.append(item.range)
    }
  }
}

enum CleanText {
  /// The scalars of `source[range]` composed and in lower case.
  ///
  /// Composition goes character by character, which equals composing the whole: no composition crosses the boundary of
  /// a grapheme cluster. Lower case goes scalar by scalar as the reference tokenizer does (Σ is σ, also at a word's end).
  static func scalars(_ source: Substring, offset: Int) -> [CleanScalar] {
    var result: [CleanScalar] = []
    result.reserveCapacity(source.utf8.count)
    var start = offset
    for character in source {
      let range = start..<start + character.utf8.count
      start = range.upperBound
      if let ascii = character.asciiValue, character != "\r\n" {
        let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(ascii)
        result.append(CleanScalar(scalar: Unicode.Scalar(isUpper ? ascii + 32 : ascii), range: range))
        continue
      }
      for composed in String(character)._nfc {
        for scalar in composed.properties.lowercaseMapping.unicodeScalars {
          result.append(CleanScalar(scalar: scalar, range: range))
        }
      }
    }
    return result
  }

  /// Cuts cleaned text into words, as the regular expression of the reference does:
  /// `'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+`, leftmost alternative first; white space falls away.
  static func words(_ text: [CleanScalar]) -> [CleanWord] {
    var words: [CleanWord] = []
    var index = 0
    func take(_ count: Int) {
      var word = CleanWord()
      for item in text[index..<index + count] { word.append(item) }
      words.append(word)
      index += count
    }
    func run(_ kind: Kind) -> Int { text[index...].prefix { Kind($0.scalar) == kind }.count }
    while index < text.count {
      switch Kind(text[index].scalar) {
      case .space: index += 1
      case .number: take(1)
      case .letter: take(run(.letter))
      case .other:
        if let count = contraction(text[index...]) {
          take(count)
        } else if let parts = spelledSpecial(text[index...]) {
          // The reference keeps a special token written in another case together here and cuts it up again below.
          for count in parts { take(count) }
        } else {
          take(run(.other))
        }
      }
    }
    return words
  }

  private enum Kind {
    case letter, number, space, other

    init(_ scalar: Unicode.Scalar) {
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: self = .letter
      case .decimalNumber, .letterNumber, .otherNumber: self = .number
      default: self = scalar.properties.isWhitespace ? .space : .other
      }
    }
  }

  private static let contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"].map { Array($0.unicodeScalars) }

  private static func contraction(_ text: ArraySlice<CleanScalar>) -> Int? {
    guard text.first?.scalar == "'" else { return nil }
    return contractions.first { text.starts(with: $0) { $0.scalar == $1 } }?.count
  }

  private static let specials = [["<|", "startoftext", "|>"], ["<|", "endoftext", "|>"]]

  private static func spelledSpecial(_ text: ArraySlice<CleanScalar>) -> [Int]? {
    guard text.first?.scalar == "<" else { return nil }
    let match = specials.first { text.starts(with: $0.joined().unicodeScalars) { $0.scalar == $1 } }
    return match?.map(\.unicodeScalars.count)
  }
}
