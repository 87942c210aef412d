import CLimnPNG
import Glibc

extension PNG {
  /// Returns `image` as a PNG file: RGB, or RGBA if it has alpha.
  ///
  /// Values are brought into 0…1, multiplied by 255 (or 65535) and rounded, halves to even, as diffusers and PIL do.
  ///
  /// - Parameter texts: What to write beside the pixels; with none the file has no text chunk.
  /// - Parameter bitDepth: 8 or 16.
  /// - Throws: ``ImageError`` for a text that PNG cannot hold or a picture without memory for its file.
  package static func encode(_ image: Image, texts: [Text] = [], bitDepth: Int = 8) throws -> [UInt8] {
    try encode(image.pixels.floats(), width: image.width, height: image.height, channels: image.channels, texts: texts, bitDepth: bitDepth)
  }

  /// Returns `mask` as a gray PNG file.
  package static func encode(_ mask: Mask, texts: [Text] = [], bitDepth: Int = 8) throws -> [UInt8] {
    try encode(mask.values.floats(), width: mask.width, height: mask.height, channels: 1, texts: texts, bitDepth: bitDepth)
  }

  /// Writes `image` to `path`; the file is there whole or not at all.
  package static func write(_ image: Image, to path: String, texts: [Text] = [], bitDepth: Int = 8) throws {
    try PictureFile.write(encode(image, texts: texts, bitDepth: bitDepth), to: path)
  }

  /// Writes `mask` to `path` as a gray picture.
  package static func write(_ mask: Mask, to path: String, texts: [Text] = [], bitDepth: Int = 8) throws {
    try PictureFile.write(encode(mask, texts: texts, bitDepth: bitDepth), to: path)
  }

  private static func encode(
    _ planes: [Float], width: Int, height: Int, channels: Int, texts: [Text], bitDepth: Int
  ) throws -> [UInt8] {
    let texts = try texts.map(chunk(for:))
    switch bitDepth {
    case 8:
      let samples = interleaved(planes, channels: channels, scale: 255, as: UInt8.self)
      return try encode(samples, width, height, channels, bitDepth, texts)
    case 16:
      let samples = interleaved(planes, channels: channels, scale: 65535, as: UInt16.self)
      return try samples.withUnsafeBytes { try encode(Array($0), width, height, channels, bitDepth, texts) }
    default:
      throw ImageError.value(name: "bits", found: "\(bitDepth)", expected: "8 or 16")
    }
  }

  /// Planes `[C, H·W]` → samples `[H·W, C]` of 0…`scale`.
  static func interleaved<Sample: FixedWidthInteger>(_ planes: [Float], channels: Int, scale: Float, as: Sample.Type) -> [Sample] {
    let area = planes.count / channels
    return [Sample](unsafeUninitializedCapacity: planes.count) { out, count in
      for channel in 0..<channels {
        for i in 0..<area { out[i * channels + channel] = Sample(levels(planes[channel * area + i], scale)) }
      }
      count = planes.count
    }
  }

  private static func encode(
    _ samples: [UInt8], _ width: Int, _ height: Int, _ channels: Int, _ bitDepth: Int, _ texts: [(type: String, data: [UInt8])]
  ) throws -> [UInt8] {
    // All chunk data in one buffer, so that one pointer stays valid for the whole call.
    let data = texts.flatMap(\.data)
    var file: UnsafeMutablePointer<UInt8>?
    var size = 0
    var message = [CChar](repeating: 0, count: LIMN_PNG_MESSAGE)
    let status = data.withUnsafeBufferPointer { data in
      var offset = 0
      let chunks = texts.map { text in
        defer { offset += text.data.count }
        let type = Array(text.type.utf8)
        return limn_png_chunk(
          type: (type[0], type[1], type[2], type[3]), bytes: data.baseAddress.map { $0 + offset }, size: text.data.count)
      }
      return limn_png_encode(
        samples, UInt32(width), UInt32(height), Int32(channels), Int32(bitDepth), chunks, chunks.count, &file, &size, &message)
    }
    guard status == 0 else {
      let words = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw ImageError.unwritable(name: "PNG", reason: words)
    }
    defer { free(file) }
    return Array(UnsafeBufferPointer(start: file, count: size))
  }
}
