import LimnSyntax

/// What stands before the cursor, as far as the words themselves say: no name is looked up.
struct CompletionPlace {
  enum Kind {
    /// In a comment, a number, a string that nothing is known about.
    case nothing
    /// A name; in the arguments of a call perhaps its label.
    case name
    /// After a dot: the source of what stands before it.
    case member(of: String)
    /// After `use`.
    case module
    /// In the string of an index: the source of what is indexed.
    case key(of: String)
    /// In another string; `content` is its text up to the cursor.
    case string(content: String)
  }

  /// The innermost call whose arguments the cursor stands in.
  struct Call {
    let function: String
    /// The source of `x` in `x.f(…)`.
    let receiver: String?
    /// The labels of the arguments before the cursor's, and how many of those have none.
    var labels: [String] = []
    var positional = 0
    /// The label of the cursor's argument.
    var label: String?
    /// Whether nothing but the word at the cursor stands in its argument.
    var isAtStart = false
  }

  private(set) var kind = Kind.nothing
  private(set) var call: Call?
  /// The word, or part of one, before the cursor.
  private(set) var typed = ""
  /// Names that the text itself declares, the last first.
  private(set) var declared: [String] = []

  private let source: SourceText
  private let tokens: [Token]

  /// - Parameter before: The text up to the cursor.
  init(_ before: String) {
    source = SourceText(before, name: "input")
    let stream = tokenize(source)
    let end = UInt32(source.bytes.count)
    // Strings that the text ends in are closed by tokens that are not there.
    tokens = stream.tokens.filter { $0.kind != .end && !($0.flags.contains(.synthetic) && $0.start == end) }
    if let comment = stream.comments.last, comment.range.end == end { return }
    let open = openBrackets()
    if let top = open.last, tokens[top].kind == .stringOpen {
      readString(from: top, open.dropLast())
    } else {
      readName(open)
    }
    declared = declarations()
  }

  // MARK: Brackets

  /// The tokens that open what is not closed, outermost first: brackets, strings, interpolations.
  private func openBrackets() -> [Int] {
    var open: [Int] = []
    for (index, token) in tokens.enumerated() {
      switch token.kind {
      case .leftParen, .leftBracket, .leftBrace, .stringOpen, .interpolationOpen: open.append(index)
      case .rightParen, .rightBracket, .rightBrace, .stringClose, .interpolationClose:
        // A bracket that fits nothing is a slip of the writer's; it closes what it can.
        if let match = open.lastIndex(where: { closes(token.kind, tokens[$0].kind) }) { open.removeSubrange(match...) }
      default: break
      }
    }
    return open
  }

  private func closes(_ closing: TokenKind, _ opening: TokenKind) -> Bool {
    switch closing {
    case .rightParen: opening == .leftParen
    case .rightBracket: opening == .leftBracket
    case .rightBrace: opening == .leftBrace
    case .stringClose: opening == .stringOpen
    default: opening == .interpolationOpen
    }
  }

  // MARK: Names

  private mutating func readName(_ open: [Int]) {
    let end = UInt32(source.bytes.count)
    var last = tokens.count - 1
    if last >= 0, tokens[last].kind.isWord, tokens[last].end == end {
      typed = source[tokens[last].range]
      last -= 1
    } else if last >= 0, [.int, .float, .unknown].contains(tokens[last].kind), tokens[last].end == end {
      return
    }
    if last >= 0, tokens[last].kind == .dot {
      kind = .member(of: expression(endingAt: last - 1))
      return
    }
    if last >= 0, tokens[last].kind == .name, source[tokens[last].range] == "use", last == 0 || tokens[last].newlineBefore || tokens[last - 1].kind == .semicolon {
      kind = .module
      return
    }
    kind = .name
    if let top = open.last, tokens[top].kind == .leftParen { call = callSite(at: top, upTo: last) }
  }

  // MARK: Strings

  private mutating func readString(from open: Int, _ outer: ArraySlice<Int>) {
    let textStart = tokens[open...].last { $0.kind == .interpolationClose }?.end ?? tokens[open].end
    let content = source[SourceRange(start: textStart, end: UInt32(source.bytes.count))]
    kind = .string(content: content)
    typed = content
    if open >= 2, tokens[open - 1].kind == .leftBracket, endsExpression(tokens[open - 2]), !tokens[open - 1].flags.contains(.spaceBefore) {
      kind = .key(of: expression(endingAt: open - 2))
      return
    }
    // Lists may stand between the string and the call: capture: ["panda", "bo
    if let index = outer.last(where: { tokens[$0].kind != .leftBracket }), tokens[index].kind == .leftParen {
      call = callSite(at: index, upTo: open - 1)
    }
  }

  // MARK: Calls

  private func endsExpression(_ token: Token) -> Bool {
    token.kind == .name || [.rightParen, .rightBracket, .stringClose].contains(token.kind)
  }

