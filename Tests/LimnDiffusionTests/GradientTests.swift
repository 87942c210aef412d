import LimnDiffusion
import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

/// Gradients through the whole model against PyTorch's, as `grad` of `make.py` computes them.
@Suite struct GradientTests {
  private let model = TinyModel.sd1
  private let fixture: [String: Tensor]

  init() throws { fixture = try Fixtures.tensors("grad") }

  private func alphaBar(_ step: Int) -> Double {
    let (first, last) = (0.00085.squareRoot(), 0.012.squareRoot())
    var product = 1.0
    for t in 0...step {
      let root = first + (last - first) * Double(t) / 999
      product *= 1 - root * root
    }
    return product
  }

  private func noised(_ z0: Tensor, _ noise: Tensor, at step: Int) -> Tensor {
    let alpha = alphaBar(step)
    return z0 * Float(alpha.squareRoot()) + noise * Float((1 - alpha).squareRoot())
  }

  private var ids: [[Int]] { rows(fixture["ids"]!) }

  /// Resnets and transformers that are run again on the way back, with weights, words and time among what they capture.
  @Test func whatIsRunAgainGivesTheSameBytes() throws {
    let x = noised(fixture["z0"]!, fixture["noise"]!, at: 400)
    let parameters = try model.weights("unet")
    let names = parameters.keys.sorted()
    let inputs = names.map { parameters[$0]!.tensor } + [try model.textEncoder()(ids: ids).last]
    func gradients(_ budget: Int?) throws -> [Tensor] {
      try valueAndGradient(at: inputs, budget: budget) { traced in
        let unet = try model.unet(Dictionary(uniqueKeysWithValues: zip(names, traced)))
        return try unet(x, timesteps: [400], context: traced[names.count]).squaredMean()
      }.gradients
    }
    // Whatever is in use is more than less than nothing.
    for (index, (kept, again)) in zip(try gradients(nil), try gradients(-1 << 40)).enumerated() {
      #expect(kept.floats().map(\.bitPattern) == again.floats().map(\.bitPattern), "\(index < names.count ? names[index] : "words")")
    }
  }

  @Test func theMaskedDiffusionLossReachesEveryWeightOfTheUNet() throws {
    let z0 = fixture["z0"]!, noise = fixture["noise"]!, mask = fixture["mask"]!
    let x = noised(z0, noise, at: 400)
    let words = try model.textEncoder()(ids: ids).last
    let parameters = try model.weights("unet")
    let names = try Fixtures.json("grad")["unet_parameter_order"]!.array!.map { $0.string! }
    #expect(Set(names) == Set(parameters.keys))
    let (loss, gradients) = try valueAndGradient(at: names.map { parameters[$0]!.tensor } + [words]) { traced in
      let unet = try model.unet(Dictionary(uniqueKeysWithValues: zip(names, traced)))
      let eps = try unet(x, timesteps: [400], context: traced[names.count])
      return (eps * mask - noise * mask).squaredMean()
    }
    expectClose(loss.reshaped([1]), fixture["loss"]!, relativeToLargest: 1e-4)
    expectClose(gradients[names.count], fixture["d_hidden"]!, relativeToLargest: 1e-4)
    let norms = Tensor(names.indices.map { norm(gradients[$0]) }, [names.count])
    expectClose(norms, fixture["d_unet_norms"]!, relativeToLargest: 1e-4)
    var compared = 0
    for (index, name) in names.enumerated() {
      guard let expected = fixture["d_unet.\(name)"] else { continue }
      expectClose(gradients[index], expected, relativeToLargest: 1e-4)
      compared += 1
    }
    #expect(compared == fixture.keys.count { $0.hasPrefix("d_unet.") })
  }

  @Test func theLossReachesTheRowsOfTheWords() throws {
    let x = noised(fixture["z0"]!, fixture["noise"]!, at: 400), noise = fixture["noise"]!, mask = fixture["mask"]!
    let unet = try model.unet(), table = try model.weights("text_encoder")[tableKey]!.tensor
    let (_, gradients) = try valueAndGradient(at: [table]) { traced in
      let words = try model.textEncoder([tableKey: traced[0]])(ids: ids).last
      let eps = try unet(x, timesteps: [400], context: words)
      return (eps * mask - noise * mask).squaredMean()
    }
    let rows = gradients[0].rows(at: Array(ids[0].prefix(9)))
    expectClose(rows, fixture["d_embedding_rows"]!, relativeToLargest: 1e-4)
  }

  @Test func theDecoderIsDifferentiableInTheLatent() throws {
    let vae = try model.vae()
    let (_, gradients) = try valueAndGradient(at: [fixture["vae.z"]!]) { try vae.decode($0[0]).squaredMean() }
    expectClose(gradients[0], fixture["d_vae_z"]!, relativeToLargest: 1e-4)
  }

