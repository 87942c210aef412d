import LimnImage
import LimnRuntime
import LimnTensor

/// What one part of a picture should show.
package final class SegmentValue: HostObject {
  /// The prompt, tokens still as private code points.
  let prompt: String
  let area: Area

  /// Where a segment is.
  enum Area {
    /// A shape in the layout's pixels.
    case region(Region)
    /// A mask of any size, stretched over the layout.
    case mask(Mask)
    /// Wherever no other segment is.
    case background
  }

  init(_ prompt: String, _ area: Area) { (self.prompt, self.area) = (prompt, area) }

  package var typeName: String { "segment" }
  package func description(_ context: Context) -> String {
    let text = "\"\(context.named(prompt))\""
    switch area {
    case .region(let region): return "segment(\(text), \(RegionValue(region).description(context)))"
    case .mask(let mask): return "segment(\(text), mask \(mask.width)×\(mask.height))"
    case .background: return "background(\(text))"
    }
  }
  package func isEqual(to other: any HostObject) -> Bool {
    guard let other = other as? SegmentValue, other.prompt == prompt else { return false }
    switch (area, other.area) {
    case (.region(let a), .region(let b)): return a == b
    case (.mask(let a), .mask(let b)): return a == b
    case (.background, .background): return true
    default: return false
    }
  }
  package var memberNames: [String] { ["prompt", "region"] }
  package func member(_ name: String, _ context: Context) throws -> Value? {
    switch (name, area) {
    case ("prompt", _): context.make(prompt)
    case ("region", .region(let region)): context.make(RegionValue(region))
    case ("region", .mask(let mask)): context.make(mask)
    case ("region", .background): .nil
    default: nil
    }
  }
}

/// A picture's parts and what each should show; those listed later lie in front.
package final class LayoutValue: HostObject {
  package let layout: Layout
  /// In front of each other in this order; without the background.
  let segments: [SegmentValue]
  let background: SegmentValue?

  init(_ layout: Layout, segments: [SegmentValue], background: SegmentValue?) {
    (self.layout, self.segments, self.background) = (layout, segments, background)
  }

  package var typeName: String { "layout" }
  package func description(_ context: Context) -> String {
    let parts = (segments + (background.map { [$0] } ?? [])).map { $0.description(context) }
    return "layout(\(layout.width), \(layout.height), [\(parts.joined(separator: ", "))])"
  }
  package func isEqual(to other: any HostObject) -> Bool {
    guard let other = other as? LayoutValue, layout.width == other.layout.width, layout.height == other.layout.height else { return false }
    let (mine, theirs) = (segments + (background.map { [$0] } ?? []), other.segments + (other.background.map { [$0] } ?? []))
    return mine.count == theirs.count && zip(mine, theirs).allSatisfy { $0.isEqual(to: $1) }
  }
  package var memberNames: [String] { ["width", "height", "segments", "background", "image"] }
  package func member(_ name: String, _ context: Context) throws -> Value? {
    switch name {
    case "width": .int(layout.width)
    case "height": .int(layout.height)
    case "segments": context.make(segments.map { context.make($0) })
    case "background": background.map { context.make($0.prompt) } ?? .nil
    case "image": context.make(try layout.picture())
    default: nil
    }
  }

  /// The coloured segments with their words, large enough to read.
  package func display(_ context: Context) throws -> Image {
    try layout.labelledPicture(segments.map { context.named($0.prompt) }, background: background.map { context.named($0.prompt) })
  }
}
