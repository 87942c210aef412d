import LimnDiffusion
import LimnTensor
import Testing

@Suite struct LayerWorkTests {
  private let model: Model

  init() throws { model = try Model.load("sticker") }

  /// Operations counted by hand from the config: `2 · outputs · inputs · taps · cells · rows`.
  @Test func convolutionsAndProductsAreCounted() throws {
    let layers = model.unet.work(rows: 2, height: 16, width: 16, tokens: 32)
    func layer(_ name: String) throws -> LayerWork { try #require(layers.first { $0.name == name }) }
    #expect(try layer("conv_in").operations == 2 * 32 * 4 * 9 * 256 * 2)
    #expect(try layer("down_blocks.0.downsamplers.0.conv").operations == 2 * 32 * 32 * 9 * 64 * 2)
    #expect(try layer("down_blocks.0.attentions.0.transformer_blocks.0.ff.net.0.proj").operations == 2 * 32 * 256 * 256 * 2)
    let own = try layer("down_blocks.0.attentions.0.transformer_blocks.0.attn1")
    #expect(own.operations == 4 * 256 * 256 * 32 * 2)
    #expect(own.kind == .attention)
    #expect(try layer("down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k").isOfWords)
    // The way up reads what the way down left: 96 + 96 channels in its first block.
    #expect(try layer("up_blocks.0.resnets.0.conv1").size == "192→96 3×3 at 4×4 ×2")
    #expect(try layer("conv_out").size == "32→4 3×3 at 16×16 ×2")
  }

  /// Every convolution and product of the networks is in the list, once: their weights add up to those the files hold.
  @Test func everyMatrixIsThere() throws {
    for (layers, part) in [
      (model.unet.work(rows: 1, height: 16, width: 16, tokens: 32), model.files.unet),
      (model.textEncoder.work(rows: 1), model.files.textEncoder),
    ] {
      let names = layers.filter { $0.kind == .convolution || $0.kind == .linear }.map(\.name)
      #expect(Set(names).count == names.count)
      let matrices = part.weights.keys.filter { key in
        key.hasSuffix(".weight") && part.weights[key]!.shape.rank >= 2 && !key.contains("embeddings")
      }.map { $0.replacing("text_model.", with: "").dropLast(7) }
      #expect(Set(names) == Set(matrices.map(String.init)))
    }
  }

  @Test func everyLayerRunsAtAnotherSize() {
    var layers = model.unet.work(rows: 1, height: 8, width: 12, tokens: 7)
    layers += model.vae.decodingWork(height: 8, width: 12) + model.textEncoder.work(rows: 1)
    for layer in layers {
      let run = layer.prepare()
      run()
    }
    #expect(layers.count > 200)
  }
}
