import Glibc
import LimnTensor
import LimnTestSupport
import Testing

import LimnImage

@Suite struct PNGEncodingTests {
  @Test(arguments: [3, 4], [8, 16])
  func whatIsWrittenIsReadBack(_ channels: Int, bits: Int) throws {
    let most = Float(1 << bits - 1)
    let values = (0..<(channels * 6 * 7)).map { Float($0 * 641 % (1 << bits)) / most }
    let image = try Image(pixels: Tensor(values, [channels, 7, 6]))
    let file = try PNG.encode(image, bitDepth: bits)
    #expect(try PNG.decode(file, name: "a.png") == image)
    let header = try PNG.header(of: file, name: "a.png")
    #expect((header.width, header.height, header.bitDepth, header.isInterlaced) == (6, 7, bits, false))
    #expect(header.colorType == (channels == 3 ? .rgb : .rgbAlpha))
  }

  @Test func aMaskIsWrittenGray() throws {
    let mask = try Mask(values: Tensor([0, 0.2, 1, 0.6], [2, 2]))
    let file = try PNG.encode(mask)
    #expect(try PNG.header(of: file, name: "m.png").colorType == .gray)
    #expect(try Mask(of: PNG.decode(file, name: "m.png")) == mask)
  }

  @Test func valuesAreRoundedHalvesToEvenAndBroughtIntoRange() throws {
    // x · 255 is exactly 0.5, 1.5, 2.5 and 3.5 in Float
    let halves: [Float] = [0.5, 1.5, 2.5, 3.5].map { $0 / 255 }
    let values = halves + [-1, 2, .nan, .infinity]
    let image = try Image(pixels: Tensor(values + values + values, [3, 1, 8]))
    let red = stride(from: 0, to: 24, by: 3).map { image.bytes()[$0] }
    #expect(red == [0, 2, 2, 4, 0, 255, 0, 255])
  }

