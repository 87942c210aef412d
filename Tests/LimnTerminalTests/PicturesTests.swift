import Foundation
import LimnImage
import LimnTensor
import LimnTerminal
import Testing

@Suite struct PicturesTests {
  /// A picture of bytes that hardly can be compressed.
  static func picture(_ width: Int, _ height: Int) throws -> Image {
    var state: UInt32 = 1
    let bytes = (0..<(width * height * 3)).map { (_: Int) -> UInt8 in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(state >> 24)
    }
    return try Image(bytes: bytes, width: width, height: height, channels: 3)
  }

  static func terminal(_ method: PictureMethod, columns: Int = 80, rows: Int = 24) -> PictureTerminal {
    var terminal = PictureTerminal(method: method)
    (terminal.columns, terminal.rows) = (columns, rows)
    return terminal
  }

  // MARK: - Half-blocks

  @Test func halfBlocksHoldTwoRowsALine() throws {
    let image = try Image(
      bytes: [255, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 255, 0, 0, 255, 9, 8, 7, 9, 8, 7, 6, 5, 4], width: 3, height: 3, channels: 3)
    let expected = """
      \u{1B}[38;2;255;0;0;48;2;0;0;255m▀▀\u{1B}[38;2;0;255;0m▀\u{1B}[0m
      \u{1B}[38;2;9;8;7m▀▀\u{1B}[38;2;6;5;4m▀\u{1B}[0m

      """
    #expect(HalfBlocks(colors: .trueColor).text(for: image) == expected)
  }

  @Test func halfBlocksOf256ColorsTakeTheNearest() throws {
    let image = try Image(bytes: [255, 0, 0, 128, 128, 128, 0, 0, 0, 255, 255, 255], width: 2, height: 2, channels: 3)
    let expected = "\u{1B}[38;5;196;48;5;16m▀\u{1B}[38;5;244;48;5;231m▀\u{1B}[0m\n"
    #expect(HalfBlocks(colors: .indexed).text(for: image) == expected)
  }

  /// Against the plain search through all 240 colours.
  @Test func the256ColorIndexIsTheNearest() {
    let levels = [0, 95, 135, 175, 215, 255]
    var table = levels.flatMap { r in levels.flatMap { g in levels.map { b in [r, g, b] } } }
    table += (0..<24).map { [8 + 10 * $0, 8 + 10 * $0, 8 + 10 * $0] }
    for r in stride(from: 0, through: 255, by: 15) {
      for g in stride(from: 0, through: 255, by: 17) {
        for b in stride(from: 0, through: 255, by: 51) {
          func distance(_ index: Int) -> Int {
            let color = table[index - 16]
            let (dr, dg, db) = (color[0] - r, color[1] - g, color[2] - b)
            return dr * dr + dg * dg + db * db
          }
          let best = (16..<256).map(distance).min()!
          #expect(distance(HalfBlocks.index(r, g, b)) <= best + 100, "\(r) \(g) \(b)")
        }
      }
    }
  }

  @Test(arguments: [(64, 64, 80, 64, 64), (16, 16, 80, 64, 64), (512, 512, 80, 80, 80), (512, 512, 40, 40, 40), (196, 64, 200, 196, 64), (196, 64, 80, 80, 26)])
  func halfBlocksFitTheWidth(_ width: Int, _ height: Int, columns: Int, fittedWidth: Int, fittedHeight: Int) throws {
    let fitted = try Self.terminal(.blocks, columns: columns).fittedForBlocks(Self.picture(width, height))
    #expect(fitted.width == fittedWidth && fitted.height == fittedHeight)
  }

  // MARK: - Sizes in pixels

  @Test(arguments: [(64, 64, 80, 24, 256, 256), (512, 512, 80, 24, 368, 368), (1024, 256, 80, 24, 640, 160), (300, 100, 80, 24, 300, 100), (16, 16, 10, 24, 80, 80)])
  func picturesFitTheWindow(_ width: Int, _ height: Int, columns: Int, rows: Int, fittedWidth: Int, fittedHeight: Int) throws {
    let fitted = try Self.terminal(.kitty, columns: columns, rows: rows).fitted(Self.picture(width, height))
    #expect(fitted.width == fittedWidth && fitted.height == fittedHeight)
  }

  @Test func nothingIsShownWhereThereIsNoTerminal() throws {
    #expect(try Self.terminal(.none).text(for: Self.picture(4, 4)).isEmpty)
    #expect(PictureTerminal.detected(output: -1, environment: ["TERM": "xterm-kitty", "LIMN_IMAGES": "kitty"]).method == .none)
  }

  // MARK: - kitty and iTerm2

  /// The sequences `ESC _ G keys ; data ESC \` in a text.
  static func kittySequences(_ text: String) -> [(keys: String, data: String)] {
    text.components(separatedBy: "\u{1B}_G").dropFirst().map { part in
      let fields = part.components(separatedBy: "\u{1B}\\")[0].split(separator: ";", maxSplits: 1)
      return (String(fields[0]), String(fields[1]))
    }
  }

  @Test func kittyGetsThePNGInChunks() throws {
    let image = try Self.picture(120, 90)
    let text = try Self.terminal(.kitty).text(for: image)
    let sequences = Self.kittySequences(text)
    #expect(sequences.count > 2)
    #expect(sequences[0].keys == "a=T,f=100,q=2,m=1")
    #expect(sequences.dropFirst().dropLast().allSatisfy { $0.keys == "q=2,m=1" && $0.data.count == 4096 })
    #expect(sequences.last?.keys == "q=2,m=0")
    let png = try #require(Data(base64Encoded: sequences.map(\.data).joined()))
    #expect(try PNG.decode(Array(png), name: "sent") == image.enlarged(times: 2))
    #expect(text.hasSuffix("\u{1B}\\\n"))
  }

