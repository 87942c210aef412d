/// The parts of a canvas: every place belongs to the frontmost segment that covers it, or to the background.
package struct Layout: Sendable {
  package let width: Int
  package let height: Int
  /// From back to front. Drawn at any size: shapes are scaled, masks stretched.
  private let areas: [Area]

  package enum Area: Sendable {
    /// In the layout's pixels.
    case region(Region)
    case mask(Mask)
  }

  /// - Throws: ``ImageError`` for an impossible size.
  package init(width: Int, height: Int, _ areas: [Area]) throws {
    try Image.checkSize(width, height)
    (self.width, self.height, self.areas) = (width, height, areas)
  }

  /// Which areas cover the middle of each place of a grid, as bits from the first.
  ///
  /// - Throws: ``ImageError`` for an impossible size.
  private func covers(width columns: Int, height rows: Int) throws -> [[Float]] {
    try areas.map { area in
      switch area {
      case .region(let region):
        try region.scaled(Double(columns) / Double(width), Double(rows) / Double(height)).mask(width: columns, height: rows).values.floats()
      case .mask(let mask): try mask.resized(width: columns, height: rows).values.floats().map { $0 >= 0.5 ? 1 : 0 }
      }
    }
  }

  /// The number of the frontmost area at each place of a grid, from 1; 0 where there is none.
  package func labels(width columns: Int, height rows: Int) throws -> [Int] {
    var labels = Array(repeating: 0, count: columns * rows)
    for (number, cover) in try covers(width: columns, height: rows).enumerated() {
      for place in labels.indices where cover[place] > 0 { labels[place] = number + 1 }
    }
    return labels
  }

  /// How many pixels lie in both of two areas, for each pair that has any; numbers from 0.
  package func overlaps() throws -> [(back: Int, front: Int, pixels: Int)] {
    let covers = try covers(width: width, height: height)
    var found: [(back: Int, front: Int, pixels: Int)] = []
    for front in covers.indices {
      for back in 0..<front {
        let pixels = zip(covers[back], covers[front]).count { $0 > 0 && $1 > 0 }
        if pixels > 0 { found.append((back, front, pixels)) }
      }
    }
    return found
  }

  /// Places along the side of a cell at which is looked whose it is.
  private static let samples = 8

  /// The masks of the background and of each area on a grid of cells: every cell belongs to exactly one, to that which has most of it, and
  /// of several with as much to the front one.
  ///
  /// An area that no cell would belong to gets the cell it has most of; `small` lists these, numbers from 0. One that nothing is left
  /// of, since others hide it or it lies outside, stays empty and is listed in `hidden`.
  ///
  /// - Throws: ``ImageError`` for an impossible size.
  package func masks(width columns: Int, height rows: Int) throws -> (masks: [Mask], small: [Int], hidden: [Int]) {
    let fine = try labels(width: columns * Self.samples, height: rows * Self.samples)
    var shares = Array(repeating: Array(repeating: 0, count: areas.count + 1), count: columns * rows)
    for (place, label) in fine.enumerated() {
      let (row, column) = place.quotientAndRemainder(dividingBy: columns * Self.samples)
      shares[row / Self.samples * columns + column / Self.samples][label] += 1
    }
    var owners = shares.map { share in share.indices.max { (share[$0], $0) < (share[$1], $1) }! }
    var small: [Int] = [], hidden: [Int] = []
    for area in areas.indices where !owners.contains(area + 1) {
      let best = shares.indices.max { (shares[$0][area + 1], -$0) < (shares[$1][area + 1], -$1) }!
      guard shares[best][area + 1] > 0 else {
        hidden.append(area)
        continue
      }
      owners[best] = area + 1
      small.append(area)
    }
    let masks = (0...areas.count).map { area in Mask(owners.map { $0 == area ? 1 : 0 }, width: columns, height: rows) }
    return (masks, small, hidden)
  }

  // MARK: - As a picture

  /// The background's colour, then those of the segments; far from each other, all dark enough for white words.
  private static let colors = [
    Color(0.78, 0.78, 0.76), Color(0.75, 0.22, 0.20), Color(0.13, 0.42, 0.70), Color(0.18, 0.52, 0.25), Color(0.60, 0.35, 0.70),
    Color(0.80, 0.50, 0.08), Color(0.10, 0.52, 0.55), Color(0.72, 0.28, 0.52), Color(0.40, 0.35, 0.28),
  ]

  private static func color(_ label: Int) -> Color { label == 0 ? colors[0] : colors[1 + (label - 1) % (colors.count - 1)] }

  /// The segment image: one colour a segment, at the layout's size.
  package func picture() throws -> Image { try picture(times: 1) }

  private func picture(times: Int) throws -> Image {
    try Image.checkSize(width * times, height * times)
    var planes = [Float](repeating: 0, count: 3 * width * height * times * times)
    let labels = try labels(width: width * times, height: height * times)
    for (place, label) in labels.enumerated() {
      let color = Self.color(label)
      for channel in 0..<3 { planes[channel * labels.count + place] = color[channel] }
    }
    return Image(planes: planes, width: width * times, height: height * times, channels: 3)
  }

  /// The segment image with a text on each segment, at least 384 pixels wide.
  ///
  /// Texts stand in the middle of what is seen of their segment, the background's at the bottom.
  package func labelledPicture(_ texts: [String], background: String?) throws -> Image {
    let times = max(1, (383 + width) / width)
    var canvas = Canvas(try picture(times: times))
    let labels = try labels(width: canvas.width, height: canvas.height)
    for (number, text) in texts.enumerated() {
      guard let box = try Mask(labels.map { $0 == number + 1 ? 1 : 0 }, width: canvas.width, height: canvas.height).boundingBox() else { continue }
      let words = Font.wrapped(text, width: max(box.width - 8, 48)), size = Font.size(of: words)
      write(words, x: box.x + (box.width - size.width) / 2, y: box.y + (box.height - size.height) / 2, size, on: &canvas)
    }
    if let background {
      let words = Font.wrapped(background, width: canvas.width - 8), size = Font.size(of: words)
      write(words, x: (canvas.width - size.width) / 2, y: canvas.height - size.height - 4, size, on: &canvas)
    }
    return canvas.image
  }

  private func write(_ text: String, x: Int, y: Int, _ size: (width: Int, height: Int), on canvas: inout Canvas) {
    let left = min(max(x - 2, 0), max(canvas.width - size.width - 4, 0)), top = min(max(y - 2, 0), max(canvas.height - size.height - 3, 0))
    canvas.label(text, x: left, y: top, style: LabelStyle())
  }
}
