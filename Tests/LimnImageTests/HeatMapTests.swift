import LimnTensor
import Testing

import LimnImage

@Suite struct HeatMapTests {
  static let map = Tensor([0.2, 0.4, 0.6, 1.2], [2, 2])

  @Test func theLeastIsDarkAndTheGreatestLight() throws {
    let image = try HeatMap.image(Self.map)
    let luma = Mask(of: image).values.floats()
    #expect(luma == luma.sorted())
    #expect(luma[0] < 0.02 && luma[3] > 0.9)
    let gray = try HeatMap.image(Self.map, colors: .gray).pixels.floats()
    #expect(abs(gray[1] - 0.2) < 1e-6)
  }

  @Test func aRangeMakesMapsComparable() throws {
    let values = try HeatMap.image(Self.map, range: 0...0.8, colors: .gray).pixels.floats()
    for (value, expected) in zip(values, [0.25, 0.5, 0.75, 1] as [Float]) { #expect(abs(value - expected) < 1e-6) }
  }

  @Test func mapsWithoutContrastOrNumbersAreDark() throws {
    #expect(try HeatMap.image(Tensor([3, 3], [1, 2]), colors: .gray).pixels.floats().allSatisfy { $0 == 0 })
    let odd = try HeatMap.image(Tensor([.nan, 0, 1, .infinity], [1, 4]), colors: .gray).pixels.floats()
    #expect(Array(odd[..<4]) == [0, 0, 1, 1] as [Float])
  }

  /// Lightness must rise evenly, or a map shows edges that are not there.
  @Test func infernoRisesEvenlyAndEndsWhereMatplotlibsDoes() {
    let lightness = (0...100).map { Colormap.inferno.color(Float($0) / 100).luma }
    for (a, b) in zip(lightness, lightness.dropFirst()) { #expect(b > a - 0.002 && b - a < 0.03) }
    let expected: [(Float, Color)] = [(0, Color(0.001, 0, 0.014)), (0.5, Color(0.736, 0.216, 0.330)), (1, Color(0.988, 0.998, 0.645))]
    for (t, color) in expected {
      let found = Colormap.inferno.color(t)
      for channel in 0..<3 { #expect(abs(found[channel] - color[channel]) < 0.03, "at \(t)") }
    }
  }

  @Test(arguments: Colormap.allCases, [-1, 0, 0.3, 1, 2, Float.nan])
  func everyValueHasAColorInRange(_ colors: Colormap, value: Float) {
    let color = colors.color(value)
    for channel in 0..<3 { #expect((0...1).contains(color[channel])) }
  }

  @Test func anOverlayMixesThePictureWithItsEnlargedMap() throws {
    let picture = try Image(width: 8, height: 8, color: Color(0.5, 0.5, 0.5))
    let overlay = try HeatMap.overlay(picture, Self.map, opacity: 0.5, colors: .gray)
    #expect((overlay.width, overlay.height) == (8, 8))
    #expect(overlay.pixels.floats()[0] == 0.25)
    #expect(overlay.pixels.floats()[63] == 0.75)
    #expect(try HeatMap.overlay(picture, Self.map, opacity: 0) == picture)
    #expect(throws: ImageError.self) { try HeatMap.overlay(picture, Self.map, opacity: 2) }
    #expect(throws: ImageError.self) { try HeatMap.overlay(picture, Tensor([1], [1])) }
  }
}
