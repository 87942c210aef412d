import LimnImage

/// Pictures as text: each character is an upper half-block, whose colour is the upper pixel and its background the lower.
package struct HalfBlocks {
  package var colors: ColorDepth

  package init(colors: ColorDepth) { self.colors = colors }

  /// Shows a picture, a character for each column and each two rows. Transparent places are laid over white.
  package func text(for image: Image) -> String {
    let bytes = image.flattened().bytes()
    let width = image.width
    func pixel(_ x: Int, _ y: Int) -> Pixel? {
      guard y < image.height else { return nil }
      let i = 3 * (y * width + x)
      return Pixel(red: Int(bytes[i]), green: Int(bytes[i + 1]), blue: Int(bytes[i + 2]))
    }
    var text = ""
    for y in stride(from: 0, to: image.height, by: 2) {
      // A colour is said only when it changes; each line begins and ends with the terminal's own.
      var upper: String?, lower: String?
      for x in 0..<width {
        let above = code(pixel(x, y)!, foreground: true)
        let below = pixel(x, y + 1).map { code($0, foreground: false) }
        let changes = [above == upper ? nil : above, below == lower ? nil : below].compactMap { $0 }
        if !changes.isEmpty { text += "\u{1B}[" + changes.joined(separator: ";") + "m" }
        (upper, lower) = (above, below)
        text += "▀"
      }
      text += "\u{1B}[0m\n"
    }
    return text
  }

  private struct Pixel { var red, green, blue: Int }

  private func code(_ pixel: Pixel, foreground: Bool) -> String {
    let ground = foreground ? "38" : "48"
    switch colors {
    case .trueColor: return "\(ground);2;\(pixel.red);\(pixel.green);\(pixel.blue)"
    case .indexed: return "\(ground);5;\(HalfBlocks.index(pixel.red, pixel.green, pixel.blue))"
    }
  }

  /// The nearest of xterm's colours 16…255: the cube's levels are 0, 95, 135, …, 255, the grays 8, 18, …, 238.
  package static func index(_ red: Int, _ green: Int, _ blue: Int) -> Int {
    func level(_ value: Int) -> Int { value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40 }
    func value(_ level: Int) -> Int { level == 0 ? 0 : 55 + 40 * level }
    func distance(_ r: Int, _ g: Int, _ b: Int) -> Int { (red - r) * (red - r) + (green - g) * (green - g) + (blue - b) * (blue - b) }
    let cube = [red, green, blue].map(level)
    let gray = min(max(((red + green + blue) / 3 - 3) / 10, 0), 23)
    let shade = 8 + 10 * gray
    let isGrayNearer = distance(shade, shade, shade) < distance(value(cube[0]), value(cube[1]), value(cube[2]))
    return isGrayNearer ? 232 + gray : 16 + 36 * cube[0] + 6 * cube[1] + cube[2]
  }
}
