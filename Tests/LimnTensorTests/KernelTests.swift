import CLimnKernels
import LimnTensor
import LimnTestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// The vector kernels against reference.c, bit for bit, on each instruction set; and the mathematics against double precision.
@Suite struct KernelTests {
  /// Ends, subnormals, signed zeros, infinities, and values of all magnitudes.
  static let awkward: [Float] = {
    var values: [Float] = [
      0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 3, 0.625, 0.92, 4, .pi, 0x1p-149, -0x1p-149, 0x1.8p-127, 0x1p-126, 3.4e38, -3.4e38, .infinity, -.infinity,
      .nan, 88.7, 88.8, 89.1, -87.4, -103.9, -104.5, -150, 65504, 65519.996, 65520, 1e5, 0x1.fffffep30, 2147483648, 5e9, 0.70710677, 0.70710678, 1.4142135, 16777216,
    ]
    let rng = TorchGenerator(seed: 1)
    for scale: Float in [1e-30, 1e-3, 1, 10, 100, 1e4, 1e20] { values += (rng.randn([211]) * scale).floats() }
    return values
  }()

  private func same(_ a: Float, _ b: Float) -> Bool { a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN) }

  private func dims(_ n: Int) -> (limn_dims, limn_dims) { (limn_dims(v: (n, 0, 0, 0, 0, 0)), limn_dims(v: (1, 0, 0, 0, 0, 0))) }

  @Test(arguments: 0..<LIMN_UNARY_COUNT.rawValue) func unaryIsTheReference(_ op: UInt32) {
    let x = Self.awkward
    let (size, one) = dims(x.count)
    for p: Float in [1.7, 2, -0.5, 3] {
      let expected = x.map { limn_reference_unary(limn_unary(op), $0, p, 2.5) }
      withEachInstructionSet { name in
        var y = [Float](repeating: 0, count: x.count)
        limn_unary_f32(limn_unary(op), 1, size, x, one, &y, one, p, 2.5)
        let wrong = x.indices.first { !same(y[$0], expected[$0]) }
        #expect(wrong == nil, "\(name), operation \(op) of \(wrong.map { x[$0] } ?? 0): \(wrong.map { (y[$0], expected[$0]) } ?? (0, 0))")
      }
    }
  }

  @Test(arguments: 0..<LIMN_BINARY_COUNT.rawValue) func binaryIsTheReference(_ op: UInt32) {
    let a = Self.awkward, b = Array((Self.awkward[700...] + Self.awkward[..<700]))
    let (size, one) = dims(a.count)
    let expected = zip(a, b).map { limn_reference_binary(limn_binary(op), $0, $1, -0.5, 2.5) }
    withEachInstructionSet { name in
      var y = [Float](repeating: 0, count: a.count)
      limn_binary_f32(limn_binary(op), 1, size, a, one, b, one, &y, one, -0.5, 2.5)
      let wrong = a.indices.first { !same(y[$0], expected[$0]) }
      #expect(
        wrong == nil, "\(name), operation \(op) of \(wrong.map { (a[$0], b[$0]) } ?? (0, 0)): \(wrong.map { (y[$0], expected[$0]) } ?? (0, 0))")
    }
  }

  @Test func everyHalfWidensAndComesBack() {
    let halves = (0...UInt16.max).map { $0 }
    withEachInstructionSet { name in
      var wide = [Float](repeating: 0, count: 65536), back = [UInt16](repeating: 0, count: 65536)
      limn_widen_f16(halves, &wide, 65536)
      limn_narrow_f16(wide, &back, 65536)
      #expect(halves.allSatisfy { wide[Int($0)].bitPattern == limn_reference_from_f16($0).bitPattern }, "\(name): widening")
      // A signalling NaN comes back quiet, as in hardware.
      #expect(halves.allSatisfy { h in back[Int(h)] == ((h & 0x7c00) == 0x7c00 && h & 0x3ff != 0 ? h | 0x200 : h) }, "\(name): there and back")
      limn_widen_bf16(halves, &wide, 65536)
      #expect(halves.allSatisfy { wide[Int($0)].bitPattern == limn_reference_from_bf16($0).bitPattern }, "\(name): bf16")
    }
  }

  @Test func narrowingRoundsToNearestEven() {
    var x = Self.awkward
    for i in 0..<20000 { x.append(Float(bitPattern: UInt32(truncatingIfNeeded: i &* 214_013 &* 1001 &+ i << 17))) }
    for h in stride(from: 0, to: 0x7c00, by: 7) {  // exactly between two neighbours, and next to that
      let middle = (limn_reference_from_f16(UInt16(h)) + limn_reference_from_f16(UInt16(h + 1))) / 2
      x += [middle, middle.nextUp, middle.nextDown, -middle]
    }
    withEachInstructionSet { name in
      var half = [UInt16](repeating: 0, count: x.count)
      limn_narrow_f16(x, &half, x.count)
      #expect(x.indices.allSatisfy { half[$0] == limn_reference_to_f16(x[$0]) }, "\(name): f16")
      limn_narrow_bf16(x, &half, x.count)
      #expect(x.indices.allSatisfy { half[$0] == limn_reference_to_bf16(x[$0]) }, "\(name): bf16")
    }
    #expect(limn_reference_to_f16(1 + 0x1p-11) == 0x3c00 && limn_reference_to_f16(1 + 3 * 0x1p-11) == 0x3c02)
    #expect(limn_reference_to_f16(0x1p-24) == 1 && limn_reference_to_f16(0x1p-25) == 0 && limn_reference_to_f16(65519.996) == 0x7bff)
  }

  /// Largest distance from the function in double, in units of the last place.
  private func worst(_ range: ClosedRange<Float>, _ exact: (Double) -> Double, _ ours: (Float) -> Float) -> Double {
    var worst = 0.0
    for i in 0...200_000 {
      let x = range.lowerBound + (range.upperBound - range.lowerBound) * (Float(i) / 200_000)
      let e = exact(Double(x))
      if Swift.abs(e) < 1e-37 { continue }
      worst = Swift.max(worst, Swift.abs(Double(ours(x)) - e) / Double(Float(e).ulp))
    }
    return worst
  }

  @Test func mathematicsIsWithinTwoUnits() {
    func f(_ op: limn_unary) -> (Float) -> Float { { limn_reference_unary(op, $0, 0, 0) } }
    #expect(worst(-87...88, { Glibc.exp($0) }, f(LIMN_EXP)) < 1.1)
    #expect(worst(1e-6...2, { Glibc.log($0) }, f(LIMN_LOG)) < 1.1)
    #expect(worst(1...1e30, { Glibc.log($0) }, f(LIMN_LOG)) < 1.1)
    #expect(worst(-10...10, { Glibc.sin($0) }, f(LIMN_SIN)) < 0.51)
    #expect(worst(-1e5...1e5, { Glibc.cos($0) }, f(LIMN_COS)) < 0.51)
    #expect(worst(-9...9, { Glibc.tanh($0) }, f(LIMN_TANH)) < 2)
    #expect(worst(-4...4, { Glibc.erf($0) }, f(LIMN_ERF)) < 1.5)
    #expect(worst(0.01...30, { Glibc.pow($0, Double(Float(1.7))) }, { limn_reference_unary(LIMN_POW_NUMBER, $0, 1.7, 0) }) < 0.52)
  }
}
