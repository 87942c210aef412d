import LimnImage
import Testing

@Suite struct StrokeTests {
  private func canvas() throws -> Canvas { try Canvas(width: 20, height: 20, color: .white) }
  private func red(_ canvas: Canvas, _ x: Int, _ y: Int) -> Float { canvas.planes[y * canvas.width + x] }

  @Test func aLineBetweenPixelsCoversBothByHalf() throws {
    var canvas = try canvas()
    canvas.stroke([Segment(Region.Point(2, 10), Region.Point(18, 10))], thickness: 1, color: .black)
    #expect(abs(red(canvas, 10, 9) - 0.5) < 1e-6)
    #expect(abs(red(canvas, 10, 10) - 0.5) < 1e-6)
    #expect(red(canvas, 10, 8) == 1)
  }

  @Test func aThinLineIsAFainterOneOfAPixel() throws {
    var canvas = try canvas()
    canvas.stroke([Segment(Region.Point(0, 10.5), Region.Point(20, 10.5))], thickness: 0.25, color: .black)
    #expect(abs(red(canvas, 10, 10) - 0.75) < 1e-6)
  }

  @Test func aTransparentLineIsEvenWhereItCrossesItself() throws {
    var canvas = try canvas()
    let cross = [Segment(Region.Point(2, 10.5), Region.Point(18, 10.5)), Segment(Region.Point(10.5, 2), Region.Point(10.5, 18))]
    canvas.stroke(cross, thickness: 3, color: Color(0, 0, 0, alpha: 0.5))
    #expect(abs(red(canvas, 10, 10) - 0.5) < 1e-6)
    #expect(abs(red(canvas, 5, 10) - 0.5) < 1e-6)
  }

  @Test func aClipHoldsDrawingAndNumbersThatAreNoneAreLeftOut() throws {
    var canvas = try canvas()
    let clip = Clip(left: 0, top: 0, right: 10, bottom: 20)
    canvas.stroke([Segment(Region.Point(0, 10.5), Region.Point(1e9, 10.5)), Segment(Region.Point(.nan, 0), Region.Point(5, 5))], thickness: 1, color: .black, clip: clip)
    #expect(red(canvas, 9, 10) == 0)
    #expect(red(canvas, 10, 10) == 1)
    #expect(red(canvas, 5, 5) == 1)
  }

  @Test func aBoxBetweenPixelsCoversThemInPart() throws {
    var canvas = try canvas()
    canvas.fillSmoothly(.black, x: 2.25, y: 3, width: 4, height: 2)
    #expect(abs(red(canvas, 2, 3) - 0.25) < 1e-6)
    #expect(red(canvas, 3, 4) == 0)
    #expect(abs(red(canvas, 6, 3) - 0.75) < 1e-6)
    #expect(red(canvas, 3, 5) == 1)
  }

  @Test func textStandsWhereItIsAligned() {
    let width = Font.strokeWidth(of: "panda 10", size: 14)
    for (alignment, left) in [(0.0, 100.0), (0.5, 100 - width / 2), (1.0, 100 - width)] {
      let pieces = Font.strokes(of: "panda 10", x: 100, y: 50, size: 14, alignment: alignment)
      let places = pieces.flatMap { [$0.from.x, $0.to.x] }
      #expect(abs(places.min()! - left) <= 2 && abs(places.max()! - left - width) <= 2)
    }
    let turned = Font.strokes(of: "panda 10", x: 100, y: 50, size: 14, alignment: 0.5, isTurned: true)
    #expect(turned.allSatisfy { abs($0.from.x - 100) <= 14 && abs($0.from.y - 50) <= width / 2 })
  }

  @Test func everyCharacterHasAPen() {
    for code in 33..<127 {
      #expect(!Font.strokes(of: String(UnicodeScalar(UInt8(code))), x: 0, y: 0, size: 7, alignment: 0).isEmpty, "\(code)")
    }
    #expect(Font.strokes(of: " ", x: 0, y: 0, size: 7, alignment: 0).isEmpty)
    #expect(Font.strokeWidth(of: "i", size: 14) < Font.strokeWidth(of: "m", size: 14))
    #expect(Font.strokeWidth(of: "1", size: 14) == Font.strokeWidth(of: "8", size: 14))
  }
}
