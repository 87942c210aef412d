import Foundation
import LimnImage
import Testing

/// Files that Pillow 12 wrote of one picture, 20×12: `scripts/fixtures/make_jpegs.py`. Expected values are what Pillow reads from them.
@Suite struct JPEGTests {
  private func bytes(_ name: String) throws -> [UInt8] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures/jpeg")
    return Array(try Data(contentsOf: folder.appendingPathComponent(name)))
  }

  private func pixel(_ image: Image, _ x: Int, _ y: Int) -> [Int] {
    let values = image.pixels.floats()
    return (0..<3).map { Int((values[($0 * image.height + y) * image.width + x] * 255).rounded()) }
  }

  @Test func pixelsAreThoseOfPillow() throws {
    let image = try JPEG.decode(bytes("plain.jpg"), name: "plain.jpg")
    #expect(image.width == 20 && image.height == 12)
    let corners: [[Int]] = [[1, 0, 251], [226, 217, 18], [83, 99, 161]]
    #expect([pixel(image, 0, 0), pixel(image, 19, 11), pixel(image, 7, 5)] == corners)
    let sum = image.pixels.floats().reduce(Float(0)) { $0 + ($1 * 255).rounded() }
    #expect(sum == Float(86116))
    let progressive = try JPEG.decode(bytes("progressive.jpg"), name: "progressive.jpg")
    #expect(progressive.pixels.floats() == image.pixels.floats())
  }

  @Test func grayBecomesRGB() throws {
    let image = try PictureFile.decode(bytes("gray.jpg"), name: "gray.jpg")
    let corners: [[Int]] = [[29, 29, 29], [199, 199, 199], [102, 102, 102]]
    #expect([pixel(image, 0, 0), pixel(image, 19, 11), pixel(image, 7, 5)] == corners)
  }

  /// Where the stored corner (0, 0) and its right neighbour stand in the turned picture, as Exif defines the eight ways.
  @Test(arguments: [(2, 19, 0, 18, 0), (3, 19, 11, 18, 11), (4, 0, 11, 1, 11), (5, 0, 0, 0, 1), (6, 11, 0, 11, 1), (7, 11, 19, 11, 18), (8, 0, 19, 0, 18)])
  func thePictureStandsAsTheCameraDid(_ way: Int, _ x: Int, _ y: Int, _ nextX: Int, _ nextY: Int) throws {
    let plain = try JPEG.decode(bytes("plain.jpg"), name: "a"), image = try JPEG.decode(bytes("turned\(way).jpg"), name: "a")
    let size = way >= 5 ? [12, 20] : [20, 12]
    #expect([image.width, image.height] == size)
    #expect(pixel(image, x, y) == pixel(plain, 0, 0))
    #expect(pixel(image, nextX, nextY) == pixel(plain, 1, 0))
  }

  @Test func whatCannotBeReadIsTold() throws {
    let whole = try bytes("plain.jpg")
    for length in [3, 20, 200, whole.count / 2, whole.count - 10] {
      #expect(throws: ImageError.self) { try JPEG.decode(Array(whole[..<length]), name: "cut.jpg") }
    }
    #expect(throws: ImageError.damaged(name: "c.jpg", kind: .jpeg, reason: "it is made of printing inks (CMYK), not of red, green and blue")) {
      try JPEG.decode(bytes("cmyk.jpg"), name: "c.jpg")
    }
    #expect(throws: ImageError.tooLarge(name: "a.jpg", width: 20, height: 12, limit: 100)) { try JPEG.decode(whole, name: "a.jpg", pixelLimit: 100) }
  }

  /// Damaged bytes give a picture or an error, never a trap.
  @Test func noDamageTraps() throws {
    let whole = try bytes("turned6.jpg")
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &random) { bytes[Int.random(in: 3..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
      _ = try? JPEG.decode(bytes, name: "a.jpg", pixelLimit: 1 << 20)
    }
  }
}
