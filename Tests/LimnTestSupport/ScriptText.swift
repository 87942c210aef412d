import Foundation

/// The text of a script test without what it expects, and that text broken in every way of losing one piece.
public struct ScriptText {
  public let text: String

  public init(contentsOfFile path: String) throws {
    text = try String(contentsOfFile: path, encoding: .utf8)
      .components(separatedBy: "\n").map { $0.components(separatedBy: "// expect")[0] }.joined(separator: "\n")
  }

  /// The text without its first piece, without its second, and so on.
  public var withoutOnePiece: [String] {
    pieces.map {
      var broken = text
      broken.removeSubrange($0)
      return broken
    }
  }

  /// What can be left out: words, numbers, strings of marks, line ends.
  private var pieces: [Range<String.Index>] {
    var result: [Range<String.Index>] = []
    var index = text.startIndex
    while index < text.endIndex {
      let start = index
      let isWord = { (c: Character) in c.isLetter || c.isNumber || c == "_" }
      if isWord(text[index]) {
        while index < text.endIndex, isWord(text[index]) { index = text.index(after: index) }
      } else {
        index = text.index(after: index)
      }
      if text[start] != " " { result.append(start..<index) }
    }
    return result
  }
}
