import Testing

/// `limn gates`, on a few prompts: every row is there, and what a few pictures can tell holds.
@Suite struct GatesTests {
  @Test func everyRowIsJudged() throws {
    let limn = try CommandRunner()
    let result = try limn(
      "gates", "--set", "prompts=6", "--set", "seeds=1", "--set", "scenes=12", "--set", "steps=10", "--set", "output=table.csv", "--set", "sheet=sheet.png")
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.hasPrefix("a quick look: 6 prompts × 1 seed"))
    let table = try #require(limn.read("table.csv"))
    for row in [
      "autoencoder", "one subject: noun", "two subjects: both nouns", "held-out colors: noun", "held-out pairs of nouns", "attention inside the mask", "diversity", "detector", "segmenter",
      "clip, picture to text", "clip, text to picture", "pose control", "reward",
    ] {
      #expect(table.contains("\n\(row)") || table.contains("\n\"\(row)"), "\(row) is missing in \(table)")
    }
    #expect(limn.has("sheet.png"))
  }

  /// The points of the pose are where the pose image has them, not where the generator would put the subject.
  @Test func poseControlSteersThePicture() throws {
    let limn = try CommandRunner()
    let result = try limn("gates", "--set", "prompts=64", "--set", "rows=pose control", "--set", "steps=15")
    let numbers = result.output.split(separator: "\n").first { $0.hasPrefix("points of a pose") }?.split(separator: " ").compactMap { Double($0) } ?? []
    try #require(numbers.count == 3, "\(result.output)\(result.errors)")
    #expect(numbers[0] < 0.5 * numbers[1] && numbers[2] < numbers[0], "with control, without, in real scenes: \(numbers)")
  }
}
