/// A small bitmap font for labels: ASCII, five by seven pixels with two more for descenders, enlarged by whole factors.
package enum Font {
  package static let glyphWidth = 5
  package static let glyphHeight = 9
  /// From one character to the next, at scale 1.
  package static let advance = 6
  /// From one line to the next, at scale 1.
  package static let lineHeight = 11

  /// The rows of each glyph from U+0020 to U+007F; bit 4 is the left column.
  private static let glyphs: [[UInt8]] = {
    let blocks = FontSheet.art.split(separator: "\n\n").map { $0.split(separator: "\n") }
    return blocks.flatMap { rows in
      (0..<16).map { index in
        rows.map { row in row.dropFirst(index * advance).prefix(glyphWidth).reduce(0) { $0 << 1 | ($1 == "#" ? 1 : 0) } }
      }
    }
  }()

  /// The rows of a character's glyph; of the box for one that has none.
  package static func rows(of character: Character) -> [UInt8] {
    guard let code = character.asciiValue, (32..<127).contains(code) else { return glyphs[95] }
    return glyphs[Int(code) - 32]
  }

  /// How large a text is drawn, in pixels. Lines are parted by newlines.
  package static func size(of text: String, scale: Int = 1) -> (width: Int, height: Int) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let longest = lines.map(\.count).max() ?? 0
    return (max(longest * advance - 1, 0) * scale, ((lines.count - 1) * lineHeight + glyphHeight) * scale)
  }

  /// Breaks a text at spaces so that no line is wider than `width` pixels; a word that is wider is broken anywhere.
  package static func wrapped(_ text: String, width: Int, scale: Int = 1) -> String {
    let columns = max((width / scale + 1) / advance, 1)
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      var lines: [String] = []
      var current = ""
      for word in line.split(separator: " ") {
        var word = Substring(word)
        if !current.isEmpty, current.count + 1 + word.count > columns {
          lines.append(current)
          current = ""
        }
        while word.count > columns {
          lines.append(String(word.prefix(columns)))
          word = word.dropFirst(columns)
        }
        current += (current.isEmpty ? "" : " ") + word
      }
      return (lines + [current]).joined(separator: "\n")
    }.joined(separator: "\n")
  }
}

extension Canvas {
  /// Draws a text whose top left corner is (`x`, `y`), `scale` pixels a dot; what leaves the canvas is cut off.
  package mutating func write(_ text: String, x: Int, y: Int, color: Color, scale: Int = 1) {
    for (line, characters) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      for (column, character) in characters.enumerated() {
        for (row, bits) in Font.rows(of: character).enumerated() {
          for dot in 0..<Font.glyphWidth where bits >> (Font.glyphWidth - 1 - dot) & 1 == 1 {
            fill(color, x: x + (column * Font.advance + dot) * scale, y: y + (line * Font.lineHeight + row) * scale,
              width: scale, height: scale)
          }
        }
      }
    }
  }
}
