/// Reading and writing of PNG files. The pixels go through libpng (CLimnPNG); chunks and texts are read here.
package enum PNG {
  /// The eight bytes that every PNG begins with.
  package static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// A text that a PNG carries beside its pixels.
  package struct Text: Equatable, Sendable {
    /// 1…79 characters of Latin-1.
    package var keyword: String
    package var value: String

    package init(keyword: String, value: String) {
      (self.keyword, self.value) = (keyword, value)
    }

    /// The keyword under which A1111's web UI, and most tools since, keep ``GenerationParameters``.
    package static let parametersKeyword = "parameters"
    /// The keyword of Limn's own recipe.
    package static let recipeKeyword = "limn"
  }

  /// What the first chunk says.
  package struct Header: Equatable, Sendable {
    package var width, height: Int
    /// Bits a sample: 1, 2, 4, 8 or 16.
    package var bitDepth: Int
    package var colorType: ColorType
    package var isInterlaced: Bool
  }

  /// ORDER: the numbers are those of the file format.
  package enum ColorType: UInt8, Sendable {
    case gray = 0, rgb = 2, palette = 3, grayAlpha = 4, rgbAlpha = 6

    /// Samples a pixel as stored; a palette index is one.
    var samples: Int {
      switch self {
      case .gray, .palette: 1
      case .grayAlpha: 2
      case .rgb: 3
      case .rgbAlpha: 4
      }
    }

    var bitDepths: [Int] {
      switch self {
      case .gray: [1, 2, 4, 8, 16]
      case .palette: [1, 2, 4, 8]
      case .grayAlpha, .rgb, .rgbAlpha: [8, 16]
      }
    }
  }
}
