/// Makes PNG files for the tests, without libpng and zlib: stored blocks, filter 0, any colour type, depth and interlacing.
struct PNGMaker {
  var width: Int
  var height: Int
  var bitDepth = 8
  var colorType = 2
  var isInterlaced = false
  /// Chunks before and after the pixels.
  var before: [(String, [UInt8])] = []
  var after: [(String, [UInt8])] = []

  static let samplesPerPixel = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4]

  /// The file for `sample(x, y, channel)`.
  func file(_ sample: (Int, Int, Int) -> Int) -> [UInt8] {
    var raw: [UInt8] = []
    let passes = isInterlaced
      ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)] : [(0, 0, 1, 1)]
    for (left, top, right, down) in passes {
      for y in stride(from: top, to: height, by: down) where left < width {
        raw.append(0)
        raw += packed(stride(from: left, to: width, by: right).flatMap { x in
          (0..<PNGMaker.samplesPerPixel[colorType]!).map { sample(x, y, $0) }
        })
      }
    }
    return assembled(PNGMaker.stored(raw))
  }

  /// The file with these bytes as its pixel data, whatever they are.
  func assembled(_ data: [UInt8]) -> [UInt8] {
    let header = PNGMaker.word(width) + PNGMaker.word(height) + [UInt8(bitDepth), UInt8(colorType), 0, 0, isInterlaced ? 1 : 0]
    let chunks = [("IHDR", header)] + before + [("IDAT", data)] + after + [("IEND", [])]
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunks.flatMap { PNGMaker.chunk($0.0, $0.1) }
  }

  /// Samples of a row, most significant bits first.
  private func packed(_ samples: [Int]) -> [UInt8] {
    if bitDepth == 16 { return samples.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } }
    var bytes: [UInt8] = []
    for (i, sample) in samples.enumerated() {
      if i * bitDepth % 8 == 0 { bytes.append(0) }
      bytes[bytes.count - 1] |= UInt8(sample << (8 - bitDepth - i * bitDepth % 8))
    }
    return bytes
  }

  static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    return word(data.count) + body + word(Int(crc(body)))
  }

  static func word(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(value >> $0 & 255) } }

  /// A zlib stream of stored blocks.
  static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    var at = 0
    repeat {
      let count = min(65535, bytes.count - at)
      let (low, high) = (UInt8(count & 255), UInt8(count >> 8))
      stream += [at + count == bytes.count ? 1 : 0, low, high, ~low, ~high] + bytes[at..<(at + count)]
      at += count
    } while at < bytes.count
    var (a, b) = (1, 0)
    for byte in bytes {
      a = (a + Int(byte)) % 65521
      b = (b + a) % 65521
    }
    return stream + word(b << 16 | a)
  }

  static func crc(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
  }
}

/// A small sequence of numbers that is the same on every run.
struct FixedNumbers {
  var state: UInt64

  mutating func next(_ below: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % below
  }
}
