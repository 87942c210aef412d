extension Formatter {
  /// The pieces of a text, line by line, without the `;` that end lines.
  static func lines(of stream: TokenStream, hasShebang: Bool) -> [Line] {
    let source = stream.source
    var lines: [Line] = []
    var pieces: [Piece] = []
    var isAfterBlank = false
    // Where the piece before ended, and the column there.
    var column = 0
    var offset = hasShebang ? Int(source.lineRange(at: 0).end) : source.bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var isFirst = true

    func close() {
      guard let first = pieces.first else { return }
      lines.append(Line(pieces: pieces, isAfterBlank: isAfterBlank, oldIndent: first.oldColumn))
      pieces = []
    }

    func add(_ kind: Piece.Kind, _ range: SourceRange) {
      let (start, end) = (Int(range.start), Int(range.end))
      var breaks = 0
      var blankStart = offset
      for index in offset..<max(offset, start) where source.bytes[index] == ascii("\n") {
        breaks += 1
        blankStart = index + 1
        column = 0
      }
      if breaks > 0 {
        close()
        isAfterBlank = breaks > 1 && (!isFirst || hasShebang)
      }
      isFirst = false
      column += max(0, start - blankStart)
      let piece = Piece(
        kind: kind, text: trimmed(source[range], kind), oldColumn: column, oldGap: pieces.isEmpty ? 0 : max(0, start - offset),
        isLineStart: pieces.isEmpty)
      column = piece.end(from: column)
      pieces.append(piece)
      offset = end
    }

    var comments = stream.comments[...]
    func takeComments(before end: UInt32) {
      while let comment = comments.first, comment.range.start < end {
        comments.removeFirst()
        add(.comment, comment.range)
      }
    }

    var index = 0
    while index < stream.tokens.count, stream.tokens[index].kind != .end {
      let token = stream.tokens[index]
      takeComments(before: token.start)
      if token.kind == .stringOpen {
        let last = stringEnd(stream.tokens, index)
        let range = SourceRange(from: token.range, to: stream.tokens[last].range)
        add(.string, range)
        while let comment = comments.first, comment.range.start < range.end { comments.removeFirst() }
        index = last + 1
        continue
      }
      let next = stream.tokens[index + 1]
      if token.kind != .semicolon || next.kind == .end || !(next.newlineBefore || next.kind == .rightBrace) || pieces.isEmpty {
        add(.token(token.kind), token.range)
      }
      index += 1
    }
    takeComments(before: .max)
    close()
    return lines
  }

  private static func trimmed(_ text: String, _ kind: Piece.Kind) -> String {
    guard kind == .comment else { return text }
    var text = text
    while let last = text.last, last == " " || last == "\t" || last == "\r" { text.removeLast() }
    return text
  }

  /// The index of the token that closes the string opened at `index`.
  private static func stringEnd(_ tokens: [Token], _ index: Int) -> Int {
    var depth = 0
    for place in index..<tokens.count {
      if tokens[place].kind == .stringOpen { depth += 1 }
      if tokens[place].kind == .stringClose {
        depth -= 1
        if depth == 0 { return place }
      }
    }
    return tokens.count - 2
  }
}
