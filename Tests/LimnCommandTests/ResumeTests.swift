import Foundation
import Testing

/// Trainings that are killed at any moment and go on: the file at the end has the bytes of one that never stopped.
@Suite struct ResumeTests {
  /// Tokens and weights, with everything that a step remembers: moments, averages, several evaluations, a schedule, a state.
  private static let script = """
    let pipe = model("sticker"), panda = token("<panda>", from: "panda"), z0 = rng(1).randn([1, 4, 16, 16])
    let factor = 0.1
    func main(file, steps = 30) {
      let fit = train(pipe, params: [panda, "unet.cross_kv", lora(rank: 2)], steps: steps, optimizer: adamw(lr: 1e-3, schedule: "cosine", warmup: 5), ema: 0.99, accumulate: 2, checkpoint: file, checkpoint_every: 2) { it =>
        let t = it.rng.timestep(pipe), eps = it.rng.randn(z0.shape)
        let out = denoise(it.model, t.add_noise(z0, eps), t, encode(it.model, "a photo of {panda}"))
        ["eps": mean((out.raw - eps) ^ 2), "size": factor * mean(out.raw ^ 2)]
      }
      print(fit.steps, fit.losses.keys())
    }
    """

  @Test func fiftyKillsChangeNothing() throws {
    let limn = try CommandRunner()
    try limn.write("learn.limn", Self.script)
    let start = ContinuousClock.now
    let whole = try limn("run", "learn.limn", "--set", "file=whole.ckpt")
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    #expect(whole.code == 0, "\(whole.errors)")
    var random = SystemRandomNumberGenerator()
    var ends = 0
    for kill in 0..<50 {
      // Every kill falls into what is left, so that the later ones fall late as well.
      let ended = try limn.killed(after: Double.random(in: 0.02...max(0.1, seconds / 3), using: &random), "run", "learn.limn", "--set", "file=killed.ckpt")
      if ended { ends += 1 }
      if ended, kill < 49 {
        // It got to the end between two kills; the rest begin anew.
        #expect(limn.bytes("killed.ckpt") == limn.bytes("whole.ckpt"))
        limn.remove("killed.ckpt")
      }
    }
    let last = try limn("run", "learn.limn", "--set", "file=killed.ckpt")
    #expect(last.code == 0, "\(last.errors)")
    #expect(last.output == whole.output)
    #expect(limn.bytes("killed.ckpt") == limn.bytes("whole.ckpt"))
    #expect(ends < 50)
    // The last one also clears away what killed ones were writing.
    #expect(try FileManager.default.contentsOfDirectory(atPath: limn.folder.path).allSatisfy { !$0.hasSuffix(".tmp") })
  }

  @Test func anInterruptKeepsTheLastStepAndAnotherStatementIsRefused() throws {
    let limn = try CommandRunner()
    // Only the interrupt writes the file: a second file says when the first step is done.
    let script = Self.script.replacingOccurrences(of: "checkpoint_every: 2", with: "checkpoint_every: 100000, every: 1, look: fit => if fit.steps == 1 { write_text(\"x\", \"began\") }")
    try limn.write("learn.limn", script)
    let ended = try limn.killed(onceThereIs: "began", signal: SIGINT, "run", "learn.limn", "--set", "file=a.ckpt", "--set", "steps=5000")
    #expect(!ended && limn.has("a.ckpt"))
    let loaded = try limn("-e", "load(model(\"sticker\"), \"a.ckpt\").tokens")
    #expect(loaded.output.contains("<panda>"), "\(loaded.errors)")
    try limn.write("learn.limn", script.replacingOccurrences(of: "factor = 0.1", with: "factor = 0.2"))
    let other = try limn("run", "learn.limn", "--set", "file=a.ckpt", "--set", "steps=5000")
    #expect(other.code == 1)
    #expect(other.errors.contains("was written by a training with another 'factor': found 0.1"), "\(other.errors)")
  }

  /// A limit on the length of files stands for the full disk: the system refuses to write in the middle of the file.
  @Test func aFullDiskLeavesTheOldCheckpoint() throws {
    let limn = try CommandRunner()
    try limn.write("learn.limn", """
      func main(steps) {
        train(["w": rng(0).randn([200, 200])], steps: steps, optimizer: adamw(lr: 0.1), checkpoint: "a.ckpt") { it => mean(it.params.w ^ 2) }
      }
      """)
    #expect(try limn("run", "learn.limn", "--set", "steps=3").code == 0)
    let before = try #require(limn.bytes("a.ckpt"))
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/bash")
    shell.arguments = ["-c", "trap '' XFSZ; ulimit -f 64; exec \(CommandRunner.limn.path) run learn.limn --set steps=6 2>errors"]
    shell.currentDirectoryURL = limn.folder
    try shell.run()
    shell.waitUntilExit()
    #expect(shell.terminationStatus == 1)
    #expect(limn.read("errors")?.contains("cannot be written: File too large") == true, "\(limn.read("errors") ?? "")")
    #expect(limn.bytes("a.ckpt") == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: limn.folder.path).allSatisfy { !$0.hasSuffix(".tmp") })
    #expect(try limn("run", "learn.limn", "--set", "steps=6").code == 0)
  }

  @Test func aBrokenCheckpointIsToldAndKept() throws {
    let limn = try CommandRunner()
    try limn.write("learn.limn", Self.script)
    try limn.write("a.ckpt", "no checkpoint")
    let result = try limn("run", "learn.limn", "--set", "file=a.ckpt")
    #expect(result.code == 1)
    #expect(result.errors.contains("a.ckpt"), "\(result.errors)")
    #expect(limn.read("a.ckpt") == "no checkpoint")
  }
}

extension CommandRunner {
  /// Runs the program and sends it a signal after some seconds.
  ///
  /// - Returns: Whether it had ended by itself.
  fileprivate func killed(after seconds: Double, _ arguments: String...) throws -> Bool {
    let process = try started(arguments)
    usleep(UInt32(seconds * 1e6))
    return ended(process, SIGKILL)
  }

  /// Runs the program and sends it a signal once it has written a file.
  fileprivate func killed(onceThereIs file: String, signal: Int32, _ arguments: String...) throws -> Bool {
    let process = try started(arguments)
    for _ in 0..<6000 where process.isRunning && !has(file) { usleep(10_000) }
    return ended(process, signal)
  }

  private func started(_ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = Self.limn
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ["HOME": folder.path, "PATH": "/usr/bin:/bin", "TMPDIR": folder.path]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  private func ended(_ process: Process, _ signal: Int32) -> Bool {
    let ended = !process.isRunning
    if !ended { kill(process.processIdentifier, signal) }
    process.waitUntilExit()
    return ended
  }

  fileprivate func bytes(_ name: String) -> Data? { try? Data(contentsOf: folder.appendingPathComponent(name)) }
  fileprivate func remove(_ name: String) { try? FileManager.default.removeItem(at: folder.appendingPathComponent(name)) }
}
