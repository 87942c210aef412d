import LimnImage
import LimnRuntime
import LimnTensor

/// Masks: [H, W] tensors of 0…1, made from files, shapes and maps.
enum MaskNatives {
  static let all: [Native] = [
    Native("mask(path: string)", doc: "The mask in a PNG or JPEG file: its alpha if it has one, else its brightness.", effect: .acts, known: .gives("mask")) { call in
      let path = try call.path(0)
      let bytes = try call.pictures(at: 0) { try PictureFile.read(path, orJPEG: true) }
      call.didRead(try call.string(0), bytes)
      let image = try call.pictures(at: 0) { try PictureFile.decode(bytes, name: try call.string(0)) }
      return call.make(image.hasAlpha ? image.alpha : Mask(of: image))
    },
    Native("mask(image: image)", doc: "The mask of a picture: its alpha if it has one, else its brightness.", known: .gives("mask")) { call in
      let image = try call.image(0)
      return call.make(image.hasAlpha ? image.alpha : Mask(of: image))
    },
    Native("mask(values: tensor)", doc: "An [H, W] tensor as a mask.", known: .gives("mask")) { call in call.make(try call.mask(0)) },
    Native("mask(width: int, height: int, value: float = 0)", doc: "A mask with one value everywhere.", known: Inference { call in Known(type: "mask", shape: [call["height"].int, call["width"].int]) }) { call in
      call.make(try call.pictures { try Mask(width: try call.int(0), height: try call.int(1), value: Float(try call.float("value", in: 0...1))) })
    },
    Native("rect(x: float, y: float, width: float, height: float, size: list = nil, soft: bool = false)", doc: "A rectangle in pixels; with `size: [width, height]` a mask of that size.") { call in
      try region(.rectangle(x: try call.float(0), y: try call.float(1), width: try call.float(2), height: try call.float(3)), call)
    },
    Native("circle(x: float, y: float, radius: float, size: list = nil, soft: bool = false)", doc: "A circle in pixels; with `size: [width, height]` a mask of that size.") { call in
      try region(.circle(x: try call.float(0), y: try call.float(1), radius: try call.float(2)), call)
    },
    Native("polygon(points: list, size: list = nil, soft: bool = false)", doc: "A closed polygon of [x, y] corners in pixels; with `size: [width, height]` a mask of that size.") { call in
      let corners = try call.list(0).map { corner in
        guard let pair = corner.list, pair.count == 2, let x = pair[0].number?.double, let y = pair[1].number?.double else {
          throw call.mismatch(0, "a list of [x, y] corners")
        }
        return Region.Point(x, y)
      }
      guard corners.count >= 3 else { throw call.fault(.value, "a polygon has at least 3 corners, found \(corners.count)", at: 0) }
      return try region(.polygon(corners), call)
    },
    Native("draw(image: image, region: region, color: any = \"red\")", doc: "A picture with a region filled.", known: .gives("image")) { call in
      let region = try call.host(RegionValue.self, "region").region
      let color = try call.color("color")
      return call.make(try call.pictures { try call.image(0).drawn(region, color) })
    },
    Native("outline(image: image, region: region, color: any = \"red\", thickness: float = 1)", doc: "A picture with the edge of a region drawn.", known: .gives("image")) { call in
      let region = try call.host(RegionValue.self, "region").region
      let color = try call.color("color")
      let thickness = try call.float("thickness", in: 0.1...256)
      return call.make(try call.pictures { try call.image(0).outlined(region, color, thickness: thickness) })
    },
    Native("mask(region: region, width: int, height: int, soft: bool = false)", doc: "A region as a mask of this size.", known: Inference { call in Known(type: "mask", shape: [call["height"].int, call["width"].int]) }) { call in
      let region = try call.host(RegionValue.self, 0).region
      let soft = try call.bool("soft")
      return call.make(try call.pictures { try region.mask(width: try call.int("width"), height: try call.int("height"), soft: soft) })
    },
    Native("resize(mask: mask, width: int = nil, height: int = nil, like: any = nil, mode: string = \"nearest\")", doc: "A mask of another size, given or that of a latent, map or picture; nearest as in PyTorch: source index floor(i · scale).") { call in
      let mode = MaskResize(rawValue: try call.choice("mode", of: MaskResize.allCases.map(\.rawValue)))!
      let size = try targetSize(call)
      return call.make(try call.pictures { try call.mask(0).resized(width: size.width, height: size.height, mode) })
    },
    Native("grow(mask: mask, radius: int)", doc: "A mask grown by a radius in pixels.", known: .gives("mask")) { call in
      call.make(try call.pictures(at: "radius") { try call.mask(0).grown(by: try call.int("radius")) })
    },
    Native("shrink(mask: mask, radius: int)", doc: "A mask shrunk by a radius in pixels.", known: .gives("mask")) { call in
      call.make(try call.pictures(at: "radius") { try call.mask(0).shrunk(by: try call.int("radius")) })
    },
    Native("blur(mask: mask, radius: float)", doc: "A mask with soft edges; the radius is the Gaussian's standard deviation in pixels.", known: .gives("mask")) { call in
      call.make(try call.pictures(at: "radius") { try call.mask(0).blurred(radius: Float(try call.float("radius"))) })
    },
    Native("union(masks: list)", doc: "The largest of the masks, place by place.", known: .gives("mask")) { call in
      let masks = try call.list(0).map { item in
        guard let tensor = (item.host as? TensorValue)?.tensor else { throw call.mismatch(0, "a list of masks") }
        return try call.pictures(at: 0) { try Mask(values: tensor.asNumbers.detached()) }
      }
      return call.make(try call.pictures(at: 0) { try Mask.union(masks) })
    },
    Native("bounds(mask: mask)", doc: "[x, y, width, height] of the smallest rectangle that holds the mask where it is above 0.5; nil if it is empty.") { call in
      try call.mask(0).boundingBox().map { call.make([$0.x, $0.y, $0.width, $0.height]) } ?? .nil
    },
    Native("iou(a: mask, b: mask)", doc: "Intersection over union of two masks, 0…1.") { call in
      .float(Double(try call.pictures { try call.mask(0).overlap(with: try call.mask(1)) }))
    },
    Native("segments(image: image)", doc: "A map from each colour of a segment image (\"#rrggbb\") to its mask.") { call in
      let found = try call.pictures(at: 0) { try call.image(0).segments() }
      return call.make(fields: found.map { (hex($0.color), call.make($0.mask)) })
    },
  ]

