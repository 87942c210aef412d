import CLimnKernels
import LimnTensor
import LimnTestSupport
import Testing

/// Runs `body` with each unit of this machine, emulated ones first.
func withEachUnit(_ body: (limn_bf16_unit, String) -> Void) {
  withThreads(2) {
    let before = limn_bf16_current()
    defer { limn_bf16_use(before) }
    for i in LIMN_BF16_EMULATED_AVX512.rawValue..<LIMN_BF16_UNIT_COUNT.rawValue {
      let unit = limn_bf16_unit(i)
      let name = String(cString: limn_bf16_name(unit))
      if limn_bf16_use(unit) != 0 { body(unit, name) } else { print("skipped: this machine has no \(name)") }
    }
  }
}

/// Products in bf16 through the C interface: the emulated units everywhere, the processor's own where there are any. `scripts/kernel-check` holds
/// more shapes against each other.
@Suite struct Bf16Tests {
  /// What the processor must give byte for byte.
  private func emulation(of unit: limn_bf16_unit) -> UInt32? {
    switch unit {
    case LIMN_BF16_AVX512: LIMN_BF16_EMULATED_AVX512.rawValue
    case LIMN_BF16_AMX: LIMN_BF16_EMULATED_AMX.rawValue
    default: nil
    }
  }

  private func rounded(_ x: [Float]) -> [Float] { x.map { limn_reference_from_bf16(limn_reference_to_bf16($0)) } }

  private struct Packed {
    let pointer: UnsafeMutableRawPointer
    init(bytes: Int) { pointer = .allocate(byteCount: max(bytes, 1), alignment: 64) }
  }

