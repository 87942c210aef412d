import LimnImage
import LimnRuntime
import LimnTensor

/// Layouts: which part of a picture shows what.
enum LayoutNatives {
  static let all: [Native] = [
    Native("segment(prompt: string, region: any)", doc: "What a part of a layout should show: a region in its pixels, or a mask of any size.") { call in
      let prompt = try call.string(0)
      if let region = (call["region"].host as? RegionValue)?.region { return call.make(SegmentValue(prompt, .region(region))) }
      guard call["region"].host is TensorValue else { throw call.mismatch("region", "a region (rect, circle, polygon) or a mask") }
      return call.make(SegmentValue(prompt, .mask(try call.mask("region"))))
    },
    Native("background(prompt: string)", doc: "What a layout should show wherever there is no segment.") { call in
      call.make(SegmentValue(try call.string(0), .background))
    },
    Native("layout(width: int, height: int, segments: list)", doc: "A picture's parts, each with a prompt of its own; those listed later lie in front. Says which overlap, and how much is left without a background.", effect: .acts) { call in
      call.make(try layout(call))
    },
    Native("masks(layout: layout, width: int = nil, height: int = nil, like: any = nil)", doc: "The masks of a layout at a size, or at that of a latent: the background's, then one a segment. Each place is in exactly one.", effect: .acts) { call in
      let layout = try call.host(LayoutValue.self, 0)
      let size = try size(call)
      let found = try call.pictures { try layout.layout.masks(width: size.width, height: size.height) }
      for number in found.small {
        call.notices.say("\(name(number, layout, call)) is smaller than a cell at \(size.width)×\(size.height); it gets the one it covers most", call)
      }
      for number in found.hidden { call.notices.say("\(name(number, layout, call)) is hidden by others and has no place", call) }
      return call.make(found.masks.map { call.make($0) })
    },
    Native("image(layout: layout)", doc: "The segment image of a layout: one colour a segment.") { call in
      call.make(try call.pictures { try call.host(LayoutValue.self, 0).layout.picture() })
    },
  ]

  private static func layout(_ call: NativeCall) throws -> LayoutValue {
    let (width, height) = (try call.int("width", in: 1...65536), try call.int("height", in: 1...65536))
    let items = try call.list("segments").map { item in
      guard let segment = item.host as? SegmentValue else { throw call.mismatch("segments", "a list of segments") }
      return segment
    }
    var segments: [SegmentValue] = [], background: SegmentValue?, areas: [Layout.Area] = []
    for item in items {
      switch item.area {
      case .background:
        guard background == nil else { throw call.fault(.value, "a layout has one background, found two", at: "segments") }
        background = item
        continue
      case .region(let region): areas.append(.region(region))
      case .mask(let mask): areas.append(.mask(mask))
      }
      segments.append(item)
    }
    guard !segments.isEmpty || background != nil else { throw call.fault(.value, "a layout has at least one segment, found none", at: "segments") }
    let value = LayoutValue(try call.pictures(at: "width") { try Layout(width: width, height: height, areas) }, segments: segments, background: background)
    try report(value, call)
    return value
  }

  /// Errors for segments outside, warnings for those that overlap and for what is left over.
  private static func report(_ value: LayoutValue, _ call: NativeCall) throws {
    let labels = try value.layout.labels(width: value.layout.width, height: value.layout.height)
    let overlaps = try value.layout.overlaps()
    for number in value.segments.indices where !labels.contains(number + 1) {
      guard overlaps.contains(where: { $0.back == number }) else {
        throw call.fault(.value, "\(name(number, value, call)) lies outside of the \(value.layout.width)×\(value.layout.height) layout, or is empty", at: "segments")
      }
    }
    for overlap in overlaps {
      call.notices.say("\(name(overlap.front, value, call)) covers \(overlap.pixels == 1 ? "1 pixel" : "\(overlap.pixels) pixels") of \(name(overlap.back, value, call))", call)
    }
    let left = labels.count { $0 == 0 }
    if value.background == nil, left > 0 {
      call.notices.say("\(Int((100 * Double(left) / Double(labels.count)).rounded(.up))) % of the layout is in no segment and there is no background(…)", call)
    }
  }

  private static func name(_ number: Int, _ layout: LayoutValue, _ call: NativeCall) -> String {
    "segment \(number + 1), \"\(call.named(layout.segments[number].prompt))\","
  }

  private static func size(_ call: NativeCall) throws -> (width: Int, height: Int) {
    if call.has("like") || call.has("width") || call.has("height") { return try MaskNatives.targetSize(call) }
    let layout = try call.host(LayoutValue.self, 0).layout
    return (layout.width, layout.height)
  }
}
