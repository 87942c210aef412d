/// Limn's own `(words:1.3)`. Only this form is syntax; brackets without a number are text. Inner weights multiply with outer ones.
enum LimnPrompt {
  typealias Spans = [(range: Range<Int>, weight: Float)]

  static func read(_ source: String) throws(PromptSyntaxError) -> (text: String, spans: Spans) {
    let input = Array(source.utf8)
    guard input.contains(PromptSign.open) else { return (source, []) }
    var bytes: [UInt8] = [], spans: Spans = []
    var open: [(source: Int, output: Int)] = []  // where brackets opened
    var index = 0
    while index < input.count {
      let byte = input[index]
      if byte == PromptSign.open { open.append((index, bytes.count)) }
      if byte == PromptSign.close, open.last != nil { open.removeLast() }
      if byte == PromptSign.colon, let start = open.last, let (weight, end) = try weight(input, after: index, opened: start.source) {
        open.removeLast()
        bytes.remove(at: start.output)
        // What stood inside moves one to the left with the bracket gone.
        spans = spans.map { span in
          span.range.lowerBound > start.output ? (span.range.lowerBound - 1..<span.range.upperBound - 1, span.weight) : span
        }
        guard bytes[start.output...].contains(where: { !PromptSign.isSpace($0) }) else {
          throw PromptSyntaxError("a weight stands without words", input, at: start.source)
        }
        spans.append((start.output..<bytes.count, weight))
        index = end
        continue
      }
      bytes.append(byte)
      index += 1
    }
    return (String(decoding: bytes, as: UTF8.self), spans)
  }

  /// The number after a colon and the index past its closing bracket; nil when what stands there is text.
  private static func weight(_ input: [UInt8], after colon: Int, opened: Int) throws(PromptSyntaxError) -> (Float, Int)? {
    let rest = input[(colon + 1)...]
    let end = rest.firstIndex { !PromptSign.isOfNumber($0) && !PromptSign.isSpace($0) } ?? input.count
    let digits = rest[..<end].filter { !PromptSign.isSpace($0) }
    guard digits.contains(where: PromptSign.isDigit) else { return nil }
    guard end < input.count else { throw PromptSyntaxError("'(' with a weight is never closed", input, at: opened) }
    guard input[end] == PromptSign.close else { return nil }
    guard let value = Float(String(decoding: digits, as: UTF8.self)), value.isFinite else {
      throw PromptSyntaxError("a weight is no number", input, at: colon + 1)
    }
    return (value, end + 1)
  }
}
