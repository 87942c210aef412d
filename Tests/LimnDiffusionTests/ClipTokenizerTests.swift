import LimnDiffusion
import LimnNN
import LimnTestSupport
import Testing

private let clip = Result { try ClipTokenizer(EmbeddedTree("clip-tokenizer")) }

@Suite struct ClipTokenizerTests {
  @Test func agreesWithTheReferenceOnAwkwardPrompts() throws {
    let tokenizer = try clip.get()
    let cases = try #require(try Fixtures.json("tokenizer").array)
    #expect(cases.count == 22)
    for entry in cases {
      let text = try #require(entry["text"]?.string)
      let pieces = tokenizer.encode(text)
      #expect([tokenizer.bos] + pieces.map(\.id) + [tokenizer.eos] == entry["ids"]?.ints, "\(text)")
      #expect(pieces.map(\.text) == entry["pieces"]?.array?.compactMap(\.string), "\(text)")
      #expect(tokenizer.tokenize(text).rows == [entry["padded"]?.ints], "\(text)")
    }
  }

  @Test func everyPieceKnowsWhereItStands() throws {
    let text = "A  Cafe\u{301}, 東京 dog's"
    let spans = try clip.get().encode(text).map { piece in
      String(decoding: Array(text.utf8)[piece.range], as: UTF8.self)
    }
    #expect(spans == ["A", "Cafe\u{301}", ",", "東", "京", "京", "dog", "'s"])
  }

  @Test func anEndlessWordIsNoAttack() throws {
    let pieces = try clip.get().encode(String(repeating: "ab", count: 100_000))
    #expect(pieces.count > 1000)
  }

  @Test(arguments: ["sd1", "sd2"])
  func readsBothLayoutsAndTheirPadding(_ folder: String) throws {
    let tokenizer = try ClipTokenizer(Fixtures.tree("\(folder)/tokenizer"))
    let ids = try Fixtures.tensor(folder, "text.ids").ints()
    let rows = ["a photo of a panda and a bowl", ""].flatMap { tokenizer.tokenize($0).rows[0] }
    #expect(rows == ids)
  }
}

@Suite struct LearnedTokenTests {
  @Test func isFoundByNameWhateverItsCaseAndByItsCharacter() throws {
    let panda = Unicode.Scalar(0x100001)!
    let tokenizer = try clip.get().adding("<panda>", vectors: 2, character: panda).adding("<panda-toy>")
    #expect(tokenizer.vocabularySize == 49408)
    #expect(tokenizer.encode("a <Panda>").map(\.id) == [320, 49408, 49409])
    #expect(tokenizer.encode("a \(Character(panda))s").map(\.text) == ["a</w>", "<panda>", "<panda>_1", "s</w>"])
    #expect(tokenizer.encode("<panda-toy>").map(\.id) == [49410])
    #expect(tokenizer.unknownCharacters(in: "a \u{100001} \u{100002}") == ["\u{100002}"])
  }

  @Test func isAddressedLikeAWord() throws {
    let tokenizer = try clip.get().adding("<panda>", vectors: 2, character: "\u{100001}")
    let prompt = tokenizer.tokenize("a photo of \u{100001} and a panda")
    #expect(try prompt.positions(of: "<panda>") == [4, 5])
    #expect(try prompt.positions(of: "\u{100001}") == [4, 5])
    #expect(try prompt.positions(of: "panda") == [8])
    #expect(prompt.words == ["a", "photo", "of", "<panda>", "and", "a", "panda"])
  }
}
