import Glibc

/// What can be wrong with a picture, its file or the way an operation is asked for. Data; `description` makes the text.
package enum ImageError: Error, Equatable, CustomStringConvertible {
  /// The file cannot be read or written; `reason` is the system's.
  case unreadable(name: String, reason: String)
  case unwritable(name: String, reason: String)
  /// The file is not a PNG, nor a JPEG where that was wanted as well; `found` says what it looks like.
  case notPNG(name: String, found: FileKind, orJPEG: Bool = false)
  /// The file is a PNG or JPEG but broken; `reason` says where.
  case damaged(name: String, kind: FileKind = .png, reason: String)
  /// More pixels than the limit. `name` is the file, nil for a picture that was to be made.
  case tooLarge(name: String?, width: Int, height: Int, limit: Int)
  case emptySize(width: Int, height: Int)
  /// A tensor or buffer that is no picture or mask.
  case shape(what: String, found: String, expected: String)
  /// Two things that must have the same size do not.
  case sizesDiffer(String, width: Int, height: Int, String, otherWidth: Int, otherHeight: Int)
  /// A rectangle that leaves the picture.
  case outside(what: String, width: Int, height: Int)
  case unknownColor(String)
  /// A value out of its range, in words: 'radius' is −1, expected 0…256.
  case value(name: String, found: String, expected: String)
  /// A text that PNG cannot hold.
  case text(keyword: String, reason: String)

  package var description: String {
    switch self {
    case .unreadable(let name, let reason): "cannot read '\(name)': \(reason)"
    case .unwritable(let name, let reason): "cannot write '\(name)': \(reason)"
    case .notPNG(let name, let kind, let orJPEG): "'\(name)' is not a PNG\(orJPEG ? " or JPEG" : ""): \(kind.sentence)"
    case .damaged(let name, let kind, let reason): "'\(name)' is a damaged \(kind.rawValue): \(reason)"
    case .tooLarge(let name, let width, let height, let limit):
      "\(name.map { "'\($0)'" } ?? "the image") is \(width)×\(height), \(Self.product(width, height)) pixels, expected at most \(limit)"
    case .emptySize(let width, let height): "an image of \(width)×\(height) has no pixels, expected both sides to be at least 1"
    case .shape(let what, let found, let expected): "\(what): found \(found), expected \(expected)"
    case .sizesDiffer(let a, let width, let height, let b, let otherWidth, let otherHeight):
      "\(a) is \(width)×\(height) but \(b) is \(otherWidth)×\(otherHeight)"
    case .outside(let what, let width, let height): "\(what) lies outside the image, which is \(width)×\(height)"
    case .unknownColor(let text): "unknown color '\(text)', expected #rrggbb or one of \(Color.names.joined(separator: ", "))"
    case .value(let name, let found, let expected): "'\(name)' is \(found), expected \(expected)"
    case .text(let keyword, let reason): "text '\(keyword)' cannot be kept in a PNG: \(reason)"
    }
  }

  private static func product(_ width: Int, _ height: Int) -> String {
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    return overflow ? "more than 2^63" : "\(pixels)"
  }

  /// The system's words for the last failed call.
  static var systemReason: String { String(cString: strerror(errno)).lowercased() }
}
