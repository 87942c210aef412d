import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

@Suite struct LearnerTests {
  private let start = Tensor([1, -2, 3], [3])

  private func learner(_ optimizer: Optimizer = Optimizer(.sgd(SGD(learningRate: 0.1)))) -> Learner {
    Learner([("w", start), ("unused", Tensor([5], [1]))], optimizer: optimizer, seed: 7)
  }

  private func square(_ watched: [Tensor]) -> [Learner.Term] { [("a", (watched[0] * watched[0]).sum()), ("b", watched[0].sum())] }

  @Test func aStepFollowsTheGradientOfTheSumOfTerms() throws {
    let before = learner(), after = try before.step(square)
    expectClose(after.values["w"]!, start - 0.1 * (2 * start + 1), relativeToLargest: 1e-6)
    #expect(after.values["unused"]!.floats() == [5])
    #expect(before.steps == 0 && after.steps == 1)
    #expect(before.values["w"]!.floats() == start.floats())
  }

  @Test func lossesAreKeptTermByTerm() throws {
    var fit = try learner().step(square)
    fit = try fit.step { [("b", $0[0].sum())] }
    #expect(fit.losses.names == ["a", "b"])
    #expect(fit.losses.totals.count == 2 && fit.losses.totals[0] == 16)
    #expect(fit.losses.terms["a"]![0] == 14 && fit.losses.terms["a"]![1].isNaN)
    #expect(fit.losses.terms["b"]![0] == 2)
  }

  @Test func streamsAreKeyedBySeedAndStep() throws {
    let fit = learner(), next = try fit.step(square)
    #expect(fit.stream.randn([4]).floats() == fit.stream.randn([4]).floats())
    #expect(fit.stream.randn([4]).floats() != next.stream.randn([4]).floats())
    #expect(fit.stream.randn([4]).floats() == TorchGenerator(keys: [.int(7), .string("train"), .int(0)]).randn([4]).floats())
  }

  @Test func whatIsNotFiniteStopsWithItsName() throws {
    let fit = try learner().step(square)
    #expect(throws: LearningError.lossNotFinite(term: "b", step: 1, value: -.infinity)) {
      _ = try fit.step { [("a", $0[0].sum()), ("b", $0[0].sum() * Float.infinity * Float(-1))] }
    }
    #expect(throws: LearningError.gradientNotFinite(parameter: "w", step: 1)) {
      // The root of 0 is 0 with an infinite slope.
      _ = try fit.step { [("a", ($0[0] * 0).sqrt().sum())] }
    }
    #expect(throws: LearningError.independent(["w", "unused"])) { _ = try fit.step { _ in [("a", Tensor(1))] } }
    #expect(throws: LearningError.noTerms) { _ = try fit.step { _ in [] } }
    #expect(LearningError.lossNotFinite(term: "b", step: 1, value: .nan).description == "the loss term 'b' is nan at step 1, expected a finite number")
  }

  @Test func clippingShortensAllGradientsTogether() throws {
    let fit = try learner(Optimizer(.sgd(SGD(learningRate: 1)), clip: 0.5)).step(square)
    let moved = start - fit.values["w"]!
    #expect(abs((moved * moved).sum().item.squareRoot() - 0.5) < 1e-4)
  }

  /// Three steps of torch.optim.SGD(lr=0.1, momentum=0.9, weight_decay=0.01) on g = 2w from w = 1, worked out by hand.
  @Test func momentumAndDecayAreTorchs() throws {
    let rule = SGD(learningRate: 0.1, momentum: 0.9, weightDecay: 0.01)
    var (w, buffer) = (1.0, 0.0), state = SGD.State(), values = ["w": Tensor([1], [1])]
    for step in 0..<3 {
      let gradient = 2 * w + 0.01 * w
      buffer = step == 0 ? gradient : 0.9 * buffer + gradient
      w -= 0.1 * buffer
      values = rule.updated(values, gradients: ["w": values["w"]! * 2], state: &state)
      #expect(abs(Double(values["w"]!.item) - w) < 1e-6)
    }
  }
}
