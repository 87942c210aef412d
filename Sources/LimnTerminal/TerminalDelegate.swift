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

/// One line on stderr that says how far a sampling is, with rate and time left; in a pipe nothing until it takes long.
final class ProgressLine {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var began = 0.0
  private var drawn = 0.0
  private var isVisible = false
  /// A sampling shorter than this is not worth a line; redrawing more often is not worth the bytes.
  private static let patience = 0.5
  private static let interval = 0.1
  /// In a pipe a line of its own every so often.
  private static let pipeInterval = 30.0

  func update(_ what: String, _ done: Int, _ total: Int) {
    let now = Self.clock()
    if done == 0 {
      began = now
      drawn = now
      return
    }
    if done >= total { return clear() }
    let elapsed = now - began
    guard elapsed > Self.patience, now - drawn > (isTerminal ? Self.interval : Self.pipeInterval) else { return }
    drawn = now
    let rate = Double(done) / elapsed
    let line = "\(what): \(done) of \(total), \(Self.text(rate)) a second, \(Self.text(Double(total - done) / rate)) s left"
    StandardStreams.error(isTerminal ? "\r\u{1B}[K\(line)" : "\(line)\n")
    isVisible = isTerminal
  }

  func clear() {
    guard isVisible else { return }
    StandardStreams.error("\r\u{1B}[K")
    isVisible = false
  }

  private static func text(_ value: Double) -> String {
    let tenths = (value * 10).rounded()
    return tenths >= 100 ? "\(Int((value).rounded()))" : "\(Int(tenths) / 10).\(Int(tenths) % 10)"
  }

  static func clock() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
