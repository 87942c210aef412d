import LimnImage
import LimnTensor
import Testing

@Suite struct RecoloringTests {
  /// One row of pixels.
  private func row(_ colors: [Color]) throws -> Image {
    try Image(pixels: Tensor((0..<3).flatMap { channel in colors.map { $0[channel] } }, [3, 1, colors.count]))
  }

  private func pixel(_ image: Image, _ x: Int) -> [Float] { (0..<image.channels).map { image.pixels.floats()[$0 * image.width + x] } }

  private let blue = Color(0, 0.4, 1)

  @Test func coloredPartsTakeTheHueAndGreyOnesStay() throws {
    let picture = try row([Color(0.8, 0.1, 0.1), Color(0.8, 0.1, 0.1), Color(0.3, 0.3, 0.3)]).recolored(blue)
    let turned = pixel(picture, 0)
    #expect(turned[2] == 0.8)
    #expect(turned[2] > turned[1] && turned[1] > turned[0])
    #expect(pixel(picture, 2) == [0.3, 0.3, 0.3])
  }

  @Test func onlyTheHueOfTheColorCounts() throws {
    let picture = try row([Color(0.8, 0.1, 0.1)])
    let (strong, pale) = (pixel(picture.recolored(blue), 0), pixel(picture.recolored(Color(0.5, 0.6, 0.75)), 0))
    #expect(zip(strong, pale).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func aPictureWithHardlyAnyColorIsPainted() throws {
    let picture = try row([Color(0.9, 0.9, 0.9), Color(0.1, 0.1, 0.1)]).recolored(blue)
    #expect(pixel(picture, 0)[2] - pixel(picture, 0)[0] > 0.7)
    // Light and shade stay.
    #expect(pixel(picture, 0)[2] > 2 * pixel(picture, 1)[2])
  }

  @Test func blackDarkensAndWhiteBleaches() throws {
    let picture = try row([Color(0.8, 0.4, 0)])
    #expect(zip(pixel(picture.recolored(.black), 0), [0.2, 0.1, 0]).allSatisfy { abs($0 - $1) < 1e-6 })
    #expect(pixel(picture.recolored(.white), 0).allSatisfy { abs($0 - (1 - 0.6 * 0.35)) < 1e-6 })
  }

  @Test func transparencyStays() throws {
    let clear = try row([Color(0.8, 0.1, 0.1), Color(0.8, 0.1, 0.1)]).withAlpha(Mask([0.25, 1], width: 2, height: 1))
    for color in [blue, .black, .white] { #expect(clear.recolored(color).alpha.values.floats() == [0.25, 1]) }
  }
}
