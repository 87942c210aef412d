/// Makes diagnostics into text, as people see them:
///
///     error[E2003]: 'hole' is 512×512 but 'photo' is 768×512
///      --> poster.limn:4:15
///     4 | photo.inpaint(hole, "a red kite")
///       |               ^^^^ help: hole.fit(photo)
package struct DiagnosticRenderer: Sendable {
  /// Longer lines are shown in part, around the place. In columns.
  static let widestLine = 160

  package let source: SourceText
  /// Whether to write the colours of a terminal (ANSI).
  package let isColored: Bool

  package init(_ source: SourceText, isColored: Bool = false) {
    self.source = source
    self.isColored = isColored
  }

  /// Several diagnostics of one text, a blank line between them; ends without a line end.
  package func render(_ diagnostics: [Diagnostic]) -> String {
    diagnostics.map(render).joined(separator: "\n\n")
  }

  /// One diagnostic; ends without a line end.
  package func render(_ diagnostic: Diagnostic) -> String {
    var marks = [Mark(diagnostic.range, isPrimary: true, diagnostic.label, in: source)]
    marks += diagnostic.secondary.map { Mark($0.range, isPrimary: false, $0.label, in: source) }
    if diagnostic.label == nil, let help = diagnostic.help { marks[0].text = "help: \(help)" }

    let place = source.position(at: diagnostic.range.start)
    let gutter = String(marks.map(\.line).max() ?? 1).count
    let blank = String(repeating: " ", count: gutter)
    let kind = "\(diagnostic.severity.rawValue)[\(diagnostic.code)]"
    var lines = [paint(kind, severityColor(diagnostic.severity)) + ": " + diagnostic.message]
    lines.append("\(blank)\(paint("-->", .frame)) \(source.name):\(place.line):\(place.column)")

    let shown = Set(marks.map(\.line)).sorted()
    for line in shown {
      // The primary mark comes first, directly under the text.
      let here = marks.filter { $0.line == line }
      let excerpt = Excerpt(of: source, around: here[0])
      let number = String(line)
      let padding = String(repeating: " ", count: gutter - number.count)
      lines.append("\(paint("\(padding)\(number) |", .frame)) \(excerpt.text)")
      for mark in here {
        let (start, width) = excerpt.columns(of: mark)
        let underline = String(repeating: mark.isPrimary ? "^" : "-", count: width)
        let text = mark.text.map { " " + $0 } ?? ""
        let color = mark.isPrimary ? severityColor(diagnostic.severity) : .frame
        lines.append(
          "\(paint("\(blank) |", .frame)) \(String(repeating: " ", count: start))\(paint(underline + text, color))")
      }
    }
    if diagnostic.label != nil, let help = diagnostic.help { lines.append("\(blank) = help: \(help)") }
    return lines.joined(separator: "\n")
  }

  // MARK: - Colours

  private enum Color: String {
    case error = "1;31"
    case warning = "1;33"
    case note = "1;36"
    case frame = "34"
  }

  private func severityColor(_ severity: Diagnostic.Severity) -> Color {
    switch severity {
    case .error: .error
    case .warning: .warning
    case .note: .note
    }
  }

  private func paint(_ text: String, _ color: Color) -> String {
    isColored ? "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m" : text
  }
}

/// A range to underline, on the line it starts on.
private struct Mark {
  let line: Int
  let lineRange: SourceRange
  /// In bytes from the start of the line; a range over several lines is cut at the end of the first.
  let start: Int
  let end: Int
  let isPrimary: Bool
  var text: String?

  init(_ range: SourceRange, isPrimary: Bool, _ text: String?, in source: SourceText) {
    line = source.position(at: range.start).line
    lineRange = source.lineRange(at: range.start)
    start = min(Int(range.start), Int(lineRange.end)) - Int(lineRange.start)
    end = max(start, min(Int(range.end), Int(lineRange.end)) - Int(lineRange.start))
    self.isPrimary = isPrimary
    self.text = text
  }
}

/// A line made fit to show: tabs become blanks, control characters are replaced, a long line is cut around the mark.
private struct Excerpt {
  private(set) var text = ""
  /// For each shown character: the byte it starts at and the column it stands in.
  private var starts: [(byte: Int, column: Int)] = []
  private var endColumn = 0

  init(of source: SourceText, around mark: Mark) {
    // A line of megabytes is not walked as a whole: 4 bytes a character are enough for any script.
    let (lineStart, lineEnd) = (Int(mark.lineRange.start), Int(mark.lineRange.end))
    let reach = 4 * DiagnosticRenderer.widestLine
    var from = max(lineStart, lineStart + mark.start - reach)
    while from > lineStart, source.bytes[from] & 0xC0 == 0x80 { from -= 1 }
    var to = min(lineEnd, lineStart + mark.start + reach)
    while to < lineEnd, source.bytes[to] & 0xC0 == 0x80 { to += 1 }

    var cells: [(byte: Int, text: String, width: Int)] = []
    var byte = from - lineStart
    var markCell = 0
    for character in String(decoding: source.bytes[from..<to], as: UTF8.self) {
      if byte <= mark.start { markCell = cells.count }
      let shown = Excerpt.shown(character)
      cells.append((byte, shown, shown.displayWidth))
      byte += character.utf8.count
    }
    var first = 0
    var last = cells.count
    if cells.count > DiagnosticRenderer.widestLine {
      first = max(0, markCell - DiagnosticRenderer.widestLine / 2)
      last = min(cells.count, first + DiagnosticRenderer.widestLine)
    }
    if first > 0 || from > lineStart { append("…", width: 1, byte: 0) }
    for cell in cells[first..<last] { append(cell.text, width: cell.width, byte: cell.byte) }
    if last < cells.count || to < lineEnd { text += "…" }
    while text.last == " " { text.removeLast() }
  }

  private mutating func append(_ shown: String, width: Int, byte: Int) {
    starts.append((byte, endColumn))
    text += shown
    endColumn += width
  }

  private static func shown(_ character: Character) -> String {
    if character == "\t" { return "    " }
    guard let scalar = character.unicodeScalars.first, scalar.properties.generalCategory != .control else {
      return "\u{FFFD}"
    }
    return String(character)
  }

  /// Where the underline of a mark begins, and how long it is: at least one column.
  func columns(of mark: Mark) -> (start: Int, width: Int) {
    let start = column(of: mark.start)
    return (start, max(1, column(of: mark.end) - start))
  }

  /// The column of the first shown character at or behind a byte.
  private func column(of byte: Int) -> Int {
    starts.first { $0.byte >= byte && $0.column >= 0 && !($0.byte == 0 && byte > 0) }?.column ?? endColumn
  }
}
