extension Formatter {
  /// An open bracket or brace, while the lines are gone through.
  private struct Opener {
    let kind: TokenKind
    /// The indentation of the line it belongs to: what its closer and, a level deeper, its lines stand at.
    let base: Int
    /// The column of what stands behind it on its line, in the source and now; nil when it ends its line.
    let hanging: (old: Int, new: Int)?
    /// For a brace: the statement on whose lines the parser is.
    var statement: (old: Int, new: Int)?

    var isBrace: Bool { kind == .leftBrace }
  }

  /// Gives every line its indentation: two blanks a block, two in brackets whose opener ends its line, the author's own
  /// column below the first item of a bracket; what goes on behind an operator keeps its distance from the statement.
  mutating func indent() {
    var openers: [Opener] = []
    // The statement at the top level.
    var statement: (old: Int, new: Int)?
    var previous: Piece?
    let nextCode = nextCode()
    // Where the comment behind the code above stands that the line above is or goes on with.
    var comment: Int?
    for index in lines.indices {
      let line = lines[index]
      let first = line.pieces[0]
      comment = columnOfComment(above: index, comment)
      let indent = comment ?? indentation(of: line, next: nextCode[index], openers, statement, previous)
      let shifted = (old: line.oldIndent, new: indent)
      lines[index].indent = indent
      // What a brace on this line stands at: when it closes a bracket of an earlier line, that line's base.
      var base = indent
      var behindCloser = false
      let startDepth = openers.count
      // Columns are counted along the line, which may be very long.
      var column = indent
      if first.kind != .comment, !isContinued(first, line, previous, openers) {
        if openers.isEmpty { statement = shifted } else if openers[openers.count - 1].isBrace { openers[openers.count - 1].statement = shifted }
      }
      for (place, piece) in line.pieces.enumerated() {
        switch piece.token {
        case .leftParen, .leftBracket, .leftBrace:
          let next = place + 1 < line.pieces.count ? line.pieces[place + 1] : nil
          var hanging: (old: Int, new: Int)?
          if let next, next.kind != .comment, piece.token != .leftBrace { hanging = (next.oldColumn, piece.end(from: column) + next.gap) }
          openers.append(Opener(kind: piece.token!, base: base, hanging: hanging))
        case .rightParen, .rightBracket, .rightBrace:
          let depth = openers.count
          if let closed = openers.popLast(), depth <= startDepth, !behindCloser || openers.count < startDepth { base = closed.base }
          behindCloser = true
        default: break
        }
        if piece.kind != .comment { previous = piece }
        column = piece.end(from: column) + (place + 1 < line.pieces.count ? line.pieces[place + 1].gap : 0)
      }
    }
  }

  /// The column of the comment behind the code above, when the line only goes on with it.
  ///
  /// - Parameter before: The same of the line above.
  private func columnOfComment(above index: Int, _ before: Int?) -> Int? {
    guard index > 0, !lines[index].isAfterBlank, lines[index].pieces[0].kind == .comment else { return nil }
    let above = lines[index - 1]
    guard let last = above.pieces.last, last.kind == .comment, last.oldColumn == lines[index].oldIndent else { return nil }
    return above.pieces.count > 1 ? above.column(of: above.pieces.count - 1) : before
  }

  private func indentation(
    of line: Line, next: Piece?, _ openers: [Opener], _ topStatement: (old: Int, new: Int)?, _ previous: Piece?
  ) -> Int {
    let first = line.pieces[0]
    if let opener = openers.last {
      switch first.token {
      case .rightParen, .rightBracket, .rightBrace: return opener.base
      default: break
      }
      if !opener.isBrace {
        guard let hanging = opener.hanging else { return opener.base + Formatter.step }
        // Below the first item, or wherever else the author put it, seen from there.
        return max(min(hanging.new, opener.base + Formatter.step), hanging.new + line.oldIndent - hanging.old)
      }
    }
    let level = openers.last.map { $0.base + Formatter.step } ?? 0
    let code = first.kind == .comment ? next : first
    guard let code, isContinued(code, line, previous, openers), let statement = openers.last?.statement ?? topStatement else { return level }
    if first.kind == .comment, code.isCloser { return level }
    return max(statement.new + Formatter.step, statement.new + line.oldIndent - statement.old)
  }

  /// For each line the first piece of the lines below that is no comment.
  private func nextCode() -> [Piece?] {
    var found: [Piece?] = Array(repeating: nil, count: lines.count)
    var next: Piece?
    for index in lines.indices.reversed() {
      found[index] = next
      if lines[index].pieces[0].kind != .comment { next = lines[index].pieces[0] }
    }
    return found
  }

  /// Whether a line goes on with the statement above it, outside of brackets.
  private func isContinued(_ first: Piece, _ line: Line, _ previous: Piece?, _ openers: [Opener]) -> Bool {
    if let opener = openers.last, !opener.isBrace { return true }
    guard let previous else { return false }
    switch previous.token {
    case .comma, .assign, .plusAssign, .minusAssign, .starAssign, .slashAssign, .dot, .not, .bang: return true
    // `{ a, b =>` opens a block; what stands behind any other `=>` is its value.
    case .arrow: return openers.last?.isBrace != true || openers.last?.statement != nil
    case let kind?: if Parser.level(kind) > 0 { return true }
    case nil: break
    }
    guard let kind = first.token else { return false }
    if kind == .minus { return line.pieces.count > 1 && line.pieces[1].oldGap > 0 }
    return kind == .dot || Parser.level(kind) > 0
  }
}

extension Formatter.Piece {
  var isCloser: Bool { token == .rightParen || token == .rightBracket || token == .rightBrace }
}
