import CLimnPNG

extension PNG {
  /// A stretch of the file: its type and where its data lies.
  package struct Chunk {
    package var type: String
    package var data: Range<Int>
  }

  /// The chunks of a file, each checked for length and CRC before anything is unpacked.
  ///
  /// A broken file is told apart here, with the place; libpng sees only files whose chunks are whole.
  package struct Layout {
    package var header: Header
    package var chunks: [Chunk] = []

    /// - Throws: ``ImageError`` if the bytes are no PNG, are cut, or a chunk is damaged; or if the header's size is over `pixelLimit`.
    package init(_ bytes: [UInt8], name: String, pixelLimit: Int) throws {
      guard bytes.starts(with: PNG.signature) else {
        // A file cut within the signature is still best called a cut PNG.
        guard bytes.count > 0, bytes.count < 8, PNG.signature.starts(with: bytes) else {
          throw ImageError.notPNG(name: name, found: FileKind(of: bytes))
        }
        throw ImageError.damaged(name: name, reason: "it is cut after \(bytes.count) bytes")
      }
      var at = 8
      var header: Header?
      while chunks.last?.type != "IEND" {
        let chunk = try Layout.chunk(in: bytes, at: at, name: name)
        if header == nil {
          guard chunk.type == "IHDR", chunk.data.count == 13 else {
            throw ImageError.damaged(name: name, reason: "it begins with a chunk '\(chunk.type)' of \(chunk.data.count) bytes, expected 'IHDR' of 13")
          }
          header = try Header(bytes, at: chunk.data.lowerBound, name: name, pixelLimit: pixelLimit)
        }
        chunks.append(chunk)
        at = chunk.data.upperBound + 4
      }
      self.header = header!
      try checkAmount(name)
    }

    /// Reads the chunk at `at`: length, type, data, CRC.
    private static func chunk(in bytes: [UInt8], at: Int, name: String) throws -> Chunk {
      guard bytes.count - at >= 12 else {
        throw ImageError.damaged(name: name, reason: "it is cut after \(bytes.count) bytes, before its last chunk")
      }
      let length = Int(PNG.bigEndian(bytes, at))
      let type = String(decoding: bytes[(at + 4)..<(at + 8)].map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
      guard bytes[(at + 4)..<(at + 8)].allSatisfy({ (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }) else {
        throw ImageError.damaged(name: name, reason: "no chunk at byte \(at), found '\(type)' where its name should be")
      }
      guard length <= bytes.count - at - 12 else {
        throw ImageError.damaged(
          name: name, reason: "it is cut: chunk '\(type)' at byte \(at) should hold \(length) bytes, \(max(bytes.count - at - 12, 0)) are left")
      }
      let crc = bytes.withUnsafeBufferPointer { limn_png_crc($0.baseAddress! + at + 4, length + 4) }
      guard crc == PNG.bigEndian(bytes, at + 8 + length) else {
        throw ImageError.damaged(name: name, reason: "chunk '\(type)' at byte \(at) does not match its checksum")
      }
      return Chunk(type: type, data: (at + 8)..<(at + 8 + length))
    }

    /// Refuses a small file that promises a huge picture: deflate packs at most 1032 bytes into one.
    private func checkAmount(_ name: String) throws {
      let packed = chunks.reduce(0) { $1.type == "IDAT" ? $0 + $1.data.count : $0 }
      let row = (header.width * header.colorType.samples * header.bitDepth + 7) / 8 + 1
      guard packed > 0, packed.multipliedReportingOverflow(by: 1032).partialValue >= row * header.height else {
        throw ImageError.damaged(
          name: name, reason: "it says \(header.width)×\(header.height) but holds only \(packed) bytes of pixel data")
      }
    }
  }

  static func bigEndian(_ bytes: [UInt8], _ at: Int) -> UInt32 {
    UInt32(bytes[at]) << 24 | UInt32(bytes[at + 1]) << 16 | UInt32(bytes[at + 2]) << 8 | UInt32(bytes[at + 3])
  }
}

extension PNG.Header {
  /// Reads the 13 bytes of IHDR.
  init(_ bytes: [UInt8], at: Int, name: String, pixelLimit: Int) throws {
    width = Int(PNG.bigEndian(bytes, at))
    height = Int(PNG.bigEndian(bytes, at + 4))
    bitDepth = Int(bytes[at + 8])
    isInterlaced = bytes[at + 12] == 1
    guard let type = PNG.ColorType(rawValue: bytes[at + 9]), type.bitDepths.contains(bitDepth) else {
      throw ImageError.damaged(name: name, reason: "it says colour type \(bytes[at + 9]) with \(bitDepth) bits, which does not exist")
    }
    colorType = type
    guard width > 0, height > 0, width <= Int(Int32.max), height <= Int(Int32.max) else {
      throw ImageError.damaged(name: name, reason: "it says \(width)×\(height)")
    }
    // Both are below 2³¹, so the product cannot overflow.
    guard width * height <= pixelLimit else {
      throw ImageError.tooLarge(name: name, width: width, height: height, limit: pixelLimit)
    }
  }
}
