import CReadline
import Limn
import LimnSyntax

extension LineEditor {
  /// What Enter, Tab and the arrows do. Readline calls functions without context, so these are static.
  @MainActor
  enum Keys {
    private enum UpDown { case moves, searches, recalls }
    /// What the last of a row of presses of Up and Down did, so that the next goes on with it.
    private static var upDown = UpDown.moves

    private static let enter: @convention(c) (Int32, Int32) -> Int32 = { count, key in MainActor.assumeIsolated { LineEditor.current?.enter(count, key) ?? 0 } }
    private static let tab: @convention(c) (Int32, Int32) -> Int32 = { _, _ in MainActor.assumeIsolated { LineEditor.current?.complete() ?? 0 } }
    private static let up: @convention(c) (Int32, Int32) -> Int32 = { count, key in MainActor.assumeIsolated { Keys.upOrDown(true, count, key) } }
    private static let down: @convention(c) (Int32, Int32) -> Int32 = { count, key in MainActor.assumeIsolated { Keys.upOrDown(false, count, key) } }

    static func bind() {
      rl_bind_key(13, enter)
      rl_bind_key(10, enter)
      rl_bind_key(9, tab)
      for sequence in ["\\e[A", "\\eOA"] { rl_bind_keyseq(sequence, up) }
      for sequence in ["\\e[B", "\\eOB"] { rl_bind_keyseq(sequence, down) }
    }

    /// To the line above or below in an input of several lines; else to the input before or after that begins with what
    /// stands before the cursor.
    private static func upOrDown(_ isUp: Bool, _ count: Int32, _ key: Int32) -> Int32 {
      guard let editor = LineEditor.current else { return 0 }
      let goesOn = limn_readline_last_was(up, down) != 0
      if !goesOn || upDown == .moves {
        if editor.moveLine(isUp) {
          upDown = .moves
          return 0
        }
        upDown = limn_readline_cursor() == 0 || limn_readline_length() == 0 ? .recalls : .searches
        if upDown == .searches { return limn_readline_search(isUp ? 1 : 0, 0, count, key) }
      }
      if upDown == .searches { return limn_readline_search(isUp ? 1 : 0, 1, count, key) }
      return isUp ? rl_get_previous_history(count, key) : rl_get_next_history(count, key)
    }
  }

  /// Enter: a new line where the input is unfinished, until an empty line ends it, so that nobody is caught in it.
  private func enter(_ count: Int32, _ key: Int32) -> Int32 {
    let text = text
    let isCommand = text.hasPrefix(":") || text.hasPrefix("?")
    let lastLine = text.split(separator: "\n", omittingEmptySubsequences: false).last ?? ""
    let isEnded = cursor == text.utf8.count && text.contains("\n") && lastLine.allSatisfy(\.isWhitespace)
    guard !isCommand, !isEnded, language.isIncomplete(text) else { return rl_newline(count, key) }
    return rl_insert_text("\n") < 0 ? 1 : 0
  }

  /// Moves the cursor a line up or down in the input, in the same column if it is that long. Returns whether there is one.
  private func moveLine(_ isUp: Bool) -> Bool {
    let bytes = Array(text.utf8)
    let newline = UInt8(ascii: "\n")
    let cursor = min(cursor, bytes.count)
    let lineStart = bytes[..<cursor].lastIndex(of: newline).map { $0 + 1 } ?? 0
    let column = String(decoding: bytes[lineStart..<cursor], as: UTF8.self).count
    let start: Int
    if isUp {
      guard lineStart > 0 else { return false }
      start = bytes[..<(lineStart - 1)].lastIndex(of: newline).map { $0 + 1 } ?? 0
    } else {
      guard let end = bytes[cursor...].firstIndex(of: newline) else { return false }
      start = end + 1
    }
    let end = bytes[start...].firstIndex(of: newline) ?? bytes.count
    let before = String(decoding: bytes[start..<end], as: UTF8.self).prefix(column)
    limn_readline_move(Int32(start + before.utf8.count))
    return true
  }

