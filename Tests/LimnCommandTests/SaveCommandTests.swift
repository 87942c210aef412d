import Foundation
import Testing

@Suite struct SaveCommandTests {
  private let limn = try! CommandRunner()

  /// Files may not grow past a limit here, as on a disk that is full.
  private func runLimited(_ script: String) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "trap '' XFSZ; ulimit -f 2000; exec \"$0\" run \(script) > out 2> err", CommandRunner.limn.path]
    process.currentDirectoryURL = limn.folder
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  @Test func aFullDiskLeavesTheOlderModelAndNothingElse() throws {
    #expect(try limn("-e", "save(model(\"sticker\"), \"m/\")").code == 0)
    let file = limn.folder.appendingPathComponent("m/unet/diffusion_pytorch_model.safetensors")
    let before = try Data(contentsOf: file)
    try limn.write("full.limn", "let pipe = model(\"sticker\")\nsave(pipe, \"m/\", dtype: \"f32\")\n")
    #expect(try runLimited("full.limn") == 1)
    let said = limn.read("err") ?? ""
    #expect(said.contains("/m/") && said.contains(".safetensors': cannot be written: File too large"), "\(said)")
    #expect(try Data(contentsOf: file) == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: limn.folder.path).filter { $0.hasPrefix("m") } == ["m"])
  }
}
