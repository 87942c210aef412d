import CReadline
import Glibc
import Synchronization

/// A line of the terminal, edited with GNU Readline; Ctrl-C gives the line up and keeps it visible.
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

  private let historyFile: String?

  /// Prepares readline and loads the history that earlier sessions left.
  init(historyFile: String?) {
    self.historyFile = historyFile
    limn_readline_prepare("limn")
    if let historyFile { read_history(historyFile) }
  }

  private static var finished: Line?

  /// Reads one line. Interrupts are those counted by `Interrupts`.
  func read(prompt: String) -> Line {
    Self.finished = nil
    rl_callback_handler_install(prompt) { text in
      MainActor.assumeIsolated {
        if let text {
          LineEditor.finished = .text(String(cString: text))
          free(text)
        } else {
          LineEditor.finished = .end
        }
        rl_callback_handler_remove()  // before the prompt would be drawn again
      }
    }
    let seen = Interrupts.count
    while Self.finished == nil {
      var waiting = pollfd(fd: limn_readline_descriptor(), events: Int16(POLLIN), revents: 0)
      let ready = poll(&waiting, 1, -1)
      if Interrupts.count != seen {
        limn_readline_abandon_line()
        rl_callback_handler_remove()
        return .interrupted
      }
      if ready > 0 { rl_callback_read_char() }
      if ready > 0 && waiting.revents & Int16(POLLIN) == 0 && waiting.revents & Int16(POLLHUP) != 0 && Self.finished == nil {
        rl_callback_handler_remove()
        return .end
      }
    }
    return Self.finished ?? .end
  }

  /// Adds a whole input (all its lines) to the history, unless it repeats the one before; writes it to disk at once so
  /// that a killed session loses nothing.
  func remember(_ input: String) {
    guard !input.isEmpty else { return }
    if let newest = limn_readline_newest(), String(cString: newest) == input { return }
    add_history(input)
    if let historyFile, write_history(historyFile) == 0 { chmod(historyFile, 0o600) }
  }
}
