extension Reference {
  /// The reference as Markdown, one heading a section, one below it an entry.
  public var markdown: String { sections.map(\.markdown).joined(separator: "\n") }
}

extension Reference.Section {
  public var markdown: String {
    var text = "## \(name)\n\n"
    if !doc.isEmpty { text += doc + "\n\n" }
    for entry in entries {
      text += "### `\(entry.name)`\n\n```text\n\(entry.signatures.joined(separator: "\n"))\n```\n\n"
      if !entry.doc.isEmpty { text += entry.doc + "\n\n" }
    }
    return text
  }
}
