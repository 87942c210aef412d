import LimnTestSupport
import Testing

import LimnTensor

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct ElementwiseTests {
  private static func unary(
    _ name: String, in range: ClosedRange<Float> = -2...2, step: Double = 1e-2, _ f: @escaping @Sendable (Double) -> Double,
    _ run: @escaping @Sendable (Tensor) -> Tensor
  ) -> OpCase {
    OpCase(
      name, [[2, 3, 1, 7]], large: [[2, 40, 31, 33]], in: range, step: step, reference: { $0[0].map(f) }, run: { run($0[0]) })
  }

  static let unaryCases: [OpCase] = [
    unary("negate") { -$0 } _: { -$0 },
    unary("exp") { Glibc.exp($0) } _: { $0.exp() },
    unary("log", in: 0.5...3) { Glibc.log($0) } _: { $0.log() },
    unary("sqrt", in: 0.5...3) { $0.squareRoot() } _: { $0.sqrt() },
    unary("sin", in: -5...5, step: 4e-3) { Glibc.sin($0) } _: { $0.sin() },
    unary("cos", in: -5...5, step: 4e-3) { Glibc.cos($0) } _: { $0.cos() },
    unary("tanh") { Glibc.tanh($0) } _: { $0.tanh() },
    unary("erf") { Glibc.erf($0) } _: { $0.erf() },
    unary("abs", in: 0.5...3) { Swift.abs($0) } _: { $0.abs() },
    unary("abs of negative", in: -3 ... -0.5) { Swift.abs($0) } _: { $0.abs() },
    unary("sigmoid") { 1 / (1 + Glibc.exp(-$0)) } _: { $0.sigmoid() },
    unary("silu", in: -4...4, step: 4e-3) { $0 / (1 + Glibc.exp(-$0)) } _: { $0.silu() },
    unary("gelu", in: -4...4, step: 4e-3) { $0 * 0.5 * (1 + Glibc.erf($0 / 2.0.squareRoot())) } _: { $0.gelu() },
    unary("quick gelu", in: -4...4, step: 4e-3) { $0 / (1 + Glibc.exp(-1.702 * $0)) } _: { $0.quickGelu() },
    unary("relu above", in: 0.5...3) { $0 } _: { $0.relu() },
    unary("relu below", in: -3 ... -0.5) { _ in 0 } _: { $0.relu() },
    unary("reciprocal", in: 1...3) { 1 / $0 } _: { $0.reciprocal() },
    unary("clamp inside", in: -1...1) { $0 } _: { $0.clamped(-2, 2) },
    unary("clamp outside", in: 3...4) { _ in 2 } _: { $0.clamped(-2, 2) },
    unary("remainder by number", in: 4.2...5.8) { $0 - 4 } _: { $0.remainder(2) },
    unary("add number") { $0 + 1.5 } _: { $0 + 1.5 },
    unary("number minus") { 1.5 - $0 } _: { 1.5 - $0 },
    unary("multiply number") { $0 * 1.5 } _: { 1.5 * $0 },
    unary("divide by number") { $0 / 3 } _: { $0 / 3 },
    unary("divide number", in: 1...3) { 3 / $0 } _: { 3 / $0 },
    unary("square") { $0 * $0 } _: { LimnTensor.pow($0, 2) },
    unary("cube") { $0 * $0 * $0 } _: { LimnTensor.pow($0, 3) },
    unary("power 1.7", in: 0.5...3) { Glibc.pow($0, 1.7) } _: { LimnTensor.pow($0, 1.7) },
    unary("power -0.5", in: 1...3) { Glibc.pow($0, -0.5) } _: { LimnTensor.pow($0, -0.5) },
    unary("power of 2.5") { Glibc.pow(2.5, $0) } _: { LimnTensor.pow(2.5, $0) },
  ]

  @Test(arguments: unaryCases) func isItsFunctionWithItsGradient(_ c: OpCase) { c.check() }

  /// a [2, 3, 5, 7] against b [3, 1, 1]: the per-channel case.
  private static func binary(
    _ name: String, in range: ClosedRange<Float> = 0.5...2, _ f: @escaping @Sendable (Double, Double) -> Double,
    _ run: @escaping @Sendable (Tensor, Tensor) -> Tensor
  ) -> [OpCase] {
    [
      OpCase(
        name, [[2, 3, 5, 7], [2, 3, 5, 7]], large: [[2, 40, 31, 33], [2, 40, 31, 33]], in: range,
        reference: { x in zip(x[0], x[1]).map { f($0, $1) } }, run: { run($0[0], $0[1]) }),
      OpCase(
        "\(name), right side by channel", [[2, 3, 5, 7], [3, 1, 1]], large: [[2, 40, 31, 33], [40, 1, 1]], in: range,
        reference: { x in x[0].indices.map { f(x[0][$0], x[1][$0 / 35 % 3]) } }, run: { run($0[0], $0[1]) }),
      OpCase(
        "\(name), left side a row", [[7], [4, 1, 7]], large: [[512], [200, 1, 512]], in: range,
        reference: { x in x[1].indices.map { f(x[0][$0 % 7], x[1][$0]) } }, run: { run($0[0], $0[1]) }),
      OpCase(
        "\(name), both sides", [[3, 1], [1, 5]], large: [[300, 1], [1, 500]], in: range,
        reference: { x in (0..<15).map { f(x[0][$0 / 5], x[1][$0 % 5]) } }, run: { run($0[0], $0[1]) }),
    ]
  }

  static let binaryCases: [OpCase] = [
    binary("add") { $0 + $1 } _: { $0 + $1 },
    binary("subtract") { $0 - $1 } _: { $0 - $1 },
    binary("multiply") { $0 * $1 } _: { $0 * $1 },
    binary("divide", in: 1...3) { $0 / $1 } _: { $0 / $1 },
    binary("power", in: 1...2) { Glibc.pow($0, $1) } _: { LimnTensor.pow($0, $1) },
  ].flatMap { $0 }

  @Test(arguments: binaryCases) func broadcastsWithItsGradient(_ c: OpCase) { c.check() }

  /// Operations with kinks: the right side is moved out of the way.
  @Test(arguments: [-3, 0.3, 3] as [Float]) func choosesWithItsGradient(_ shift: Float) {
    // At 0.3 the sides cross; inputs are whole multiples of a quarter apart, so no step of the differences meets the kink.
    @Sendable func apart(_ x: [Tensor]) -> (Tensor, Tensor) { (x[0] * 0.1 + Tensor([0, 1, 2, 3, 0, 1, 2, 3], [8]), x[1] * 0.1 + Tensor([1.5], [1]) + shift) }
    OpCase("minimum", [[5, 8], [8]], reference: nil) { let (a, b) = apart($0); return LimnTensor.minimum(a, b) }.check()
    OpCase("maximum", [[5, 8], [8]], reference: nil) { let (a, b) = apart($0); return LimnTensor.maximum(a, b) }.check()
    OpCase("select", [[5, 8], [8]], reference: nil) { let (a, b) = apart($0); return LimnTensor.select(a.less(b).detached(), a, b) }.check()
    OpCase("remainder", [[5, 8], [8]], reference: nil) { x in (x[0] * 0.05 + 7.5).remainder(x[1] * 0.05 + 2) }.check()
  }

  @Test func equalSidesShareTheGradient() {
    let (_, g) = valueAndGradient(at: [Tensor([1, 2], [2]), Tensor([1, 3], [2])]) { LimnTensor.minimum($0[0], $0[1]).sum() }
    #expect(g[0].floats() == [0.5, 1] && g[1].floats() == [0.5, 0])
  }

  @Test func roundsHalvesToEven() {
    #expect(Tensor([0.5, 1.5, -0.5, 2.5, -1.2], [5]).round().floats() == [0, 2, 0, 2, -1])
    #expect(Tensor([0.5, -0.5, 2], [3]).floor().floats() == [0, -1, 2])
  }

  @Test func remaindersHaveTheSignOfTheDivisor() {
    #expect(Tensor([5, -5, 5, -5], [4]).remainder(Tensor([3, 3, -3, -3], [4])).floats() == [2, 1, -1, -2])
    #expect(Tensor(ints: [5, -5, 5, -5], [4]).remainder(Tensor(ints: [3, 3, -3, -3], [4])).ints() == [2, 1, -1, -2])
  }

  @Test func integersStayExact() {
    let big = 1 << 53
    let x = Tensor(ints: [big, -3], [2])
    #expect((x + Tensor(ints: [1], [1])).ints() == [big + 1, -2])
    #expect((x * Tensor(ints: [3, 5], [2])).ints() == [3 * big, -15])
    #expect((-x).ints() == [-big, 3] && x.abs().ints() == [big, 3])
    #expect(x.sum().ints() == [big - 3])
    #expect((x / Tensor(ints: [2], [1])).dtype == .f32)
  }

  @Test func comparesAndChooses() {
    let a = Tensor([1, 2, 3, .nan], [4]), b = Tensor([2, 2, 2, 2], [4])
    #expect(a.less(b).ints() == [1, 0, 0, 0] && a.lessEqual(b).ints() == [1, 1, 0, 0])
    #expect(a.greater(b).ints() == [0, 0, 1, 0] && a.greaterEqual(b).ints() == [0, 1, 1, 0])
    #expect(a.equal(b).ints() == [0, 1, 0, 0] && a.notEqual(b).ints() == [1, 0, 1, 1])
    #expect(a.less(b).dtype == .bool)
    let odd = Tensor(bools: [true, false], [2]), both = Tensor(bools: [true, true], [2])
    #expect(odd.logicalAnd(both).ints() == [1, 0] && odd.logicalOr(both).ints() == [1, 1] && odd.logicalNot().ints() == [0, 1])
    #expect(select(odd, Tensor(ints: [1, 2], [2]), Tensor(ints: [3, 4], [2])).ints() == [1, 4])
    #expect(select(odd, Tensor([1, 2], [2]), Tensor(7)).floats() == [1, 7])
  }

  @Test func nothingIsRecordedWithoutATape() {
    let x = Tensor([1, 2], [2])
    #expect(!(x * x).silu().sum().isTraced)
  }
}
