/// Prompts as the compel library reads them: a word or a phrase in brackets with `+` (1.1 times each) or `-` (0.9 times each) after it, or
/// brackets with a number; inner weights multiply with outer ones, `\(` is a bracket.
///
/// `.and()`, `.blend()` and `.swap()` are errors.
struct CompelPrompt {
  private let input: [UInt8]
  private var parts = PromptParts()
  private var index = 0

  private static let more: Float = 1.1, less: Float = 0.9

  init(_ source: String) { input = Array(source.utf8) }

  mutating func read() throws(PromptSyntaxError) -> PromptParts {
    var open: [(offset: Int, part: Int)] = []
    while index < input.count {
      switch input[index] {
      case PromptSign.backslash where index + 1 < input.count && !PromptSign.isLetter(input[index + 1]):
        parts.append([input[index + 1]])
        index += 2
      case PromptSign.open:
        open.append((index, parts.count))
        index += 1
      case PromptSign.close:
        guard let bracket = open.popLast() else { throw PromptSyntaxError("')' was never opened", input, at: index) }
        index += 1
        try refuseCall()
        if let weight = try bracketWeight() { parts.scale(bracket.part..<parts.count, by: weight) }
      case let byte where PromptSign.isSpace(byte):
        parts.append([byte])
        index += 1
      default: try readWord()
      }
    }
    if let bracket = open.last { throw PromptSyntaxError("'(' is never closed", input, at: bracket.offset) }
    return parts
  }

  /// A word up to a space or bracket, with the signs at its end.
  private mutating func readWord() throws(PromptSyntaxError) {
    let stops = [PromptSign.open, PromptSign.close, PromptSign.backslash]
    let end = input[(index + 1)...].firstIndex { PromptSign.isSpace($0) || stops.contains($0) } ?? input.count
    // Commas and the like may follow the signs: 'apricots++,'.
    var signsEnd = end
    while signsEnd > index, isPunctuation(input[signsEnd - 1]) { signsEnd -= 1 }
    var signs = signsEnd
    while signs > index, input[signs - 1] == PromptSign.plus || input[signs - 1] == PromptSign.minus { signs -= 1 }
    parts.append(input[index..<signs])
    // A sign without a word before it, as in 'a - b', is text.
    if signs > index, signs < signsEnd {
      parts.scale(parts.count - 1..<parts.count, by: try power(signs..<signsEnd))
      parts.append(input[signsEnd..<end])
    } else {
      parts.append(input[signs..<end])
    }
    index = end
  }

  private func isPunctuation(_ byte: UInt8) -> Bool { ",.;:!?\"'".utf8.contains(byte) }

  private func power(_ signs: Range<Int>) throws(PromptSyntaxError) -> Float {
    guard input[signs].allSatisfy({ $0 == input[signs.lowerBound] }) else {
      throw PromptSyntaxError("a weight mixes '+' and '-'", input, at: signs.lowerBound)
    }
    let factor = input[signs.lowerBound] == PromptSign.plus ? Self.more : Self.less
    return signs.reduce(1) { weight, _ in weight * factor }
  }

  /// The weight right after a closing bracket; nil if there is none.
  private mutating func bracketWeight() throws(PromptSyntaxError) -> Float? {
    let start = index
    while index < input.count, PromptSign.isOfNumber(input[index]) { index += 1 }
    // A full stop that ends a sentence is no part of a number.
    while index > start, input[index - 1] == UInt8(ascii: ".") { index -= 1 }
    guard index > start else { return nil }
    let signs = input[start..<index]
    if signs.allSatisfy({ $0 == PromptSign.plus || $0 == PromptSign.minus }) { return try power(start..<index) }
    guard let value = Float(String(decoding: signs, as: UTF8.self)), value.isFinite, value >= 0 else {
      throw PromptSyntaxError("a weight is no number from 0 up", input, at: start)
    }
    return value
  }

  private func refuseCall() throws(PromptSyntaxError) {
    for name in [".and(", ".blend(", ".swap("] where input[index...].starts(with: name.utf8) {
      throw PromptSyntaxError("'\(name))' is not supported in the dialect \"compel\"", input, at: index)
    }
  }
}
