import LimnImage
import LimnRuntime
import LimnSyntax
import LimnTensor

/// What `plots` and `sticker_world` of the library draw with.
enum PlotNatives {
  static let all: [Native] = [
    Native("sketch(width: int, height: int, marks: list, background: any = \"white\", scale: float = 1.0)", doc: "A picture of smooth marks, each a map with a `mark`: \"line\" or \"area\" through `points`, \"dots\" at `points`, \"box\", \"fade\" (a box that goes `from` a colour at its top `to` another), \"ellipse\" around (x, y) (with `thickness` its line, with `softness` a wider edge), \"text\" or \"image\", in pixels; `scale` enlarges all of it.") { call in
      let scale = try call.float("scale", in: 0.1...16)
      let (width, height) = (try call.int(0, in: 1...65536), try call.int(1, in: 1...65536))
      let background = try call.color("background")
      var canvas = try call.pictures {
        try Canvas(width: Int((Double(width) * scale).rounded()), height: Int((Double(height) * scale).rounded()), color: background)
      }
      for (index, value) in try call.list(2).enumerated() {
        if index % 256 == 0 { try call.checkInterrupt() }
        try Mark(value, index, scale, call).draw(on: &canvas)
      }
      return call.make(canvas.image)
    },
    Native("text_width(text: string, size: float)", doc: "How many pixels wide a text is in a sketch; `size` is the height of a capital.") { call in
      .float(Font.strokeWidth(of: call.text(call[0]), size: try call.float(1, in: 0...4096)))
    },
  ]
}

/// One mark of a sketch, read strictly: an unknown entry is an error.
private struct Mark {
  let call: NativeCall
  let index: Int
  let scale: Double
  let map: Value

  init(_ value: Value, _ index: Int, _ scale: Double, _ call: NativeCall) throws {
    (self.call, self.index, self.scale, self.map) = (call, index, scale, value)
    guard value.map != nil else { throw call.fault(.type, "mark \(index) is \(call.brief(value)), expected a map", at: "marks") }
  }

  /// What each kind of mark may hold besides `mark` and `color`.
  private static let entries: [(kind: String, names: [String])] = [
    ("line", ["points", "width", "clip"]), ("area", ["points"]), ("dots", ["points", "radius", "clip"]), ("box", ["x", "y", "width", "height"]),
    ("fade", ["x", "y", "width", "height", "from", "to"]), ("ellipse", ["x", "y", "width", "height", "thickness", "softness"]),
    ("text", ["x", "y", "text", "size", "align", "turned"]), ("image", ["image", "x", "y", "width", "height"]),
  ]

  func draw(on canvas: inout Canvas) throws {
    let kind = try string("mark", nil)
    guard let known = Self.entries.first(where: { $0.kind == kind })?.names else {
      let kinds = Self.entries.map(\.kind)
      throw failure("is of the kind \"\(kind)\", expected \(kinds.joined(separator: ", "))", help: nearest(to: kind, in: kinds))
    }
    for entry in map.map ?? [] {
      let name = call.text(entry.key)
      if name != "mark", name != "color", !known.contains(name) { throw failure("has no entry \"\(name)\"", help: nearest(to: name, in: known + ["color"])) }
    }
    switch kind {
    case "line":
      let points = try points()
      let pieces = points.count == 1 ? [Segment(points[0], points[0])] : zip(points, points.dropFirst()).map { Segment($0, $1) }
      canvas.stroke(pieces, thickness: try number("width", 1.5) * scale, color: try color(), clip: try clip())
    case "area":
      let color = try color()
      let points = try points().filter { $0.x.isFinite && $0.y.isFinite }
      if points.count >= 3 {
        canvas.fill(color, try call.pictures { try Region.polygon(points).mask(width: canvas.width, height: canvas.height, soft: true) })
      }
    case "dots": canvas.dots(try points(), radius: try number("radius", 3) * scale, color: try color(), clip: try clip())
    case "box":
      canvas.fillSmoothly(
        try color(), x: try number("x") * scale, y: try number("y") * scale, width: try number("width") * scale, height: try number("height") * scale)
    case "fade":
      canvas.fade(
        from: try color("from"), to: try color("to"), x: try number("x") * scale, y: try number("y") * scale, width: try number("width") * scale,
        height: try number("height") * scale)
    case "ellipse":
      canvas.ellipse(
        try color(), x: try number("x") * scale, y: try number("y") * scale, width: try number("width") * scale, height: try number("height") * scale,
        thickness: field("thickness") == nil ? nil : try number("thickness") * scale, softness: try number("softness", 1) * scale)
    case "text":
      let (size, align) = (try number("size", 9) * scale, try string("align", "left"))
      guard let alignment = ["left": 0, "center": 0.5, "right": 1.0][align] else { throw failure("has the align \"\(align)\", expected left, center or right") }
      let strokes = Font.strokes(
        of: call.text(field("text") ?? .nil), x: try number("x") * scale, y: try number("y") * scale, size: size, alignment: alignment,
        isTurned: field("turned")?.bool ?? false)
      canvas.stroke(strokes, thickness: Font.penWidth(size: size), color: try color())
    default: try paste(on: &canvas)
    }
  }