  /// The size asked for by `width` and `height`, or that of `like`.
  static func targetSize(_ call: NativeCall) throws -> (width: Int, height: Int) {
    if call.has("like") {
      guard let shape = call["like"].host?.shape, shape.count >= 2 else { throw call.mismatch("like", "a tensor or an image") }
      return (shape[shape.count - 1], shape[shape.count - 2])
    }
    guard call.has("width"), call.has("height") else {
      throw Fault(.value, "resize needs a size", help: "m.resize(16, 16) or m.resize(like: z)")
    }
    return (try call.int("width"), try call.int("height"))
  }

  private static func region(_ region: Region, _ call: NativeCall) throws -> Value {
    guard call.has("size") else { return call.make(RegionValue(region)) }
    let size = try call.ints("size")
    guard size.count == 2 else { throw call.mismatch("size", "[width, height]") }
    let soft = try call.bool("soft")
    return call.make(try call.pictures(at: "size") { try region.mask(width: size[0], height: size[1], soft: soft) })
  }

  private static func hex(_ color: Color) -> String {
    let digits = Array("0123456789abcdef")
    return "#" + [color.red, color.green, color.blue].map { value in
      let level = Int((value * 255).rounded())
      return "\(digits[level / 16])\(digits[level % 16])"
    }.joined()
  }
}

/// A shape in pixel coordinates that becomes a mask where a size is known.
package final class RegionValue: HostObject {
  package let region: Region
  package init(_ region: Region) { self.region = region }
  package var typeName: String { "region" }
  package func isEqual(to other: any HostObject) -> Bool { (other as? RegionValue)?.region == region }
  package func description(_ context: Context) -> String {
    switch region {
    case .rectangle(let x, let y, let width, let height):
      "rect(\(TensorText.short(x)), \(TensorText.short(y)), \(TensorText.short(width)), \(TensorText.short(height)))"
    case .ellipse(let x, let y, let radius, _): "circle(\(TensorText.short(x)), \(TensorText.short(y)), \(TensorText.short(radius)))"
    case .polygon(let points): "polygon of \(points.count) corners"
    case .line: "line"
    }
  }
}
