import Glibc
import LimnDiffusion
import LimnRuntime
import LimnTensor

/// What this machine has, as `limn doctor` prints it.
public struct MachineReport {
  public struct Line {
    public let name: String
    public let text: String
    /// Whether Limn does not work as it should because of it.
    public let isProblem: Bool

    public init(_ name: String, _ text: String, isProblem: Bool = false) {
      (self.name, self.text, self.isProblem) = (name, text, isProblem)
    }
  }

  public let lines: [Line]

  /// Looks at the machine and draws a small picture with the bundled model, to see that it works.
  public init() {
    var lines = [Line("limn", version), Line("processor", Self.processor)]
    let sets = Hardware.availableInstructionSets
    lines.append(Line("kernels", "\(Hardware.instructionSet) in use, of \(sets.joined(separator: ", ")) (LIMN_ISA chooses)"))
    lines.append(Line("bf16 products", Self.bf16))
    lines.append(Line("threads", "\(ThreadPool.threads) (LIMN_THREADS chooses; the bytes are the same for any number)"))
    lines.append(Line("OpenBLAS", Hardware.blas))
    lines.append(Self.memory)
    lines.append(Self.bundledModel)
    let cache = HubCache()
    let repositories = cache.repositories
    lines.append(Line("models on disk", repositories.isEmpty ? "none in \(cache.folder)" : repositories.joined(separator: ", ")))
    lines.append(Line("library", Library.names.joined(separator: " ")))
    self.lines = lines
  }

  private static var bf16: String {
    switch Hardware.bf16Unit {
    case "none": "in f32: no unit in use (LIMN_BF16 chooses)"
    case "amx": "AMX tiles (LIMN_BF16 chooses)"
    case "avx512": "AVX-512 BF16 (LIMN_BF16 chooses)"
    case let unit: "\(unit): for tests, slow (LIMN_BF16 chooses)"
    }
  }

  private static var processor: String {
    let name = FileBytes.lines("/proc/cpuinfo").first { $0.hasPrefix("model name") }.flatMap { $0.split(separator: ":").last }.map { $0.trimmed }
    return "\(name ?? "unknown"), \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) cores"
  }

  /// What is free, and the control group's limit when it is smaller than the machine.
  private static var memory: Line {
    func kilobytes(_ key: String) -> Double? {
      FileBytes.lines("/proc/meminfo").first { $0.hasPrefix(key + ":") }?.split(separator: " ").dropFirst().first.flatMap { Double($0) }
    }
    guard let total = kilobytes("MemTotal"), let free = kilobytes("MemAvailable") else { return Line("memory", "unknown") }
    func gigabytes(_ kilobytes: Double) -> String { "\((kilobytes / 104857.6).rounded() / 10) GB" }
    var text = "\(gigabytes(free)) free of \(gigabytes(total))"
    if let limit = FileBytes.lines("/sys/fs/cgroup/memory.max").first.flatMap({ Double($0) }), limit / 1024 < total {
      text += ", limited to \(gigabytes(limit / 1024)) for this process's group"
    }
    return Line("memory", text, isProblem: free < 256 * 1024)
  }

  private static var bundledModel: Line {
    let session = Session()
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let start = Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    let outcome = session.evaluate("sample(model(\"sticker\"), \"a panda on grass\", seed: 7, steps: 10).image")
    clock_gettime(CLOCK_MONOTONIC, &time)
    let milliseconds = Int((Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9 - start) * 1000)
    switch outcome {
    case .value(let display?): return Line("bundled model", "draws \(display.text) in \(milliseconds) ms (10 steps, cold)")
    case .failed(let text): return Line("bundled model", text, isProblem: true)
    default: return Line("bundled model", "draws nothing", isProblem: true)
    }
  }
}
