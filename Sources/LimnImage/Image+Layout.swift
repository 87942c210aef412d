import LimnTensor

extension Image {
  /// Returns pictures side by side, `gap` pixels apart; smaller ones are first enlarged crisply (by whole factors where
  /// that fits) or resized to the tallest one's height.
  ///
  /// - Throws: ``ImageError`` for no pictures or a result with too many pixels.
  package static func row(_ images: [Image], gap: Int = 2, background: Color = .white) throws -> Image {
    try grid(images, columns: images.count, gap: gap, background: background)
  }

  /// Returns pictures in rows of `columns`, `gap` pixels apart, from left to right and top to bottom. All cells are as
  /// large as the largest picture; a smaller one fills its cell as far as its shape lets it, and stands in the middle.
  ///
  /// - Parameter columns: nil for about as many as rows.
  /// - Throws: ``ImageError`` for no pictures, no columns, a negative gap or a result with too many pixels.
  package static func grid(_ images: [Image], columns: Int? = nil, gap: Int = 2, background: Color = .white) throws -> Image {
    guard !images.isEmpty else { throw ImageError.value(name: "images", found: "an empty list", expected: "at least one image") }
    let columns = min(columns ?? Int(Double(images.count).squareRoot().rounded(.up)), images.count)
    guard columns > 0 else { throw ImageError.value(name: "columns", found: "\(columns)", expected: "a positive integer") }
    guard (0...4096).contains(gap) else { throw ImageError.value(name: "gap", found: "\(gap)", expected: "0…4096") }
    let cellWidth = images.map(\.width).max()!, cellHeight = images.map(\.height).max()!
    let rows = (images.count + columns - 1) / columns
    var canvas = try Canvas(
      width: columns * (cellWidth + gap) - gap, height: rows * (cellHeight + gap) - gap, color: background)
    for (index, image) in images.enumerated() {
      let fitted = try image.fitted(width: cellWidth, height: cellHeight)
      let x = index % columns * (cellWidth + gap) + (cellWidth - fitted.width) / 2
      let y = index / columns * (cellHeight + gap) + (cellHeight - fitted.height) / 2
      canvas.paste(fitted, x: x, y: y)
    }
    return canvas.image
  }

  /// Returns the picture as large as it can be within a size without changing its shape. Enlarging by a whole factor
  /// keeps pixels crisp, by another it is bilinear; shrinking averages.
  package func fitted(width limitWidth: Int, height limitHeight: Int) throws -> Image {
    try Image.checkSize(limitWidth, limitHeight)
    // The tighter side decides; the other is rounded, at least 1.
    let isWide = width * limitHeight >= height * limitWidth
    let newWidth = isWide ? limitWidth : max((width * limitHeight + height / 2) / height, 1)
    let newHeight = isWide ? max((height * limitWidth + width / 2) / width, 1) : limitHeight
    if newWidth % width == 0, newHeight % height == 0, newWidth / width == newHeight / height {
      return try enlarged(times: newWidth / width)
    }
    return try resized(width: newWidth, height: newHeight, newWidth < width ? .area : .bilinear)
  }

  /// Returns a small picture enlarged crisply, each pixel a square, so that its longer side comes near `side` pixels but
  /// not over; a picture that is already larger than half of that unchanged.
  package func enlargedForDisplay(side: Int = 256) throws -> Image {
    try enlarged(times: max(side / max(width, height), 1))
  }
}
