import LimnDiffusion
import LimnImage
import LimnRuntime
import LimnTensor

/// Pictures: reading, making, changing and laying out.
enum ImageNatives {
  static let all: [Native] = making + changing + layout

  private static let making: [Native] = [
    Native("image(path: string)", doc: "The picture in a PNG or JPEG file, turned as its camera was held; a relative path starts at the script's folder.", effect: .acts, known: .gives("image")) { call in
      try read(call)
    },
    Native("image(values: tensor)", doc: "The picture of a [3, H, W] or [4, H, W] tensor, or a grey one of a mask; values 0…1.", known: .gives("image")) { call in
      call.make(try call.image(0))
    },
    Native("image(width: int, height: int, color: any = \"black\")", doc: "A picture of one colour.", known: .gives("image")) { call in
      let (width, height) = (try call.int(0), try call.int(1))
      let color = try call.color("color")
      return call.make(try call.pictures { try Image(width: width, height: height, color: color) })
    },
    Native("bundled_image(name: string)", doc: "A picture that is inside of Limn itself: \"sticker-world/drawings\", the sheet of the sticker world's drawings.", known: .choice("name", of: bundled, then: .gives("image"))) { call in
      let path = try call.choice("name", of: bundled) + ".png"
      guard let file = EmbeddedTree.file(path) else { preconditionFailure("\(path) is listed and not there") }
      return call.make(try call.pictures { try PNG.decode(file.withBytes { Array($0) }, name: path) })
    },
  ]

  /// The names `bundled_image` takes.
  static let bundled = EmbeddedTree.paths.filter { $0.hasSuffix(".png") }.map { String($0.dropLast(4)) }

  private static let changing: [Native] = [
    Native("crop(image: image, x: int, y: int, width: int, height: int)", doc: "The part of a picture whose left top corner is (x, y), in pixels.", known: .gives("image")) { call in
      call.make(try call.pictures {
        try call.image(0).cropped(x: try call.int("x"), y: try call.int("y"), width: try call.int("width"), height: try call.int("height"))
      })
    },
    Native("resize(image: image, width: int, height: int, filter: string = \"lanczos\")", doc: "A picture of another size: nearest, box, bilinear, bicubic or lanczos, antialiased as in Pillow.", known: .choice("filter", of: ResizeFilter.allCases.map(\.rawValue), then: .gives("image"))) { call in
      let filter = ResizeFilter(rawValue: try call.choice("filter", of: ResizeFilter.allCases.map(\.rawValue)))!
      return call.make(try call.pictures { try call.image(0).resized(width: try call.int("width"), height: try call.int("height"), filter) })
    },
    Native("flip(image: image, axis: string = \"horizontal\")", doc: "A picture mirrored: \"horizontal\" swaps left and right.", known: .choice("axis", of: ["horizontal", "vertical"], then: .gives("image"))) { call in
      let image = try call.image(0)
      return call.make(try call.choice("axis", of: ["horizontal", "vertical"]) == "horizontal" ? image.flippedHorizontally() : image.flippedVertically())
    },
    Native("paste(image: image, other: image, x: int = 0, y: int = 0, mask: any = nil)", doc: "`other` laid on a picture with its left top corner at (x, y), where the mask (of its size) or the region (in its pixels) says so.", known: .gives("image")) { call in
      let other = try call.image(1)
      let mask = call.has("mask") ? try call.mask("mask", width: other.width, height: other.height) : nil
      return call.make(try call.pictures {
        try call.image(0).pasted(other, x: try call.int("x"), y: try call.int("y"), mask: mask)
      })
    },
    Native("fill(image: image, mask: any, color: any)", doc: "A picture with a colour where the mask or the region is.", known: .gives("image")) { call in
      let (image, color) = (try call.image(0), try call.color("color"))
      return call.make(try call.pictures { try image.filled(try call.mask("mask", width: image.width, height: image.height), color) })
    },
    Native("mix(image: image, other: image, amount: float = 0.5)", doc: "Two pictures of one size, blended: amount 0 is the first, 1 the second.", known: .gives("image")) { call in
      call.make(try call.pictures { try call.image(0).mixed(with: try call.image(1), Float(try call.float("amount", in: 0...1))) })
    },
    Native("blur(image: image, radius: float)", doc: "A picture blurred by a Gaussian; the radius is its standard deviation in pixels.", known: .gives("image")) { call in
      call.make(try call.pictures(at: "radius") { try call.image(0).blurred(radius: Float(try call.float("radius"))) })
    },
    Native("place(image: image, width: int, height: int, x: float, y: float, scale: float = 1, angle: float = 0, flip: bool = false)", doc: "A clear picture of width×height with a picture on it, its middle at (x, y): `scale` times as large, with `flip` mirrored, turned to the left by `angle` degrees; smooth to a fraction of a pixel. Its alpha is how much of each pixel the picture covers; `paste` lays it on another.", known: .gives("image")) { call in
      let far = -1e6...1e6
      let placement = Placement(
        x: try call.float("x", in: far), y: try call.float("y", in: far), scale: try call.float("scale", in: 0.0001...64),
        angle: try call.float("angle", in: far), isMirrored: try call.bool("flip"))
      return call.make(try call.pictures { try call.image(0).placed(placement, width: try call.int("width"), height: try call.int("height")) })
    },
    Native("recolor(image: image, color: any)", doc: "A picture in another colour, with its own light and shade: what is coloured takes the hue of `color`, grey parts stay; a picture with hardly any colour is painted whole; black darkens, white bleaches.", known: .gives("image")) { call in
      let color = try call.color("color")
      return call.make(try call.image(0).recolored(color))
    },
    Native("label(image: image, text: string, x: int = 2, y: int = 2, scale: int = 1)", doc: "A picture with a text written on it.", known: .gives("image")) { call in
      call.make(try call.pictures {
        try call.image(0).labelled(call.text(call["text"]), x: try call.int("x"), y: try call.int("y"), style: LabelStyle(scale: try call.int("scale", in: 1...32)))
      })
    },
    Native("caption(image: image, text: string, scale: int = 1)", doc: "A picture with a strip above it that says a text.", known: .gives("image")) { call in
      call.make(try call.pictures { try call.image(0).captioned(call.text(call["text"]), scale: try call.int("scale", in: 1...32)) })
    },
    Native("enlarge(image: image, times: int)", doc: "Every pixel as a square of `times` pixels.", known: .gives("image")) { call in
      call.make(try call.pictures(at: "times") { try call.image(0).enlarged(times: try call.int("times", in: 1...256)) })
    },
  ]