  @Test func theEncoderIsDifferentiableInThePicture() throws {
    let vae = try model.vae()
    let (_, gradients) = try valueAndGradient(at: [fixture["vae.image"]!]) {
      let (mean, logvar) = try vae.encode($0[0])
      return mean.squaredMean() + logvar.mean()
    }
    expectClose(gradients[0], fixture["d_vae_image"]!, relativeToLargest: 1e-4)
  }

  /// The attention loss of methods.md section 2 over all 8×8 layers on the way down and up.
  @Test func theAttentionLossReachesWordsAndProjections() throws {
    let word = 5, mask = fixture["attention.mask"]!
    let x = noised(fixture["z0"]!, fixture["noise"]!, at: 400)
    let layer = "down_blocks.1.attentions.0.transformer_blocks.0.attn2"
    let names = ["\(layer).to_k.weight", "\(layer).to_q.weight"]
    let table = try model.weights("text_encoder")[tableKey]!.tensor, weights = try model.weights("unet")
    var seen: Tensor?
    let (loss, gradients) = try valueAndGradient(at: [table] + names.map { weights[$0]!.tensor }) { traced in
      let observer = AttentionObserver(rows: [AttentionRow(positions: [word])], blocks: [.down, .up])
      let words = try model.textEncoder([tableKey: traced[0]])(ids: ids).last
      let unet = try model.unet([names[0]: traced[1], names[1]: traced[2]])
      _ = try unet(x, timesteps: [400], context: words, attention: observer)
      var query = AttentionQuery([word])
      query.size = 8
      let map = try observer.record.map(query, height: 16, width: 16)
      seen = map.detached()
      return (map / map.max() - mask).squaredMean()
    }
    expectClose(seen!, fixture["attention.map"]!, relativeToLargest: 1e-4)
    expectClose(loss.reshaped([1]), fixture["attention.loss"]!, relativeToLargest: 1e-4)
    let rows = gradients[0].rows(at: Array(ids[0].prefix(9)))
    expectClose(rows, fixture["attention.d_embedding_rows"]!, relativeToLargest: 1e-4)
    expectClose(gradients[1], fixture["attention.d_to_k"]!, relativeToLargest: 1e-4)
    expectClose(gradients[2], fixture["attention.d_to_q"]!, relativeToLargest: 1e-4)
  }

  /// Ten steps of textual inversion: one learned row, fresh noise and time each, clipped and updated by AdamW.
  @Test func tenStepsOfAdamWAgreeWithPyTorch() throws {
    let encoder = try model.textEncoder(), unet = try model.unet(), z0 = fixture["z0"]!, word = 5
    let learned = encoder.config.vocabulary
    var ids = ids[0]
    var values = ["row": encoder.tokens.table.tensor.rows(at: [ids[word]])]
    // The word stands once in the text, so a learned token in its place is the same as training its row.
    #expect(ids.filter { $0 == ids[word] }.count == 1)
    ids[word] = learned
    let optimizer = AdamW(learningRate: 5e-3, weightDecay: 1e-2)
    var state = AdamW.State(), losses: [Float] = [], steps: [Tensor] = []
    for index in 0..<10 {
      let noise = TorchGenerator(seed: Int64(100 + index)).randn([1, 4, 16, 16]), step = 100 * index + 50
      let (loss, gradients) = try valueAndGradient(at: [values["row"]!]) { traced in
        let words = try encoder(ids: [ids], extraRows: traced[0]).last
        let out = try unet(noised(z0, noise, at: step), timesteps: [Float(step)], context: words)
        return (out - noise).squaredMean()
      }
      let (limited, _) = clipped(["row": gradients[0]], toNorm: 1)
      values = optimizer.updated(values, gradients: limited, state: &state)
      losses.append(loss.item)
      steps.append(values["row"]!.reshaped([32]))
    }
    expectClose(Tensor(losses, [10]), fixture["train.losses"]!, relativeToLargest: 1e-4)
    expectClose(.stacked(steps, axis: 0), fixture["train.rows"]!, relativeToLargest: 1e-4)
  }

  @Test func frozenWeightsStayTheSameObjects() throws {
    let weights = try model.weights("unet"), name = "conv_in.weight"
    var changed = weights
    changed[name]!.traced = weights[name]!.tensor * 2
    for key in weights.keys { #expect(changed[key]!.weight === weights[key]!.weight) }
  }

  private let tableKey = "text_model.embeddings.token_embedding.weight"

  private func norm(_ x: Tensor) -> Float {
    Float(x.floats().reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot())
  }
}

extension Tensor {
  /// The mean of squares over all elements.
  func squaredMean() -> Tensor { (self * self).mean() }
}
