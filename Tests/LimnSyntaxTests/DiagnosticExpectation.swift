import LimnSyntax
import Testing

/// Takes the ‹ › marks out of a source; their ranges in the order they open.
func unmarked(_ marked: String) -> (text: String, ranges: [SourceRange]) {
  var bytes: [UInt8] = []
  var open: [Int] = []
  var ranges: [SourceRange] = []
  for character in marked {
    switch character {
    case "‹":
      open.append(ranges.count)
      ranges.append(SourceRange(start: UInt32(bytes.count), end: UInt32(bytes.count)))
    case "›": if let last = open.popLast() { ranges[last].end = UInt32(bytes.count) }
    default: bytes += Array(character.utf8)
    }
  }
  return (String(decoding: bytes, as: UTF8.self), ranges)
}

/// Parses, and checks what every text must satisfy: it is printed back unchanged, its ranges lie in it and are in order.
@discardableResult
func parsed(_ text: String, _ location: Testing.SourceLocation = #_sourceLocation) -> Program {
  let source = SourceText(text, name: "test.limn")
  let stream = tokenize(source)
  #expect(stream.printed() == text, sourceLocation: location)
  let program = parse(source)
  for diagnostic in program.diagnostics {
    #expect(
      diagnostic.range.start <= diagnostic.range.end && Int(diagnostic.range.end) <= source.bytes.count,
      sourceLocation: location)
  }
  return program
}

/// Parses a source and compares the whole rendered text of its diagnostics. The ‹ › marks are the range of the first.
func expectDiagnostics(
  _ marked: String, _ rendered: String, _ location: Testing.SourceLocation = #_sourceLocation
) {
  let (text, ranges) = unmarked(marked)
  let program = parsed(text, location)
  #expect(DiagnosticRenderer(program.source).render(program.diagnostics) == rendered, sourceLocation: location)
  if let range = ranges.first {
    #expect(program.diagnostics.contains { $0.range == range }, "the marked range", sourceLocation: location)
  }
  survivesRemovals(text)
}

/// Parses the text without each of its tokens in turn: nothing may crash or hang.
func survivesRemovals(_ text: String) {
  let source = SourceText(text, name: "test.limn")
  for token in tokenize(source).tokens where token.range.count > 0 {
    var bytes = source.bytes
    bytes.removeSubrange(Int(token.start)..<Int(token.end))
    _ = parse(SourceText(bytes: bytes, name: "test.limn"))
  }
}

/// The message and help of each diagnostic, one a line: `message → help`.
func messages(_ text: String) -> [String] {
  parsed(text).diagnostics.map { $0.help == nil ? $0.message : "\($0.message) → \($0.help!)" }
}
