import LimnImage

/// The ways a terminal shows pictures.
package enum PictureMethod: String, CaseIterable, Sendable {
  /// kitty's graphics protocol: kitty, Ghostty, Konsole, Warp.
  case kitty
  /// iTerm2's inline files: iTerm2, WezTerm, mintty.
  case iterm2
  /// DEC's six-pixel columns: foot, mlterm, contour, xterm where switched on.
  case sixel
  /// Two pixels a character, as coloured half-blocks: every terminal with colour.
  case blocks
  case none
}

/// How many colours half-blocks may have.
package enum ColorDepth: Sendable {
  case trueColor
  /// xterm's 256: a cube of 6×6×6 and 24 grays.
  case indexed
}

/// What must be known of a terminal to show a picture in it. A value: made by hand in tests, by ``detected(output:environment:)`` else.
package struct PictureTerminal: Equatable, Sendable {
  package var method: PictureMethod
  package var colors = ColorDepth.trueColor
  /// The window, in characters.
  package var columns = 80
  package var rows = 24
  /// A character, in pixels.
  package var cellWidth = 8
  package var cellHeight = 16
  /// Whether tmux stands between, which passes on only what is wrapped for it.
  package var isInsideTmux = false

  package init(method: PictureMethod) {
    self.method = method
  }

  /// Returns the characters that show `image`, ending in a line end; empty where nothing is to be shown.
  ///
  /// The picture is fitted to the window. A small one is enlarged crisply, to about 32 columns (half-blocks: up to 64).
  ///
  /// - Throws: ``ImageError`` if the picture cannot be encoded.
  package func text(for image: Image) throws -> String {
    switch method {
    case .none: return ""
    case .blocks: return HalfBlocks(colors: colors).text(for: try fittedForBlocks(image))
    case .sixel: return Sixel.text(for: try fitted(image)) + "\n"
    case .kitty:
      let picture = try fitted(image)
      guard isInsideTmux else { return Kitty.text(png: try PNG.encode(picture)) + "\n" }
      return Kitty.placeholders(png: try PNG.encode(picture), columns: columns(of: picture), rows: rows(of: picture))
    case .iterm2:
      let picture = try fitted(image)
      let text = ITerm.text(png: try PNG.encode(picture), columns: columns(of: picture))
      return (isInsideTmux ? Tmux.passedThrough(text) : text) + "\n"
    }
  }

  /// The picture at the size, in pixels, in which it is sent.
  package func fitted(_ image: Image) throws -> Image {
    let limitWidth = max(columns, 1) * cellWidth, limitHeight = max(rows - 1, 1) * cellHeight
    if image.width > limitWidth || image.height > limitHeight {
      return try image.fitted(width: limitWidth, height: limitHeight)
    }
    let side = min(32 * cellWidth, limitWidth, limitHeight)
    return try image.enlargedForDisplay(side: side)
  }

  /// The same for half-blocks, whose pixels are a column wide and half a row high. Height is limited by what the eye
  /// takes in, not by the window: lines scroll.
  package func fittedForBlocks(_ image: Image) throws -> Image {
    let limitWidth = max(columns, 1), limitHeight = 80
    if image.width > limitWidth || image.height > limitHeight {
      return try image.fitted(width: limitWidth, height: limitHeight)
    }
    return try image.enlargedForDisplay(side: min(64, limitWidth))
  }

  private func columns(of picture: Image) -> Int { (picture.width + cellWidth - 1) / cellWidth }
  private func rows(of picture: Image) -> Int { (picture.height + cellHeight - 1) / cellHeight }
}

/// tmux's way of handing an escape sequence to the terminal around it; needs `set -g allow-passthrough on` there.
package enum Tmux {
  /// The text as tmux passes it on.
  package static func passedThrough(_ text: String) -> String {
    // Every escape character within is doubled.
    "\u{1B}Ptmux;" + text.split(separator: "\u{1B}", omittingEmptySubsequences: false).joined(separator: "\u{1B}\u{1B}") + "\u{1B}\\"
  }
}

/// Bytes as text of A–Z a–z 0–9 + /, RFC 4648.
package enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The characters, filled up with `=` to a multiple of four.
  package static func encoded(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      var group = 0
      for i in 0..<3 { group = group << 8 | (i < count ? Int(bytes[start + i]) : 0) }
      for i in 0..<4 { out.append(i <= count ? alphabet[group >> (18 - 6 * i) & 63] : UInt8(ascii: "=")) }
    }
    return out
  }
}