  private func paste(on canvas: inout Canvas) throws {
    guard let value = field("image"), let image = try picture(value) else { throw failure("has no image under \"image\"") }
    let (width, height) = (try number("width", Double(image.width)), try number("height", Double(image.height)))
    guard width.isFinite, height.isFinite else { throw failure("has the size \(width)×\(height), expected finite numbers") }
    func side(_ value: Double) -> Int { Int(min(max((value * scale).rounded(), 1), 65536)) }
    let fitted = try call.pictures { () throws -> Image in
      if side(width) % image.width == 0, side(height) % image.height == 0, side(width) / image.width == side(height) / image.height {
        return try image.enlarged(times: side(width) / image.width)
      }
      return try image.resized(width: side(width), height: side(height), side(width) < image.width ? .area : .nearest)
    }
    let (x, y) = (try number("x") * scale, try number("y") * scale)
    // Like a line with such an end, a picture there is left out; so is one far outside.
    guard abs(x) < 1e9, abs(y) < 1e9 else { return }
    canvas.paste(fitted, x: Int(x.rounded()), y: Int(y.rounded()))
  }

  private func picture(_ value: Value) throws -> Image? {
    if let image = value.host as? ImageValue { return image.image }
    guard let tensor = (value.host as? TensorValue)?.tensor else { return nil }
    return try call.pictures(at: "marks") { try NativeCall.image(of: tensor) }
  }

  // MARK: entries

  private func field(_ name: String) -> Value? { call.value(of: name, in: map).flatMap { $0.isNil ? nil : $0 } }

  private func number(_ name: String, _ otherwise: Double? = nil) throws -> Double {
    guard let value = field(name) else {
      guard let otherwise else { throw failure("has no \"\(name)\"") }
      return otherwise
    }
    guard let number = value.number?.double else { throw failure("has \(call.brief(value)) as \"\(name)\", expected a number") }
    return number
  }

  private func string(_ name: String, _ otherwise: String?) throws -> String {
    guard let text = field(name)?.string ?? otherwise else { throw failure("has no \"\(name)\"") }
    return text
  }

  private func color(_ name: String = "color") throws -> Color {
    guard let value = field(name) else {
      guard name == "color" else { throw failure("has no \"\(name)\"") }
      return .black
    }
    if let parts = value.list?.compactMap({ $0.number?.double }).map(Float.init), parts.count == 3 || parts.count == 4 {
      return Color(parts[0], parts[1], parts[2], alpha: parts.count == 4 ? parts[3] : 1)
    }
    guard let text = value.string else { throw failure("has the \(name) \(call.brief(value)), expected a name, #rrggbb or three or four numbers") }
    return try call.pictures(at: "marks") { try Color(named: text) }
  }

  /// `[[x, y], …]`, a list of pairs or a tensor [N, 2].
  private func points() throws -> [Region.Point] {
    guard let value = field("points") else { throw failure("has no \"points\"") }
    if let tensor = (value.host as? TensorValue)?.tensor, tensor.rank == 2, tensor.shape[1] == 2 {
      let numbers = tensor.converted(to: .f32).floats()
      return stride(from: 0, to: numbers.count, by: 2).map { Region.Point(Double(numbers[$0]) * scale, Double(numbers[$0 + 1]) * scale) }
    }
    guard let items = value.list else { throw failure("has no list of [x, y] as \"points\"") }
    return try items.map { item in
      guard let pair = item.list, pair.count == 2, let x = pair[0].number?.double, let y = pair[1].number?.double else {
        throw failure("has the point \(call.brief(item)), expected [x, y]")
      }
      return Region.Point(x * scale, y * scale)
    }
  }

  /// `[x, y, width, height]`
  private func clip() throws -> Clip? {
    guard let value = field("clip") else { return nil }
    guard let parts = value.list?.compactMap({ $0.number?.double }), parts.count == 4 else { throw failure("has the clip \(call.brief(value)), expected [x, y, width, height]") }
    return Clip(left: parts[0] * scale, top: parts[1] * scale, right: (parts[0] + parts[2]) * scale, bottom: (parts[1] + parts[3]) * scale)
  }

  private func failure(_ problem: String, help: String? = nil) -> Fault {
    call.fault(.value, "mark \(index) \(problem)", at: "marks", help: help.map { "did you mean \"\($0)\"?" })
  }
}
