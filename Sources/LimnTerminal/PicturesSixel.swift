import LimnImage

/// DEC's sixel graphics: bands of six rows; in a band, for each colour in it, a character a column whose six bits say
/// where the colour is. https://vt100.net/docs/vt3xx-gp/chapter14.html
package enum Sixel {
  /// Shows a picture with at most 256 colours. Transparent places are laid over white.
  package static func text(for image: Image) -> String {
    let palette = Palette(of: image.flattened().bytes(), limit: 256)
    // 1;1: pixels are square. The size is said beforehand, so that the terminal scrolls once.
    var out = Array("\u{1B}P0;1;0q\"1;1;\(image.width);\(image.height)".utf8)
    for (index, color) in palette.colors.enumerated() {
      // Channels are percentages.
      let shares = [color.red, color.green, color.blue].map { (Int($0) * 100 + 127) / 255 }
      out += "#\(index);2;\(shares[0]);\(shares[1]);\(shares[2])".utf8
    }
    for top in stride(from: 0, to: image.height, by: 6) {
      appendBand(palette.indices, top..<min(top + 6, image.height), image.width, &out)
    }
    return String(decoding: out, as: UTF8.self) + "\u{1B}\\"
  }

  private static func appendBand(_ indices: [UInt8], _ rows: Range<Int>, _ width: Int, _ out: inout [UInt8]) {
    let colors = Set(indices[(rows.lowerBound * width)..<(rows.upperBound * width)]).sorted()
    for (position, color) in colors.enumerated() {
      if position > 0 { out.append(UInt8(ascii: "$")) }  // back to the band's left end
      out += "#\(color)".utf8
      var run: (bits: UInt8, count: Int) = (0, 0)
      for x in 0..<width {
        var bits: UInt8 = 0
        for y in rows where indices[y * width + x] == color { bits |= 1 << UInt8(y - rows.lowerBound) }
        if bits == run.bits {
          run.count += 1
        } else {
          append(run, &out)
          run = (bits, 1)
        }
      }
      if run.bits != 0 { append(run, &out) }  // an empty rest need not be said
    }
    out.append(UInt8(ascii: "-"))
  }

  private static func append(_ run: (bits: UInt8, count: Int), _ out: inout [UInt8]) {
    let character = run.bits + 63
    if run.count > 3 {
      out += "!\(run.count)".utf8
      out.append(character)
    } else {
      out += repeatElement(character, count: run.count)
    }
  }
}

/// A picture as indices into a short list of colours: its own if they are few, else by median cut (Heckbert 1982).
struct Palette {
  struct Color: Hashable {
    var red, green, blue: UInt8

    subscript(channel: Int) -> UInt8 { channel == 0 ? red : channel == 1 ? green : blue }
  }

  private(set) var colors: [Color] = []
  /// An index for each pixel.
  private(set) var indices: [UInt8] = []

  /// - Parameter bytes: Interleaved RGB.
  /// - Parameter limit: How many colours at most, up to 256.
  init(of bytes: [UInt8], limit: Int) {
    let pixels = stride(from: 0, to: bytes.count, by: 3).map { Color(red: bytes[$0], green: bytes[$0 + 1], blue: bytes[$0 + 2]) }
    var counts: [Color: Int] = [:]
    for pixel in pixels { counts[pixel, default: 0] += 1 }
    // In one order, whatever the dictionary's: the same picture gives the same characters.
    let found = counts.map { (color: $0.key, count: $0.value) }.sorted {
      ($0.color.red, $0.color.green, $0.color.blue) < ($1.color.red, $1.color.green, $1.color.blue)
    }
    var position: [Color: UInt8] = [:]
    for (index, box) in Palette.boxes(found, limit: limit).enumerated() {
      colors.append(Palette.mean(box))
      for entry in box { position[entry.color] = UInt8(index) }
    }
    indices = pixels.map { position[$0]! }
  }

  /// Cuts the box whose colours are spread widest, by number of pixels times spread, at its median, until there are enough.
  private static func boxes(_ all: [(color: Color, count: Int)], limit: Int) -> [[(color: Color, count: Int)]] {
    var boxes = [all], weights = [weight(all)]
    while boxes.count < limit, let widest = weights.indices.max(by: { weights[$0].0 < weights[$1].0 }), weights[widest].0 > 0 {
      let channel = weights[widest].channel
      // Ties keep their order, which is that of the whole colour.
      let box = boxes[widest].enumerated().sorted { ($0.element.color[channel], $0.offset) < ($1.element.color[channel], $1.offset) }.map(\.element)
      let half = box.reduce(0) { $0 + $1.count } / 2
      var cut = 0, seen = 0
      while cut < box.count - 1, seen + box[cut].count <= half || cut == 0 {
        seen += box[cut].count
        cut += 1
      }
      boxes[widest] = Array(box[..<cut])
      boxes.append(Array(box[cut...]))
      weights[widest] = weight(boxes[widest])
      weights.append(weight(boxes.last!))
    }
    return boxes
  }

  private static func weight(_ box: [(color: Color, count: Int)]) -> (Int, channel: Int) {
    guard box.count > 1 else { return (0, 0) }
    let spreads = (0..<3).map { channel in
      Int(box.map { $0.color[channel] }.max()!) - Int(box.map { $0.color[channel] }.min()!)
    }
    let channel = spreads.indices.max { spreads[$0] < spreads[$1] }!
    return (spreads[channel] * box.reduce(0) { $0 + $1.count }, channel)
  }

  private static func mean(_ box: [(color: Color, count: Int)]) -> Color {
    let total = box.reduce(0) { $0 + $1.count }
    let sums = (0..<3).map { channel in box.reduce(0) { $0 + Int($1.color[channel]) * $1.count } }
    return Color(red: UInt8((sums[0] + total / 2) / total), green: UInt8((sums[1] + total / 2) / total), blue: UInt8((sums[2] + total / 2) / total))
  }
}
