import CLimnKernels
import LimnTensor
import LimnTestSupport
import Testing

/// Weights kept in half width: widened inside the product, with the bytes of wide ones.
@Suite struct PackTests {
  static let kinds: [(limn_pack_kind, limn_dtype)] = [
    (LIMN_PACK_F16, LIMN_F16), (LIMN_PACK_BF16, LIMN_BF16), (LIMN_PACK_F32, LIMN_F32),
  ]

  /// A weight of the type as it lies in a file, and the same values as floats.
  static func weight(_ shape: Shape, _ type: limn_dtype) -> (stored: [UInt8], wide: [Float]) {
    var wide = OpCase.inputs([shape], -1...1, seed: 5)[0].floats()
    if type == LIMN_F32 { return (wide.withUnsafeBytes { Array($0) }, wide) }
    var half = [UInt16](repeating: 0, count: wide.count)
    if type == LIMN_F16 {
      limn_narrow_f16(wide, &half, wide.count)
      limn_widen_f16(half, &wide, wide.count)
    } else {
      limn_narrow_bf16(wide, &half, wide.count)
      limn_widen_bf16(half, &wide, wide.count)
    }
    return (half.withUnsafeBytes { Array($0) }, wide)
  }

  static func packed(_ kind: limn_pack_kind, _ k: Int, _ n: Int, _ fill: (UnsafeMutableRawPointer) -> Void) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xff, count: limn_gemm_packed_bytes(kind, k, n))
    bytes.withUnsafeMutableBytes { fill($0.baseAddress!) }
    return bytes
  }

  @Test(arguments: [(1, 1, 1), (7, 33, 50), (150, 401, 19), (64, 800, 130)])
  func aProductHasTheBytesOfWideWeights(_ m: Int, _ k: Int, _ n: Int) {
    let a = OpCase.inputs([[m, k]], -1...1, seed: 6)[0].floats()
    var shape = limn_gemm_shape(m: m, n: n, k: k, a_row: k, a_column: 1, c_row: n)
    for (kind, type) in Self.kinds {
      let (stored, wide) = Self.weight([n, k], type)
      let half = Self.packed(kind, k, n) { limn_gemm_pack(kind, k, n, type, stored, 1, k, $0) }
      let full = Self.packed(LIMN_PACK_F32, k, n) { limn_gemm_pack(LIMN_PACK_F32, k, n, LIMN_F32, wide, 1, k, $0) }
      // Widening while packing, and rounding back while packing, are the same values.
      #expect(full == Self.packed(LIMN_PACK_F32, k, n) { limn_gemm_pack(LIMN_PACK_F32, k, n, type, stored, 1, k, $0) })
      #expect(half == Self.packed(kind, k, n) { limn_gemm_pack(kind, k, n, LIMN_F32, wide, 1, k, $0) })
      withEachInstructionSet { name in
        var first = [Float](repeating: 0, count: m * n)
        var second = first, third = first
        limn_gemm_packed(&shape, a, kind, half, &first, nil)
        limn_gemm_packed(&shape, a, LIMN_PACK_F32, full, &second, nil)
        limn_gemm_unpacked(&shape, a, type, stored, 1, k, &third, nil)
        #expect(first == second && first == third, "\(name), type \(type.rawValue)")
      }
    }
  }

  @Test(arguments: [(1, 1, 3, 3), (13, 7, 3, 3), (40, 401, 3, 3), (33, 50, 2, 4), (16, 17, 5, 5)], [false, true])
  func aConvolutionHasTheBytesOfWideWeights(_ sizes: (o: Int, i: Int, kh: Int, kw: Int), turned: Bool) {
    let (inputs, outputs) = turned ? (sizes.o, sizes.i) : (sizes.i, sizes.o)
    var shape = limn_conv_shape(
      n: 2, h: 6, w: 5, i: inputs, o: outputs, oh: 6, ow: 5, kh: sizes.kh, kw: sizes.kw, stride: 1, dilation: 1,
      top: sizes.kh / 2, left: sizes.kw / 2, doubled: 0)
    let x = OpCase.inputs([[2, 6, 5, inputs]], -1...1, seed: 7)[0].floats()
    let k = sizes.kh * sizes.kw * inputs
    for (kind, type) in Self.kinds {
      let (stored, wide) = Self.weight([sizes.o, sizes.i, sizes.kh, sizes.kw], type)
      func pack(_ kind: limn_pack_kind, _ type: limn_dtype, _ weight: UnsafeRawPointer) -> [UInt8] {
        Self.packed(kind, k, outputs) {
          limn_conv_pack(kind, sizes.o, sizes.i, sizes.kh, sizes.kw, type, weight, turned ? 1 : 0, $0)
        }
      }
      let half = stored.withUnsafeBytes { pack(kind, type, $0.baseAddress!) }
      let full = wide.withUnsafeBytes { pack(LIMN_PACK_F32, LIMN_F32, $0.baseAddress!) }
      withEachInstructionSet { name in
        var first = [Float](repeating: 0, count: 2 * 6 * 5 * outputs)
        var second = first
        limn_conv_packed(&shape, x, kind, half, &first, nil)
        limn_conv_packed(&shape, x, LIMN_PACK_F32, full, &second, nil)
        #expect(first == second, "\(name), type \(type.rawValue)")
      }
    }
  }
}