  @Test func anotherDepthIsRefused() throws {
    #expect(throws: ImageError.value(name: "bits", found: "4", expected: "8 or 16")) {
      try PNG.encode(Image(width: 1, height: 1), bitDepth: 4)
    }
  }

  // MARK: - Texts

  static func chunkTypes(_ file: [UInt8]) throws -> [String] { try PNG.Layout(file, name: "a.png", pixelLimit: .max).chunks.map(\.type) }

  @Test func withoutTextsThereIsNoTextChunk() throws {
    let types = try Self.chunkTypes(PNG.encode(Image(width: 40, height: 30, color: .white)))
    #expect(types == ["IHDR", "IDAT", "IEND"])
  }

  @Test func textsAreKept() throws {
    let texts = [
      PNG.Text(keyword: "parameters", value: "a cat\nSteps: 3"), PNG.Text(keyword: "limn", value: "show 1 // привет 🐼"),
      PNG.Text(keyword: "parameters", value: "café"), PNG.Text(keyword: "Comment", value: "Ã©"), PNG.Text(keyword: "empty", value: ""),
    ]
    let file = try PNG.encode(Image(width: 2, height: 2), texts: texts)
    #expect(try PNG.texts(in: file, name: "a.png") == texts)
    // Latin-1 in tEXt, all else in iTXt, and so Latin-1 that would be read as UTF-8
    #expect(try Self.chunkTypes(file) == ["IHDR", "tEXt", "iTXt", "tEXt", "iTXt", "tEXt", "IDAT", "IEND"])
    #expect(throws: Never.self) { try PNG.decode(file, name: "a.png") }
  }

  @Test(arguments: [("", "a"), (String(repeating: "k", count: 80), "a"), ("ключ", "a"), ("a", "b\0c"), ("a\0b", "c")])
  func aTextThatPNGCannotHoldIsRefused(_ keyword: String, _ value: String) {
    #expect(throws: ImageError.self) { try PNG.encode(Image(width: 1, height: 1), texts: [PNG.Text(keyword: keyword, value: value)]) }
  }

  @Test func readsTextsOfEveryKindBeforeAndAfterThePixels() throws {
    var maker = PNGMaker(width: 1, height: 1)
    maker.before = [("tEXt", Array("a\0caf\u{E9}".unicodeScalars.map { UInt8($0.value) })), ("tEXt", Array("b\0café".utf8))]
    maker.after = [
      ("zTXt", Array("c\0\0".utf8) + PNGMaker.stored(Array("packed".utf8))),
      ("iTXt", Array("d\0\u{1}\0en\0Titel\0".utf8) + PNGMaker.stored(Array("привет".utf8))),
      ("iTXt", Array("e\0\0\0\0\0plain".utf8)),
    ]
    let texts = try PNG.texts(in: maker.file { _, _, _ in 0 }, name: "a.png")
    #expect(texts.map(\.value) == ["café", "café", "packed", "привет", "plain"])
    #expect(texts.map(\.keyword) == ["a", "b", "c", "d", "e"])
  }

  @Test(arguments: [
    ("tEXt", Array("no separator".utf8)), ("zTXt", Array("a\0\0broken".utf8)), ("zTXt", Array("a\0".utf8)), ("iTXt", Array("a\0\u{1}".utf8)),
    ("iTXt", Array("a\0\u{1}\0\0\0".utf8) + PNGMaker.stored(Array("cut".utf8)).dropLast(6)),
  ] as [(String, [UInt8])])
  func aBrokenTextIsCalledDamagedButThePictureIsRead(_ type: String, _ data: [UInt8]) throws {
    let file = PNGMaker(width: 1, height: 1, before: [(type, data)]).file { _, _, _ in 0 }
    #expect(throws: ImageError.self) { try PNG.texts(in: file, name: "a.png") }
    #expect(throws: Never.self) { try PNG.decode(file, name: "a.png") }
  }

  @Test func aTextThatUnpacksToTooMuchIsRefused() throws {
    // Two blocks of 20 MB: each fits the limit of 32 MB, both do not.
    let half = PNGMaker.stored([UInt8](repeating: 65, count: 20 << 20))
    let maker = PNGMaker(width: 1, height: 1, before: [("zTXt", Array("a\0\0".utf8) + half), ("zTXt", Array("b\0\0".utf8) + half)])
    let error = #expect(throws: ImageError.self) { try PNG.texts(in: maker.file { _, _, _ in 0 }, name: "a.png") }
    #expect(error?.description == "'a.png' is a damaged PNG: text 'b' unpacks to more than 33554432 bytes")
  }

  // MARK: - Files

  @Test func aFileIsWrittenWholeOrNotAtAll() throws {
    try withTemporaryFolder { folder in
      let image = try Image(width: 3, height: 2, color: .white)
      try PNG.write(image, to: folder + "/a.png")
      #expect(try PNG.read(folder + "/a.png") == image)
      // over a link: its target changes, the link stays
      symlink("a.png", folder + "/link.png")
      let other = try Image(width: 2, height: 2)
      try PNG.write(other, to: folder + "/link.png")
      #expect(try PNG.read(folder + "/a.png") == other)
      var status = stat()
      #expect(lstat(folder + "/link.png", &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
      // nothing else was left in the folder
      #expect(Self.names(in: folder) == ["a.png", "link.png"])
      #expect(throws: ImageError.unwritable(name: folder, reason: "it is a folder")) { try PNG.write(image, to: folder) }
      let missing = folder + "/none/a.png"
      #expect(throws: ImageError.unwritable(name: missing, reason: "no such file or directory")) { try PNG.write(image, to: missing) }
    }
  }

  static func names(in folder: String) -> [String] {
    var names: [String] = []
    guard let entries = opendir(folder) else { return [] }
    defer { closedir(entries) }
    while let entry = readdir(entries) {
      names.append(withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      })
    }
    return names.filter { !$0.hasPrefix(".") }.sorted()
  }
}
