import Glibc
import Limn
import LimnImage

/// Where a session's output goes in a terminal or a pipe: results to stdout, progress and warnings to stderr.
public final class TerminalDelegate: SessionDelegate {
  /// Where shown pictures are also written: a pattern with `%d` for their number, or nil.
  private let picturePattern: String?
  private var pictureCount = 0
  /// How pictures are drawn here, found out when the first one is shown.
  private lazy var terminal: PictureTerminal = {
    let environment = StandardStreams.environment
    let terminal = PictureTerminal.detected(environment: environment)
    // A terminal that did not say who it is can be asked, where its answer can be read.
    guard isatty(STDIN_FILENO) == 1, PictureTerminal.isWorthAsking(environment: environment) else { return terminal }
    return terminal.asked(on: STDIN_FILENO)
  }()
  private let progress = ProgressLine()
  /// How many evaluations of a model there were, for `:time`.
  private(set) var stepCount = 0
  /// What could not be written; the first is the reason a run fails.
  public private(set) var failure: String?

  /// How pictures would be drawn on standard output, for `limn doctor`.
  public static var pictureMethod: String { "\(PictureTerminal.detected(environment: StandardStreams.environment).method)" }

  public init(picturePattern: String? = nil) {
    self.picturePattern = picturePattern
  }

  public func session(_ session: Session, printed text: String) {
    progress.clear()
    StandardStreams.out(text)
  }

  public func session(_ session: Session, shows display: Display) { show(display) }

  public func session(_ session: Session, warns message: String) {
    progress.clear()
    StandardStreams.error("warning: \(message)\n")
  }

  public func session(_ session: Session, progressed what: String, done: Int, of total: Int) {
    if done > 0 { stepCount += 1 }
    progress.update(what, done, total)
  }

  /// Takes away the progress line of a sampling that did not come to its end.
  func endProgress() { progress.clear() }

  /// Displays a value: a picture in the terminal if it can show one, else as text.
  public func show(_ display: Display) {
    progress.clear()
    if let picture = display.picture {
      let drawn = (try? terminal.text(for: picture.image)) ?? ""
      StandardStreams.out(drawn.isEmpty ? display.text + "\n" : drawn)
      save(picture)
    } else {
      StandardStreams.out(display.text + "\n")
    }
  }

  private func save(_ picture: Picture) {
    guard let picturePattern else { return }
    pictureCount += 1
    let path = picturePattern.split(separator: "%d", omittingEmptySubsequences: false).joined(separator: "\(pictureCount)")
    do { try PNG.write(picture.image, to: path) } catch { failure = failure ?? "\(error)" }
  }
}
