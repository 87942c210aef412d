import CLimnPNG
import Glibc

extension PNG {
  /// The most bytes that all texts of one file may take when unpacked.
  static let textLimit = 32 << 20

  /// Returns the texts of a PNG file in their order: tEXt, zTXt and iTXt chunks, before or after the pixels.
  ///
  /// - Throws: ``ImageError`` if the file is damaged or its texts unpack to more than 32 MB.
  package static func texts(in bytes: [UInt8], name: String) throws -> [Text] {
    let layout = try Layout(bytes, name: name, pixelLimit: .max)
    var texts: [Text] = []
    var budget = textLimit
    for chunk in layout.chunks where ["tEXt", "zTXt", "iTXt"].contains(chunk.type) {
      let text = try text(chunk, in: bytes, name: name, budget: budget)
      budget -= text.value.utf8.count
      texts.append(text)
    }
    return texts
  }

  private static func text(_ chunk: Chunk, in bytes: [UInt8], name: String, budget: Int) throws -> Text {
    var rest = bytes[chunk.data]
    func field() throws -> ArraySlice<UInt8> {
      guard let end = rest.firstIndex(of: 0) else {
        throw ImageError.damaged(name: name, reason: "chunk '\(chunk.type)' at byte \(chunk.data.lowerBound - 8) lacks a separator")
      }
      defer { rest = rest[(end + 1)...] }
      return rest[..<end]
    }
    let keyword = latin1(try field())
    switch chunk.type {
    case "tEXt":
      return Text(keyword: keyword, value: plainText(rest))
    case "zTXt":
      let unpacked = try inflated(rest.dropFirst(), keyword: keyword, name: name, limit: budget)
      return Text(keyword: keyword, value: plainText(unpacked[...]))
    default:  // iTXt: compressed?, method, language, translated keyword, UTF-8
      guard rest.count >= 2 else {
        throw ImageError.damaged(name: name, reason: "text '\(keyword)' is cut")
      }
      let isCompressed = rest[rest.startIndex] == 1
      rest = rest.dropFirst(2)
      _ = try field()
      _ = try field()
      let utf8 = isCompressed ? try inflated(rest, keyword: keyword, name: name, limit: budget)[...] : rest
      return Text(keyword: keyword, value: String(decoding: utf8, as: UTF8.self))
    }
  }

  private static func inflated(_ packed: ArraySlice<UInt8>, keyword: String, name: String, limit: Int) throws -> [UInt8] {
    var out: UnsafeMutablePointer<UInt8>?
    var count = 0
    let status = packed.withUnsafeBufferPointer { limn_png_inflate($0.baseAddress, $0.count, max(limit, 0), &out, &count) }
    defer { free(out) }
    guard status == 0 else {
      let reason = status == -2 ? "unpacks to more than \(textLimit) bytes" : "cannot be unpacked"
      throw ImageError.damaged(name: name, reason: "text '\(keyword)' \(reason)")
    }
    return Array(UnsafeBufferPointer(start: out, count: count))
  }

  private static func latin1(_ bytes: ArraySlice<UInt8>) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: bytes.lazy.map { UnicodeScalar($0) })
    return String(text)
  }

  /// The text of tEXt and zTXt. The format says Latin-1, yet some tools write UTF-8: text that is valid UTF-8 is taken as that.
  private static func plainText(_ bytes: ArraySlice<UInt8>) -> String {
    String(validating: bytes, as: UTF8.self) ?? latin1(bytes)
  }

  /// The chunk for a text, as PIL chooses it: tEXt where Latin-1 can say it, else iTXt.
  ///
  /// - Throws: ``ImageError`` for a keyword that is empty, long or not Latin-1, or a NUL in either.
  static func chunk(for text: Text) throws -> (type: String, data: [UInt8]) {
    guard let keyword = latin1Bytes(text.keyword), (1...79).contains(keyword.count), !keyword.contains(0) else {
      throw ImageError.text(keyword: text.keyword, reason: "a keyword is 1 to 79 characters of Latin-1")
    }
    guard !text.value.utf8.contains(0) else {
      throw ImageError.text(keyword: text.keyword, reason: "it contains a NUL character")
    }
    // Accented Latin-1 that happens to be valid UTF-8 would be read back as something else, see `plainText`.
    if let plain = latin1Bytes(text.value), plain.allSatisfy({ $0 < 0x80 }) || String(validating: plain, as: UTF8.self) == nil {
      return ("tEXt", keyword + [0] + plain)
    }
    return ("iTXt", keyword + [0, 0, 0, 0, 0] + Array(text.value.utf8))
  }

  private static func latin1Bytes(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard let byte = UInt8(exactly: scalar.value) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}
