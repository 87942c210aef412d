/// Prompts as AUTOMATIC1111 reads them: `(x)` counts 1.1 times, `[x]` 1/1.1, `(x:1.3)` that much, `\(` is a bracket, `BREAK` begins a new
/// row. A bracket that is never closed reaches to the end, one that was never opened is text: both are said.
///
/// What changes words during sampling (`[a:b:0.5]`, `[a|b]`), `AND` and `<lora:…>` are errors.
struct A1111Prompt {
  private let input: [UInt8]
  private(set) var notes: [String] = []
  private var parts = PromptParts()
  private var index = 0
  /// Brackets that are open: where in the source, and the first part inside.
  private var round: [(offset: Int, part: Int)] = []
  private var square: [(offset: Int, part: Int)] = []

  private static let factor: Float = 1.1

  init(_ source: String) { input = Array(source.utf8) }

  mutating func read() throws(PromptSyntaxError) -> PromptParts {
    while index < input.count { try readPart() }
    for bracket in round {
      parts.scale(bracket.part..<parts.count, by: Self.factor)
      note("'(' is never closed and reaches to the end", at: bracket.offset)
    }
    for bracket in square {
      parts.scale(bracket.part..<parts.count, by: 1 / Self.factor)
      note("'[' is never closed and reaches to the end", at: bracket.offset)
    }
    return parts
  }

  private mutating func readPart() throws(PromptSyntaxError) {
    let byte = input[index]
    switch byte {
    case PromptSign.backslash:
      let next = index + 1 < input.count ? input[index + 1] : 0
      if [PromptSign.open, PromptSign.close, PromptSign.openSquare, PromptSign.closeSquare, PromptSign.backslash].contains(next) {
        parts.append([next])
        index += 1
      }
      index += 1
    case PromptSign.open:
      round.append((index, parts.count))
      index += 1
    case PromptSign.openSquare:
      square.append((index, parts.count))
      index += 1
    case PromptSign.colon:
      if let bracket = round.last, let (weight, end) = try weight(at: index) {
        round.removeLast()
        parts.scale(bracket.part..<parts.count, by: weight)
        index = end
      } else {
        parts.append([byte])
        index += 1
      }
    case PromptSign.close:
      if let bracket = round.popLast() {
        parts.scale(bracket.part..<parts.count, by: Self.factor)
      } else {
        stray(")")
      }
      index += 1
    case PromptSign.closeSquare:
      if let bracket = square.popLast() {
        try refuseSchedule(bracket.offset + 1..<index)
        parts.scale(bracket.part..<parts.count, by: 1 / Self.factor)
      } else {
        stray("]")
      }
      index += 1
    default: try readText()
    }
  }

  /// Words up to the next sign of the syntax, cut at `BREAK`.
  private mutating func readText() throws(PromptSyntaxError) {
    let signs: [UInt8] = [
      PromptSign.backslash, PromptSign.open, PromptSign.close, PromptSign.openSquare, PromptSign.closeSquare, PromptSign.colon,
    ]
    let end = input[index...].firstIndex { signs.contains($0) } ?? input.count
    var start = index  // of what is not yet a part
    var word = index
    while word < end {
      guard isWordStart(word) else {
        word += 1
        continue
      }
      let wordEnd = input[word..<end].firstIndex { !PromptSign.isLetter($0) && !PromptSign.isDigit($0) && $0 != UInt8(ascii: "_") } ?? end
      switch String(decoding: input[word..<wordEnd], as: UTF8.self) {
      case "BREAK":
        parts.append(trimmedEnd(input[start..<word]))
        parts.breakRow()
        start = input[wordEnd..<end].firstIndex { !PromptSign.isSpace($0) } ?? end
      case "AND": throw PromptSyntaxError("prompts joined with AND are not supported in the dialect \"a1111\"", input, at: word)
      case "lora", "hypernet", "lyco":
        if word > 0, input[word - 1] == UInt8(ascii: "<"), wordEnd < input.count, input[wordEnd] == PromptSign.colon {
          throw PromptSyntaxError("adapters in prompts are not supported", input, at: word - 1)
        }
      default: break
      }
      word = max(wordEnd, start)
    }
    parts.append(input[start..<end])
    index = end
  }

  private func isWordStart(_ place: Int) -> Bool {
    func isWord(_ byte: UInt8) -> Bool { PromptSign.isLetter(byte) || PromptSign.isDigit(byte) || byte == UInt8(ascii: "_") }
    return isWord(input[place]) && (place == 0 || !isWord(input[place - 1]))
  }

  private func trimmedEnd(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    text[..<(text.lastIndex { !PromptSign.isSpace($0) }.map { $0 + 1 } ?? text.startIndex)]
  }

  /// `: 1.3 )` from a colon on: the number, and the index past the bracket.
  private func weight(at colon: Int) throws(PromptSyntaxError) -> (Float, Int)? {
    var place = colon + 1
    func skipSpaces() { while place < input.count, PromptSign.isSpace(input[place]) { place += 1 } }
    skipSpaces()
    let first = place
    while place < input.count, PromptSign.isOfNumber(input[place]) { place += 1 }
    let digits = input[first..<place]
    skipSpaces()
    guard !digits.isEmpty, place < input.count, input[place] == PromptSign.close else { return nil }
    guard let value = Float(String(decoding: digits, as: UTF8.self)), value.isFinite else {
      throw PromptSyntaxError("a weight is no number", input, at: first)
    }
    return (value, place + 1)
  }

  /// Inside of square brackets a colon with a number after it, or a bar, changes the words while a picture is sampled.
  private func refuseSchedule(_ inside: Range<Int>) throws(PromptSyntaxError) {
    var depth = 0, place = inside.lowerBound
    var colon: Int?
    while place < inside.upperBound {
      switch input[place] {
      case PromptSign.backslash: place += 1
      case PromptSign.open, PromptSign.openSquare: depth += 1
      case PromptSign.close, PromptSign.closeSquare: depth -= 1
      case PromptSign.bar where depth == 0:
        throw PromptSyntaxError("words that take turns, as in [a|b], are not supported", input, at: inside.lowerBound - 1)
      case PromptSign.colon where depth == 0: colon = place
      default: break
      }
      place += 1
    }
    guard let colon else { return }
    let when = input[(colon + 1)..<inside.upperBound].filter { !PromptSign.isSpace($0) }
    if Double(String(decoding: when, as: UTF8.self)) != nil {
      throw PromptSyntaxError("words that change on the way, as in [a:b:0.5], are not supported", input, at: inside.lowerBound - 1)
    }
  }

  private mutating func stray(_ sign: String) {
    note("'\(sign)' was never opened and is text", at: index)
    parts.append(sign.utf8)
  }

  private mutating func note(_ message: String, at offset: Int) { notes.append(PromptSyntaxError(message, input, at: offset).description) }
}
