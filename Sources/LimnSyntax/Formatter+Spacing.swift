extension Formatter {
  /// Gives every piece the fewest blanks that may stand before it.
  mutating func settleSpaces() {
    var before: Piece?
    var beforeThat: Piece?
    for line in lines.indices {
      for place in lines[line].pieces.indices {
        var piece = lines[line].pieces[place]
        if place > 0, let previous = before {
          let isStatementStart = place == 1
          piece.leastGap = Formatter.blanks(
            between: previous, and: piece, after: beforeThat, isSecond: isStatementStart || isAfterStatementEnd(lines[line].pieces, place))
          piece.gap = piece.leastGap
        }
        lines[line].pieces[place] = piece
        beforeThat = before
        before = piece
      }
    }
  }

  /// Whether the piece two before this one ended a statement or opened a block, so that the one before began one.
  private func isAfterStatementEnd(_ pieces: [Piece], _ place: Int) -> Bool {
    guard place >= 2 else { return false }
    switch pieces[place - 2].token {
    case .semicolon, .leftBrace, .arrow, .rightBrace: return true
    default: return false
    }
  }

  private static func blanks(between a: Piece, and b: Piece, after earlier: Piece?, isSecond: Bool) -> Int {
    if b.kind == .comment { return b.oldGap == 0 ? 2 : 1 }
    let isMemberBefore = earlier?.token == .dot
    let left = a.token
    switch b.token {
    case .comma, .semicolon, .rightParen, .rightBracket, .colon, .dot: return 0
    case .rangeUpTo, .rangeThrough: return left == .comma ? 1 : 0
    case .leftParen, .leftBracket:
      if isSecond, isShorthand(a) { return b.token == .leftBracket ? 1 : 0 }
      if endsOperand(a, isMemberBefore) { return left == .rightBrace ? min(1, b.oldGap) : 0 }
    default: break
    }
    switch left {
    case .leftParen, .leftBracket, .dot, .dots, .rangeUpTo, .rangeThrough: return 0
    case .leftBrace, .rightBrace, .comma, .semicolon, .colon: return 1
    case .bang: return 0
    case .minus:
      guard let earlier else { return 0 }
      // At the start of a line the author's blank tells an operand from a continuation.
      if a.isLineStart { return min(1, b.oldGap) }
      return endsOperand(earlier, false) && !isShorthandStart(earlier, a) ? 1 : 0
    default: return 1
    }
  }

  /// `show` or `print`, when it begins a statement.
  private static func isShorthand(_ piece: Piece) -> Bool { piece.token == .name && (piece.text == "show" || piece.text == "print") }

  /// `show -x`: the sign belongs to what is shown.
  private static func isShorthandStart(_ word: Piece, _ sign: Piece) -> Bool { isShorthand(word) && sign.oldGap > 0 && word.isLineStart }

  /// Whether an operand ends with a piece, so that what follows is a call, an index or an infix operator.
  private static func endsOperand(_ piece: Piece, _ isMember: Bool) -> Bool {
    switch piece.token {
    case nil: return piece.kind == .string
    case .name, .int, .float, .rightParen, .rightBracket, .rightBrace, .true, .false, .nil: return true
    case let kind?: return isMember && kind.isKeyword
    }
  }
}
