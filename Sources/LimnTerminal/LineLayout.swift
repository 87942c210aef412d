import LimnSyntax

/// Where the characters of an input stand in the terminal: rows of text with colours, and the cursor's place.
///
/// Lines are broken here, not by the terminal, so that what is drawn and what is counted cannot differ.
package struct LineLayout: Equatable {
  /// Each with its colour sequences, without a line end.
  package private(set) var rows: [String] = [""]
  /// The columns each takes.
  package private(set) var widths: [Int] = [0]
  package private(set) var cursorRow = 0
  package private(set) var cursorColumn = 0

  private let width: Int
  private let isColored: Bool
  private var color: String?

  /// - Parameter continuation: Stands before every line after the first.
  /// - Parameter cursor: In bytes of the text's UTF-8.
  /// - Parameter width: The columns of the terminal.
  package init(prompt: String, continuation: String, text: String, cursor: Int, spans: [Highlighter.Span], width: Int, isColored: Bool) {
    self.width = max(width, 4)
    self.isColored = isColored
    put(prompt, in: "1")
    var offset = 0
    var span = 0
    var isCursorPlaced = false
    for character in text {
      while span < spans.count, spans[span].bytes.upperBound <= offset { span += 1 }
      let color = span < spans.count && spans[span].bytes.contains(offset) ? spans[span].color : nil
      let shown = Self.shown(character)
      if !isCursorPlaced, offset >= cursor {
        breakRow(ifWiderThan: character.isNewline ? 1 : shown.displayWidth)
        placeCursor()
        isCursorPlaced = true
      }
      if character.isNewline {
        newRow()
        put(continuation, in: "90")
      } else {
        put(shown, in: color)
      }
      offset += character.utf8.count
    }
    if !isCursorPlaced {
      breakRow(ifWiderThan: 1)
      placeCursor()
    }
    set(nil)
  }

  private mutating func placeCursor() { (cursorRow, cursorColumn) = (rows.count - 1, widths[rows.count - 1]) }

  private mutating func put(_ text: String, in color: String?) {
    for character in text {
      let columns = character.displayWidth
      breakRow(ifWiderThan: columns)
      set(color)
      rows[rows.count - 1].append(character)
      widths[rows.count - 1] += columns
    }
  }

  private mutating func breakRow(ifWiderThan columns: Int) {
    if widths[rows.count - 1] + columns > width { newRow() }
  }

  private mutating func newRow() {
    set(nil)
    rows.append("")
    widths.append(0)
  }

  private mutating func set(_ color: String?) {
    guard isColored, color != self.color else { return }
    if self.color != nil { rows[rows.count - 1] += "\u{1B}[0m" }
    if let color { rows[rows.count - 1] += "\u{1B}[\(color)m" }
    self.color = color
  }

  /// A character as it is drawn: control characters as `^A`, a tab as two blanks.
  private static func shown(_ character: Character) -> String {
    guard let value = character.unicodeScalars.first?.value, value < 0x20 || value == 0x7F else { return String(character) }
    if value == 9 { return "  " }
    return "^" + String(UnicodeScalar(UInt8(value ^ 0x40)))
  }

  // MARK: Drawing

  /// The sequences that draw the rows over what was drawn before.
  ///
  /// - Parameter drawnCursorRow: The row, counted from the top of what was drawn before, in which the cursor stands now.
  /// - Parameter height: The rows of the terminal; of more only those around the cursor are drawn.
  /// - Returns: The sequences, and what is now drawn.
  package func drawing(over drawnCursorRow: Int, height: Int) -> (text: String, drawn: Drawn) {
    let shown = window(max(height - 1, 1))
    var text = drawnCursorRow > 0 ? "\u{1B}[\(drawnCursorRow)A\r" : "\r"
    for row in shown {
      if row > shown.lowerBound { text += "\r\n" }
      text += rows[row]
      // In a full row the cursor still stands on the last character, which would be cleared.
      if widths[row] < width { text += "\u{1B}[K" }
    }
    text += "\u{1B}[J"
    let below = shown.upperBound - 1 - cursorRow
    if below > 0 { text += "\u{1B}[\(below)A" }
    text += "\r"
    if cursorColumn > 0 { text += "\u{1B}[\(cursorColumn)C" }
    return (text, Drawn(widths: Array(widths[shown]), cursorRow: cursorRow - shown.lowerBound, cursorColumn: cursorColumn))
  }

  /// What stands on the screen, to be drawn over.
  package struct Drawn: Equatable {
    /// The columns each row takes.
    package let widths: [Int]
    package let cursorRow, cursorColumn: Int

    package init(widths: [Int], cursorRow: Int, cursorColumn: Int) {
      (self.widths, self.cursorRow, self.cursorColumn) = (widths, cursorRow, cursorColumn)
    }

    /// The row of the cursor after the window became `width` columns wide: terminals break rows that no longer fit.
    package func cursorRow(at width: Int) -> Int {
      widths[..<cursorRow].reduce(cursorColumn / max(width, 1)) { $0 + max(($1 + width - 1) / max(width, 1), 1) }
    }
  }

  private func window(_ height: Int) -> Range<Int> {
    guard rows.count > height else { return 0..<rows.count }
    let end = min(max(cursorRow + 1, height), rows.count)
    return (end - height)..<end
  }
}