  /// The call whose `(` is a token; nil when that bracket only groups.
  private func callSite(at open: Int, upTo last: Int) -> Call? {
    guard open >= 1, tokens[open - 1].kind.isWord, !tokens[open].newlineBefore else { return nil }
    let isMethod = open >= 2 && tokens[open - 2].kind == .dot
    guard isMethod || tokens[open - 1].kind == .name else { return nil }
    if open >= 2, tokens[open - 2].kind == .func { return nil }
    var call = Call(function: source[tokens[open - 1].range], receiver: isMethod ? expression(endingAt: open - 3) : nil)
    var depth = 0
    var start = open + 1
    for index in stride(from: open + 1, through: last, by: 1) {
      switch tokens[index].kind {
      case .leftParen, .leftBracket, .leftBrace, .stringOpen, .interpolationOpen: depth += 1
      case .rightParen, .rightBracket, .rightBrace, .stringClose, .interpolationClose: depth -= 1
      case .comma where depth == 0:
        if let label = label(at: start, upTo: last) { call.labels.append(label) } else { call.positional += 1 }
        start = index + 1
      default: break
      }
    }
    call.label = label(at: start, upTo: last)
    call.isAtStart = start > last
    return call
  }

  private func label(at start: Int, upTo last: Int) -> String? {
    guard start < last, tokens[start].kind.isWord, tokens[start + 1].kind == .colon else { return nil }
    return source[tokens[start].range]
  }

  // MARK: Expressions

  /// The source of the chain of names, calls and indices that ends in a token: `run.maps["panda"]`.
  private func expression(endingAt end: Int) -> String {
    guard tokens.indices.contains(end) else { return "" }
    var start = end
    var index = end
    while index >= 0 {
      switch tokens[index].kind {
      case .rightParen, .rightBracket, .stringClose:
        guard let open = opening(of: index) else { return "" }
        start = open
        let isString = tokens[index].kind == .stringClose
        guard !isString, open >= 1, endsExpression(tokens[open - 1]), !tokens[open].flags.contains(.spaceBefore) else { return text(start, end) }
        index = open - 1
      case _ where tokens[index].kind.isWord || tokens[index].kind == .int || tokens[index].kind == .float:
        start = index
        guard index >= 2, tokens[index - 1].kind == .dot else { return text(start, end) }
        index -= 2
      default: return text(start, end)
      }
    }
    return text(start, end)
  }

  private func text(_ start: Int, _ end: Int) -> String { source[SourceRange(from: tokens[start].range, to: tokens[end].range)] }

  /// The token that a closing one closes.
  private func opening(of close: Int) -> Int? {
    var depth = 0
    for index in stride(from: close, through: 0, by: -1) {
      switch tokens[index].kind {
      case .rightParen, .rightBracket, .rightBrace, .stringClose, .interpolationClose: depth += 1
      case .leftParen, .leftBracket, .leftBrace, .stringOpen, .interpolationOpen:
        depth -= 1
        if depth == 0 { return index }
      default: break
      }
    }
    return nil
  }

  // MARK: Declarations

  /// Names after `let`, `var`, `func`, `for`, and before `=>`. What is out of scope by now is offered too.
  private func declarations() -> [String] {
    var names: [String] = []
    func take(_ index: Int) {
      guard tokens.indices.contains(index), tokens[index].kind == .name else { return }
      let name = source[tokens[index].range]
      if name != typed || Int(tokens[index].end) < source.bytes.count { names.append(name) }
    }
    for (index, token) in tokens.enumerated() {
      switch token.kind {
      case .let, .var, .func: take(index + 1)
      case .for:
        take(index + 1)
        if tokens.indices.contains(index + 2), tokens[index + 2].kind == .comma { take(index + 3) }
      case .arrow:
        take(index - 1)
        var back = index - 1
        // (a, b) => … and f(x) { a, b => … }
        while back > 0, index - back < 20, [.name, .comma, .rightParen, .leftParen].contains(tokens[back].kind) {
          take(back)
          back -= 1
        }
      case .colon, .assign, .comma:
        // The parameters of a function: f(x, y = 2, z: tensor).
        if index >= 1, isParameter(index - 1) { take(index - 1) }
      case .rightParen: if index >= 1, isParameter(index - 1) { take(index - 1) }
      default: break
      }
    }
    var seen: Set<String> = []
    return names.reversed().filter { seen.insert($0).inserted }
  }

  /// Whether a token stands directly in the brackets after `func f`.
  private func isParameter(_ index: Int) -> Bool {
    guard tokens[index].kind == .name else { return false }
    for back in stride(from: index - 1, through: max(index - 40, 0), by: -1) {
      switch tokens[back].kind {
      case .leftParen: return back >= 2 && tokens[back - 2].kind == .func
      case .leftBrace, .rightBrace, .rightParen: return false
      default: break
      }
    }
    return false
  }
}
