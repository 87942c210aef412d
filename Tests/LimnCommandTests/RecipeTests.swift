import Foundation
import Testing

/// The recipes of scripts/training, each for a few steps, run as a user does.
@Suite struct RecipeTests {
  private static let recipes = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("scripts/training")

  private func run(_ limn: CommandRunner, _ recipe: String, _ settings: String...) throws -> CommandRunner.Result {
    try limn(["run", Self.recipes.appendingPathComponent(recipe).path] + settings.flatMap { ["--set", $0] })
  }

  @Test func theGeneratorIsTrainedAndTheSameCommandAgainChangesNothing() throws {
    let limn = try CommandRunner()
    let settings = ["folder=run", "scenes=24", "steps=4", "cooldown=2", "warmup=2", "batch=4", "every=4", "shown=1"]
    for _ in 0..<2 {
      let result = try limn(["run", Self.recipes.appendingPathComponent("sticker.limn").path] + settings.flatMap { ["--set", $0] })
      #expect(result.code == 0, "\(result.errors)")
    }
    let first = try #require(limn.read("run/card.json"))
    #expect(first.contains("\"samples\": 24"))
    let words = try limn("-e", "words(model(\"run/model\"), \"a giraffe\")")
    #expect(words.output.contains("giraffe</w>"), "\(words.output)\(words.errors)")
    #expect(limn.has("run/train-000004.png") && limn.has("run/cooldown-loss.png"))
  }

  /// Its latents have the deviation 1 that the noise is made for, and it is the one in the result.
  @Test func theGeneratorGetsTheAutoencoderOfAnotherRun() throws {
    let limn = try CommandRunner()
    let vae = try run(limn, "sticker_vae.limn", "folder=vae", "learns=vae", "wide=true", "scenes=16", "steps=2", "batch=2", "held_out=10", "every=100")
    #expect(vae.code == 0, "\(vae.errors)")
    let result = try run(limn, "sticker.limn", "folder=run", "vae=vae/model", "scenes=16", "steps=2", "cooldown=1", "warmup=1", "batch=2", "every=100", "shown=1", "attention=0.02")
    #expect(result.code == 0, "\(result.errors)")
    let same = try limn("-e", "print(weights(model(\"run/model\"), \"vae\") == weights(model(\"vae/model\"), \"vae\"), close(deviation(load(\"run/latents.safetensors\").latents), 1.0, 0.1))")
    #expect(same.output.hasPrefix("true true"), "\(same.output)\(same.errors)")
    #expect(limn.read("run/card.json")?.contains("\"vae\": \"vae/model\"") == true)
  }

  @Test(arguments: ["detector.limn", "segmenter.limn", "sticker_vae.limn", "pose.limn"])
  func aRecipeRunsToItsCard(_ recipe: String) throws {
    let limn = try CommandRunner()
    var settings = ["folder=run", "scenes=16", "steps=4", "batch=2", "every=100"]
    if recipe != "pose.limn" { settings.append("held_out=10") }
    let result = try limn(["run", Self.recipes.appendingPathComponent(recipe).path] + settings.flatMap { ["--set", $0] })
    #expect(result.code == 0, "\(result.errors)")
    #expect(limn.read("run/card.json")?.contains("\"samples\": 8") == true)
  }

  @Test func encoderAndRewardAreTrainedOneAfterTheOther() throws {
    let limn = try CommandRunner()
    #expect(try limn("-e", "save(model(\"sticker\"), \"start/\")").code == 0)
    let clip = try run(limn, "clip.limn", "folder=clip", "tokens=start", "scenes=16", "held_out=10", "steps=3", "batch=4", "every=100")
    #expect(clip.code == 0, "\(clip.errors)")
    let reward = try run(limn, "reward.limn", "folder=reward", "clip=clip", "scenes=16", "held_out=10", "steps=60", "batch=8")
    #expect(reward.code == 0, "\(reward.errors)")
    #expect(limn.read("reward/card.json")?.contains("pairwise accuracy") == true)
  }

  /// By name: the modules they use have tests of their own, which run with the library.
  @Test(arguments: [("generator_start.limn", "fresh weights"), ("sticker_vae.limn", "a VAE twice as wide says the same")])
  func theirTestsPass(_ recipe: String, _ words: String) throws {
    let limn = try CommandRunner()
    let result = try limn("test", Self.recipes.appendingPathComponent(recipe).path, "--only", words)
    #expect(result.code == 0 && result.output.contains(words), "\(result.output)\(result.errors)")
  }
}
