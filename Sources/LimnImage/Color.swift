/// A colour with opacity, all 0…1.
package struct Color: Hashable, Sendable {
  package var red, green, blue, alpha: Float

  package init(_ red: Float, _ green: Float, _ blue: Float, alpha: Float = 1) {
    (self.red, self.green, self.blue, self.alpha) = (red, green, blue, alpha)
  }

  package static let black = Color(0, 0, 0)
  package static let white = Color(1, 1, 1)
  package static let clear = Color(0, 0, 0, alpha: 0)

  /// Channel 0…3: red, green, blue, alpha.
  package subscript(channel: Int) -> Float {
    switch channel {
    case 0: red
    case 1: green
    case 2: blue
    default: alpha
    }
  }

  /// Makes the colour of a name (``names``) or of `#rgb`, `#rrggbb`, `#rrggbbaa`.
  ///
  /// - Throws: ``ImageError`` for another text.
  package init(named text: String) throws {
    if let found = Color.named.first(where: { $0.name == text.lowercased() }) {
      self = found.color
      return
    }
    var digits = Array(text.utf8)
    guard digits.first == UInt8(ascii: "#") else { throw ImageError.unknownColor(text) }
    digits.removeFirst()
    if digits.count == 3 { digits = digits.flatMap { [$0, $0] } }
    let values = digits.compactMap { Int(String(UnicodeScalar($0)), radix: 16) }
    guard values.count == digits.count, digits.count == 6 || digits.count == 8 else { throw ImageError.unknownColor(text) }
    let bytes = stride(from: 0, to: values.count, by: 2).map { Float(values[$0] * 16 + values[$0 + 1]) / 255 }
    self.init(bytes[0], bytes[1], bytes[2], alpha: bytes.count == 4 ? bytes[3] : 1)
  }

  /// The colour names that ``init(named:)`` knows.
  package static var names: [String] { named.map(\.name) }

  private static let named: [(name: String, color: Color)] = [
    ("black", black), ("white", white), ("clear", clear),
    ("gray", Color(0.5, 0.5, 0.5)), ("red", Color(0.9, 0.16, 0.16)), ("green", Color(0.16, 0.62, 0.24)),
    ("blue", Color(0.16, 0.36, 0.86)), ("yellow", Color(0.98, 0.84, 0.12)), ("orange", Color(0.96, 0.52, 0.1)),
    ("purple", Color(0.54, 0.24, 0.74)), ("pink", Color(0.96, 0.5, 0.7)), ("brown", Color(0.5, 0.32, 0.18)),
    ("cyan", Color(0.12, 0.74, 0.84)), ("magenta", Color(0.86, 0.16, 0.66)),
  ]

  /// Colours that are easily told apart, for the segments of a layout: `index` 0, 1, 2, … cycles through twelve.
  package static func segment(_ index: Int) -> Color {
    segments[((index % segments.count) + segments.count) % segments.count]
  }

  // Neighbours differ in hue and in lightness, so that the first few are told apart without colour vision too.
  private static let segments = [
    Color(0.90, 0.29, 0.24), Color(0.20, 0.56, 0.86), Color(0.97, 0.78, 0.22), Color(0.24, 0.66, 0.42),
    Color(0.58, 0.36, 0.74), Color(0.96, 0.56, 0.20), Color(0.36, 0.78, 0.80), Color(0.88, 0.50, 0.70),
    Color(0.55, 0.38, 0.25), Color(0.66, 0.80, 0.36), Color(0.30, 0.34, 0.62), Color(0.80, 0.72, 0.60),
  ]

  /// How light the colour looks, 0…1 (Rec. 601 weights).
  package var luma: Float { 0.299 * red + 0.587 * green + 0.114 * blue }
}
