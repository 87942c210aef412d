import LimnTensor
import Testing

import LimnImage

@Suite struct DrawingTests {
  @Test func aRectangleCoversItsPixelsExactly() throws {
    let mask = try Region.rectangle(x: 1, y: 0, width: 2, height: 2).mask(width: 4, height: 3)
    #expect(mask == MaskTests.mask(".##.", ".##.", "...."))
    #expect(try Region.rectangle(x: 1, y: 0, width: 2, height: 2).mask(width: 4, height: 3, soft: true) == mask)
    #expect(try Region.rectangle(x: -5, y: 1, width: 100, height: 100).mask(width: 2, height: 3) == MaskTests.mask("..", "##", "##"))
  }

  @Test func aCircleIsRound() throws {
    let mask = try Region.circle(x: 2.5, y: 2.5, radius: 2).mask(width: 5, height: 5)
    #expect(mask == MaskTests.mask("..#..", ".###.", "#####", ".###.", "..#.."))
    let large = try Region.circle(x: 100, y: 100, radius: 80).mask(width: 200, height: 200)
    let area = large.areaFraction * 40000
    #expect(abs(area - 20106.2) < 20)
  }

  @Test func aPolygonThatCrossesItselfAlternates() throws {
    // A bow tie: two triangles that meet in the middle
    let bow = Region.polygon([.init(0, 0), .init(8, 4), .init(8, 0), .init(0, 4)])
    #expect(try bow.mask(width: 8, height: 4) == MaskTests.mask("#......#", "###..###", "###..###", "#......#"))
    let star = Region.polygon([.init(10, 1), .init(15.29, 17.28), .init(1.44, 7.22), .init(18.56, 7.22), .init(4.71, 17.28)])
    #expect(!star.contains(10, 10))
    #expect(star.contains(10, 3))
  }

  @Test func softEdgesHoldTheShareCovered() throws {
    #expect(try Region.rectangle(x: 0.5, y: 0, width: 1, height: 1).mask(width: 2, height: 1, soft: true).values.floats() == [0.5, 0.5])
    let line = try Region.line(from: .init(0, 1), to: .init(6, 1), thickness: 1).mask(width: 6, height: 2, soft: true)
    #expect(line.values.floats() == [Float](repeating: 0.5, count: 12))
  }

  @Test(arguments: [
    Region.circle(x: .nan, y: 0, radius: 3), .rectangle(x: .infinity, y: 0, width: 1, height: 1), .polygon([]), .polygon([.init(1, 1)]),
    .circle(x: 1, y: 1, radius: 0), .circle(x: 1, y: 1, radius: -2), .rectangle(x: 0, y: 0, width: -3, height: 2), .circle(x: 1e300, y: 0, radius: 1),
  ])
  func shapesWithoutAreaTouchNothing(_ region: Region) throws {
    #expect(try region.mask(width: 4, height: 4, soft: true).areaFraction == 0)
    #expect(throws: Never.self) { try Image(width: 4, height: 4).outlined(region, .white) }
  }

  @Test func anOutlineRunsAroundItsShape() throws {
    let image = try Image(width: 6, height: 5).outlined(.rectangle(x: 1, y: 1, width: 4, height: 3), .white)
    #expect(Mask(of: image) == MaskTests.mask("......", ".####.", ".#..#.", ".####.", "......"))
    let ring = try Mask(of: Image(width: 40, height: 40).outlined(.circle(x: 20, y: 20, radius: 15), .white, thickness: 2))
    let area = ring.areaFraction * 1600
    #expect(abs(area - 188.5) < 6)
    // Where the edges of a triangle meet a transparent colour is not laid on twice.
    let corners = try Image(width: 30, height: 30).outlined(.polygon([.init(5, 5), .init(25, 5), .init(15, 25)]), Color(1, 1, 1, alpha: 0.5), thickness: 3)
    #expect(corners.pixels.floats().max() == 0.5)
  }

  @Test func aShapeIsScaledForAnotherCanvas() throws {
    let small = try Region.circle(x: 48, y: 44, radius: 12).mask(width: 64, height: 64)
    let large = try Region.circle(x: 48, y: 44, radius: 12).scaled(8, 8).mask(width: 512, height: 512)
    #expect(abs(small.areaFraction - large.areaFraction) < 0.002)
  }
}
