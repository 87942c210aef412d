extension Formatter {
  /// Keeps together what the author lined up: words of one kind that begin in one column of lines below each other, at
  /// least one of them behind two blanks or more, and comments behind the code.
  mutating func align() {
    for line in lines.indices {
      for place in lines[line].pieces.indices { lines[line].pieces[place].gap = lines[line].pieces[place].leastGap }
    }
    // From left to right, since blanks move all that stands behind them.
    for group in groups().sorted(by: { $0.column < $1.column }) {
      let columns = group.members.map { lines[$0.line].column(of: $0.place) - lines[$0.line].pieces[$0.place].gap + lines[$0.line].pieces[$0.place].leastGap }
      guard var column = columns.max() else { continue }
      // Comments stay where they are if the code leaves them room.
      if group.isComment { column = max(column, group.column + group.shift) }
      for (member, least) in zip(group.members, columns) {
        lines[member.line].pieces[member.place].gap = lines[member.line].pieces[member.place].leastGap + column - least
      }
    }
  }

  private struct Group {
    /// In the source.
    let column: Int
    let isComment: Bool
    var members: [(line: Int, place: Int)]
    /// How far the first line's indentation moved.
    var shift = 0
  }

  private func groups() -> [Group] {
    var groups: [Group] = []
    /// The groups of the line above, by column.
    var above: [Int: Int] = [:]
    for line in lines.indices {
      var here: [Int: Int] = [:]
      let isApart = line == 0 || lines[line].isAfterBlank || lines[line - 1].pieces.contains(where: \.isMultiline)
      for (place, piece) in lines[line].pieces.enumerated() where place > 0 {
        let column = piece.oldColumn
        if !isApart, let group = above[column], let member = groups[group].members.last,
          Formatter.areAlike(lines[member.line].pieces[member.place], piece)
        {
          groups[group].members.append((line, place))
          here[column] = group
        } else {
          groups.append(
            Group(column: column, isComment: piece.kind == .comment, members: [(line, place)], shift: lines[line].indent - lines[line].oldIndent))
          here[column] = groups.count - 1
        }
      }
      above = here
    }
    return groups.filter { group in
      if group.isComment { return true }
      return group.members.count > 1 && group.members.contains { lines[$0.line].pieces[$0.place].oldGap > 1 }
    }
  }

  private static func areAlike(_ a: Piece, _ b: Piece) -> Bool { kind(a) == kind(b) }

  /// Words that may stand below each other.
  private static func kind(_ piece: Piece) -> Int {
    switch piece.token {
    case nil: return piece.kind == .comment ? 1 : 2
    case .assign, .plusAssign, .minusAssign, .starAssign, .slashAssign: return 3
    case .name, .int, .float, .minus, .leftParen, .leftBracket, .true, .false, .nil: return 2
    case let kind?: return 100 + Int(kind.rawValue)
    }
  }
}
