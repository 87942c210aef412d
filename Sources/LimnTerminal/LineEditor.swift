import CReadline
import Glibc
import Limn

/// An input of one or more lines, edited with GNU Readline and drawn in colours; Ctrl-C gives it up and keeps it visible.
///
/// Readline's state belongs to the process, so there is one editor, used from one thread.
@MainActor
final class LineEditor {
  enum Line: Equatable {
    case text(String)
    /// Ctrl-C: what was typed is abandoned.
    case interrupted
    /// Ctrl-D on an empty line, or the end of the input.
    case end
  }

  /// What is asked about the text that is being typed.
  struct Language {
    /// Whether Enter begins a new line.
    let isIncomplete: (String) -> Bool
    /// The ways to go on at a cursor, counted in bytes.
    let completions: (_ text: String, _ cursor: Int) -> [Completion]
  }

  /// The one editor: readline's functions have no context.
  static var current: LineEditor?

  let language: Language
  private let history: HistoryFile?
  private let isColored: Bool
  /// Whether the terminal can move its cursor, so that an input is edited as a whole; else line by line.
  let editsWholeInputs: Bool
  private var finished: Line?
  /// Whether readline, which draws when it forgets a line, is kept from it.
  private var isQuiet = false
  /// What stands on the screen of the input; nil when nothing is drawn.
  private var drawn: LineLayout.Drawn?

  /// Prepares readline and loads the history that earlier sessions left.
  init(history: HistoryFile?, language: Language) {
    self.history = history
    self.language = language
    let terminal = getenv("TERM").map { String(cString: $0) } ?? ""
    editsWholeInputs = !terminal.isEmpty && terminal != "dumb"
    isColored = getenv("NO_COLOR").map { $0.pointee == 0 } ?? true
    limn_readline_prepare("limn")
    for input in history?.load() ?? [] { add_history(input) }
    Self.current = self
    if editsWholeInputs {
      limn_readline_draw_with { MainActor.assumeIsolated { LineEditor.current?.draw() } }
      Keys.bind()
    }
  }

  /// Reads one input, or one line where inputs are not edited as a whole. Interrupts are those counted by `Interrupts`.
  func read(prompt: String) -> Line {
    finished = nil
    drawn = nil
    rl_callback_handler_install(prompt) { text in
      MainActor.assumeIsolated { LineEditor.current?.finish(text) }
    }
    let seen = Interrupts.count
    while true {
      if let finished { return finished }
      var waiting = pollfd(fd: limn_readline_descriptor(), events: Int16(POLLIN), revents: 0)
      let ready = poll(&waiting, 1, -1)
      if Interrupts.count != seen {
        abandon()
        return .interrupted
      }
      if ready < 0 { rl_check_signals() }  // the window's size, perhaps
      if ready > 0 { rl_callback_read_char() }
      if ready > 0 && waiting.revents & Int16(POLLIN) == 0 && waiting.revents & Int16(POLLHUP) != 0 && finished == nil {
        rl_callback_handler_remove()
        return .end
      }
    }
  }

  private func finish(_ text: UnsafeMutablePointer<CChar>?) {
    leaveDrawing()
    if let text {
      finished = .text(String(cString: text))
      free(text)
    } else {
      finished = .end
    }
    rl_callback_handler_remove()  // before the prompt would be drawn again
  }

  private func abandon() {
    if editsWholeInputs { leaveDrawing() } else { rl_crlf() }
    isQuiet = true
    limn_readline_abandon_line()
    isQuiet = false
    rl_callback_handler_remove()
  }

  /// Adds an input to the history, on disk at once so that a killed session loses nothing.
  func remember(_ input: String) {
    guard !input.isEmpty else { return }
    let count = limn_readline_entry_count()
    if let newest = limn_readline_entry(count - 1), String(cString: newest) == input { return }
    limn_readline_remember(input)
    history?.append(input)
  }

  /// The newest inputs, oldest first.
  func remembered(_ count: Int) -> [String] {
    let total = Int(limn_readline_entry_count())
    return (max(total - count, 0)..<total).compactMap { limn_readline_entry(Int32($0)).map { String(cString: $0) } }
  }

  // MARK: Drawing

  /// The text that is being edited, and the cursor in bytes.
  var text: String { String(cString: limn_readline_text()) }
  var cursor: Int { Int(limn_readline_cursor()) }

  /// Draws the whole input over what was drawn before.
  func draw() {
    guard !isQuiet else { return }
    let text = text
    var (rows, columns): (Int32, Int32) = (24, 80)
    rl_get_screen_size(&rows, &columns)
    let prompt = String(cString: limn_readline_prompt()).filter { $0 != "\u{1}" && $0 != "\u{2}" }
    let continuation = String(repeating: " ", count: 4) + "> "
    let layout = LineLayout(
      prompt: prompt, continuation: continuation, text: text, cursor: cursor, spans: isColored ? Highlighter.spans(of: text) : [],
      width: Int(columns), isColored: isColored)
    let drawing = layout.drawing(over: drawn?.cursorRow(at: Int(columns)) ?? 0, height: Int(rows))
    limn_readline_flush()
    StandardStreams.out(drawing.text)
    drawn = drawing.drawn
  }

  /// Moves below what is drawn, which stays.
  private func leaveDrawing() {
    guard let drawn else { return }
    limn_readline_flush()
    let below = drawn.widths.count - 1 - drawn.cursorRow
    StandardStreams.out((below > 0 ? "\u{1B}[\(below)B" : "") + "\r\n")
    self.drawn = nil
  }

  /// Writes lines below the input and draws it again below them.
  func list(_ lines: [String]) {
    leaveDrawing()
    StandardStreams.out(lines.map { $0 + "\r\n" }.joined())
    draw()
  }

  /// The columns of the terminal.
  var columns: Int {
    var (rows, columns): (Int32, Int32) = (24, 80)
    rl_get_screen_size(&rows, &columns)
    return Int(columns)
  }

  /// Whether lists may be coloured.
  var listsInColor: Bool { isColored }
}
