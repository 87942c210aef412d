import LimnImage
import LimnRuntime

/// Writing pictures to files. Everything else is saved by ``DataNatives``.
enum SaveNatives {
  static let all: [Native] = [
    Native("save(image: image, path: string, metadata: bool = true, bits: int = 8)", doc: "Writes a PNG, with how it was made in its `parameters` text (as A1111 writes it) and the script in `limn`; `metadata: false` writes neither.", effect: .acts) { call in
      let value = try call.host(ImageValue.self, 0)
      let bits = try bits(call)
      try checkPNG(call)
      let texts = try call.bool("metadata") ? texts(value, call) : []
      try call.write(try call.pictures { try PNG.encode(value.image, texts: texts, bitDepth: bits) }, to: "path")
      return .nil
    },
    Native("save(mask: mask, path: string, bits: int = 8)", doc: "Writes a mask as a grey PNG, or any [H, W] tensor as .npy.", effect: .acts) { call in
      if Path.fileExtension(try call.string("path")) == "npy" { return try DataNatives.saveTensor(call) }
      let mask = try call.mask(0)
      let bits = try bits(call)
      try checkPNG(call)
      try call.write(try call.pictures { try PNG.encode(mask, bitDepth: bits) }, to: "path")
      return .nil
    },
  ]

  private static func bits(_ call: NativeCall) throws -> Int {
    let bits = try call.int("bits")
    guard bits == 8 || bits == 16 else { throw call.fault(.value, "'bits' is \(bits), expected 8 or 16", at: "bits") }
    return bits
  }

  private static func checkPNG(_ call: NativeCall) throws {
    let path = try call.string("path")
    guard path.lowercased().hasSuffix(".png") else {
      throw call.fault(.value, "pictures are saved as PNG, found the path '\(path)'", at: "path", help: "\"\(path).png\"")
    }
  }

  private static func texts(_ value: ImageValue, _ call: NativeCall) -> [PNG.Text] {
    var texts: [PNG.Text] = []
    if let parameters = value.parameters { texts.append(PNG.Text(keyword: PNG.Text.parametersKeyword, value: parameters.text)) }
    if let recipe = call.service(Recipe.self, { Recipe() }).text(call.context) {
      texts.append(PNG.Text(keyword: PNG.Text.recipeKeyword, value: recipe))
    }
    return texts
  }
}
