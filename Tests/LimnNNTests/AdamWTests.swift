import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

@Suite struct AdamWTests {
  /// torch.optim.AdamW([p], lr=0.1, weight_decay=0.1), p = [1, −2], gradients [0.5, −1] then [−0.25, 2].
  @Test func agreesWithPyTorchOverTwoSteps() {
    let optimizer = AdamW(learningRate: 0.1, weightDecay: 0.1)
    var state = AdamW.State(), values = ["p": Tensor([1, -2], [2])]
    values = optimizer.updated(values, gradients: ["p": Tensor([0.5, -1], [2])], state: &state)
    expectClose(values["p"]!, Tensor([0.89, -1.88], [2]), relativeToLargest: 1e-6)
    values = optimizer.updated(values, gradients: ["p": Tensor([-0.25, 2], [2])], state: &state)
    expectClose(values["p"]!, Tensor([0.8544663786888123, -1.8978103399276733], [2]), relativeToLargest: 1e-6)
    #expect(state.kept["p"]?.steps == 2)
  }

  @Test func decaysApartFromTheGradient() {
    var state = AdamW.State()
    let values = AdamW(learningRate: 0.5, weightDecay: 0.2).updated(
      ["p": Tensor([3], [1])], gradients: ["p": .zeros([1])], state: &state)
    expectClose(values["p"]!, Tensor([2.7], [1]), relativeToLargest: 1e-6)
  }

  @Test func leavesWhatHasNoGradientAndEarlierValuesAlone() {
    let before = ["a": Tensor([1], [1]), "b": Tensor([2], [1])]
    var state = AdamW.State()
    let after = AdamW().updated(before, gradients: ["a": .ones([1])], state: &state)
    #expect(after["b"]!.floats() == [2])
    #expect(before["a"]!.floats() == [1])
    #expect(after["a"]!.floats() != [1])
    #expect(state.kept["b"] == nil)
  }

  @Test func aKeptStateIsAWayBack() {
    let optimizer = AdamW(), gradient = ["p": Tensor([0.3, -0.7], [2])]
    var state = AdamW.State(), values = ["p": Tensor([1, 2], [2])]
    values = optimizer.updated(values, gradients: gradient, state: &state)
    var kept = state
    let once = optimizer.updated(values, gradients: gradient, state: &state)
    let again = optimizer.updated(values, gradients: gradient, state: &kept)
    #expect(once["p"]!.floats() == again["p"]!.floats())
  }
}

@Suite struct ByteWiseAdamWTests {
  /// A bowl whose sides are a thousand times as steep in one direction as in another, with noise on its gradients.
  private func descended(_ optimizer: AdamW, steps: Int, count: Int = 10_000) -> (loss: Float, values: Tensor, state: AdamW.State) {
    let target = TorchGenerator(seed: 1).randn([count])
    let steepness = Tensor((0..<count).map { [1, 0.1, 0.01, 0.001][$0 % 4] }, [count])
    var state = AdamW.State(), values = ["p": Tensor.zeros([count])]
    let noise = TorchGenerator(seed: 2)
    for _ in 0..<steps {
      let gradient = (values["p"]! - target + 0.1 * noise.randn([count])) * steepness
      values = optimizer.updated(values, gradients: ["p": gradient], state: &state)
    }
    let rest = values["p"]! - target
    return ((rest * rest).mean().item, values["p"]!, state)
  }

  @Test func comesAsFarAsMomentsInFloats() {
    let whole = descended(AdamW(learningRate: 0.02, weightDecay: 0), steps: 150)
    let bytes = descended(AdamW(learningRate: 0.02, weightDecay: 0, isByteWise: true), steps: 150)
    #expect(whole.loss < 0.02 && bytes.loss < 1.25 * whole.loss, "\(whole.loss), \(bytes.loss)")
    #expect(bytes.values.floats() != whole.values.floats())
    #expect(bytes.state.kept["p"]!.moments.mean.dtype == .u8)
    #expect(Moments.bytes(10_000, inBytes: true) * 3 < Moments.bytes(10_000, inBytes: false))
  }

  @Test func aKeptStateIsAWayBack() {
    let optimizer = AdamW(learningRate: 0.02, isByteWise: true)
    var (_, values, state) = descended(optimizer, steps: 3)
    var kept = state
    let gradient = ["p": TorchGenerator(seed: 3).randn([10_000])]
    let once = optimizer.updated(["p": values], gradients: gradient, state: &state)
    values = optimizer.updated(["p": values], gradients: gradient, state: &kept)["p"]!
    #expect(once["p"]!.floats() == values.floats())
  }

  /// After a steep step the scale of its block stays large; a slope that is small beside it must not become a leap.
  @Test func aSteepStepMakesNoLeapBesideIt() {
    let optimizer = AdamW(learningRate: 0.01, weightDecay: 0, isByteWise: true)
    var state = AdamW.State(), values = ["p": Tensor.zeros([4096])], before = values["p"]!
    for step in 0..<40 {
      var slope = [Float](repeating: 1e-5, count: 4096)
      if step == 3 { slope[7] = 100 }
      values = optimizer.updated(values, gradients: ["p": Tensor(slope, [4096])], state: &state)
      let moved = (values["p"]! - before).floats().map(abs).max()!
      #expect(moved < 0.011 || step == 3 && moved < 0.04, "\(moved) at step \(step)")
      before = values["p"]!
    }
  }
}

@Suite struct GradientClippingTests {
  @Test func shortensAllTogether() {
    let (gradients, norm) = clipped(["a": Tensor([3], [1]), "b": Tensor([0, 4], [2])], toNorm: 1)
    #expect(norm == 5)
    expectClose(gradients["a"]!, Tensor([0.6], [1]), relativeToLargest: 1e-6)
    expectClose(gradients["b"]!, Tensor([0, 0.8], [2]), relativeToLargest: 1e-6)
  }

  @Test func leavesShortOnesAsTheyAre() {
    let (gradients, norm) = clipped(["a": Tensor([0.3, 0.4], [2])], toNorm: 1)
    #expect(abs(norm - 0.5) < 1e-7)
    #expect(gradients["a"]!.floats() == [0.3, 0.4])
  }
}
