import Testing

import LimnImage

@Suite struct GenerationParametersTests {
  static let text = """
    a photo of a panda, (soft:1.2)
    on grass
    Negative prompt: blurry
    low quality
    Steps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7.5, Seed: 965400086, Size: 512x768, Model hash: 6ce0161689, Model: v1-5, \
    Hashes: "{\\"a\\": \\"b\\", \\"c\\": 1}", RNG: CPU, Version: limn 0.1
    """

  @Test func readsWhatOtherToolsWrite() {
    let parameters = GenerationParameters(text: Self.text)
    #expect(parameters.prompt == "a photo of a panda, (soft:1.2)\non grass")
    #expect(parameters.negativePrompt == "blurry\nlow quality")
    #expect(parameters.steps == 20)
    #expect(parameters.sampler == "DPM++ 2M Karras")
    #expect(parameters.guidance == 7.5)
    #expect(parameters.seed == 965_400_086)
    #expect(parameters.size?.width == 512 && parameters.size?.height == 768)
    #expect(parameters.modelHash == "6ce0161689" && parameters.model == "v1-5")
    #expect(parameters["Hashes"] == "{\"a\": \"b\", \"c\": 1}")
    #expect(parameters.randomSource == "CPU" && parameters.version == "limn 0.1")
  }

  @Test func writesTheSameTextAgain() {
    #expect(GenerationParameters(text: Self.text).text == Self.text)
  }

  @Test(arguments: ["a, b", "key: value", "two\nlines", "quote \" and \\ and, tab\t", "привет, мир 🐼", "\u{1}, control", "\"quoted\"", " space "])
  func valuesOfEveryKindComeBack(_ value: String) {
    var parameters = GenerationParameters(prompt: "p", negativePrompt: "n")
    parameters.steps = 4
    parameters["Odd-value/x"] = value
    parameters.seed = -3
    #expect(GenerationParameters(text: parameters.text) == parameters)
  }

  @Test func aValueIsQuotedOnlyWhereItMust() {
    let parameters = GenerationParameters(prompt: "", entries: [.init(key: "Aa", value: "b c"), .init(key: "Dd", value: "e, \"f\"")])
    #expect(parameters.text == "\nAa: b c, Dd: \"e, \\\"f\\\"\"")
  }

  @Test func aLastLineWithFewerThanThreeSettingsBelongsToThePrompt() {
    #expect(GenerationParameters(text: "a cat\nstyle: oil, mood: calm").prompt == "a cat\nstyle: oil, mood: calm")
    #expect(GenerationParameters(text: "").prompt.isEmpty)
    #expect(GenerationParameters(text: "only words").entries.isEmpty)
  }

  @Test func aPictureWithoutNegativePromptHasNoSuchLine() {
    let parameters = GenerationParameters(prompt: "a", entries: [.init(key: "Steps", value: "1")])
    #expect(parameters.text == "a\nSteps: 1")
  }

  @Test func typedSettingsAreWrittenAsTextAndRemovedByNil() {
    var parameters = GenerationParameters(prompt: "a")
    parameters.guidance = 7
    parameters.size = (64, 48)
    parameters.steps = 30
    #expect(parameters.text == "a\nCFG scale: 7, Size: 64x48, Steps: 30")
    parameters.guidance = 7.25
    parameters.size = nil
    #expect(parameters.text == "a\nCFG scale: 7.25, Steps: 30")
  }

  @Test func brokenEscapesStayAsTheyAre() {
    #expect(GenerationParameters(text: "p\nAa: \"\\x, y\", Bb: 2, Cc: 3")["Aa"] == "\"\\x, y\"")
    #expect(GenerationParameters(text: "p\nAa: \"open, Bb: 2, Cc: 3, Dd: 4")["Aa"] == "\"open")
  }
}
