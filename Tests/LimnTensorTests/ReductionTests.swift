import LimnTestSupport
import Testing

import LimnTensor

@Suite struct ReductionTests {
  /// The values behind each output of a reduction of [2, 3, 4, 5] over `axes`, in row-major order.
  private static func groups(_ x: [Double], _ axes: Set<Int>) -> [[Double]] {
    let sizes = [2, 3, 4, 5]
    var groups: [Int: [Double]] = [:]
    for (i, value) in x.enumerated() {
      let at = [i / 60, i / 20 % 3, i / 5 % 4, i % 5]
      var place = 0
      for a in 0..<4 where !axes.contains(a) { place = place * sizes[a] + at[a] }
      groups[place, default: []].append(value)
    }
    return groups.keys.sorted().map { groups[$0]! }
  }

  private static func variance(_ g: [Double], _ correction: Double) -> Double {
    let m = g.reduce(0, +) / Double(g.count)
    return g.reduce(0) { $0 + ($1 - m) * ($1 - m) } / (Double(g.count) - correction)
  }

  static let cases: [OpCase] = [[0, 1, 2, 3], [3], [1], [0], [2, 3], [0, 2, 3], [1, 3], [0, 2], []].flatMap { axes -> [OpCase] in
    let set = Set(axes)
    func make(
      _ name: String, _ f: @escaping @Sendable ([Double]) -> Double, _ run: @escaping @Sendable (Tensor) -> Tensor
    ) -> OpCase {
      OpCase(
        "\(name) over \(axes)", [[2, 3, 4, 5]], large: [[3, 64, 33, 31]], reference: { x in groups(x[0], set).map(f) }, run: { run($0[0]) })
    }
    let all = axes.count == 4
    var cases = [
      make("sum", { $0.reduce(0, +) }) { $0.sum(axes: all ? nil : axes) },
      make("mean", { $0.reduce(0, +) / Double($0.count) }) { $0.mean(axes: axes, keepDims: true).reshaped([-1]) },
    ]
    if !axes.isEmpty {
      cases += [
        make("variance", { variance($0, 0) }) { $0.variance(axes: axes) },
        make("unbiased variance", { variance($0, 1) }) { $0.variance(axes: axes, keepDims: true, correction: 1) },
      ]
    }
    return cases
  }

  @Test(arguments: cases) func reducesWithItsGradient(_ c: OpCase) { c.check() }

  /// Elements a whole unit apart, so that no step of the differences changes their order.
  private static func apart(_ x: Tensor) -> Tensor { x * 0.2 + TorchGenerator(seed: 9).randperm(x.count).converted(to: .f32).reshaped(x.shape) }

  static let orderCases: [OpCase] = ([[0, 1, 2, 3], [1], [3], [0, 2]] as [[Int]]).flatMap { (axes: [Int]) -> [OpCase] in
    [
      OpCase("max over \(axes)", [[2, 3, 4, 5]], large: [[2, 33, 31, 40]]) { apart($0[0]).max(axes: axes) },
      OpCase("min over \(axes)", [[2, 3, 4, 5]], large: [[2, 33, 31, 40]]) { apart($0[0]).min(axes: axes, keepDims: true) },
    ]
  } + (0..<4).flatMap { axis in
    [
      OpCase("sorted along \(axis)", [[2, 3, 4, 5]], large: [[2, 33, 31, 20]]) { apart($0[0]).sorted(axis: axis) },
      OpCase("cumsum along \(axis)", [[2, 3, 4, 5]], large: [[2, 33, 31, 20]]) { $0[0].cumsum(axis: axis) },
    ]
  }

  @Test(arguments: orderCases) func ordersWithItsGradient(_ c: OpCase) { c.check() }

  @Test func findsLargestAndOrder() {
    let x = Tensor([3, 1, 2, 9, 7, 8], [2, 3])
    #expect(x.max().item == 9 && x.min().item == 1)
    #expect(x.max(axes: [0]).floats() == [9, 7, 8] && x.min(axes: [1]).floats() == [1, 7])
    #expect(x.argmax(axis: 1).ints() == [0, 0] && x.argmin(axis: 0).ints() == [0, 0, 0])
    #expect(x.sorted(axis: 1).floats() == [1, 2, 3, 7, 8, 9] && x.argsort(axis: 1).ints() == [1, 2, 0, 1, 2, 0])
    #expect(x.cumsum(axis: 0).floats() == [3, 1, 2, 12, 8, 10])
    #expect(Tensor([1, .nan, 2], [3]).max().item.isNaN && Tensor([1, .nan, 2], [3]).argmax().ints() == [1])
    #expect(Tensor(ints: [4, 9], [2]).max().ints() == [9])
    #expect(Tensor(bools: [true, false], [2]).any() && !Tensor(bools: [true, false], [2]).all())
  }

  @Test func equalLargestShareTheGradient() {
    let (_, g) = valueAndGradient(at: [Tensor([2, 2, 1, 2], [4])]) { $0[0].max() }
    expectClose(g[0], Tensor([1 / 3, 1 / 3, 0, 1 / 3], [4]), relativeToLargest: 1e-6)
  }

  @Test func nothingSumsToZeroAndItsMeanIsNoNumber() {
    #expect(Tensor.zeros([0]).sum().item == 0 && Tensor.zeros([0]).mean().item.isNaN)
    #expect(Tensor.zeros([2, 0]).sum(axes: [1]).floats() == [0, 0])
    #expect(Tensor.zeros([0, 3]).sum(axes: [1]).shape == [0])
  }

  @Test func longSumsKeepTheirDigits() {
    let n = 3_000_001
    let x = Tensor.full([n], 0.1)
    let exact = Double(Float(0.1)) * Double(n)
    #expect(Swift.abs(Double(x.sum().item) - exact) <= exact * 6e-8)
    let shifted = TorchGenerator(seed: 1).randn([100_000]) + 10_000
    let values = shifted.floats().map(Double.init)
    let mean = values.reduce(0, +) / 100_000
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 100_000
    #expect(Swift.abs(Double(shifted.variance().item) - variance) <= variance * 1e-7)
  }
}