  @Test func aSmallPNGIsOneChunk() throws {
    let sequences = Self.kittySequences(Kitty.text(png: [1, 2, 3]))
    #expect(sequences.map(\.keys) == ["a=T,f=100,q=2,m=0"])
  }

  @Test func insideTmuxKittyShowsPlaceholders() throws {
    var terminal = Self.terminal(.kitty)
    terminal.isInsideTmux = true
    let text = try terminal.text(for: Self.picture(64, 64))
    let lines = text.split(separator: "\n")
    #expect(lines.count == 16)
    #expect(lines[0].hasPrefix("\u{1B}Ptmux;\u{1B}\u{1B}_Ga=T,U=1,f=100,q=2,i="))
    #expect(lines[0].contains(",c=32,r=16,m="))
    for (row, mark) in [(1, "\u{030D}"), (15, "\u{0357}")] {
      let scalars = Array(lines[row].unicodeScalars)
      #expect(scalars.filter { $0 == "\u{10EEEE}" }.count == 32)
      let first = try #require(scalars.firstIndex(of: "\u{10EEEE}"))
      #expect(Array(scalars[(first + 1)...(first + 2)]) == [mark.unicodeScalars.first!, "\u{0305}"])
      #expect(lines[row].hasPrefix("\u{1B}[38;2;") && lines[row].hasSuffix("\u{1B}[39m"))
    }
  }

  @Test func whatTmuxPassesOnHasItsEscapesDoubled() {
    #expect(Tmux.passedThrough("\u{1B}[c") == "\u{1B}Ptmux;\u{1B}\u{1B}[c\u{1B}\\")
  }

  @Test func iTermGetsTheFileAndItsWidthInCharacters() throws {
    let image = try Self.picture(64, 64)
    let text = try Self.terminal(.iterm2).text(for: image)
    let png = try PNG.encode(image.enlarged(times: 4))
    #expect(text == "\u{1B}]1337;File=inline=1;size=\(png.count);width=32;preserveAspectRatio=1:\(Data(png).base64EncodedString())\u{07}\n")
  }

  @Test func base64IsThatOfRFC4648() {
    for count in 0..<70 {
      let bytes = (0..<count).map { UInt8($0 * 89 % 256) }
      #expect(String(decoding: Base64.encoded(bytes), as: UTF8.self) == Data(bytes).base64EncodedString())
    }
  }

  // MARK: - Sixel

  /// Reads sixel data back into colours, as a terminal would; percentages as they stand.
  static func decodedSixel(_ text: String) -> (width: Int, height: Int, pixels: [[Int]]) {
    var bytes = Array(text.utf8)[...]
    func number() -> Int {
      var value = 0
      while let digit = bytes.first, (48..<58).contains(digit) {
        value = value * 10 + Int(digit) - 48
        bytes.removeFirst()
      }
      return value
    }
    func numbers() -> [Int] {
      var values = [number()]
      while bytes.first == UInt8(ascii: ";") {
        bytes.removeFirst()
        values.append(number())
      }
      return values
    }
    bytes = bytes[(bytes.firstIndex(of: UInt8(ascii: "\""))! + 1)...]
    let size = numbers()
    let (width, height) = (size[2], size[3])
    var pixels = [[Int]](repeating: [], count: width * height)
    var palette: [Int: [Int]] = [:]
    var color = 0, x = 0, band = 0, repetition = 1
    while let byte = bytes.popFirst(), byte != 0x1B {
      switch byte {
      case UInt8(ascii: "#"):
        let values = numbers()
        color = values[0]
        if values.count == 5 { palette[color] = Array(values[2...]) }
      case UInt8(ascii: "!"): repetition = number()
      case UInt8(ascii: "$"): x = 0
      case UInt8(ascii: "-"): (x, band) = (0, band + 1)
      default:
        for _ in 0..<repetition {
          let bits = Int(byte) - 63
          for bit in 0..<6 where bits >> bit & 1 == 1 {
            let place: Int = (band * 6 + bit) * width + x
            pixels[place] = palette[color]!
          }
          x += 1
        }
        repetition = 1
      }
    }
    return (width, height, pixels)
  }

  @Test(arguments: [(7, 13), (1, 1), (20, 6), (12, 20)])
  func sixelShowsEveryPixelOfAPictureWithFewColors(_ width: Int, _ height: Int) throws {
    let image = try Self.picture(width, height)
    let decoded = Self.decodedSixel(Sixel.text(for: image))
    #expect(decoded.width == width && decoded.height == height)
    let bytes = image.bytes()
    for i in 0..<(width * height) {
      let percentages = (0..<3).map { (channel: Int) -> Int in (Int(bytes[3 * i + channel]) * 100 + 127) / 255 }
      #expect(decoded.pixels[i] == percentages)
    }
  }

  @Test func sixelComesCloseToAPictureWithManyColors() throws {
    var bytes: [UInt8] = []
    for y in 0..<48 { for x in 0..<64 { bytes += [UInt8(x * 4), UInt8(y * 5), UInt8(x * 2 + y * 2)] } }
    let decoded = Self.decodedSixel(Sixel.text(for: try Image(bytes: bytes, width: 64, height: 48, channels: 3)))
    var worst = 0
    for (i, pixel) in decoded.pixels.enumerated() {
      for channel in 0..<3 {
        let shown: Int = pixel[channel] * 255 / 100, meant = Int(bytes[3 * i + channel])
        worst = max(worst, abs(shown - meant))
      }
    }
    #expect(worst <= 16)
  }

  @Test func theSamePictureGivesTheSameCharacters() throws {
    let image = try Self.picture(90, 60)
    #expect(Sixel.text(for: image) == Sixel.text(for: image))
  }
}
