import Foundation
import Testing

@Suite struct RerunCommandTests {
  @Test func aPictureIsMadeAgainPixelForPixel() throws {
    let limn = try CommandRunner()
    try limn.write("a.limn", """
      func main(subject = "panda") {
        save(sample(model("sticker"), "a {subject} on grass", steps: 2).image, "a.png")
      }
      """)
    #expect(try limn("run", "a.limn", "--set", "subject=cat", "--seed", "5").code == 0)
    let result = try limn("rerun", "a.png")
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.hasSuffix("a-rerun.png: the same picture, pixel for pixel\n"))
    #expect(result.errors.contains("subject=cat"))
    #expect(limn.has("a-rerun.png"))
    let shown = try limn("rerun", "a.png", "--show").output
    #expect(shown.contains("a {subject} on grass"))
    #expect(!shown.contains(limn.folder.path))  // nothing private in it
  }

  @Test func aChangedInputIsTold() throws {
    let limn = try CommandRunner()
    #expect(try limn("-e", "save(image(4, 4, \"red\"), \"in.png\")").code == 0)
    try limn.write("b.limn", "save(image(\"in.png\").enlarge(2), \"b.png\")\n")
    #expect(try limn("run", "b.limn").code == 0)
    #expect(try limn("-e", "save(image(4, 4, \"blue\"), \"in.png\")").code == 0)
    let changed = try limn("rerun", "b.png")
    #expect(changed.code == 1)
    #expect(changed.errors.contains("'in.png' is not the file it was"))
    #expect(changed.output.contains("differs from the original by at most"))
    try FileManager.default.removeItem(at: limn.folder.appendingPathComponent("in.png"))
    let gone = try limn("rerun", "b.png")
    #expect(gone.code == 1)
    #expect(gone.errors.contains("warning: 'in.png' is not in"))
  }

  @Test func theNewPictureLiesBesideTheOldOneAndNothingElseIsLeft() throws {
    let limn = try CommandRunner()
    try limn.write("pics/a.limn", "save(image(4, 4, \"red\"), \"pics/a.png\")\n")
    #expect(try limn("run", "pics/a.limn").code == 0)
    // The folder of the script is not in the recipe, so there is none to save into.
    try limn.write("b.limn", "save(image(4, 4, \"red\"), \"b.png\")\n")
    #expect(try limn("run", "b.limn").code == 0)
    try FileManager.default.moveItem(at: limn.folder.appendingPathComponent("b.png"), to: limn.folder.appendingPathComponent("pics/b.png"))
    #expect(try limn("rerun", "pics/b.png").code == 0)
    #expect(limn.has("pics/b-rerun.png"))
    #expect(try limn("rerun", "pics/a.png").code == 1)
    let left = try FileManager.default.contentsOfDirectory(atPath: limn.folder.path).filter { $0.hasPrefix("limn-") }
    #expect(left == [])
  }

  @Test func aScriptFromAPictureWritesNowhereElse() throws {
    let limn = try CommandRunner()
    let victim = limn.folder.appendingPathComponent("victim.txt").path
    try limn.write("a.limn", "write_text(\"x\", \"\(victim)\")\nsave(image(4, 4), \"a.png\")\n")
    #expect(try limn("run", "a.limn").code == 0)
    try FileManager.default.removeItem(atPath: victim)
    let result = try limn("rerun", "a.png")
    #expect(result.code == 1)
    #expect(result.errors.contains("cannot write '\(victim)': it lies outside of the working folder"))
    #expect(!limn.has("victim.txt") && !limn.has("a-rerun.png"))
  }

  @Test func whatCarriesNoScriptSaysSo() throws {
    let limn = try CommandRunner()
    #expect(try limn("-e", "save(image(4, 4), \"bare.png\", metadata: false)").code == 0)
    let bare = try limn("rerun", "bare.png")
    #expect(bare.code == 1)
    #expect(bare.errors.contains("'bare.png' carries no Limn script"))
    try limn.write("text.png", "no picture")
    #expect(try limn("rerun", "text.png").errors.contains("is not a PNG"))
    #expect(try limn("rerun").code == 2)
  }
}
