import CLimnJPEG
import Glibc

/// JPEG files, which are read and not written: photos come in them, and what is made here would lose by them.
package enum JPEG {
  static let signature: [UInt8] = [0xFF, 0xD8, 0xFF]

  /// Returns the picture in a JPEG file as RGB, turned the way its Exif block says the camera was held.
  ///
  /// - Parameter name: What messages call the file.
  /// - Throws: ``ImageError`` if the bytes are no JPEG, are cut or damaged, in CMYK, or hold more than `pixelLimit` pixels.
  package static func decode(_ bytes: [UInt8], name: String, pixelLimit: Int = Image.pixelLimit) throws -> Image {
    var picture = limn_jpeg_picture()
    var message = [CChar](repeating: 0, count: Int(LIMN_JPEG_MESSAGE))
    switch limn_jpeg_decode(bytes, bytes.count, pixelLimit, &picture, &message) {
    case 0: break
    case -2: throw ImageError.tooLarge(name: name, width: Int(picture.width), height: Int(picture.height), limit: pixelLimit)
    default:
      let words = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw ImageError.damaged(name: name, kind: .jpeg, reason: words.first.map { $0.lowercased() + words.dropFirst() } ?? "unknown")
    }
    defer { free(picture.samples) }
    let width = Int(picture.width), height = Int(picture.height)
    return Image(
      samples: UnsafeBufferPointer(start: picture.samples, count: 3 * width * height), divisor: 255, width: width, height: height, channels: 3)
  }
}

extension PictureFile {
  /// The picture in the bytes of a PNG or JPEG file.
  ///
  /// - Throws: ``ImageError`` if they are neither, or damaged.
  package static func decode(_ bytes: [UInt8], name: String) throws -> Image {
    if bytes.starts(with: JPEG.signature) { return try JPEG.decode(bytes, name: name) }
    guard bytes.starts(with: PNG.signature) else { throw ImageError.notPNG(name: name, found: FileKind(of: bytes), orJPEG: true) }
    return try PNG.decode(bytes, name: name)
  }
}
