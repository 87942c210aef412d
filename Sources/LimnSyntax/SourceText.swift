/// A half-open range of UTF-8 byte offsets into one source text.
package struct SourceRange: Hashable, Sendable, CustomStringConvertible {
  /// The offset of the first byte.
  package var start: UInt32
  /// The offset past the last byte.
  package var end: UInt32

  package init(start: UInt32, end: UInt32) {
    self.start = start
    self.end = end
  }

  /// The range from the start of `first` to the end of `last`.
  package init(from first: SourceRange, to last: SourceRange) {
    self.init(start: first.start, end: max(first.end, last.end))
  }

  /// The empty range just after this one.
  package var after: SourceRange { SourceRange(start: end, end: end) }

  /// How many bytes the range holds.
  package var count: Int { Int(end) - Int(start) }

  package var description: String { "\(start)..<\(end)" }
}

/// A place as people say it: both numbers count from 1, `column` in characters (not bytes).
package struct SourcePosition: Hashable, Sendable {
  package let line: Int
  package let column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

/// One file, REPL input or `-e` text, held as UTF-8.
///
/// Every range of tokens, tree and diagnostics counts bytes of `bytes`; lines and columns are worked out only when
/// somebody asks.
package final class SourceText: Sendable {
  /// What diagnostics call this text: the path as the user wrote it, or something like `input 3`.
  package let name: String
  /// The text as valid UTF-8; broken sequences of the original are replaced by U+FFFD.
  package let bytes: [UInt8]
  /// Whether the original bytes were valid UTF-8.
  package let wasValidUTF8: Bool

  package init(_ text: String, name: String) {
    self.name = name
    bytes = Array(text.utf8)
    wasValidUTF8 = true
  }

  /// Takes the bytes of a file; broken UTF-8 is repaired here and reported by the parser.
  package init(bytes: [UInt8], name: String) {
    self.name = name
    let text = String(decoding: bytes, as: UTF8.self)
    // Repairing always changes the bytes: a broken sequence becomes EF BF BD.
    wasValidUTF8 = text.utf8.elementsEqual(bytes)
    self.bytes = wasValidUTF8 ? bytes : Array(text.utf8)
  }

  /// The whole text.
  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The text under a range; offsets past the end are cut.
  package subscript(range: SourceRange) -> String {
    let end = min(Int(range.end), bytes.count)
    let start = min(Int(range.start), end)
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  /// The line and column of a byte offset. O(offset).
  package func position(at offset: UInt32) -> SourcePosition {
    let offset = min(Int(offset), bytes.count)
    var line = 1
    var lineStart = 0
    for index in 0..<offset where bytes[index] == UInt8(ascii: "\n") {
      line += 1
      lineStart = index + 1
    }
    let before = String(decoding: bytes[lineStart..<offset], as: UTF8.self)
    return SourcePosition(line: line, column: before.count + 1)
  }

  /// The bytes of the line that holds `offset`, without its line end. O(line).
  package func lineRange(at offset: UInt32) -> SourceRange {
    let offset = min(Int(offset), bytes.count)
    var start = offset
    while start > 0, bytes[start - 1] != UInt8(ascii: "\n") { start -= 1 }
    var end = offset
    while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
    if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return SourceRange(start: UInt32(start), end: UInt32(end))
  }
}
