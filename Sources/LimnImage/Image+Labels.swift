import LimnTensor

/// How labels look.
package struct LabelStyle: Sendable {
  package var color: Color
  /// What is laid under the text; clear for none.
  package var background: Color
  /// Pixels a dot of the font: 1, 2, ….
  package var scale: Int

  package init(color: Color = .white, background: Color = Color(0, 0, 0, alpha: 0.6), scale: Int = 1) {
    (self.color, self.background, self.scale) = (color, background, max(scale, 1))
  }
}

extension Image {
  /// Returns the picture with a text written on it, its box's top left corner at (`x`, `y`).
  ///
  /// The font is ASCII; a character without a glyph is drawn as a box.
  ///
  /// - Throws: ``ImageError`` if the corner lies outside the picture.
  package func labelled(_ text: String, x: Int, y: Int, style: LabelStyle = LabelStyle()) throws -> Image {
    guard (0..<width).contains(x), (0..<height).contains(y) else {
      throw ImageError.outside(what: "a label at (\(x), \(y))", width: width, height: height)
    }
    var canvas = Canvas(self)
    canvas.label(text, x: x, y: y, style: style)
    return canvas.image
  }

  /// Returns the picture with a strip above it that says `text`, broken into lines as wide as the picture. A picture
  /// narrower than 128 pixels, on which few words fit, is first enlarged crisply to about 256.
  package func captioned(_ text: String, color: Color = .black, background: Color = .white, scale: Int = 1) throws -> Image {
    if width < 128 {
      return try enlarged(times: 256 / width).captioned(text, color: color, background: background, scale: scale)
    }
    let margin = 3 * scale
    let lines = Font.wrapped(text, width: width - 2 * margin, scale: scale)
    let strip = Font.size(of: lines, scale: scale).height + 2 * margin - scale
    try Image.checkSize(width, height + strip)
    var canvas = try Canvas(width: width, height: height + strip, color: background)
    canvas.write(lines, x: margin, y: margin, color: color, scale: scale)
    canvas.paste(self, x: 0, y: strip)
    return canvas.image
  }
}

extension Canvas {
  /// Draws a text on its box; the box's top left corner is (`x`, `y`).
  mutating func label(_ text: String, x: Int, y: Int, style: LabelStyle) {
    let size = Font.size(of: text, scale: style.scale), margin = 2 * style.scale
    fill(style.background, x: x, y: y, width: size.width + 2 * margin, height: size.height + 2 * margin - style.scale)
    write(text, x: x + margin, y: y + margin, color: style.color, scale: style.scale)
  }
}