  private static let layout: [Native] = [
    Native("row(images: list, labels: list = nil, gap: int = 2)", doc: "Pictures side by side, with a caption each if labels are given.", known: .gives("image")) { call in
      try sheet(try call.list(0), call) { try Image.row($0, gap: $1) }
    },
    Native("grid(images: list, columns: int = nil, labels: list = nil, gap: int = 2)", doc: "Pictures in rows and columns, as square as can be.", known: .gives("image")) { call in
      let columns = try call.optionalInt("columns", in: 1...4096)
      return try sheet(try call.list(0), call) { try Image.grid($0, columns: columns, gap: $1) }
    },
    Native("row(first: any, ..rest)", doc: "Pictures side by side.", known: .gives("image")) { call in
      let images = try ([call[0]] + call.rest).map { try picture($0, call) }
      return call.make(try call.pictures { try Image.row(images) })
    },
    Native("heat(map: tensor, colors: string = \"inferno\", range: list = nil)", doc: "The picture of an [H, W] map, from its least (dark) to its greatest value (bright), or from the ends of `range`.", known: .choice("colors", of: Colormap.allCases.map(\.rawValue), then: .gives("image"))) { call in
      var range: ClosedRange<Float>?
      if call.has("range") {
        let ends = try call.floats("range").map(Float.init)
        guard ends.count == 2, ends[0] <= ends[1] else { throw call.mismatch("range", "[least, greatest]") }
        range = ends[0]...ends[1]
      }
      return call.make(try call.pictures(at: 0) { try HeatMap.image(try call.tensor(0).asNumbers.detached(), range: range, colors: try colors(call)) })
    },
    Native("overlay(image: image, map: tensor, opacity: float = 0.65, colors: string = \"inferno\")", doc: "A heat map laid over a picture; a map of another size is enlarged smoothly.", known: .choice("colors", of: Colormap.allCases.map(\.rawValue), then: .gives("image"))) { call in
      let opacity = Float(try call.float("opacity", in: 0...1))
      return call.make(try call.pictures(at: "map") {
        try HeatMap.overlay(try call.image(0), try call.tensor("map").asNumbers.detached(), opacity: opacity, colors: try colors(call))
      })
    },
  ]

  /// The picture in the PNG file that argument 0 names, with how it was generated if it says so.
  static func read(_ call: NativeCall) throws -> Value {
    let path = try call.path(0)
    let bytes = try call.pictures(at: 0) { try PictureFile.read(path, orJPEG: true) }
    let image = try call.pictures(at: 0) { try PictureFile.decode(bytes, name: try call.string(0)) }
    call.didRead(try call.string(0), bytes)
    let parameters = try? PNG.texts(in: bytes, name: path).first { $0.keyword == PNG.Text.parametersKeyword }
    return call.make(ImageValue(image, parameters: (parameters ?? nil).map { GenerationParameters(text: $0.value) }))
  }

  private static func colors(_ call: NativeCall) throws -> Colormap {
    Colormap(rawValue: try call.choice("colors", of: Colormap.allCases.map(\.rawValue)))!
  }

  private static func sheet(_ items: [Value], _ call: NativeCall, _ body: ([Image], Int) throws -> Image) throws -> Value {
    guard !items.isEmpty else { throw call.fault(.value, "there are no pictures to lay out", at: 0) }
    var images = try items.map { try picture($0, call) }
    if call.has("labels") {
      let labels = try call.list("labels")
      guard labels.count == images.count else {
        throw call.fault(.value, "\(labels.count) labels for \(images.count) pictures", at: "labels")
      }
      images = try call.pictures { try zip(images, labels).map { try $0.captioned(call.text($1)) } }
    }
    let gap = try call.int("gap", in: 0...1024)
    return call.make(try call.pictures { try body(images, gap) })
  }

  /// An image, or a mask or map as a picture.
  private static func picture(_ value: Value, _ call: NativeCall) throws -> Image {
    if let image = (value.host as? ImageValue)?.image { return image }
    if let tensor = (value.host as? TensorValue)?.tensor { return try call.pictures { try NativeCall.image(of: tensor) } }
    throw call.fault(.type, "only pictures can be laid out, found \(call.brief(value))", at: 0)
  }
}
