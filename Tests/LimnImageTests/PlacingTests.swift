import LimnImage
import LimnTensor
import Testing

@Suite struct PlacingTests {
  /// An opaque picture with a gradient across, another down, and a dark corner.
  private func picture(_ width: Int, _ height: Int) throws -> Image {
    var values = [Float](repeating: 0, count: 3 * width * height)
    for y in 0..<height {
      for x in 0..<width {
        values[y * width + x] = Float(x) / Float(width)
        values[(height + y) * width + x] = Float(y) / Float(height)
        values[(2 * height + y) * width + x] = x < width / 2 && y < height / 2 ? 0 : 1
      }
    }
    return try Image(pixels: Tensor(values, [3, height, width]))
  }

  private func difference(_ a: Image, _ b: Image) -> Float {
    zip(a.pixels.floats(), b.pixels.floats()).map { abs($0 - $1) }.max() ?? 0
  }

  @Test func inItsOwnPlaceAPictureIsItself() throws {
    let picture = try picture(9, 7)
    let placed = try picture.placed(Placement(x: 4.5, y: 3.5), width: 9, height: 7)
    #expect(placed.hasAlpha)
    #expect(difference(placed.rgb, picture) == 0)
    #expect(placed.alpha.values.floats().allSatisfy { $0 == 1 })
  }

  @Test func aQuarterTurnToTheLeftTakesTheRightSideUp() throws {
    let picture = try picture(8, 8)
    let turned = try picture.placed(Placement(x: 4, y: 4, angle: 90), width: 8, height: 8).rgb.pixels.floats()
    let values = picture.pixels.floats()
    for channel in 0..<3 {
      for y in 0..<8 { for x in 0..<8 { #expect(abs(turned[(channel * 8 + y) * 8 + x] - values[(channel * 8 + x) * 8 + 7 - y]) < 1e-5) } }
    }
  }

  @Test func mirroredIsFlipped() throws {
    let picture = try picture(10, 6)
    let placed = try picture.placed(Placement(x: 5, y: 3, isMirrored: true), width: 10, height: 6)
    #expect(difference(placed.rgb, picture.flippedHorizontally()) < 1e-6)
  }

  @Test(arguments: [0.1, 0.2, 0.28, 0.5, 0.83, 1, 1.7], [0.0, 17, 90, 211])
  func coversItsAreaAroundItsMiddle(_ scale: Double, _ angle: Double) throws {
    let picture = try Image(width: 60, height: 40, color: .white)
    let alpha = try picture.placed(Placement(x: 60.3, y: 57.8, scale: scale, angle: angle), width: 120, height: 120).alpha.values.floats()
    let area = alpha.reduce(0, +), expected = Float(2400 * scale * scale)
    #expect(abs(area - expected) < 0.03 * expected)
    var (x, y) = (Float(0), Float(0))
    for i in alpha.indices { (x, y) = (x + alpha[i] * (Float(i % 120) + 0.5), y + alpha[i] * (Float(i / 120) + 0.5)) }
    // Overshoot at hard edges is cut off, which moves the middle by some hundredths of a pixel.
    #expect(abs(x / area - 60.3) < 0.08)
    #expect(abs(y / area - 57.8) < 0.08)
  }

  @Test func colorsDoNotBleedAtTransparentEdges() throws {
    // Red inside; blue where it is clear, which must not show.
    let disc = try Region.circle(x: 30, y: 30, radius: 24).mask(width: 60, height: 60, soft: true)
    let painted = try Image(width: 60, height: 60, color: Color(0, 0, 1)).filled(Mask(disc.values.floats().map { $0 > 0 ? 1 : 0 }, width: 60, height: 60), Color(1, 0, 0)).withAlpha(disc)
    let placed = try painted.placed(Placement(x: 12.4, y: 11.1, scale: 0.3, angle: 20), width: 24, height: 24).pixels.floats()
    for i in 0..<576 where placed[3 * 576 + i] > 0 {
      #expect(placed[i] > 0.99)
      #expect(placed[2 * 576 + i] < 0.01)
    }
  }

  @Test func offTheCanvasNothingShows() throws {
    let picture = try picture(9, 7)
    for (x, y) in [(-20.0, 3.0), (3.0, 1e6), (-1e6, -1e6)] {
      #expect(try picture.placed(Placement(x: x, y: y), width: 5, height: 5).alpha.values.floats().allSatisfy { $0 == 0 })
    }
  }

  @Test func onePixelCanBeVerySmallAndVeryLarge() throws {
    let dot = try Image(width: 1, height: 1, color: .white)
    #expect(try dot.placed(Placement(x: 2, y: 2, scale: 0.0001), width: 4, height: 4).alpha.values.floats().max()! < 0.1)
    #expect(try dot.placed(Placement(x: 8, y: 8, scale: 64), width: 16, height: 16).alpha.values.floats()[8 * 16 + 8] > 0.9)
  }
}
