import Glibc

/// A job timed warm.
struct Timing {
  let line: String

  init(_ name: String, repeats: Int, _ job: Job) throws {
    let body = try job.prepare()
    try body()  // warms up, and is where the job checks its own result
    var seconds: [Double] = []
    var processor: [Double] = []
    for _ in 0..<max(repeats, 1) {
      let (start, startProcessor) = (Self.clock(CLOCK_MONOTONIC), Self.clock(CLOCK_PROCESS_CPUTIME_ID))
      try body()
      seconds.append(Self.clock(CLOCK_MONOTONIC) - start)
      processor.append(Self.clock(CLOCK_PROCESS_CPUTIME_ID) - startProcessor)
    }
    let sorted = seconds.sorted()
    var usage = rusage()
    getrusage(0, &usage)  // RUSAGE_SELF
    let all = seconds.map { "\(Self.rounded($0))" }.joined(separator: ", ")
    line = "{\"job\": \"\(name)\", \"median_s\": \(Self.rounded(sorted[sorted.count / 2])), \"best_s\": \(Self.rounded(sorted[0])), "
      + "\"all_s\": [\(all)], \"best_cpu_s\": \(Self.rounded(processor.min() ?? 0)), "
      + "\"peak_gb\": \(Self.rounded(Double(usage.ru_maxrss) / 1e6))}"
  }

  private static func rounded(_ value: Double) -> Double { (value * 10000).rounded() / 10000 }

  private static func clock(_ id: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(id, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
