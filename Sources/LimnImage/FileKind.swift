/// What a file looks like by its first bytes; for the message when it is not a PNG.
package enum FileKind: String, Sendable, Equatable {
  case png = "PNG", jpeg = "JPEG", gif = "GIF", webp = "WebP", bmp = "BMP", tiff = "TIFF", avif = "AVIF", heic = "HEIC"
  case jpegXL = "JPEG XL", ico = "icon", photoshop = "Photoshop", svg = "SVG", netpbm = "Netpbm", pdf = "PDF", zip = "ZIP or PyTorch"
  case safetensors, numpy = "NumPy", html = "HTML", text, damagedPNG, empty, unknown

  /// Recognizes the kinds people mistake for a PNG.
  package init(of bytes: some Collection<UInt8>) {
    let head = Array(bytes.prefix(64))
    func starts(_ text: String, at offset: Int = 0) -> Bool { head.dropFirst(offset).starts(with: text.utf8) }
    func starts(_ magic: [UInt8]) -> Bool { head.starts(with: magic) }
    if head.isEmpty {
      self = .empty
    } else if starts(PNG.signature) {
      self = .png
    } else if starts("PNG", at: 1) || starts([0x89, 0x0D, 0x0A, 0x1A]) {
      // The signature is made to show this: line ends were converted or the high bit was lost.
      self = .damagedPNG
    } else if starts([0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if starts("GIF8") {
      self = .gif
    } else if starts("RIFF"), starts("WEBP", at: 8) {
      self = .webp
    } else if starts("ftypavi", at: 4) {
      self = .avif
    } else if starts("ftyphei", at: 4) || starts("ftypmif1", at: 4) {
      self = .heic
    } else if starts([0xFF, 0x0A]) || starts("JXL ", at: 4) {
      self = .jpegXL
    } else if starts([0x49, 0x49, 0x2A, 0]) || starts([0x4D, 0x4D, 0, 0x2A]) {
      self = .tiff
    } else if starts("8BPS") {
      self = .photoshop
    } else if starts([0, 0, 1, 0]) {
      self = .ico
    } else if starts("%PDF") {
      self = .pdf
    } else if starts([0x50, 0x4B, 3, 4]) {
      self = .zip
    } else if starts([0x93]), starts("NUMPY", at: 1) {
      self = .numpy
    } else if head.count > 8, head[8] == UInt8(ascii: "{"), head[4..<8].allSatisfy({ $0 == 0 }) {
      self = .safetensors
    } else {
      self = FileKind(ofText: head)
    }
  }

  private init(ofText head: [UInt8]) {
    let text = String(decoding: head, as: UTF8.self).lowercased()
    let trimmed = text.drop { $0.isWhitespace }
    if trimmed.hasPrefix("<svg") || trimmed.hasPrefix("<?xml") {
      self = .svg
    } else if trimmed.hasPrefix("<!doctype html") || trimmed.hasPrefix("<html") {
      self = .html
    } else if head.count > 2, head[0] == UInt8(ascii: "P"), (0x31...0x37).contains(head[1]), [0x20, 0x0A, 0x0D].contains(head[2]) {
      self = .netpbm
    } else if head.starts(with: "BM".utf8), head.contains(0) {
      self = .bmp
    } else if head.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || [9, 10, 13].contains($0) }) {
      self = .text
    } else {
      self = .unknown
    }
  }

  /// Says what was found and, where it is sure, what to do.
  var sentence: String {
    switch self {
    case .png: "it looks like one"
    case .damagedPNG: "it was one, but its first bytes were changed on the way, as by a text-mode transfer"
    case .empty: "it is empty"
    case .unknown: "its first bytes are of no kind known here"
    case .text: "it looks like text"
    case .html: "it looks like a web page, perhaps an error page saved under this name"
    case .safetensors: "it looks like a safetensors file"
    case .jpeg, .gif, .webp, .bmp, .tiff, .avif, .heic, .jpegXL, .netpbm, .photoshop, .ico, .svg:
      "it looks like \(rawValue); convert it with 'magick FILE FILE.png'"
    default: "it looks like \(rawValue)"
    }
  }
}
