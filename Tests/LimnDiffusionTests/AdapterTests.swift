import LimnDiffusion
import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

/// Low-rank adapters beside the weights of the bundled model.
@Suite struct AdapterTests {
  private static let model = Result { try Model.load("sticker", options: ModelOptions(precision: .f32)) }
  private let latent = TorchGenerator(seed: 3).randn([1, 4, 16, 16])

  private func prediction(_ model: Model) throws -> Tensor {
    let words = try model.encode(["a panda on grass"]).tensor
    return try model.unet(latent, timesteps: [500], context: words)
  }

  private func adapter(_ model: Model, _ targets: [String], name: String = "lora") throws -> Adapter {
    var adapter = try LowRankPlan(rank: 3, alpha: 6, targets: targets, name: name).start(in: model, seed: 1)
    for (key, layer) in adapter.layers {
      let up = TorchGenerator(keys: [.string(key)]).randn(layer.up.shape) * 0.05
      adapter.layers[key] = LowRank(down: layer.down, up: up, scale: layer.scale)
    }
    return adapter
  }

  @Test(arguments: [LowRankPlan.attention, ["conv1", "conv_shortcut"], ["q_proj", "fc1"], ["ff.net.0.proj", "proj_in"]])
  func anAdapterDoesWhatItsMergedWeightsDo(_ targets: [String]) throws {
    let model = try Self.model.get(), adapted = try model.with(adapter(model, targets))
    let plain = try prediction(model), beside = try prediction(adapted), merged = try prediction(adapted.mergingAdapters())
    expectClose(beside, merged, relativeToLargest: 2e-5)
    let change = beside - plain
    #expect((change * change).mean().item > 1e-6)
    #expect(try prediction(adapted.without(adapter: "lora")).floats() == plain.floats())
  }

  @Test func adaptersStackAndStrengthScales() throws {
    let model = try Self.model.get()
    var half = try adapter(model, ["to_v"], name: "a"), other = try adapter(model, ["to_q"], name: "b")
    half.strength = 0.5
    other.strength = 0
    #expect(other.changesNothing && !half.changesNothing)
    let both = try model.with(half).with(other)
    #expect(both.adapters.map(\.name) == ["a", "b"])
    let key = half.layers.keys.sorted()[0], layer = half.layers[key]!
    expectClose(both.parameter(key)!.merged, model.parameter(key)!.tensor + 0.5 * layer.delta(like: model.parameter(key)!.shape), relativeToLargest: 1e-6)
    #expect(try prediction(both.without(adapter: "a")).floats() == prediction(model).floats())
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let model = try Self.model.get()
    let wide = LowRank(down: .zeros([2, 5]), up: .zeros([7, 2]), scale: 1)
    #expect(throws: PipelineError.self) { try model.with(Adapter("x", layers: ["unet.conv_in.weight": wide])) }
    #expect(throws: PipelineError.self) { try model.with(Adapter("x", layers: ["unet.nothing.weight": wide])) }
    #expect(throws: PipelineError.self) { try model.without(adapter: "x") }
  }
}
