extension Reference {
  /// The reference as one page that needs nothing else: contents at the side, a heading for each entry to link to.
  public func html(title: String) -> String {
    let contents = sections.map { section in
      "<details open><summary><a href=\"#\(HTML.escaped(section.name))\">\(HTML.escaped(section.name))</a></summary>"
        + section.entries.map { "<a href=\"#\(HTML.escaped("\(section.name).\($0.name)"))\">\(HTML.escaped($0.name))</a>" }.joined(separator: "\n")
        + "</details>"
    }.joined(separator: "\n")
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
      <title>\(HTML.escaped(title))</title><style>\(HTML.style)</style></head>
      <body><nav><b>\(HTML.escaped(title))</b>
      \(contents)</nav><main>
      \(sections.map(\.html).joined(separator: "\n"))
      </main></body></html>

      """
  }
}

extension Reference.Section {
  var html: String {
    var text = "<section id=\"\(HTML.escaped(name))\"><h2>\(HTML.escaped(name))</h2>\n\(HTML.paragraphs(doc))"
    for entry in entries {
      text += "<article id=\"\(HTML.escaped("\(name).\(entry.name)"))\"><h3>\(HTML.escaped(entry.name))</h3>"
      text += "<pre class=\"face\">\(HTML.escaped(entry.signatures.joined(separator: "\n")))</pre>\n\(HTML.paragraphs(entry.doc))</article>\n"
    }
    return text + "</section>"
  }
}

/// The little of Markdown that doc comments use, as HTML.
enum HTML {
  static let style = """
    body{margin:0;display:grid;grid-template-columns:15rem 1fr;font:16px/1.5 system-ui,sans-serif;color:#222;background:#fff}
    nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1rem;box-sizing:border-box;background:#f6f4ef}
    nav a{display:block;color:#333;text-decoration:none;padding-left:.8rem;font-size:.9rem}nav summary a{display:inline;padding:0;font-weight:600}
    main{padding:1rem 2rem;max-width:48rem}h2{border-bottom:2px solid #d9a441}h3{margin-bottom:.2rem}
    pre,code{font:14px/1.45 ui-monospace,monospace;background:#f6f4ef}pre{padding:.6rem .8rem;overflow:auto}pre.face{border-left:3px solid #3060a0}
    @media(max-width:50rem){body{display:block}nav{position:static;height:auto}}
    @media(prefers-color-scheme:dark){body{color:#ddd;background:#1c1c1e}nav,pre,code{background:#2a2a2d}nav a{color:#ccc}}
    """

  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }

  /// Paragraphs, blocks of code, list items and `code` in a line.
  static func paragraphs(_ markdown: String) -> String {
    var result = ""
    var paragraph: [String] = []
    var block: [String]?
    func close() {
      if !paragraph.isEmpty { result += "<p>\(inline(paragraph.joined(separator: " ")))</p>\n" }
      paragraph = []
    }
    for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
      if let lines = block {
        if line.trimmed.hasPrefix("```") {
          result += "<pre>\(escaped(lines.joined(separator: "\n")))</pre>\n"
          block = nil
        } else {
          block = lines + [String(line)]
        }
      } else if line.trimmed.hasPrefix("```") {
        close()
        block = []
      } else if line.hasPrefix("    "), paragraph.isEmpty {
        let code = "<pre>\(escaped(String(line.dropFirst(4))))\n</pre>\n"
        // Neighbouring lines are one block.
        result = result.hasSuffix("\n</pre>\n") ? String(result.dropLast("</pre>\n".count) + code.dropFirst("<pre>".count)) : result + code
      } else if line.trimmed.isEmpty {
        close()
      } else if let item = line.after("- ") {
        close()
        result += "<ul><li>\(inline(item))</li></ul>\n"
      } else {
        paragraph.append(line.trimmed)
      }
    }
    close()
    return result
  }

  private static func inline(_ text: String) -> String {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .map { $0.offset % 2 == 1 ? "<code>\(escaped(String($0.element)))</code>" : escaped(String($0.element)) }.joined()
  }
}
