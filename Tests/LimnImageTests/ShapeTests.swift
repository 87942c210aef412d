import LimnImage
import Testing

@Suite struct ShapeTests {
  private func canvas() throws -> Canvas { try Canvas(width: 20, height: 20, color: .white) }
  private func red(_ canvas: Canvas, _ x: Int, _ y: Int) -> Float { canvas.planes[y * canvas.width + x] }

  @Test func aFadeGoesEvenlyFromItsFirstRowToItsLast() throws {
    var canvas = try canvas()
    canvas.fade(from: Color(0, 0, 0), to: Color(0.8, 0, 0), x: 5, y: 2, width: 10, height: 9)
    for row in 0..<9 { #expect(abs(red(canvas, 10, 2 + row) - Float(row) * 0.1) < 1e-6) }
    #expect(red(canvas, 4, 5) == 1 && red(canvas, 15, 5) == 1 && red(canvas, 10, 1) == 1 && red(canvas, 10, 11) == 1)
  }

  @Test func aFadeOfOneRowHasItsFirstColor() throws {
    var canvas = try canvas()
    canvas.fade(from: Color(0.5, 0, 0), to: .white, x: -100, y: 3, width: 1000, height: 1)
    #expect(red(canvas, 0, 3) == 0.5 && red(canvas, 19, 3) == 0.5 && red(canvas, 0, 4) == 1)
  }

  @Test func anEllipseHasItsArea() throws {
    for (width, height) in [(14.0, 14.0), (16, 6), (4, 4)] {
      var canvas = try canvas()
      canvas.ellipse(.black, x: 10.2, y: 9.7, width: width, height: height)
      let area = 400 - canvas.planes[0..<400].reduce(0, +), expected = Float(Double.pi * width * height / 4)
      #expect(abs(area - expected) < 0.04 * expected)
    }
  }

  @Test func aSoftEllipseIsHalfThereAtItsEdge() throws {
    var canvas = try canvas()
    canvas.ellipse(.black, x: 10, y: 10.5, width: 11, height: 11, softness: 6)
    #expect(abs(red(canvas, 15, 10) - 0.5) < 1e-5)
    #expect(red(canvas, 13, 10) < red(canvas, 15, 10) && red(canvas, 15, 10) < red(canvas, 17, 10) && red(canvas, 17, 10) < 1)
  }

  @Test func aThicknessLeavesTheInsideFree() throws {
    var canvas = try canvas()
    canvas.ellipse(.black, x: 10.5, y: 10.5, width: 12, height: 12, thickness: 2)
    #expect(red(canvas, 10, 10) == 1)
    #expect(red(canvas, 16, 10) < 0.01)
    #expect(red(canvas, 18, 10) == 1)
  }

  @Test func numbersThatAreNoneDrawNothing() throws {
    var canvas = try canvas()
    canvas.ellipse(.black, x: .nan, y: 1, width: 4, height: 4)
    canvas.ellipse(.black, x: 1, y: 1, width: 0, height: 4)
    canvas.fade(from: .black, to: .black, x: 0, y: .infinity, width: 4, height: 4)
    #expect(canvas.planes.allSatisfy { $0 == 1 })
  }
}
