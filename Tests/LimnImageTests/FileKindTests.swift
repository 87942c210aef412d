import LimnTestSupport
import Testing

import LimnImage

@Suite struct FileKindTests {
  @Test(arguments: [
    ([0xFF, 0xD8, 0xFF, 0xE0], .jpeg), (Array("GIF89a".utf8), .gif), (Array("RIFF\u{4}\0\0\0WEBPVP8 ".utf8), .webp),
    (Array("BM\0\0\0\0".utf8), .bmp), ([0, 0, 0, 28] + Array("ftypavif".utf8), .avif), ([0, 0, 0, 28] + Array("ftypheic".utf8), .heic),
    (Array("<!DOCTYPE html><html>".utf8), .html), (Array("hello, world\n".utf8), .text), (Array("<svg xmlns".utf8), .svg),
    ([0x10, 0, 0, 0, 0, 0, 0, 0] + Array("{\"a\":".utf8), .safetensors), ([0x93] + Array("NUMPY".utf8), .numpy),
    ([0x50, 0x4B, 3, 4], .zip), (Array("P6\n3 2\n".utf8), .netpbm), ([], .empty), ([1, 2, 3], .unknown),
    ([0x89] + Array("PNG\n\u{1A}\n".utf8), .damagedPNG), ([0x49, 0x49, 0x2A, 0], .tiff), ([0xFF, 0x0A], .jpegXL),
  ] as [([UInt8], FileKind)])
  func tellsWhatAFileLooksLike(_ bytes: [UInt8], kind: FileKind) {
    #expect(FileKind(of: bytes) == kind)
    #expect(throws: ImageError.notPNG(name: "a.png", found: kind)) { try PNG.decode(bytes, name: "a.png") }
  }

  @Test func theMessageSaysHowToConvert() {
    #expect(ImageError.notPNG(name: "cat.jpg", found: .jpeg).description
      == "'cat.jpg' is not a PNG: it looks like JPEG; convert it with 'magick FILE FILE.png'")
  }

  @Test func aLargeFileOfAnotherKindIsNotReadWhole() throws {
    try withTemporaryFolder { folder in
      write([0xFF, 0xD8, 0xFF] + [UInt8](repeating: 0, count: 1 << 20), to: folder + "/a.png")
      #expect(throws: ImageError.notPNG(name: folder + "/a.png", found: .jpeg)) { try PNG.read(folder + "/a.png") }
      write([], to: folder + "/b.png")
      #expect(throws: ImageError.notPNG(name: folder + "/b.png", found: .empty)) { try PNG.read(folder + "/b.png") }
    }
  }
}
