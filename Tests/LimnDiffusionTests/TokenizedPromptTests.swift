import LimnDiffusion
import LimnNN
import LimnTestSupport
import Testing

private let clip = Result { try ClipTokenizer(EmbeddedTree("clip-tokenizer")) }

@Suite struct TokenizedPromptTests {
  @Test func findsWordsAndPhrasesAtTheirPositions() throws {
    let prompt = try clip.get().tokenize("a photo of a Panda and a naïve panda")
    #expect(try prompt.positions(of: "panda") == [5, 11])
    #expect(try prompt.positions(of: "panda", occurrence: 2) == [11])
    #expect(try prompt.positions(of: "NAÏVE") == [8, 9, 10])
    #expect(try prompt.occurrences(of: "a panda") == [[4, 5]])
    #expect(try prompt.occurrences(of: "a") == [[1], [4], [7]])
  }

  @Test func namesTheNearestWordWhenOneIsNotThere() throws {
    let prompt = try clip.get().tokenize("a photo of a panda and a bowl")
    func message(_ phrase: String, _ occurrence: Int? = nil) -> String? {
      #expect(throws: PromptError.self) { try prompt.positions(of: phrase, occurrence: occurrence) }?.description
    }
    #expect(message("pnada") == "'pnada' does not occur in the prompt; did you mean 'panda'?")
    #expect(message("pandas") == "'pandas' does not occur in the prompt; did you mean 'panda'?")
    #expect(message("a photo off") == "'a photo off' does not occur in the prompt; did you mean 'a photo of'?")
    #expect(
      message("elephant")
        == "'elephant' does not occur in the prompt: its words are 'a', 'photo', 'of', 'a', 'panda', 'and', 'a', 'bowl'"
    )
    #expect(message("panda", 2) == "there is no occurrence 2 of 'panda' in the prompt: it occurs once")
    #expect(message("  ") == "'  ' has no words to look for")
  }

  @Test func saysWhichWordsFellOff() throws {
    let prompt = try clip.get().tokenize("very" + String(repeating: " very", count: 74) + " long Prompt, here")
    #expect(prompt.rows.count == 1)
    #expect(prompt.rows[0].count == 77)
    #expect(prompt.kept == 75)
    #expect(prompt.cutText == "long Prompt, here")
    #expect(prompt.lastKeptText == "very")
    let error = #expect(throws: PromptError.self) { try prompt.positions(of: "prompt") }
    #expect(error?.description == "'prompt' fell off the end of the prompt: only its first 75 tokens are used")
    #expect(try clip.get().tokenize("very" + String(repeating: " very", count: 74)).cutText == nil)
  }

  @Test func takesAsManyRowsAsALongPromptNeeds() throws {
    let tokenizer = try clip.get()
    let prompt = tokenizer.tokenize("very" + String(repeating: " very", count: 74) + " long prompt", long: .chunk)
    #expect(prompt.rows.map(\.count) == [77, 77])
    #expect(prompt.rows[0] == [49406] + Array(repeating: 1070, count: 75) + [49407])
    #expect(prompt.rows[1].prefix(4) == [49406, 1538, 20198, 49407])
    #expect(prompt.cutText == nil)
    #expect(try prompt.positions(of: "long") == [78])
    #expect(tokenizer.tokenize("", long: .chunk, rows: 2).rows.count == 2)
  }
}
