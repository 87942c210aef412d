import Foundation
import Limn
import LimnTestSupport
import Testing

/// Broken scripts with tensors, pictures and models: whatever is taken out of one, the answer is a value, an error with a
/// place or a limit, never a crash, and it comes soon.
@Suite struct SurvivalTests {
  @Test(arguments: ScriptTests.names)
  func aScriptSurvivesTheLossOfAnyWord(_ name: String) throws {
    let path = repository.appendingPathComponent("Tests/Scripts/\(name)").path
    let folder = NSTemporaryDirectory() + "limn-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var options = Session.Options()
    options.scriptFolder = (path as NSString).deletingLastPathComponent
    options.workingFolder = folder
    options.writableFolders = []
    options.stepLimit = 3000
    options.secondsLimit = 0.01
    options.memoryLimit = 256 << 20
    for broken in try ScriptText(contentsOfFile: path).withoutOnePiece {
      let start = ContinuousClock.now
      if case .failed(let text) = Session(options).evaluate(broken, name: "broken.limn") {
        #expect(text.contains("broken.limn:"), "no place in:\n\(text)\nof:\n\(broken)")
      }
      #expect(ContinuousClock.now - start < .seconds(10), "took too long:\n\(broken)")
    }
  }
}
