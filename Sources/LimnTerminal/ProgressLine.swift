import Glibc

/// One line on stderr that says how far a sampling or a training is, with rate and time left; in a pipe nothing until it takes long.
///
/// Of what will take long a line that stays is told first: what it is, and how long its steps and all of it will take.
final class ProgressLine {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var began = 0.0
  private var drawn = 0.0
  private var isVisible = false
  /// What begins, until it is told.
  private var plan: String?
  /// Steps that were made before it began, when it goes on from a file.
  private var earlier: Int?
  private var total = 0
  /// A sampling shorter than this is not worth a line; redrawing more often is not worth the bytes.
  private static let patience = 0.5
  private static let interval = 0.1
  /// In a pipe a line of its own every so often.
  private static let pipeInterval = 30.0
  /// Seconds from which a plan is told.
  private static let long = 10.0

  func update(_ what: String, _ done: Int, _ total: Int) {
    let now = Self.clock()
    if done == 0 {
      (began, drawn, plan, earlier, self.total) = (now, now, what, nil, total)
      return
    }
    // A training goes on after a look that sampled: neither plan nor pace of the look are its own.
    if total != self.total { (began, plan, earlier, self.total) = (now, nil, done, total) }
    if done >= total { return clear() }
    if earlier == nil { earlier = done - 1 }
    let elapsed = now - began
    guard elapsed > Self.patience, done > earlier! else { return }
    let rate = Double(done - earlier!) / elapsed
    tell(total - earlier!, at: rate)
    guard now - drawn > (isTerminal ? Self.interval : Self.pipeInterval) else { return }
    drawn = now
    let line = "\(what): \(done) of \(total), \(Self.pace(rate)), \(Self.duration(Double(total - done) / rate)) left"
    StandardStreams.error(isTerminal ? "\r\u{1B}[K\(line)" : "\(line)\n")
    isVisible = isTerminal
  }

  func clear() {
    guard isVisible else { return }
    StandardStreams.error("\r\u{1B}[K")
    isVisible = false
  }

  private func tell(_ steps: Int, at rate: Double) {
    guard let plan else { return }
    self.plan = nil
    let seconds = Double(steps) / rate
    guard seconds > Self.long else { return }
    clear()
    StandardStreams.error("\(plan): \(steps) steps, \(Self.short(1 / rate)) each, about \(Self.duration(seconds))\n")
  }

  private static func text(_ value: Double) -> String {
    let tenths = (value * 10).rounded()
    return tenths >= 100 ? "\(Int((value).rounded()))" : "\(Int(tenths) / 10).\(Int(tenths) % 10)"
  }

  private static func pace(_ rate: Double) -> String { rate < 0.5 ? "\(short(1 / rate)) each" : "\(text(rate)) a second" }

  private static func short(_ seconds: Double) -> String { seconds < 1 ? "\(text(seconds * 1000)) ms" : "\(text(seconds)) s" }

  /// `8.4 s`, `2 min 5 s`, `3 h 20 min`.
  static func duration(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(text(seconds)) s" }
    return whole < 3600 ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole % 3600 / 60) min"
  }

  static func clock() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
