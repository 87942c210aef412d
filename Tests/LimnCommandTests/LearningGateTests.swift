import Foundation
import Testing

/// What learning must reach on the bundled model, by the programs users run.
@Suite struct LearningGateTests {
  private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The table that the programs print: for each subject loss, attention inside and leakage, before and after.
  private func table(_ limn: CommandRunner, _ method: String, _ settings: String...) throws -> [[Double]] {
    let file = Self.repository.appendingPathComponent("stdlib/\(method).limn").path
    let photos = Self.repository.appendingPathComponent("docs/examples/photos/panda-bowl").path
    let result = try limn(["run", file, "--set", "folder=\(photos)"] + settings.flatMap { ["--set", $0] })
    #expect(result.code == 0, "\(result.errors)")
    return result.output.split(separator: "\n").filter { $0.hasPrefix("<") }.map { line in line.split(separator: " ").dropFirst().compactMap { Double($0) } }
  }

  @Test func breakASceneLearnsBothSubjects() throws {
    let rows = try table(try CommandRunner(), "break_a_scene")
    #expect(rows.count == 2 && rows.allSatisfy { $0.count == 6 })
    for row in rows { #expect(row[1] < 0.3 * row[0], "the masked loss went from \(row[0]) to \(row[1])") }
    // The bowl, which the photo shows small and beside the panda.
    #expect(rows[1][3] > 1.3 * rows[1][2] && rows[1][5] < 0.5 * rows[1][4], "\(rows)")
  }

  @Test func textualInversionIsDoneInTwoMinutes() throws {
    let limn = try CommandRunner()
    let start = ContinuousClock.now
    let rows = try table(limn, "textual_inversion", "output=tokens.safetensors")
    #expect(ContinuousClock.now - start < .seconds(120))
    #expect(rows.count == 2 && limn.has("tokens.safetensors"))
    for row in rows { #expect(row[1] < 0.6 * row[0], "the masked loss went from \(row[0]) to \(row[1])") }
  }
}
