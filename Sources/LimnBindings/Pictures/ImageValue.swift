import LimnImage
import LimnRuntime
import LimnSyntax
import LimnTensor

/// A picture as scripts see it. In arithmetic it stands for its `[3, H, W]`, and the result is a tensor.
package final class ImageValue: HostObject {
  package let image: Image
  /// How the picture was generated, when it was; saved with it.
  package let parameters: GenerationParameters?
  /// The values for arithmetic, `[3, H, W]`: what the picture was made of where gradients flow through it, else its own.
  let values: Tensor

  package init(_ image: Image, parameters: GenerationParameters? = nil) {
    self.image = image
    self.parameters = parameters
    values = image.hasAlpha ? image.pixels.sliced(axis: 0, from: 0, to: 3) : image.pixels
  }

  /// A picture of values that gradients may flow back to, `[3, H, W]`.
  init(values: Tensor) throws {
    image = try Image(pixels: values)
    parameters = nil
    self.values = values.isTraced ? values : image.pixels
  }

  package var typeName: String { "image" }

  package func description(_ context: Context) -> String {
    "image \(image.width)×\(image.height)\(image.hasAlpha ? " with alpha" : "")"
  }

  package func isEqual(to other: any HostObject) -> Bool { (other as? ImageValue).map { $0.image == image } ?? false }

  package var shape: [Int]? { [3, image.height, image.width] }

  package var conditionHelp: String? { "any(…) or all(…) of a comparison" }

  package static let fields = ["width", "height", "shape", "alpha", "parameters"]
  package var memberNames: [String] { Self.fields }

  package func member(_ name: String, _ context: Context) throws -> Value? {
    switch name {
    case "width": .int(image.width)
    case "height": .int(image.height)
    case "shape": context.make([3, image.height, image.width])
    case "alpha": context.make(mask: image.alpha.values)
    case "parameters": parameters.map { context.make(outside: $0.text) } ?? .nil
    default: nil
    }
  }

  package func binary(_ op: BinaryOperator, _ other: Value, reversed: Bool, _ context: Context) throws -> Value? {
    try TensorValue(values).binary(op, other, reversed: reversed, context)
  }

  package func unary(_ op: UnaryOperator, _ context: Context) throws -> Value? {
    op == .negate ? context.make(-values) : nil
  }

  /// `photo[0]` is the red plane: an index is one of the `[3, H, W]`.
  package func element(at index: [IndexItem], _ context: Context) throws -> Value? {
    context.make(try TensorIndex.view(values, index))
  }
}

extension Making {
  package func make(_ image: Image) -> Value { make(ImageValue(image)) }
  package func make(_ mask: Mask) -> Value { make(mask: mask.values) }
}

extension NativeCall {
  /// A picture; a mask or 2-D tensor becomes grey.
  func image(_ key: ParameterKey) throws -> Image {
    if let value = self[key].host as? ImageValue { return value.image }
    if let value = self[key].host as? TensorValue { return try pictures(at: key) { try Self.image(of: value.tensor) } }
    throw mismatch(key, "an image")
  }

  /// `[3, H, W]`, `[1, 3, H, W]` or `[H, W]` as a picture.
  static func image(of tensor: Tensor) throws -> Image {
    var tensor = tensor.asNumbers.detached()
    if tensor.rank == 4, tensor.shape[0] == 1 { tensor = tensor.selected(axis: 0, index: 0) }
    if tensor.rank == 3, tensor.shape[0] == 1 { tensor = tensor.selected(axis: 0, index: 0) }
    return tensor.rank == 2 ? try Mask(values: tensor).image : try Image(pixels: tensor)
  }

  /// A mask: an [H, W] tensor, bool or float; an image gives its mask of brightness.
  func mask(_ key: ParameterKey) throws -> Mask {
    if let value = self[key].host as? TensorValue { return try pictures(at: key) { try Mask(values: value.tensor.asNumbers.detached()) } }
    if let value = self[key].host as? ImageValue { return Mask(of: value.image) }
    throw mismatch(key, "a mask")
  }

  /// A mask, or a region as the smooth mask of this size.
  func mask(_ key: ParameterKey, width: Int, height: Int) throws -> Mask {
    guard let region = (self[key].host as? RegionValue)?.region else {
      guard self[key].host is TensorValue else { throw mismatch(key, "a mask or a region") }
      return try mask(key)
    }
    return try pictures(at: key) { try region.mask(width: width, height: height, soft: true) }
  }

  /// A colour by name or `#rrggbb`, or a list of three or four numbers.
  func color(_ key: ParameterKey) throws -> Color {
    if self[key].list != nil {
      let parts = try floats(key).map(Float.init)
      guard parts.count == 3 || parts.count == 4 else { throw mismatch(key, "three or four numbers 0…1") }
      return Color(parts[0], parts[1], parts[2], alpha: parts.count == 4 ? parts[3] : 1)
    }
    return try pictures(at: key) { try Color(named: try string(key)) }
  }

  /// Runs `body`; what the picture module throws becomes the script's fault, underlined at `key`.
  func pictures<Result>(at key: ParameterKey? = nil, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as ImageError {
      let kind: FaultKind =
        switch error {
        case .unreadable, .unwritable, .notPNG, .damaged: .io
        case .shape, .sizesDiffer: .shape
        case .tooLarge: .memory
        default: .value
        }
      if let key { throw fault(kind, error.description, at: key) }
      throw Fault(kind, error.description)
    }
  }
}
