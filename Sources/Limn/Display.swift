import LimnBindings
import LimnImage
import LimnRuntime
import LimnTensor

/// A value as people see it: text, and a picture when it is one.
public struct Display: Sendable {
  /// One or more lines, without a line end at the end.
  public let text: String
  /// The picture of an image, a mask or a map; nil for everything else.
  public let picture: Picture?

  init(text: String, picture: Picture? = nil) {
    self.text = text
    self.picture = picture
  }

  /// Longer texts are cut in the middle when a value stands alone in a session.
  static let lengthLimit = 2000

  init(_ value: Value, _ context: Context) {
    if let image = value.host as? ImageValue {
      self.init(text: image.description(context), picture: Picture(image.image))
    } else if let tensor = value.host as? TensorValue, tensor.isMask, let mask = try? Mask(values: tensor.tensor.converted(to: .f32).detached()) {
      self.init(text: tensor.description(context), picture: Picture(mask.image))
    } else if let layout = value.host as? LayoutValue, let image = try? layout.display(context) {
      self.init(text: layout.description(context), picture: Picture(image))
    } else if let tensor = value.host as? TensorValue {
      self.init(text: tensor.display)
    } else {
      self.init(text: Self.elided(Self.text(of: value, context)))
    }
  }

  /// A list or map with more items than this is shown by its ends: nobody reads the rest, and writing it takes long.
  private static let itemLimit = 100
  private static let (shownFirst, shownLast) = (20, 5)

  private static func text(of value: Value, _ context: Context) -> String {
    if let items = value.list, items.count > itemLimit {
      let ends = items.prefix(shownFirst).map(context.shown) + ["…"] + items.suffix(shownLast).map(context.shown)
      return "[" + ends.joined(separator: ", ") + "]  \(items.count) items"
    }
    if let entries = value.map, entries.count > itemLimit {
      func shown(_ entry: (key: Value, value: Value)) -> String { "\(context.shown(entry.key)): \(context.shown(entry.value))" }
      let ends = entries.prefix(shownFirst).map(shown) + ["…"] + entries.suffix(shownLast).map(shown)
      return "[" + ends.joined(separator: ", ") + "]  \(entries.count) entries"
    }
    return context.shown(value)
  }

  private static func elided(_ text: String) -> String {
    guard text.utf8.count > lengthLimit else { return text }
    let half = lengthLimit / 2
    return text.prefix(half) + " … " + text.suffix(half)
  }
}

/// Pixels to be shown or written.
public struct Picture: Sendable {
  package let image: Image

  init(_ image: Image) { self.image = image }

  /// How many columns there are, in pixels.
  public var width: Int { image.width }
  /// How many rows there are, in pixels.
  public var height: Int { image.height }

  /// The picture of planes of 0…1, one after another: red, green, blue and perhaps alpha, each row by row.
  ///
  /// - Throws: When there are not three or four planes of that size.
  public init(width: Int, height: Int, planes: [Float]) throws {
    guard width > 0, height > 0, planes.count % (width * height) == 0 else {
      throw LimnProblem("\(planes.count) values are not planes of \(width)×\(height)", kind: .shape)
    }
    do { image = try Image(pixels: Tensor(planes, [planes.count / (width * height), height, width])) } catch { throw LimnProblem("\(error)", kind: .shape) }
  }

  /// The picture in a PNG file.
  ///
  /// - Throws: When the bytes are no whole PNG.
  public init(png: [UInt8]) throws {
    do { image = try PNG.decode(png, name: "picture") } catch { throw LimnProblem("\(error)", kind: .io) }
  }

  /// Red, green and blue, and alpha where there is one: planes of 0…1, row by row.
  public var planes: [Float] { image.pixels.floats() }

  /// How another picture differs, in a few words; nil when the two are equal in every 8-bit pixel.
  public func difference(to other: Picture) -> String? {
    guard (width, height) == (other.width, other.height) else {
      return "its size is \(other.width)×\(other.height), the original's \(width)×\(height)"
    }
    let (mine, others) = (image.bytes(), other.image.bytes())
    guard mine != others else { return nil }
    let most = zip(mine, others).map { abs(Int($0) - Int($1)) }.max() ?? 0
    return "differs from the original by at most \(most) of 255 in a pixel"
  }

  /// The picture with every value of red, green and blue sent through a function.
  public func mapped(_ body: (Float) -> Float) -> Picture {
    let area = width * height
    let values = planes.enumerated().map { $0.offset < 3 * area ? body($0.element) : $0.element }
    return Picture(Image(planes: values, width: width, height: height, channels: values.count / area))
  }

  /// The picture as the bytes of a PNG file, without any text in it.
  public func png() throws -> [UInt8] { try PNG.encode(image) }
}
