import Glibc
import LimnImage

extension PictureTerminal {
  /// Finds out how to show pictures on `output`, by the environment alone: asks nothing and writes nothing.
  ///
  /// `LIMN_IMAGES` (kitty, iterm2, sixel, blocks, none) decides if it is set. Where the output is no terminal there are no pictures.
  package static func detected(output: Int32 = STDOUT_FILENO, environment: [String: String]) -> PictureTerminal {
    guard isatty(output) == 1 else { return PictureTerminal(method: .none) }
    var terminal = PictureTerminal(environment: environment)
    var size = winsize()
    if ioctl(output, UInt(TIOCGWINSZ), &size) == 0 {
      terminal.take(columns: Int(size.ws_col), rows: Int(size.ws_row), width: Int(size.ws_xpixel), height: Int(size.ws_ypixel))
    }
    return terminal
  }

  /// The choice itself, for a terminal with this environment.
  package init(environment: [String: String]) {
    func value(_ name: String) -> String { environment[name] ?? "" }
    let term = value("TERM")
    isInsideTmux = !value("TMUX").isEmpty || term.hasPrefix("tmux")
    let isMultiplexed = isInsideTmux || term.hasPrefix("screen") || !value("ZELLIJ").isEmpty
    let colorNames = ["truecolor", "24bit"]
    let isTrueColor = colorNames.contains(value("COLORTERM")) || term.hasSuffix("-direct") || term.contains("kitty") || term.contains("ghostty")
    colors = isTrueColor ? .trueColor : .indexed
    if let chosen = PictureMethod(rawValue: value("LIMN_IMAGES").lowercased()) {
      method = chosen
    } else if term.isEmpty || term == "dumb" {
      method = .none
    } else if isMultiplexed {
      // What the terminal around can do says nothing of what is let through; half-blocks are text and always are.
      method = .blocks
    } else {
      method = PictureTerminal.known(term: term, program: value("TERM_PROGRAM"), value: value) ?? .blocks
    }
    // NO_COLOR asks for text without colour, and half-blocks are nothing but coloured text; pictures are not meant.
    if method == .blocks, !value("NO_COLOR").isEmpty, value("LIMN_IMAGES").isEmpty { method = .none }
  }

  /// Says what is wrong with `LIMN_IMAGES`, nil if nothing is.
  package static func complaint(environment: [String: String]) -> String? {
    guard let chosen = environment["LIMN_IMAGES"], !chosen.isEmpty, PictureMethod(rawValue: chosen.lowercased()) == nil else { return nil }
    return "LIMN_IMAGES is '\(chosen)', expected \(PictureMethod.allCases.map(\.rawValue).joined(separator: ", "))"
  }

  /// The terminals that say who they are.
  private static func known(term: String, program: String, value: (String) -> String) -> PictureMethod? {
    let kitty = ["xterm-kitty", "xterm-ghostty"].contains(term) || !value("KITTY_WINDOW_ID").isEmpty
    if kitty || ["ghostty", "WarpTerminal"].contains(program) { return .kitty }
    if ["iTerm.app", "WezTerm", "mintty"].contains(program) || value("LC_TERMINAL") == "iTerm2" { return .iterm2 }
    // Konsole has had kitty's protocol since 22.04.
    if let version = Int(value("KONSOLE_VERSION")), version >= 220400 { return .kitty }
    if ["foot", "mlterm", "contour", "yaft"].contains(where: { term == $0 || term.hasPrefix($0 + "-") }) { return .sixel }
    return nil
  }

  /// Whether it is worth asking the terminal, as ``asked(timeout:)`` does: it did not say who it is, and can be expected to
  /// swallow a question that it does not understand.
  package static func isWorthAsking(environment: [String: String]) -> Bool {
    func value(_ name: String) -> String { environment[name] ?? "" }
    let term = value("TERM")
    guard value("LIMN_IMAGES").isEmpty, PictureTerminal(environment: environment).method != .none else { return false }
    guard value("TMUX").isEmpty, value("ZELLIJ").isEmpty, !["screen", "tmux", "linux", "vt", "eterm"].contains(where: { term.hasPrefix($0) }) else {
      return false
    }
    guard !["Apple_Terminal"].contains(value("TERM_PROGRAM")) else { return false }
    return known(term: term, program: value("TERM_PROGRAM"), value: value) == nil
  }

  /// Takes a window's size, in characters and pixels, as far as it is known (not 0).
  package mutating func take(columns: Int, rows: Int, width: Int, height: Int) {
    if columns > 0 { self.columns = columns }
    if rows > 0 { self.rows = rows }
    if columns > 0, width >= columns * 2 { cellWidth = width / columns }
    if rows > 0, height >= rows * 4 { cellHeight = height / rows }
  }
}
