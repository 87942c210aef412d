import LimnRuntime
import LimnSyntax

/// A piece of code in a document that must run: a block marked `limn` in Markdown, or indented in a doc comment.
///
///     windows([1, 2, 3], 2)      // => [[1, 2], [2, 3]]
///
/// What stands after `// =>` on the line where a statement ends is what the session shows for its value; after
/// `// error:` what the message of the error it ends in holds.
public struct Example: Sendable {
  /// `strings.limn:12`, the line of its first statement.
  public let place: String
  public let source: String

  public init(place: String, source: String) {
    self.place = place
    self.source = source
  }

  /// The examples in a Markdown text: its blocks marked `limn`, and in a doc comment those indented by four spaces too.
  ///
  /// - Parameter firstLine: The number of the text's first line in its file.
  public static func all(in text: String, file: String, firstLine: Int = 1, isDocComment: Bool = false) -> [Example] {
    var found: [Example] = []
    var block: (line: Int, isFenced: Bool, lines: [Substring])?
    func close() {
      guard let lines = block?.lines, let line = block?.line else { return }
      found.append(Example(place: "\(file):\(line)", source: lines.joined(separator: "\n") + "\n"))
      block = nil
    }
    var isOther = false  // inside a fenced block of another language
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let isFence = line.trimmed.hasPrefix("```")
      if isOther {
        isOther = !isFence
      } else if let open = block, open.isFenced {
        isFence ? close() : block!.lines.append(line)
      } else if isFence {
        close()
        isOther = line.trimmed != "```limn"
        if !isOther { block = (firstLine + index + 1, true, []) }
      } else if isDocComment, line.hasPrefix("    ") {
        if block == nil { block = (firstLine + index, false, []) }
        block!.lines.append(line.dropFirst(4))
      } else if block != nil, line.trimmed.isEmpty {
        block!.lines.append("")
      } else {
        close()
      }
    }
    if block?.isFenced == false { close() }
    return found
  }

  /// Runs the example in a session, statement by statement.
  ///
  /// - Returns: Everything that is not as the example says; empty when it is right.
  public func problems(in session: Session) -> [String] {
    let text = SourceText(source, name: place)
    let program = parse(text)
    if program.hasErrors {
      return program.diagnostics.filter { $0.severity == .error }.map { DiagnosticRenderer(text).render($0) }
    }
    var problems: [String] = []
    for statement in program.statements {
      let position = text.position(at: statement.range.start)
      // Blank lines before it keep the line numbers of messages.
      let padded = String(repeating: "\n", count: position.line - 1) + text[statement.range]
      let comment = text.restOfLine(after: statement.range.end)
      let outcome = session.evaluate(padded, name: place)
      switch (outcome, comment.after("// =>"), comment.after("// error:")) {
      case (.value(let display), let expected?, _):
        let shown = display?.text ?? "nothing"
        if shown != expected { problems.append("\(place): line \(position.line): the value is \(shown), the example says \(expected)") }
      case (.value, nil, let expected?):
        problems.append("\(place): line \(position.line): there was no error, the example says '\(expected)'")
      case (.failed(let message), _, let expected):
        if let expected, message.contains(expected) { continue }
        return problems + [message]
      case (.interrupted, _, _): return problems + ["\(place): interrupted"]
      case (.value, nil, nil): break
      }
    }
    return problems
  }
}

extension StringProtocol {
  /// Without spaces at either end.
  var trimmed: String {
    var rest = self[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }

  /// What stands after a mark, trimmed; nil when the mark does not begin the text.
  func after(_ mark: String) -> String? {
    let text = trimmed
    return text.hasPrefix(mark) ? String(text.dropFirst(mark.count)).trimmed : nil
  }
}

extension SourceText {
  /// What follows an offset on its line.
  func restOfLine(after offset: UInt32) -> String { self[SourceRange(start: offset, end: lineRange(at: offset).end)] }
}
