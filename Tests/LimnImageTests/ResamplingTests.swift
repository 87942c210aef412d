import LimnTensor
import LimnTestSupport
import Testing

import LimnImage

@Suite struct ResamplingTests {
  /// An `[H, W, 3]` array of bytes in the fixture as a picture.
  static func picture(_ key: String) throws -> Image {
    let tensor = try Fixtures.tensor("image", key)
    return try Image(bytes: tensor.floats().map { UInt8($0) }, width: tensor.shape[1], height: tensor.shape[0], channels: 3)
  }

  static let names: [(ResizeFilter, String)] = [
    (.nearest, "nearest"), (.area, "box"), (.bilinear, "bilinear"), (.bicubic, "bicubic"), (.lanczos, "lanczos"),
  ]

  /// Shrinking, both at once, enlarging.
  @Test(arguments: names, [(20, 31), (64, 64), (101, 75)])
  func agreesWithPillowToTheByte(_ filter: (ResizeFilter, String), size: (Int, Int)) throws {
    let resized = try Self.picture("source").resized(width: size.0, height: size.1, filter.0)
    let expected = try Self.picture("\(filter.1).\(size.0)x\(size.1)")
    #expect(resized.bytes() == expected.bytes())
    #expect(resized.holdsBytes)
  }

  @Test(arguments: names, [(20, 31), (101, 75)])
  func floatsAgreeWithBytesWithinRounding(_ filter: (ResizeFilter, String), size: (Int, Int)) throws {
    let source = try Self.picture("source")
    // Moved by too little to change a byte, enough to be no picture of bytes.
    let moved = try Image(pixels: Tensor(source.pixels.floats().map { min($0 + 1e-5, 1) }, source.pixels.shape))
    #expect(!moved.holdsBytes)
    let resized = try moved.resized(width: size.0, height: size.1, filter.0)
    let expected = try Self.picture("\(filter.1).\(size.0)x\(size.1)").bytes()
    let worst = zip(resized.bytes(), expected).map { abs(Int($0) - Int($1)) }.max()!
    #expect(worst <= 1)
  }

  @Test func preparesPicturesAsCLIPDoes() throws {
    let picture = try Self.picture("source").covering(width: 64, height: 64, .bicubic)
    let mean: [Float] = [0.48145466, 0.4578275, 0.40821073], deviation: [Float] = [0.26862954, 0.26130258, 0.27577711]
    let values = picture.pixels.floats().enumerated().map { ($1 - mean[$0 / 4096]) / deviation[$0 / 4096] }
    try expectClose(Tensor(values, [3, 64, 64]), Fixtures.tensor("image", "clip.pixels"), relativeToLargest: 1e-6)
  }

  @Test func masksShrinkAsTorchShrinksThem() throws {
    let source = try Fixtures.tensor("image", "mask")
    let mask = try Mask(values: Tensor(source.floats(), [37, 50]))
    let expected = try Fixtures.tensor("image", "mask.nearest.16x16")
    #expect(try mask.resized(width: 16, height: 16).values.floats() == expected.floats())
  }

  @Test func aMaskShrunkByAreaHoldsTheShareCovered() throws {
    let mask = try Region.rectangle(x: 0, y: 0, width: 3, height: 4).mask(width: 8, height: 8)
    #expect(try mask.resized(width: 4, height: 2, .area).values.floats() == [1, 0.5, 0, 0, 0, 0, 0, 0])
  }

  /// Values from Pillow 13.0.0: Image.resize of RGBA goes by way of RGBa.
  @Test func hiddenColorsDoNotBleed() throws {
    let bytes: [UInt8] = [
      255, 0, 0, 255, 0, 255, 0, 0, 10, 20, 30, 128, 200, 100, 50, 64,
      1, 2, 3, 4, 250, 240, 230, 220, 0, 0, 255, 17, 90, 80, 70, 255,
    ]
    let image = try Image(bytes: bytes, width: 4, height: 2, channels: 4)
    #expect(try image.resized(width: 2, height: 1, .bilinear).bytes() == Self.pillowBilinear)
    #expect(try image.resized(width: 5, height: 3, .lanczos).bytes() == Self.pillowLanczos)
  }

  static let pillowBilinear: [UInt8] = [
    230, 101, 101, 113, 104, 88, 86, 115,
  ]
  static let pillowLanczos: [UInt8] = [
    255, 0, 0, 255, 255, 0, 0, 51, 0, 0, 0, 27, 55, 33, 31, 137, 255, 135, 37, 34, 255, 0, 0, 128, 255, 172,
    161, 123, 211, 211, 228, 76, 36, 21, 34, 97, 123, 92, 73, 157, 0, 0, 0, 0, 241, 245, 230, 194, 255, 255,
    255, 125, 0, 0, 36, 56, 105, 96, 84, 255,
  ]

  @Test func enlargingByAFactorKeepsSquares() throws {
    let image = try Image(bytes: [0, 0, 0, 255, 255, 255], width: 2, height: 1, channels: 3).enlarged(times: 3)
    #expect((image.width, image.height) == (6, 3))
    #expect(Array(image.pixels.floats()[..<6]) == [0, 0, 0, 1, 1, 1])
  }

  @Test func sizesThatCannotBeAreRefused() throws {
    let image = try Image(width: 4, height: 4)
    #expect(throws: ImageError.emptySize(width: 0, height: 3)) { try image.resized(width: 0, height: 3) }
    #expect(throws: ImageError.tooLarge(name: nil, width: 1 << 40, height: 1 << 40, limit: Image.pixelLimit)) {
      try image.resized(width: 1 << 40, height: 1 << 40)
    }
    #expect(throws: ImageError.self) { try image.enlarged(times: 0) }
    #expect(throws: ImageError.self) { try image.enlarged(times: .max) }
  }
}