  // MARK: Completion

  /// Tab: goes on as far as there is one way, then lists the ways. At the start of a line it indents.
  private func complete() -> Int32 {
    let text = text
    let before = String(decoding: Array(text.utf8.prefix(cursor)), as: UTF8.self)
    let line = before.split(separator: "\n", omittingEmptySubsequences: false).last ?? ""
    if line.allSatisfy(\.isWhitespace), !text.isEmpty { return rl_insert_text("  ") < 0 ? 1 : 0 }
    let found = language.completions(text, cursor)
    guard let first = found.first else { return rl_ding() }
    if found.count == 1 {
      let rest = String(decoding: Array(text.utf8.dropFirst(cursor)), as: UTF8.self)
      // A closing quote that stands there already is not written twice.
      let suffix = first.suffix.isEmpty || rest.hasPrefix(String(first.suffix.first!)) ? "" : first.suffix
      limn_readline_replace(Int32(first.bytes.lowerBound), first.text + suffix)
      return 0
    }
    let common = found.dropFirst().reduce(first.text) { $0.commonPrefix(with: $1.text) }
    if common.utf8.count > first.bytes.count {
      limn_readline_replace(Int32(first.bytes.lowerBound), common)
    } else {
      list(CompletionList.lines(found, columns: columns, isColored: listsInColor))
    }
    return 0
  }
}

extension String {
  /// The characters that two texts begin with alike.
  fileprivate func commonPrefix(with other: String) -> String { String(zip(self, other).prefix { $0 == $1 }.map(\.0)) }
}

/// Completions as lines of text.
package enum CompletionList {
  /// More lines than this nobody reads.
  private static let lineLimit = 20

  /// One a line with what it is, or in columns when nothing more is to say than the words.
  package static func lines(_ completions: [Completion], columns: Int, isColored: Bool) -> [String] {
    let texts = completions.map { $0.kind == .file ? fileName($0.text) : $0.text }
    let widest = min(texts.map(\.displayWidth).max() ?? 0, max(columns / 2, 8))
    if completions.allSatisfy(\.detail.isEmpty) { return grid(texts, widest: widest, columns: columns) }
    var lines = zip(texts, completions).prefix(lineLimit).map { text, completion -> String in
      let name = padded(cut(text, widest), widest)
      let detail = cut(completion.detail, columns - widest - 3)
      return name + (detail.isEmpty ? "" : isColored ? "  \u{1B}[90m\(detail)\u{1B}[0m" : "  \(detail)")
    }
    if completions.count > lineLimit { lines.append("… and \(completions.count - lineLimit) more") }
    return lines
  }

  private static func grid(_ texts: [String], widest: Int, columns: Int) -> [String] {
    let perLine = max((columns - 1) / (widest + 2), 1)
    let shown = texts.prefix(perLine * lineLimit)
    var lines = stride(from: 0, to: shown.count, by: perLine).map { start in
      shown[start..<min(start + perLine, shown.count)].map { padded(cut($0, widest), widest) }.joined(separator: "  ")
    }
    if shown.count < texts.count { lines.append("… and \(texts.count - shown.count) more") }
    return lines
  }

  /// The last part of a path.
  private static func fileName(_ path: String) -> String {
    let isFolder = path.hasSuffix("/")
    return (path.split(separator: "/").last.map(String.init) ?? path) + (isFolder ? "/" : "")
  }

  private static func padded(_ text: String, _ columns: Int) -> String {
    text + String(repeating: " ", count: max(columns - text.displayWidth, 0))
  }

  private static func cut(_ text: String, _ columns: Int) -> String {
    guard text.displayWidth > columns else { return text }
    var (kept, width) = ("", 0)
    for character in text {
      width += character.displayWidth
      if width > columns - 1 { break }
      kept.append(character)
    }
    return kept + "…"
  }
}