  @Test(arguments: [(1, 1, 1), (17, 33, 18), (40, 200, 70), (3, 1600, 16)], [LIMN_F32, LIMN_F16, LIMN_BF16])
  func aProductIsTheSumOfRoundedFactors(_ size: (m: Int, k: Int, n: Int), _ type: limn_dtype) {
    let (m, k, n) = size
    let x = OpCase.inputs([[m, k], [n, k], [n], [m, n]], -1...1, seed: 21)
    let dtype: DType = type == LIMN_F32 ? .f32 : type == LIMN_F16 ? .f16 : .bf16
    let weight = x[1].converted(to: dtype), a = rounded(x[0].floats()), b = rounded(weight.converted(to: .f32).floats())
    let bias = x[2].floats(), residual = x[3].floats()
    var expected: [Float] = []
    for i in 0..<m {
      for j in 0..<n {
        let sum = (0..<k).reduce(Double(bias[j]) + Double(residual[i * n + j])) { $0 + Double(a[i * k + $1]) * Double(b[j * k + $1]) }
        expected.append(Float(sum))
      }
    }
    let packed = Packed(bytes: limn_bf16_gemm_packed_bytes(k, n))
    defer { packed.pointer.deallocate() }
    let stored: [UInt16] = type == LIMN_F16 ? x[1].floats().map { limn_reference_to_f16($0) } : x[1].floats().map { limn_reference_to_bf16($0) }
    if type == LIMN_F32 {
      limn_bf16_gemm_pack(k, n, type, x[1].floats(), 1, k, packed.pointer)
    } else {
      limn_bf16_gemm_pack(k, n, type, stored, 1, k, packed.pointer)
    }
    var found: [UInt32: [Float]] = [:]
    withEachUnit { unit, name in
      var c = [Float](repeating: .nan, count: m * n)
      var shape = limn_gemm_shape(m: m, n: n, k: k, a_row: k, a_column: 1, c_row: n)
      bias.withUnsafeBufferPointer { bias in
        residual.withUnsafeBufferPointer { residual in
          var epilogue = limn_epilogue()
          (epilogue.bias, epilogue.residual, epilogue.residual_stride) = (bias.baseAddress, residual.baseAddress, n)
          limn_bf16_gemm(&shape, x[0].floats(), packed.pointer, &c, &epilogue)
        }
      }
      expectClose(c, expected, relativeToLargest: 2e-6, name)
      found[unit.rawValue] = c
      if let emulated = emulation(of: unit) { #expect(c == found[emulated], "\(name)") }
    }
  }

  struct Convolution: CustomTestStringConvertible {
    let shape: limn_conv_shape, turned: Bool
    var testDescription: String { "\(shape.h)x\(shape.w)x\(shape.i) to \(shape.oh)x\(shape.ow)x\(shape.o), stride \(shape.stride), turned \(turned)" }
    init(_ n: Int, _ h: Int, _ w: Int, _ i: Int, _ o: Int, stride: Int = 1, dilation: Int = 1, turned: Bool = false) {
      shape = limn_conv_shape(
        n: n, h: h, w: w, i: i, o: o, oh: dilation > 1 ? h * dilation : (h + stride - 1) / stride,
        ow: dilation > 1 ? w * dilation : (w + stride - 1) / stride, kh: 3, kw: 3, stride: stride, dilation: dilation, top: 1, left: 1, doubled: 0)
      self.turned = turned
    }
  }

  @Test(arguments: [
    Convolution(1, 5, 16, 32, 32), Convolution(2, 8, 8, 20, 33), Convolution(1, 7, 24, 3, 17), Convolution(1, 9, 33, 40, 16, stride: 2),
    Convolution(1, 4, 8, 33, 20, dilation: 2, turned: true), Convolution(1, 2, 3, 300, 5), Convolution(1, 6, 20, 17, 40, turned: true),
  ]) func aConvolutionIsItsMeaning(_ c: Convolution) {
    var s = c.shape
    let taps = s.kh * s.kw, count = s.n * s.oh * s.ow * s.o
    let x = rounded(OpCase.inputs([[s.n * s.h * s.w * s.i]], -1...1, seed: 22)[0].floats())
    let weight = rounded(OpCase.inputs([[s.o * s.i * taps]], -1...1, seed: 23)[0].floats())
    let bias = OpCase.inputs([[s.o]], -1...1, seed: 24)[0].floats()
    // [i, o] windows turned by half a turn: what a gradient in x has.
    var other = weight
    for o in 0..<s.o { for i in 0..<s.i { for t in 0..<taps { other[(i * s.o + o) * taps + taps - 1 - t] = weight[(o * s.i + i) * taps + t] } } }
    let packed = Packed(bytes: limn_bf16_conv_packed_bytes(s.o, s.i, s.kh, s.kw, 0))
    defer { packed.pointer.deallocate() }
    if c.turned {
      #expect(limn_bf16_conv_packed_bytes(s.i, s.o, s.kh, s.kw, 1) == limn_bf16_conv_packed_bytes(s.o, s.i, s.kh, s.kw, 0))
      limn_bf16_conv_pack(s.i, s.o, s.kh, s.kw, LIMN_F32, other, 1, packed.pointer)
    } else {
      limn_bf16_conv_pack(s.o, s.i, s.kh, s.kw, LIMN_F32, weight, 0, packed.pointer)
    }
    var expected = [Float](repeating: 0, count: count)
    limn_conv_reference(&s, x, weight, bias, &expected)
    var found: [UInt32: [Float]] = [:]
    withEachUnit { unit, name in
      var y = [Float](repeating: .nan, count: count)
      bias.withUnsafeBufferPointer { bias in
        var epilogue = limn_epilogue()
        epilogue.bias = bias.baseAddress
        limn_bf16_conv(&s, x, packed.pointer, &y, &epilogue)
      }
      expectClose(y, expected, relativeToLargest: 2e-6, name)
      found[unit.rawValue] = y
      if let emulated = emulation(of: unit) { #expect(y == found[emulated], "\(name)") }
    }
  }

  /// Tiles take subnormal factors for zero and flush subnormal sums.
  @Test func subnormalNumbersAreZero() {
    let a: [Float] = [0x1p-130, 0x1p-63, 1], b: [Float] = [0x1p120, 0x1p-64, 0]  // 2⁻¹⁰ if it were kept, and 2⁻¹²⁷
    let packed = Packed(bytes: limn_bf16_gemm_packed_bytes(3, 1))
    defer { packed.pointer.deallocate() }
    limn_bf16_gemm_pack(3, 1, LIMN_F32, b, 1, 3, packed.pointer)
    withEachUnit { _, name in
      var c: Float = .nan
      var shape = limn_gemm_shape(m: 1, n: 1, k: 3, a_row: 3, a_column: 1, c_row: 1)
      limn_bf16_gemm(&shape, a, packed.pointer, &c, nil)
      #expect(c == 0, "\(name)")
    }
  }

  /// An element's bytes depend neither on the threads nor on how many rows there are.
  @Test func rowsDoNotKnowEachOther() {
    let (k, n) = (320, 48), x = OpCase.inputs([[100, k], [n, k]], -1...1, seed: 25), a = x[0].floats()
    let packed = Packed(bytes: limn_bf16_gemm_packed_bytes(k, n))
    defer { packed.pointer.deallocate() }
    limn_bf16_gemm_pack(k, n, LIMN_F32, x[1].floats(), 1, k, packed.pointer)
    func product(_ rows: Int) -> [Float] {
      var c = [Float](repeating: .nan, count: rows * n)
      var shape = limn_gemm_shape(m: rows, n: n, k: k, a_row: k, a_column: 1, c_row: n)
      limn_bf16_gemm(&shape, a, packed.pointer, &c, nil)
      return c
    }
    withEachUnit { _, name in
      let all = product(100)
      for rows in [1, 7, 16, 33] { #expect(product(rows) == Array(all.prefix(rows * n)), "\(name), \(rows) rows") }
      limn_pool_set_threads(1)
      #expect(product(100) == all, "\(name) on one thread")
      limn_pool_set_threads(3)
      #expect(product(100) == all, "\(name) on three threads")
      limn_pool_set_threads(2)
    }
  }
}
