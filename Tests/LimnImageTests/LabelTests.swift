import LimnTensor
import Testing

import LimnImage

@Suite struct LabelTests {
  /// A picture's light pixels as text.
  static func art(_ image: Image) -> String {
    let values = Mask(of: image).values.floats()
    return (0..<image.height).map { y in
      String((0..<image.width).map { values[y * image.width + $0] > 0.5 ? "#" : "." })
    }.joined(separator: "\n")
  }

  @Test func lettersAreDrawnDotByDot() throws {
    var canvas = try Canvas(width: 17, height: 9, color: .black)
    canvas.write("Ag!", x: 0, y: 0, color: .white)
    #expect(Self.art(canvas.image) == """
      .###..........#..
      #...#.........#..
      #...#..####...#..
      #####.#...#...#..
      #...#.#...#...#..
      #...#.#...#......
      #...#..####...#..
      ..........#......
      .......###.......
      """)
  }

  @Test func everyASCIICharacterHasAGlyphOfItsOwn() {
    let glyphs = (32..<127).map { Font.rows(of: Character(UnicodeScalar(UInt8($0)))) }
    #expect(glyphs.allSatisfy { $0.count == Font.glyphHeight })
    #expect(Set(glyphs).count == 95)
    #expect(glyphs.dropFirst().allSatisfy { $0.contains { $0 != 0 } })
  }

  @Test(arguments: ["é", "熊", "🐼", "\u{7}"])
  func aCharacterWithoutGlyphIsABox(_ text: String) {
    #expect(Font.rows(of: Character(text)) == [31, 17, 17, 17, 17, 17, 31, 0, 0])
  }

  @Test func aLabelIsCutAtTheEdgeAndItsCornerMustLieInside() throws {
    let image = try Image(width: 10, height: 6)
    #expect(throws: Never.self) { try image.labelled("a long label", x: 9, y: 5) }
    #expect(throws: ImageError.outside(what: "a label at (10, 0)", width: 10, height: 6)) { try image.labelled("a", x: 10, y: 0) }
  }

  @Test func textsAreMeasuredAndWrapped() {
    #expect(Font.size(of: "abc") == (17, 9))
    #expect(Font.size(of: "a\nbcd", scale: 2) == (34, 40))
    #expect(Font.wrapped("a photo of a panda", width: 60) == "a photo of\na panda")
    #expect(Font.wrapped("extraordinary", width: 29) == "extra\nordin\nary")
    #expect(Font.wrapped("a\n\nb", width: 60) == "a\n\nb")
    #expect(Font.wrapped("ab", width: 0) == "a\nb")
  }

  @Test func aCaptionStandsAboveThePicture() throws {
    let captioned = try Image(width: 128, height: 20, color: Color(1, 0, 0)).captioned("a panda")
    #expect((captioned.width, captioned.height) == (128, 20 + 14))
    #expect(try captioned.cropped(x: 0, y: 14, width: 128, height: 20) == Image(width: 128, height: 20, color: Color(1, 0, 0)))
    let small = try Image(width: 64, height: 64).captioned("a panda")
    #expect((small.width, small.height) == (256, 256 + 14))
  }
}
