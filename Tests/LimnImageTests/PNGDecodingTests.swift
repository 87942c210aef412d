import Testing

import LimnImage

@Suite struct PNGDecodingTests {
  struct Form: CustomTestStringConvertible {
    var colorType, bitDepth: Int
    var isInterlaced: Bool
    var testDescription: String { "color type \(colorType), \(bitDepth) bits\(isInterlaced ? ", interlaced" : "")" }

    static let all = [0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]].sorted { $0.key < $1.key }
      .flatMap { type, depths in depths.flatMap { depth in [false, true].map { Form(colorType: type, bitDepth: depth, isInterlaced: $0) } } }
  }

  static let palette: [[UInt8]] = (0..<256).map { [UInt8($0), UInt8(255 - $0), UInt8($0 * 7 % 256)] }

  /// Sizes with incomplete bytes and interlace passes without pixels.
  @Test(arguments: Form.all, [(13, 9), (1, 1), (3, 2)])
  func readsEveryColorTypeAndDepth(_ form: Form, size: (Int, Int)) throws {
    var maker = PNGMaker(
      width: size.0, height: size.1, bitDepth: form.bitDepth, colorType: form.colorType, isInterlaced: form.isInterlaced)
    let most = 1 << form.bitDepth - 1
    if form.colorType == 3 { maker.before = [("PLTE", Self.palette[...most].flatMap { $0 })] }
    func sample(_ x: Int, _ y: Int, _ channel: Int) -> Int {
      let mixed: Int = x * 37 + y * 1013 + channel * 91 + x * y * 7
      return mixed % (most + 1)
    }
    let image = try PNG.decode(maker.file(sample), name: "a.png")
    #expect((image.width, image.height) == size)
    #expect(image.channels == (form.colorType >= 4 ? 4 : 3))
    let values = image.pixels.floats()
    for y in 0..<size.1 {
      for x in 0..<size.0 {
        for channel in 0..<image.channels {
          let level: Int, top: Int
          switch form.colorType {
          case 3: (level, top) = (Int(Self.palette[sample(x, y, 0)][channel]), 255)
          case 0: (level, top) = (sample(x, y, 0), most)
          case 4: (level, top) = (sample(x, y, channel == 3 ? 1 : 0), most)
          default: (level, top) = (sample(x, y, channel), most)
          }
          let value = values[(channel * size.1 + y) * size.0 + x], expected = Float(level) / Float(top)
          #expect(value == expected, "at (\(x), \(y)), channel \(channel)")
        }
      }
    }
  }

  @Test func aTransparentPaletteEntryMakesAlpha() throws {
    var maker = PNGMaker(width: 4, height: 1, bitDepth: 2, colorType: 3)
    maker.before = [("PLTE", Self.palette[..<4].flatMap { $0 }), ("tRNS", [0, 128])]
    let image = try PNG.decode(maker.file { x, _, _ in x }, name: "a.png")
    #expect(image.channels == 4)
    let bytes = image.bytes()
    #expect((0..<4).map { bytes[4 * $0 + 3] } == [0, 128, 255, 255])
    #expect((0..<4).map { bytes[4 * $0] } == [0, 1, 2, 3])
  }

  @Test(arguments: [(0, 8, [0, 2]), (0, 16, [0, 2]), (2, 8, [0, 2, 0, 2, 0, 2]), (2, 16, [0, 2, 0, 2, 0, 2])] as [(Int, Int, [UInt8])])
  func aTransparentColorMakesAlpha(_ type: Int, _ depth: Int, _ color: [UInt8]) throws {
    var maker = PNGMaker(width: 4, height: 1, bitDepth: depth, colorType: type)
    maker.before = [("tRNS", color)]
    let image = try PNG.decode(maker.file { x, _, _ in x }, name: "a.png")
    #expect(image.channels == 4)
    let alpha: [Float] = [1, 1, 0, 1]
    #expect(image.alpha.values.floats() == alpha)
  }

  @Test func gammaAndProfilesAreIgnored() throws {
    var maker = PNGMaker(width: 3, height: 1, colorType: 0)
    let plain = try PNG.decode(maker.file { x, _, _ in x * 100 }, name: "a.png")
    maker.before = [("gAMA", [0, 0, 0x27, 0x10]), ("iCCP", Array("broken".utf8)), ("sBIT", [5])]
    #expect(try PNG.decode(maker.file { x, _, _ in x * 100 }, name: "a.png") == plain)
  }

  // MARK: - What is refused

  static let small = PNGMaker(width: 5, height: 3, before: [("tEXt", Array("a\0b".utf8))]).file { x, y, channel in x * 9 + y + channel }

  @Test func aFileCutAnywhereIsCalledDamaged() throws {
    #expect(throws: Never.self) { try PNG.decode(Self.small, name: "a.png") }
    for count in 1..<Self.small.count {
      let error = #expect(throws: ImageError.self) { try PNG.decode(Array(Self.small[..<count]), name: "a.png") }
      guard case .damaged(_, _, let reason)? = error else {
        Issue.record("cut after \(count) bytes: \(error.map(\.description) ?? "no error")")
        continue
      }
      #expect(reason.contains("cut"), "after \(count) bytes: \(reason)")
    }
  }

  @Test func aChangedByteIsNoticed() throws {
    var numbers = FixedNumbers(state: 1)
    for _ in 0..<2000 {
      var bytes = Self.small
      let at = numbers.next(bytes.count)
      bytes[at] ^= UInt8(1 + numbers.next(255))
      #expect(throws: ImageError.self, "byte \(at)") { try PNG.decode(bytes, name: "a.png") }
    }
  }

  /// With checksums made right again the damage reaches libpng: an error or a picture of the size said, never a crash.
  @Test func damageBehindRightChecksumsNeverCrashes() throws {
    var numbers = FixedNumbers(state: 2)
    var read = 0
    for round in 0..<4000 {
      let form = Form.all[round % Form.all.count]
      var maker = PNGMaker(width: 6, height: 5, bitDepth: form.bitDepth, colorType: form.colorType, isInterlaced: form.isInterlaced)
      if form.colorType == 3 { maker.before = [("PLTE", Self.palette[..<(1 << form.bitDepth)].flatMap { $0 })] }
      maker.before.append(("tRNS", (0..<numbers.next(8)).map { _ in UInt8(numbers.next(256)) }))
      var data = PNGMaker.stored((0..<numbers.next(160)).map { _ in UInt8(numbers.next(5)) })
      for _ in 0..<numbers.next(3) { data[numbers.next(data.count)] = UInt8(numbers.next(256)) }
      if let image = try? PNG.decode(maker.assembled(data), name: "a.png") {
        #expect((image.width, image.height) == (6, 5))
        read += 1
      }
    }
    #expect(read > 100)
  }

  @Test func pixelDataThatEndsEarlyIsCalledDamaged() {
    let file = PNGMaker(width: 5, height: 3).assembled(PNGMaker.stored([UInt8](repeating: 0, count: 20)))
    #expect(throws: ImageError.self) { try PNG.decode(file, name: "a.png") }
  }

  @Test func aWrongChecksumIsNamedWithItsPlace() {
    var bytes = Self.small
    bytes[20] ^= 1
    #expect(throws: ImageError.damaged(name: "a.png", reason: "chunk 'IHDR' at byte 8 does not match its checksum")) {
      try PNG.decode(bytes, name: "a.png")
    }
  }

  @Test func aHugePictureIsRefusedByItsHeader() {
    let file = PNGMaker(width: 100_000, height: 100_000).assembled([0])
    #expect(throws: ImageError.tooLarge(name: "bomb.png", width: 100_000, height: 100_000, limit: 8192 * 8192)) {
      try PNG.decode(file, name: "bomb.png")
    }
    let largest = PNGMaker(width: 0x7FFF_FFFF, height: 0x7FFF_FFFF).assembled([0])
    let error = #expect(throws: ImageError.self) { try PNG.decode(largest, name: "bomb.png") }
    #expect(error?.description == "'bomb.png' is 2147483647×2147483647, 4611686014132420609 pixels, expected at most 67108864")
  }

  @Test func aSmallFileCannotPromiseALargePicture() {
    let file = PNGMaker(width: 8000, height: 8000).assembled(PNGMaker.stored([0, 0, 0]))
    let error = #expect(throws: ImageError.self) { try PNG.decode(file, name: "bomb.png") }
    #expect(error?.description == "'bomb.png' is a damaged PNG: it says 8000×8000 but holds only 14 bytes of pixel data")
  }

  @Test(arguments: [(0, 0), (0, 5), (5, 0)])
  func aPictureWithoutPixelsIsRefused(_ width: Int, _ height: Int) {
    #expect(throws: ImageError.damaged(name: "a.png", reason: "it says \(width)×\(height)")) {
      try PNG.decode(PNGMaker(width: width, height: height).assembled([0]), name: "a.png")
    }
  }

  @Test func anImpossibleColorTypeIsRefused() {
    let file = PNGMaker(width: 1, height: 1, bitDepth: 4, colorType: 2).assembled([0])
    #expect(throws: ImageError.damaged(name: "a.png", reason: "it says colour type 2 with 4 bits, which does not exist")) {
      try PNG.decode(file, name: "a.png")
    }
  }

  @Test func aMissingFileAndAFolderAreNamed() {
    #expect(throws: ImageError.unreadable(name: "/nowhere/a.png", reason: "no such file or directory")) { try PNG.read("/nowhere/a.png") }
    #expect(throws: ImageError.unreadable(name: "/tmp", reason: "it is a folder")) { try PNG.read("/tmp") }
  }
}
