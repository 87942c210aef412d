import Glibc
import LimnDiffusion
import LimnTensor

/// What this machine needs for a picture, and why, as `limn bench` prints it.
public struct BenchReport {
  /// What to measure. Nil leaves a choice to the model.
  public struct Request {
    public var model = "sticker"
    /// In pixels.
    public var width: Int?
    public var height: Int?
    public var steps = 30
    /// "f32", "bf16" or "auto".
    public var precision = "auto"

    public init() {}
  }

  /// Why nothing could be measured.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  private let model: String
  private let cost: PictureCost
  private let f32: Double
  private let bf16: Double?
  private let memory: Double

  /// Loads the model and runs every part of it a few times.
  ///
  /// - Parameter progress: Told what is measured next.
  /// - Throws: ``Failure`` for a model that cannot be loaded, or a size, number of steps or precision it cannot have.
  public init(_ request: Request = Request(), progress: (String) -> Void = { _ in }) throws(Failure) {
    var options = ModelOptions()
    if request.precision != "auto" {
      guard let precision = Precision(rawValue: request.precision) else {
        throw Failure(description: "the precision is '\(request.precision)', expected 'f32', 'bf16' or 'auto'")
      }
      options.precision = precision
    }
    progress("measuring the processor")
    (f32, bf16) = (Ceiling.f32(), Ceiling.bf16())
    model = request.model
    do {
      cost = try PictureCost(
        model: request.model, options: options, width: request.width, height: request.height, steps: request.steps, progress: progress)
    } catch { throw Failure(description: "\(error)") }
    memory = Ceiling.memory()  // last: it takes more memory than a small model does
  }

  /// The rate kernels of the model's precision could reach.
  private var ceiling: Double { cost.precision == .bf16 ? bf16 ?? f32 : f32 }

  /// A table for people.
  public var text: String {
    var lines = [
      "model        \(model), \(cost.width)×\(cost.height), \(cost.steps) steps, \(cost.precision.rawValue)",
      "processor    \(Hardware.instructionSet) kernels on \(ThreadPool.threads) \(ThreadPool.threads == 1 ? "thread" : "threads")",
      "at best      \(Self.rate(f32)) in f32, \(bf16.map { "\(Self.rate($0)) in bf16" } ?? "no unit for bf16"), \(Self.digits(memory * 1e-9)) GB/s from memory",
      "a picture    \(Self.duration(cost.seconds)) warm; \(Self.duration(cost.loading + cost.firstUse)) more for the first one",
      "memory       \(Self.size(cost.peak))",
      "",
      "               one turn   a picture  share  rate           of the best",
    ]
    for part in cost.parts {
      lines.append(row(part.times > 1 ? "\(part.name) ×\(part.times)" : part.name, part, share: part.seconds * Double(part.times) / cost.seconds))
      if part.name == "UNet" { for kind in cost.kinds { lines.append(row("  \(kind.name)", kind, share: kind.seconds * Double(kind.times) / cost.seconds)) } }
    }
    return lines.joined(separator: "\n") + "\n\n" + reason + "\n"
  }

  /// Where most of the time goes, in a sentence.
  private var reason: String {
    guard let longest = cost.kinds.first, let share = longest.share else { return "" }
    let kinds = "\(longest.name) takes \(Self.percent(share)) of a step"
    guard longest.operations > 0 else { return "\(kinds), bounded by memory." }
    let reached = longest.operations / longest.seconds / ceiling
    let more = longest.name == "convolution" ? "3×3 convolutions are computed with fewer operations than are counted" : "it was slower while that was measured"
    let how = reached > 1 ? " (more than all: \(more))" : ""
    return "\(kinds), at \(Self.percent(reached)) of the rate the processor reaches at best in \(cost.precision.rawValue)\(how)."
  }

  private func row(_ name: String, _ part: PictureCost.Part, share: Double) -> String {
    func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }
    var line = padded(name, 15) + padded(Self.duration(part.seconds), 11) + padded(Self.duration(part.seconds * Double(part.times)), 11) + padded(Self.percent(share), 7)
    if part.operations > 0 {
      let rate = part.operations / part.seconds
      line += padded(Self.rate(rate), 15) + Self.percent(rate / (part.name == "words" ? f32 : ceiling))
    }
    return line.trimmed(end: " ")
  }

  /// The same as one JSON object; seconds, bytes, operations a second.
  public var json: String {
    func quoted(_ text: String) -> String {
      "\"" + text.unicodeScalars.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : $0.value < 32 ? " " : String($0) }.joined() + "\""
    }
    func object(_ part: PictureCost.Part) -> String {
      "{\"name\": \(quoted(part.name)), \"seconds\": \(part.seconds), \"times\": \(part.times), \"operations\": \(part.operations)}"
    }
    return "{"
      + [
        "\"model\": \(quoted(model))", "\"width\": \(cost.width)", "\"height\": \(cost.height)", "\"steps\": \(cost.steps)",
        "\"precision\": \"\(cost.precision.rawValue)\"", "\"kernels\": \"\(Hardware.instructionSet)\"", "\"threads\": \(ThreadPool.threads)",
        "\"picture_s\": \(cost.seconds)", "\"load_s\": \(cost.loading)", "\"first_use_s\": \(cost.firstUse)", "\"peak_bytes\": \(cost.peak)",
        "\"ceiling_f32\": \(f32)", "\"ceiling_bf16\": \(bf16.map { "\($0)" } ?? "null")", "\"memory_bytes_s\": \(memory)",
        "\"parts\": [\(cost.parts.map(object).joined(separator: ", "))]", "\"layers\": [\(cost.kinds.map(object).joined(separator: ", "))]",
      ].joined(separator: ", ") + "}"
  }

  private static func digits(_ value: Double) -> String {
    guard value > 0, value.isFinite else { return "0" }
    let scale = pow(10, 2 - floor(log10(value)))
    let rounded = (value * scale).rounded() / scale
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  }
  private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
  private static func rate(_ operations: Double) -> String { "\(digits(operations * 1e-9)) GFLOP/s" }
  private static func size(_ bytes: Int) -> String { bytes < 1 << 30 ? "\(bytes >> 20) MB" : "\(digits(Double(bytes) / 1_073_741_824)) GB" }
  private static func duration(_ seconds: Double) -> String {
    if seconds >= 120 { return "\(Int(seconds / 60)) min \(Int(seconds) % 60) s" }
    return seconds >= 1 ? "\(digits(seconds)) s" : seconds >= 1e-3 ? "\(digits(seconds * 1e3)) ms" : "\(digits(seconds * 1e6)) µs"
  }
}

extension String {
  fileprivate func trimmed(end: Character) -> String {
    var text = self
    while text.last == end { text.removeLast() }
    return text
  }
}
