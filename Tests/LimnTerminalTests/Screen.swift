import Glibc

/// What a terminal shows of the bytes it was sent: enough of a VT100 to see where characters and the cursor stand.
struct Screen {
  private(set) var lines: [[Character]]
  private(set) var row = 0
  private(set) var column = 0
  let width: Int
  let height: Int
  private var pending = ""
  /// The colour in force, and that of each character.
  private(set) var colors: [[String]]
  private var color = ""

  /// The C library's own opinion on widths, which the Glibc module hides.
  private static let wcwidth = unsafeBitCast(dlsym(nil, "wcwidth"), to: (@convention(c) (Int32) -> Int32).self)

  init(width: Int, height: Int) {
    (self.width, self.height) = (width, height)
    lines = Array(repeating: Array(repeating: " ", count: width), count: height)
    colors = Array(repeating: Array(repeating: "", count: width), count: height)
    setlocale(LC_CTYPE, "C.UTF-8")  // for wcwidth
  }

  /// The rows as text, without blanks at their ends; the second half of a wide character is left out.
  var text: [String] {
    lines.map { line in
      let text = String(line.filter { $0 != "\u{0}" })
      return String(text.reversed().drop { $0 == " " }.reversed())
    }
  }

  /// The row of the cursor up to it, as text.
  var beforeCursor: String { String(lines[row][..<min(column, width)].filter { $0 != "\u{0}" }) }

  mutating func feed(_ text: String) {
    pending += text
    var rest = Substring(pending)[...]
    while let first = rest.first {
      if first == "\u{1B}" {
        guard let length = Self.sequenceLength(rest) else { break }
        apply(rest.prefix(length))
        rest = rest.dropFirst(length)
      } else {
        put(first)
        rest = rest.dropFirst()
      }
    }
    pending = String(rest)
  }

  /// The characters of an escape sequence; nil while it is unfinished.
  private static func sequenceLength(_ text: Substring) -> Int? {
    guard let second = text.dropFirst().first else { return nil }
    guard second == "[" else { return 2 }
    guard let end = text.dropFirst(2).firstIndex(where: { $0.isLetter || $0 == "@" }) else { return nil }
    return text.distance(from: text.startIndex, to: end) + 1
  }

  private mutating func apply(_ sequence: Substring) {
    guard let final = sequence.last, sequence.dropFirst().first == "[" else { return }
    let body = sequence.dropFirst(2).dropLast()
    let number = Int(body) ?? 1
    switch final {
    case "A": row = max(row - number, 0)
    case "B": row = min(row + number, height - 1)
    case "C": column = min(column + number, width - 1)
    case "D": column = max(column - number, 0)
    case "K": clear(row, from: column)
    case "J":
      clear(row, from: column)
      for below in (row + 1)..<max(height, row + 1) { clear(below, from: 0) }
    case "m": color = body == "0" ? "" : String(body)
    default: break
    }
  }

  private mutating func clear(_ row: Int, from column: Int) {
    for index in min(column, width)..<width { (lines[row][index], colors[row][index]) = (" ", "") }
  }

  private mutating func put(_ character: Character) {
    switch character {
    case "\r\n":
      column = 0
      lineFeed()
    case "\n": lineFeed()
    case "\r": column = 0
    case "\u{8}": column = max(column - 1, 0)
    case "\u{7}": break
    default:
      let columns = character.unicodeScalars.map { Int(Self.wcwidth(Int32($0.value))) }.max() ?? 1
      if column + columns > width {
        column = 0
        lineFeed()
      }
      guard columns > 0 else { return }
      (lines[row][column], colors[row][column]) = (character, color)
      if columns == 2 { lines[row][column + 1] = "\u{0}" }
      column += columns
    }
  }

  private mutating func lineFeed() {
    if row < height - 1 {
      row += 1
    } else {
      lines.removeFirst()
      lines.append(Array(repeating: " ", count: width))
      colors.removeFirst()
      colors.append(Array(repeating: "", count: width))
    }
  }
}
