import LimnDiffusion
import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

@Suite struct AttentionObserverTests {
  /// The inputs that made `attention.*` of a fixture.
  private func evaluate(_ model: TinyModel, _ observer: AttentionObserver?) throws -> Tensor {
    let expected = try Fixtures.tensors(model.name)
    return try model.unet()(
      expected["unet.x"]!, timesteps: [981, 21], context: expected["text.last"]!, attention: observer)
  }

  /// Captured arrays by layer name: `[batch × heads, pixels, tokens]` of the fixture as `[batch, heads, pixels, tokens]`.
  private func expectedMaps(_ model: TinyModel) throws -> [String: Tensor] {
    var maps: [String: Tensor] = [:]
    for (key, value) in try Fixtures.tensors(model.name) where key.hasPrefix("attention.") {
      maps[String(key.dropFirst("attention.".count))] =
        value.reshaped([2, value.shape[0] / 2, value.shape[1], value.shape[2]])
    }
    return maps
  }

  @Test(arguments: TinyModel.both)
  func wholeProbabilitiesAgreeWithDiffusers(_ model: TinyModel) throws {
    let observer = AttentionObserver(kinds: [.cross, .own])
    var seen: [String: Tensor] = [:]
    observer.inspect = { layer, probabilities in seen[layer.name] = probabilities }
    _ = try evaluate(model, observer)
    let expected = try expectedMaps(model)
    #expect(expected.count == 12)
    for (name, map) in expected { expectClose(try #require(seen[name]), map, relativeToLargest: 1e-4) }
  }

  @Test(arguments: TinyModel.both)
  func keptColumnsAreTheMeanOverHeads(_ model: TinyModel) throws {
    let positions = [5, 8]
    let observer = AttentionObserver(rows: [
      AttentionRow(positions: positions), AttentionRow(role: .unconditional, positions: positions),
    ])
    _ = try evaluate(model, observer)
    for (name, map) in try expectedMaps(model) where name.hasSuffix("attn2") {
      let heads = map.mean(axes: [1])  // [2, pixels, tokens]
      for (index, role) in [GuidanceRole.conditional, .unconditional].enumerated() {
        for position in positions {
          var query = AttentionQuery([position])
          (query.role, query.layer) = (role, name)
          let kept = try observer.record.map(query, height: 16, width: 16)
          let wanted = heads.selected(axis: 0, index: index).selected(axis: 1, index: position).reshaped(kept.shape)
          expectClose(kept, wanted, relativeToLargest: 1e-4)
        }
      }
    }
  }

  @Test func theMapsOfAllTokensAddUpToOne() throws {
    let observer = AttentionObserver(rows: [AttentionRow(positions: Array(0..<77))])
    _ = try evaluate(.sd2, observer)
    var query = AttentionQuery(Array(0..<77))
    for layer in observer.record.layers {
      query.layer = layer.name
      let mean = try observer.record.map(query, height: 16, width: 16)
      expectClose(mean * 77, .ones([layer.height, layer.width]), relativeToLargest: 1e-5)
    }
  }

  @Test func aCapturedRunGivesTheBytesOfAnUncapturedOne() throws {
    let observer = AttentionObserver(rows: [AttentionRow(positions: [3])], kinds: [.cross, .own])
    let captured = try evaluate(.sd1, observer), plain = try evaluate(.sd1, nil)
    #expect(captured.floats() == plain.floats())
    #expect(!observer.record.isEmpty)
  }

  @Test func anEditThatChangesNothingGivesTheSameOutput() throws {
    let observer = AttentionObserver(edit: { _, probabilities in probabilities })
    expectClose(try evaluate(.sd1, observer), try evaluate(.sd1, nil), relativeToLargest: 1e-5)
    #expect(observer.record.isEmpty)
  }

  @Test func anEditReplacesWhatALayerUses() throws {
    let observer = AttentionObserver(rows: [AttentionRow(positions: [0, 1])])
    observer.edit = { layer, probabilities in
      guard layer.kind == .cross else { return probabilities }
      // All queries look at the first token.
      return Tensor.concatenated([
        .ones(Shape(Array(probabilities.shape.dims.dropLast()) + [1])),
        .zeros(Shape(Array(probabilities.shape.dims.dropLast()) + [probabilities.shape[3] - 1])),
      ], axis: 3)
    }
    let edited = try evaluate(.sd1, observer)
    #expect(edited.floats() != (try evaluate(.sd1, nil)).floats())
    #expect(try observer.record.map(AttentionQuery([0]), height: 16, width: 16).floats().allSatisfy { $0 == 1 })
    #expect(try observer.record.map(AttentionQuery([1]), height: 16, width: 16).floats().allSatisfy { $0 == 0 })
  }

  @Test func everyLayerIsSeenInTheOrderItRuns() throws {
    let observer = AttentionObserver(rows: [AttentionRow(positions: [1])])
    _ = try evaluate(.sd1, observer)
    #expect(observer.layers.map(\.index) == Array(0..<22))
    #expect(observer.layers.filter { $0.kind == .cross }.count == 11)
    #expect(observer.record.layers.map(\.block) == Array(repeating: .down, count: 4) + [.mid] + Array(repeating: .up, count: 6))
    #expect(observer.record.layers.map(\.width) == [16, 16, 8, 8, 4, 8, 8, 8, 16, 16, 16])
    #expect(observer.record.layers[0].name == "down_blocks.0.attentions.0.transformer_blocks.0.attn2")
  }

  @Test func onlyTheAskedBlocksRowsAndKindsAreKept() throws {
    let observer = AttentionObserver(
      rows: [AttentionRow(positions: []), AttentionRow(picture: 3, positions: [2])], blocks: [.mid])
    _ = try evaluate(.sd1, observer)
    #expect(observer.record.layers.map(\.name) == ["mid_block.attentions.0.transformer_blocks.0.attn2"])
    #expect(observer.record.rows == [AttentionRow(picture: 3, positions: [2])])
  }

  @Test func selfAttentionIsKeptWhenAsked() throws {
    let observer = AttentionObserver(rows: [AttentionRow(positions: [0, 7])], kinds: [.own], blocks: [.mid])
    _ = try evaluate(.sd2, observer)
    let name = "mid_block.attentions.0.transformer_blocks.0.attn1"
    var query = AttentionQuery([7])
    (query.kind, query.layer) = (.own, name)
    let wanted = try #require(try expectedMaps(.sd2)[name]).mean(axes: [1]).selected(axis: 0, index: 0)
      .selected(axis: 1, index: 7).reshaped([4, 4])
    expectClose(try observer.record.map(query, height: 4, width: 4), wanted, relativeToLargest: 1e-4)
  }

  @Test func saysWhichPositionOrShapeDoesNotFit() throws {
    expectMessage(
      "capture: position 77 is outside the 77 keys of 'down_blocks.0.attentions.0.transformer_blocks.0.attn2'"
    ) { try evaluate(.sd1, AttentionObserver(rows: [AttentionRow(positions: [77])])) }
    expectMessage(
      "edit: the probabilities of 'down_blocks.0.attentions.0.transformer_blocks.0.attn1' are [2, 4, 256], expected [2, 4, 256, 256]"
    ) {
      try evaluate(.sd1, AttentionObserver(edit: { _, probabilities in probabilities.mean(axes: [3]) }))
    }
  }
}
