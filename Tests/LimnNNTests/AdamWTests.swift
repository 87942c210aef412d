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
    #expect(state.moments["p"]?.steps == 2)
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
    #expect(state.moments["b"] == nil)
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
