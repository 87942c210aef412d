import LimnTensor
import Testing

import LimnImage

@Suite struct MaskTests {
  static func mask(_ rows: String...) -> Mask {
    Mask(rows.joined().map { $0 == "#" ? 1 : $0 == "+" ? 0.5 : 0 }, width: rows[0].count, height: rows.count)
  }

  @Test func operationsAreMinimumMaximumAndComplement() throws {
    let a = Self.mask("##..", "+..."), b = Self.mask("#.#.", "#...")
    #expect(try a.and(b) == Self.mask("#...", "+..."))
    #expect(try a.or(b) == Self.mask("###.", "#..."))
    #expect(try a.minus(b) == Self.mask(".#..", "...."))
    #expect(a.inverted == Self.mask("..##", "+###"))
    #expect(try Mask.union([a, b, Self.mask("...#", "....")]) == Self.mask("####", "#..."))
    #expect(throws: ImageError.self) { try a.and(Self.mask("#")) }
    #expect(throws: ImageError.self) { try Mask.union([]) }
  }

  @Test func measures() throws {
    let mask = Self.mask("....", ".##.", ".#+.")
    let share: Float = 3.5 / 12, third: Float = 1 / 3
    #expect(mask.areaFraction == share)
    let box = try #require(mask.boundingBox())
    #expect(box == (1, 1, 2, 2))
    #expect(Self.mask("..", "+.").boundingBox() == nil)
    #expect(try mask.overlap(with: mask) == 1)
    #expect(try Self.mask("##..").overlap(with: Self.mask(".##.")) == third)
    #expect(try Self.mask("....").overlap(with: Self.mask("....")) == 1)
    #expect(mask.thresholded() == Self.mask("....", ".##.", ".#.."))
  }

  @Test func growsByADiscOrASquare() throws {
    let point = Self.mask(".......", ".......", ".......", "...#...", ".......", ".......", ".......")
    #expect(try point.grown(by: 2) == Self.mask(".......", "...#...", "..###..", ".#####.", "..###..", "...#...", "......."))
    #expect(try point.grown(by: 2, shape: .square) == Self.mask(".......", ".#####.", ".#####.", ".#####.", ".#####.", ".#####.", "......."))
    #expect(try point.grown(by: 0) == point)
    #expect(try point.grown(by: 500, shape: .square).areaFraction == 1)
    #expect(throws: ImageError.self) { try point.grown(by: -1) }
  }

  @Test func shrinkingStaysAtTheEdgeOfThePicture() throws {
    let half = Self.mask("###..", "###..", "###..")
    #expect(try half.shrunk(by: 1) == Self.mask("##...", "##...", "##..."))
    #expect(try Self.mask("#####", "##.##", "#####").shrunk(by: 1) == Self.mask("##.##", "#...#", "##.##"))
  }

  /// The sliding maximum against the plain definition, at odd sizes and radii beyond the picture.
  @Test(arguments: [1, 2, 3, 7, 20], Neighborhood.allCases)
  func growingIsTheGreatestValueAround(_ radius: Int, shape: Neighborhood) throws {
    var numbers = FixedNumbers(state: 3)
    let (width, height) = (13, 9)
    let mask = Mask((0..<(width * height)).map { _ in Float(numbers.next(100)) / 99 }, width: width, height: height)
    let values = mask.values.floats(), grown = try mask.grown(by: radius, shape: shape).values.floats()
    for y in 0..<height {
      for x in 0..<width {
        var most: Float = 0
        for v in 0..<height {
          for u in 0..<width {
            let (dx, dy) = (u - x, v - y)
            let isNear = shape == .disc ? dx * dx + dy * dy <= radius * radius : max(abs(dx), abs(dy)) <= radius
            if isNear { most = max(most, values[v * width + u]) }
          }
        }
        #expect(grown[y * width + x] == most)
      }
    }
  }

  @Test func comesFromAlphaOrLightness() throws {
    let cut = try Image(bytes: [255, 0, 0, 255, 255, 0, 0, 0], width: 2, height: 1, channels: 4)
    #expect(Mask(of: cut).values.floats() == [1, 0])
    // An alpha that says nothing is passed over. 76, 150, 29: Pillow's convert("L") of pure red, green and blue
    let colors = try Image(bytes: [255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255], width: 3, height: 1, channels: 4)
    #expect(Mask(of: colors).image.bytes() == [76, 76, 76, 150, 150, 150, 29, 29, 29])
  }

  @Test func aSegmentImageIsTakenApartByColor() throws {
    let image = try Image(width: 10, height: 10, color: .white)
      .filled(Region.rectangle(x: 0, y: 0, width: 2, height: 3).mask(width: 10, height: 10), Color(1, 0, 0))
      .filled(Region.rectangle(x: 5, y: 5, width: 4, height: 4).mask(width: 10, height: 10), Color(0, 0, 1))
    let segments = try image.segments()
    #expect(segments.map(\.color) == [.white, Color(0, 0, 1), Color(1, 0, 0)])
    let counts = segments.map { $0.mask.values.floats().count { $0 == 1 } }
    #expect(counts == [78, 16, 6])
    #expect(throws: ImageError.self) { try ImageTests.ramp(10, 10).segments(limit: 3) }
  }

  @Test func aPictureIsNoMaskOfAnotherShape() {
    #expect(throws: ImageError.shape(what: "mask", found: "[1, 2, 2]", expected: "[H, W]")) { try Mask(values: Tensor([0, 0, 0, 0], [1, 2, 2])) }
  }
}
