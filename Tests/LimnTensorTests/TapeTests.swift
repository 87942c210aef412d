import LimnTensor
import LimnTestSupport
import Testing

@Suite struct TapeTests {
  @Test func followsEveryPathOfAValue() {
    let x = Tensor([1, 2, 3], [3])
    let (value, g) = valueAndGradient(at: [x]) { w in
      let x = w[0]
      let square = x * x
      return (square + x * 3 + x.sum()).sum()
    }
    #expect(value.item == 50)
    #expect(!value.isTraced)
    #expect(g[0].floats() == [8, 10, 12])
  }

  @Test func whatTheLossDoesNotSeeHasGradientZero() {
    let (_, g) = valueAndGradient(at: [Tensor([1, 2], [2]), Tensor([3], [1])]) { $0[0].sum() }
    #expect(g[0].floats() == [1, 1] && g[1].floats() == [0] && g[1].shape == [1])
    let (value, none) = valueAndGradient(at: [Tensor([1], [1])]) { _ in Tensor(5) }
    #expect(value.item == 5 && none[0].floats() == [0])
    let (_, whole) = valueAndGradient(at: [Tensor(4)]) { $0[0] }
    #expect(whole[0].item == 1)
  }

  @Test func detachedValuesAreConstants() {
    let (_, g) = valueAndGradient(at: [Tensor([3], [1])]) { ($0[0] * $0[0].detached()).sum() }
    #expect(g[0].floats() == [3])
  }

  @Test func theYoungestTapeRecords() {
    let x = Tensor([3], [1])
    let (_, outer) = valueAndGradient(at: [x]) { w in
      let (_, inner) = valueAndGradient(at: [Tensor([5], [1])]) { v in (v[0] * v[0] * w[0]).sum() }
      #expect(inner[0].floats() == [30] && !inner[0].isTraced)
      return (w[0] * inner[0]).sum()
    }
    #expect(outer[0].floats() == [30])
  }

  @Test func afterItsTapeATensorIsAConstant() {
    var kept: Tensor?
    _ = valueAndGradient(at: [Tensor([2], [1])]) { w in
      kept = w[0] * 2
      return kept!.sum()
    }
    #expect(kept?.isTraced == false)
    #expect((kept! * 3).floats() == [12] && !(kept! * 3).isTraced)
  }

  @Test func aThrowClosesTheTape() {
    struct Stop: Error {}
    var kept: Tensor?
    #expect(throws: Stop.self) {
      try valueAndGradient(at: [Tensor([2], [1])]) { w in
        kept = w[0]
        throw Stop()
      }
    }
    #expect(kept?.isTraced == false)
  }

  @Test func manySlicesOfOneTensorAddUp() {
    let x = Tensor.arange(40).reshaped([8, 5])
    let (_, g) = valueAndGradient(at: [x]) { w in
      var total = w[0].sum()
      for i in 0..<8 { total = total + (w[0].selected(axis: 0, index: i) * Float(i)).sum() }
      return total
    }
    #expect(g[0].floats() == (0..<40).map { Float($0 / 5) + 1 })
  }

  @Test func anUpstreamSharedByTwoInputsIsNotWrittenTo() {
    // Both inputs of the first sum get the same upstream tensor; the second use of x must not add into y's gradient.
    let (_, g) = valueAndGradient(at: [Tensor([1, 1], [2]), Tensor([1, 1], [2])]) { w in
      let z = w[0] * 2
      return ((w[0] + w[1]) + z).sum()
    }
    #expect(g[0].floats() == [3, 3] && g[1].floats() == [1, 1])
  }

  @Test func storedHalvesPassGradientsOn() {
    let (_, g) = valueAndGradient(at: [Tensor([1, 2], [2])]) { ($0[0].converted(to: .f16) * 3).converted(to: .f32).sum() }
    #expect(g[0].floats() == [3, 3] && g[0].dtype == .f32)
  }

  /// A few layers as segments that capture what else they need, as a network does.
  private func layers(_ w: [Tensor], runs: Counter) -> Tensor {
    var x = w[0]
    for _ in 0..<3 {
      let y = x
      x = checkpointed([y]) {
        runs.count += 1
        return (y * w[1]).silu() + y.matmul(w[2])
      }
    }
    return (x * x).sum() + w[1].sum()
  }

  private final class Counter { var count = 0 }

  @Test func segmentsThatAreRunAgainGiveTheSameBytes() {
    let g = TorchGenerator(seed: 1)
    let inputs = [g.randn([4, 4]), g.randn([4]), g.randn([4, 4])]
    let (once, twice) = (Counter(), Counter())
    let kept = valueAndGradient(at: inputs, budget: nil) { layers($0, runs: once) }
    // Whatever is in use is more than less than nothing.
    let again = valueAndGradient(at: inputs, budget: -1 << 40) { layers($0, runs: twice) }
    #expect(once.count == 3 && twice.count == 6)
    #expect(kept.value.item == again.value.item)
    for (a, b) in zip(kept.gradients, again.gradients) {
      #expect(a.floats().map(\.bitPattern) == b.floats().map(\.bitPattern))
      #expect(a.floats().contains { $0 != 0 })
    }
  }

  @Test func aSegmentThatGivesBackItsInputPassesTheGradientOn() {
    let (_, g) = valueAndGradient(at: [Tensor([2, 3], [2])], budget: -1 << 40) { w in
      (checkpointed([w[0]]) { w[0] } * 5 + checkpointed([w[0]]) { Tensor([1, 1], [2]) }).sum()
    }
    #expect(g[0].floats() == [5, 5])
  }

  @Test func segmentsKeepLessInMemory() {
    let x = TorchGenerator(seed: 1).randn([64, 1024])
    func peak(_ budget: Int?) -> Int {
      MemoryMeter.resetPeak()
      let before = MemoryMeter.current
      _ = valueAndGradient(at: [x], budget: budget) { w in
        var y = w[0]
        for _ in 0..<8 {
          let z = y
          y = checkpointed([z]) { ((z * 0.9).silu() * (z * 1.1).tanh()).exp().sin() }
        }
        return y.sum()
      }
      return MemoryMeter.peak - before
    }
    let (all, few) = (peak(nil), peak(-1 << 40))
    #expect(few * 2 < all, "\(few) bytes against \(all)")
  }
}
