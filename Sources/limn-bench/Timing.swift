import Glibc
import LimnTensor

/// A job checked, then timed warm.
struct Timing {
  /// One JSON object.
  let line: String
  /// One row below ``heading``.
  let row: String

  static let heading = "job".padded(to: 30) + "median".padded(to: 12) + "best".padded(to: 12) + "rate".padded(to: 16) + "peak"

  init(_ job: Job, _ options: Options) throws {
    let prepared = try job.prepare(options)
    try prepared.check()
    try prepared.run()  // warm: packs are made, pages touched
    var seconds: [Double] = []
    var processor: [Double] = []
    for _ in 0..<options.repeats {
      let (start, startProcessor) = (Self.clock(CLOCK_MONOTONIC), Self.clock(CLOCK_PROCESS_CPUTIME_ID))
      try prepared.run()
      seconds.append(Self.clock(CLOCK_MONOTONIC) - start)
      processor.append(Self.clock(CLOCK_PROCESS_CPUTIME_ID) - startProcessor)
    }
    let sorted = seconds.sorted()
    let (median, best) = (sorted[sorted.count / 2], sorted[0])
    var usage = rusage()
    getrusage(0, &usage)  // RUSAGE_SELF
    let peak = prepared.childPeak?() ?? Int(usage.ru_maxrss) * 1024
    var load = [0.0, 0, 0]
    getloadavg(&load, 3)

    var fields = [("job", "\"\(job.name)\""), ("median_s", Self.digits(median)), ("best_s", Self.digits(best))]
    fields.append(("all_s", "[" + seconds.map { Self.digits($0) }.joined(separator: ", ") + "]"))
    // What other processes did for a job is not in this one's time.
    if prepared.childPeak == nil { fields.append(("best_cpu_s", Self.digits(processor.min() ?? 0))) }
    var rate = ""
    if let operations = prepared.operations {
      fields.append(("gflop", Self.digits(operations * 1e-9)))
      fields.append(("gflop_s", Self.digits(operations / median * 1e-9)))
      rate = "\(Self.digits(operations / median * 1e-9, 4)) GFLOP/s"
    } else if let bytes = prepared.bytes {
      fields.append(("gb_s", Self.digits(bytes / median * 1e-9)))
      rate = "\(Self.digits(bytes / median * 1e-9, 3)) GB/s"
    } else if prepared.pieces > 1 {
      fields.append(("us_each", Self.digits(median / Double(prepared.pieces) * 1e6)))
      rate = "\(Self.digits(median / Double(prepared.pieces) * 1e6, 3)) µs each"
    }
    for fact in prepared.facts { fields.append((fact.name, fact.value)) }
    fields += [
      ("threads", "\(ThreadPool.threads)"), ("kernels", "\"\(Hardware.instructionSet)\""), ("precision", "\"\(options.precision)\""),
      ("load", Self.digits(load[0], 3)), ("peak_gb", Self.digits(Double(peak) * 1e-9, 4)),
    ]
    line = "{" + fields.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ") + "}"
    row =
      job.name.padded(to: 30) + Self.duration(median).padded(to: 12) + Self.duration(best).padded(to: 12) + rate.padded(to: 16)
      + "\(Self.digits(Double(peak) * 1e-9, 3)) GB"
  }

  /// A number with so many significant digits.
  static func digits(_ value: Double, _ count: Int = 5) -> String {
    guard value != 0, value.isFinite else { return "0" }
    let scale = pow(10, Double(count - 1) - floor(log10(abs(value))))
    let rounded = (value * scale).rounded() / scale
    return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
  }

  static func duration(_ seconds: Double) -> String {
    seconds >= 1 ? "\(digits(seconds, 4)) s" : seconds >= 1e-3 ? "\(digits(seconds * 1e3, 4)) ms" : "\(digits(seconds * 1e6, 4)) µs"
  }

  static func clock(_ id: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(id, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// Writes to standard error, where what is for people goes.
func report(_ text: String) {
  let bytes = Array(text.utf8)
  bytes.withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

extension String {
  func padded(to width: Int) -> String { count < width ? self + String(repeating: " ", count: width - count) : self + " " }
}
