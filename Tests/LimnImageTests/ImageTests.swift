import LimnTensor
import Testing

import LimnImage

@Suite struct ImageTests {
  /// Values that tell every place apart: channel · 100 + y · 10 + x, in hundredths.
  static func ramp(_ width: Int, _ height: Int, channels: Int = 3) -> Image {
    var values: [Float] = []
    for channel in 0..<channels {
      for y in 0..<height {
        for x in 0..<width { values.append(Float(channel * 100 + y * 10 + x) / 1000) }
      }
    }
    return Image(planes: values, width: width, height: height, channels: channels)
  }

  @Test func aTensorOfAnotherShapeIsNoPicture() {
    #expect(throws: ImageError.self) { try Image(pixels: Tensor([1, 2], [1, 1, 2])) }
    #expect(throws: ImageError.self) { try Image(pixels: Tensor([1, 2, 3], [3])) }
    let error = #expect(throws: ImageError.self) { try Image(pixels: Tensor([0, 0], [2, 1, 1])) }
    #expect(error?.description == "image: found [2, 1, 1], expected [3, H, W] or [4, H, W]")
  }

  @Test func bytesAreInterleavedAndComeBack() throws {
    let bytes = (0..<24).map { UInt8($0 * 10) }
    let image = try Image(bytes: bytes, width: 3, height: 2, channels: 4)
    #expect(image.bytes() == bytes)
    let green: Float = 10 / 255
    #expect(image.pixels.floats()[6] == green)  // green of the first pixel opens the second plane
    #expect(throws: ImageError.self) { try Image(bytes: bytes, width: 3, height: 3, channels: 3) }
  }

  @Test func everyByteSurvivesAsAFloat() throws {
    let bytes = (0..<255).map { UInt8($0) } + [255, 255, 255]
    let image = try Image(bytes: bytes, width: 86, height: 1, channels: 3)
    #expect(image.bytes() == bytes)
    #expect(image.holdsBytes)
  }

  @Test func transparencyIsTakenOffAndFlattened() throws {
    let image = try Image(bytes: [200, 100, 0, 255, 200, 100, 0, 0, 0, 0, 0, 51], width: 3, height: 1, channels: 4)
    #expect(image.rgb.bytes() == [200, 100, 0, 200, 100, 0, 0, 0, 0])
    #expect(image.flattened(over: .white).bytes() == [200, 100, 0, 255, 255, 255, 204, 204, 204])
    #expect(image.alpha.values.floats() == [1, 0, 0.2])
    #expect(try image.rgb.withAlpha(image.alpha) == image)
  }

  @Test func aPartIsCutOut() throws {
    let part = try Self.ramp(6, 5).cropped(x: 2, y: 1, width: 3, height: 2)
    #expect(part.pixels.shape == [3, 2, 3])
    let values: [Float] = [0.012, 0.013, 0.014, 0.022, 0.023, 0.024]
    #expect(Array(part.pixels.floats()[..<6]) == values)
    for (x, y, width, height) in [(-1, 0, 2, 2), (5, 0, 2, 2), (0, 4, 1, 2), (.max, 0, 2, 2), (0, 0, 7, 1)] {
      #expect(throws: ImageError.self) { try Self.ramp(6, 5).cropped(x: x, y: y, width: width, height: height) }
    }
  }

  @Test func mirrorsAreTheirOwnInverse() {
    let image = Self.ramp(4, 3, channels: 4)
    let mirrored: [Float] = [0.003, 0.002, 0.001, 0], upsideDown: [Float] = [0.020, 0.021, 0.022, 0.023]
    #expect(Array(image.flippedHorizontally().pixels.floats()[..<4]) == mirrored)
    #expect(Array(image.flippedVertically().pixels.floats()[..<4]) == upsideDown)
    #expect(image.flippedHorizontally().flippedHorizontally() == image)
    #expect(image.flippedVertically().flippedVertically() == image)
  }

  @Test func pastingReplacesMixesAndIsCutAtTheEdge() throws {
    let canvas = try Image(width: 4, height: 3), patch = try Image(width: 2, height: 2, color: Color(1, 0.5, 0.25))
    let pasted = try canvas.pasted(patch, x: 3, y: -1)
    #expect(pasted.pixels.floats().enumerated().filter { $1 != 0 }.map(\.offset) == [3, 15, 27])
    #expect(pasted.pixels.floats()[15] == 0.5)
    let half = try canvas.pasted(patch, x: 0, y: 0, mask: Mask(values: Tensor([1, 0.5, 0, 0], [2, 2])))
    #expect(Array(half.pixels.floats()[..<6]) == [1, 0.5, 0, 0, 0, 0])
    #expect(try canvas.pasted(patch, x: .max, y: .min) == canvas)
    #expect(throws: ImageError.self) { try canvas.pasted(patch, mask: Mask(width: 3, height: 2)) }
  }

  /// The "over" rule of Porter and Duff: half of red over half of blue is 3/4 opaque and 2/3 red.
  @Test func transparentColorsAreLaidOverEachOther() throws {
    let image = try Image(width: 1, height: 1, color: Color(0, 0, 1, alpha: 0.5)).filled(Mask(width: 1, height: 1, value: 1), Color(1, 0, 0, alpha: 0.5))
    let values = image.pixels.floats()
    let expected: [Float] = [2 / 3, 0, 1 / 3, 0.75]
    for i in 0..<4 { #expect(abs(values[i] - expected[i]) < 1e-6) }
  }

  @Test func pastingAPictureWithAlphaShowsOnlyWhatIsOpaque() throws {
    let patch = try Image(bytes: [255, 0, 0, 255, 0, 255, 0, 0], width: 2, height: 1, channels: 4)
    #expect(try Image(width: 2, height: 1, color: .white).pasted(patch).bytes() == [255, 0, 0, 255, 255, 255])
  }

  @Test func aBlurKeepsAConstantPictureAndSpreadsAPoint() throws {
    let flat = try Image(width: 9, height: 7, color: Color(0.25, 0.5, 1))
    for (a, b) in zip(try flat.blurred(radius: 2).pixels.floats(), flat.pixels.floats()) { #expect(abs(a - b) < 1e-6) }
    let point = try Region.rectangle(x: 15, y: 15, width: 1, height: 1).mask(width: 31, height: 31).blurred(radius: 2)
    // The peak of a two-dimensional Gaussian: 1 / 2πσ²
    let peak = point.values.floats()[15 * 31 + 15], total = point.areaFraction * 31 * 31
    #expect(abs(peak - 0.039_788_7) < 1e-3)
    #expect(abs(total - 1) < 1e-4)
    #expect(throws: ImageError.self) { try flat.blurred(radius: .nan) }
  }

  @Test(arguments: [("#fff", Color.white), ("#FF8000", Color(1, 128 / 255, 0)), ("#00000080", Color(0, 0, 0, alpha: 128 / 255)), ("White", .white)])
  func colorsHaveNames(_ text: String, color: Color) throws {
    #expect(try Color(named: text) == color)
  }

  @Test(arguments: ["", "#", "#12", "#12345", "#gggggg", "blurple", "#fffffffff"])
  func otherTextsAreNoColors(_ text: String) {
    #expect(throws: ImageError.unknownColor(text)) { try Color(named: text) }
  }
}
