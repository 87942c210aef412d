/// One way to go on at the cursor.
public struct Completion: Hashable, Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    case name, function, module, keyword, field, key, argument, choice, file, word, command
  }

  /// What stands in place of ``bytes``.
  public let text: String
  /// A signature, a type or a few words, on one line; often empty.
  public let detail: String
  public let kind: Kind
  /// The part of the text that is replaced, in bytes of its UTF-8; it ends at the cursor.
  public let bytes: Range<Int>
  /// The same part in Unicode code points.
  public let codePoints: Range<Int>
  /// What goes after the text when it is the only way on: a closing quote, perhaps.
  public let suffix: String
}
