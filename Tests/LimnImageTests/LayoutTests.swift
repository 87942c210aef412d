import LimnTensor
import Testing

import LimnImage

@Suite struct LayoutTests {
  @Test func picturesStandInARowWithAGap() throws {
    let (red, blue) = (try Image(width: 2, height: 2, color: Color(1, 0, 0)), try Image(width: 2, height: 2, color: Color(0, 0, 1)))
    let row = try Image.row([red, blue], gap: 1)
    #expect((row.width, row.height) == (5, 2))
    #expect(Array(row.pixels.floats()[..<5]) == [1, 1, 1, 0, 0])
    #expect(Array(row.pixels.floats()[20..<25]) == [0, 0, 1, 1, 1])
  }

  @Test func aSmallMapIsEnlargedCrisplyBesideALargePicture() throws {
    let map = ImageTests.ramp(4, 4), picture = try Image(width: 16, height: 16)
    let row = try Image.row([picture, map], gap: 0)
    #expect((row.width, row.height) == (32, 16))
    #expect(try row.cropped(x: 16, y: 0, width: 16, height: 16) == map.enlarged(times: 4))
  }

  @Test func aGridBreaksRowsAndLeavesEmptyCells() throws {
    let images = try (0..<5).map { try Image(width: 3, height: 2, color: Color(Float($0) / 10, 0, 0)) }
    let grid = try Image.grid(images, gap: 1, background: .black)
    #expect((grid.width, grid.height) == (3 * 4 - 1, 2 * 3 - 1))
    #expect(grid.pixels.floats()[3 * 11 + 4] == 0.4)
    #expect(grid.pixels.floats()[3 * 11 + 8] == 0)
    #expect(try Image.grid(images, columns: 1, gap: 0).height == 10)
    #expect(throws: ImageError.self) { try Image.grid([]) }
    #expect(throws: ImageError.self) { try Image.grid(images, columns: 0) }
    #expect(throws: ImageError.self) { try Image.grid(images, gap: -1) }
  }

  @Test(arguments: [((10, 5), (20, 20), (20, 10)), ((5, 10), (20, 20), (10, 20)), ((30, 20), (20, 20), (20, 13)), ((100, 1), (10, 10), (10, 1))])
  func aPictureFitsWithoutChangingItsShape(_ size: (Int, Int), limit: (Int, Int), expected: (Int, Int)) throws {
    let fitted = try Image(width: size.0, height: size.1).fitted(width: limit.0, height: limit.1)
    #expect((fitted.width, fitted.height) == expected)
  }

  @Test func smallPicturesAreEnlargedForDisplay() throws {
    #expect(try Image(width: 64, height: 64).enlargedForDisplay().width == 256)
    #expect(try Image(width: 100, height: 20).enlargedForDisplay().width == 200)
    #expect(try Image(width: 512, height: 20).enlargedForDisplay().width == 512)
  }
}
