import Limn
import LimnTerminal

extension Command {
  static let bench = Command(
    name: "bench", takes: "[MODEL]", summary: "says what this machine needs for a picture with a model, and why",
    details: """
      MODEL is the bundled one when left out, or what model(…) takes in a program: a folder, a .safetensors file, a repository of the cache.
      It is loaded and each of its parts run a few times: a step with guidance, so that a picture's time is that of its steps.

        --size WIDTHxHEIGHT    in pixels, or one number for both (the size the model was trained at)
        --steps N              denoising steps of a picture (30)
        --precision P          auto, f32 or bf16 (auto)
        --json                 one JSON object in place of the table
      """,
    options: ["--size": .value, "--steps": .value, "--precision": .value, "--json": .flag]
  ) { arguments throws(UsageError) in
    var request = BenchReport.Request()
    if !arguments.rest.isEmpty { request.model = try arguments.only("model") }
    if let text = arguments.value("--size") { (request.width, request.height) = try size(text) }
    if let text = arguments.value("--steps") {
      guard let steps = Int(text), (1...10_000).contains(steps) else { throw UsageError(description: "'--steps' is '\(text)', expected 1 to 10000") }
      request.steps = steps
    }
    if let precision = arguments.value("--precision") {
      guard ["auto", "f32", "bf16"].contains(precision) else {
        throw UsageError(description: "'--precision' is '\(precision)', expected auto, f32 or bf16")
      }
      request.precision = precision
    }
    do {
      let report = try BenchReport(request) { StandardStreams.error("limn bench: \($0)\n") }
      StandardStreams.out(arguments.has("--json") ? report.json + "\n" : "\n" + report.text)
      return ExitCode.done
    } catch {
      StandardStreams.error("limn bench: \(error)\n")
      return ExitCode.failed
    }
  }

  /// `512` or `768x512`, width first.
  private static func size(_ text: String) throws(UsageError) -> (Int, Int) {
    let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(parts.count), let width = parts[0], let height = parts[parts.count - 1], (1...8192).contains(width), (1...8192).contains(height)
    else { throw UsageError(description: "'--size' is '\(text)', expected pixels, as 512 or 768x512") }
    return (width, height)
  }
}
