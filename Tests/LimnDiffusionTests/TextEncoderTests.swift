import LimnDiffusion
import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

@Suite struct TextEncoderTests {
  @Test(arguments: TinyModel.both)
  func agreesWithTransformers(_ model: TinyModel) throws {
    let expected = try Fixtures.tensors(model.name)
    let output = try model.textEncoder()(ids: rows(expected["text.ids"]!))
    expectClose(output.last, expected["text.last"]!, relativeToLargest: 1e-4)
    expectClose(output.penultimate, expected["text.penultimate"]!, relativeToLargest: 1e-4)
    expectClose(output.pooled, expected["text.pooled"]!, relativeToLargest: 1e-4)
  }

  @Test func poolsAtTheFirstEndTokenAndAtTheLargestIdInOldFiles() throws {
    let model = TinyModel.sd1, weights = try model.weights("text_encoder")
    let old = try TextEncoder(config: model.config("text_encoder"), weights: WeightReader(weights, file: "test"))
    let new = try TextEncoder(
      config: model.config("text_encoder").with("eos_token_id", 722), weights: WeightReader(weights, file: "test"))
    #expect(old.config.endToken == 2)
    let ids = [[721, 5, 722, 9, 722]]
    let (a, b) = (try old(ids: ids), try new(ids: ids))
    #expect(a.pooled.floats() == a.last.selected(axis: 1, index: 2).floats())
    #expect(b.pooled.floats() == a.pooled.floats())
    let ended = try TextEncoder(config: new.config, weights: WeightReader(weights, file: "test"))
    #expect(try ended(ids: [[721, 5, 9]]).pooled.floats() == ended(ids: [[721, 5, 9]]).last.selected(axis: 1, index: 0).floats())
  }

  @Test func readsKeysWithAndWithoutTheirPrefix() throws {
    let model = TinyModel.sd1, ids = [[721, 5, 6, 722]]
    let published = try model.weights("text_encoder")
    let prefix = "text_model."
    #expect(published.keys.contains { $0.hasPrefix(prefix) })
    var bare: [String: Parameter] = [:]
    for (key, value) in published { bare[key.hasPrefix(prefix) ? String(key.dropFirst(prefix.count)) : key] = value }
    let encoder = try TextEncoder(config: model.config("text_encoder"), weights: WeightReader(bare, file: "test"))
    #expect(try encoder(ids: ids).last.floats() == model.textEncoder()(ids: ids).last.floats())
  }

  @Test func laterTokensDoNotChangeEarlierOnes() throws {
    let encoder = try TinyModel.sd2.textEncoder()
    let a = try encoder(ids: [[721, 5, 6, 7, 722]]).last, b = try encoder(ids: [[721, 5, 6, 300, 301]]).last
    #expect(a.sliced(axis: 1, from: 0, to: 3).floats() == b.sliced(axis: 1, from: 0, to: 3).floats())
    #expect(a.floats() != b.floats())
  }

  @Test func aRowIsTheSameAloneAndInABatch() throws {
    let expected = try Fixtures.tensors("sd1"), encoder = try TinyModel.sd1.textEncoder()
    let ids = rows(expected["text.ids"]!)
    let both = try encoder(ids: ids).last
    for (index, row) in ids.enumerated() {
      #expect(try encoder(ids: [row]).last.floats() == both.sliced(axis: 0, from: index, to: index + 1).floats())
    }
  }

  @Test func learnedTokensStandWhereTheirIdsStand() throws {
    let encoder = try TinyModel.sd1.textEncoder()
    let table = encoder.tokens.table.tensor
    let extra = table.rows(at: [300, 40])  // learned vectors that equal two words
    let learned = try encoder(ids: [[721, 723, 5, 724, 723, 722]], extraRows: extra)
    let plain = try encoder(ids: [[721, 300, 5, 40, 300, 722]])
    #expect(learned.last.floats() == plain.last.floats())
    #expect(learned.pooled.floats() == plain.pooled.floats())
  }

  @Test func learnedTokensAgreeWithDiffusersTextualInversion() throws {
    let expected = try Fixtures.tensors("ti"), encoder = try TinyModel.sd1.textEncoder()
    let one = try encoder(ids: rows(expected["ids"]!), extraRows: expected["embeds"]!)
    expectClose(one.last, expected["last"]!, relativeToLargest: 1e-4)
    let all = Tensor.concatenated([expected["embeds"]!, expected["two.embeds"]!], axis: 0)
    let two = try encoder(ids: rows(expected["two.ids"]!), extraRows: all)
    expectClose(two.last, expected["two.last"]!, relativeToLargest: 1e-4)
  }

  @Test func skippingALayerAppliesTheFinalNorm() throws {
    let output = try TinyModel.sd2.textEncoder()(ids: [[721, 5, 6, 722]])
    #expect(try output.skipping(0).floats() == output.last.floats())
    let skipped = try output.skipping(1)
    let norm = skipped.mean(axes: [2]).floats()
    #expect(skipped.floats() != output.penultimate.floats())
    #expect(norm.allSatisfy { abs($0) < 1 })
    #expect(output.hidden.count == 4)
    #expect { try output.skipping(4) } throws: { "\($0)" == "clip_skip: found 4, expected 0 to 3" }
  }

  @Test func saysWhatIsWrongWithTheIds() throws {
    let encoder = try TinyModel.sd1.textEncoder()
    expectMessage("text encoder: token 723 has no vector, expected 0 to 722") { try encoder(ids: [[1, 723]]) }
    expectMessage("text encoder: found 78 tokens, expected at most 77") { try encoder(ids: [Array(repeating: 1, count: 78)]) }
    expectMessage("text encoder: rows have 1 and 2 tokens, expected one length") { try encoder(ids: [[1], [1, 2]]) }
    expectMessage("text encoder: there are no tokens") { try encoder(ids: []) }
    expectMessage("text encoder: learned vectors are [2, 5], expected [E, 32]") {
      try encoder(ids: [[1]], extraRows: .zeros([2, 5]))
    }
  }

  @Test func refusesAnActivationItDoesNotKnow() throws {
    let config = try TinyModel.sd1.config("text_encoder").with("hidden_act", "gelu_new")
    expectMessage(
      "'text_encoder/config.json': 'hidden_act': the value does not fit: found \"gelu_new\", expected 'silu', 'gelu', 'quick_gelu' or 'relu'"
    ) { try TextEncoderConfig(config) }
  }
}

/// Runs `body` and compares what it throws, as text.
func expectMessage<Result>(
  _ message: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Result
) {
  do {
    _ = try body()
    Issue.record("expected an error: \(message)", sourceLocation: sourceLocation)
  } catch {
    #expect("\(error)" == message, sourceLocation: sourceLocation)
  }
}
