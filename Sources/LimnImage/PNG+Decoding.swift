import CLimnPNG
import Glibc

extension PNG {
  /// Returns the picture in a PNG file: every colour type, 1 to 16 bits, interlaced or not.
  ///
  /// Gray becomes RGB; alpha, and a transparent colour or palette entry, make a fourth channel. Values are sample / 255
  /// (16-bit: / 65535); gamma and colour profiles are ignored, as PIL ignores them. Of an animation it is the first picture.
  ///
  /// - Parameter name: What messages call the file.
  /// - Throws: ``ImageError`` if the bytes are no PNG, are cut or damaged, or hold more than `pixelLimit` pixels.
  package static func decode(_ bytes: [UInt8], name: String, pixelLimit: Int = Image.pixelLimit) throws -> Image {
    _ = try Layout(bytes, name: name, pixelLimit: pixelLimit)
    var picture = limn_png_picture()
    var message = [CChar](repeating: 0, count: LIMN_PNG_MESSAGE)
    guard limn_png_decode(bytes, bytes.count, &picture, &message) == 0 else {
      throw ImageError.damaged(name: name, reason: String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).lowercased())
    }
    defer { free(picture.samples) }
    let width = Int(picture.width), height = Int(picture.height), channels = Int(picture.channels)
    let count = width * height * channels
    if picture.bytes_per_sample == 1 {
      return Image(samples: UnsafeBufferPointer(start: picture.samples, count: count), divisor: 255,
        width: width, height: height, channels: channels)
    }
    return picture.samples.withMemoryRebound(to: UInt16.self, capacity: count) {
      Image(samples: UnsafeBufferPointer(start: $0, count: count), divisor: 65535, width: width, height: height, channels: channels)
    }
  }

  /// Returns what the first chunk of a PNG says, without unpacking it.
  package static func header(of bytes: [UInt8], name: String) throws -> Header {
    try Layout(bytes, name: name, pixelLimit: .max).header
  }

  /// Reads the picture in the PNG file at `path`.
  package static func read(_ path: String, pixelLimit: Int = Image.pixelLimit) throws -> Image {
    try decode(PictureFile.read(path), name: path, pixelLimit: pixelLimit)
  }
}
