/// The learned tokens of one interpreter and the private code points that stand for them in strings.
///
/// A token is entered when it first gets into a string, and stays: strings made from it may be anywhere.
package final class TokenTable {
  /// The first code point of plane 15; planes 15 and 16 hold 131,068 tokens.
  private static let first: UInt32 = 0xF0000
  private static let planeSize = 0xFFFE

  private var tokens: [any HostObject] = []

  /// The token a code point stands for; nil for every code point that is not one of ours.
  package func token(_ scalar: Unicode.Scalar) -> (any HostObject)? {
    guard scalar.value >= Self.first else { return nil }
    let offset = Int(scalar.value - Self.first)
    let index = offset < 0x10000 ? offset : offset - 2
    return offset & 0xFFFF < Self.planeSize && index < tokens.count ? tokens[index] : nil
  }

  /// The code point for a token: equal tokens have the same one.
  ///
  /// - Throws: A limit fault when all private code points are taken.
  package func character(of token: any HostObject) throws -> Unicode.Scalar {
    if let known = tokens.firstIndex(where: { $0 === token || $0.isEqual(to: token) }) { return Self.scalar(known) }
    guard tokens.count < 2 * Self.planeSize else { throw Fault(.limit, "more than \(2 * Self.planeSize) tokens in use") }
    tokens.append(token)
    return Self.scalar(tokens.count - 1)
  }

  private static func scalar(_ index: Int) -> Unicode.Scalar {
    let offset = index < planeSize ? index : index + 2
    return Unicode.Scalar(first + UInt32(offset)).unsafelyUnwrapped
  }

  /// Text from outside the language with private code points replaced by U+FFFD, so that none poses as a token.
  package static func cleaned(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 >= 0xF3 }) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { result.append(scalar.value >= first ? "\u{FFFD}" : scalar) }
    return String(result)
  }
}
