import CLimnKernels
import LimnTensor
import LimnTestSupport
import Testing

/// 3×3 convolutions by Winograd's transforms, on shapes large enough for the rule to choose them, against double precision.
@Suite struct WinogradTests {
  struct Case: Sendable, CustomStringConvertible {
    let n, h, w, i, o: Int
    var top = 1, left = 1, oh: Int? = nil, ow: Int? = nil, doubled = false
    var description: String { "\(n)×\(h)×\(w), \(i) to \(o)" }
    var shape: limn_conv_shape {
      limn_conv_shape(
        n: n, h: h, w: w, i: i, o: o, oh: oh ?? h, ow: ow ?? w, kh: 3, kw: 3, stride: 1, dilation: 1, top: top, left: left, doubled: doubled ? 1 : 0)
    }
  }

  static let cases = [
    Case(n: 2, h: 16, w: 16, i: 32, o: 32), Case(n: 1, h: 17, w: 31, i: 33, o: 50), Case(n: 3, h: 8, w: 8, i: 64, o: 19),
    Case(n: 1, h: 12, w: 9, i: 401, o: 17), Case(n: 2, h: 7, w: 13, i: 130, o: 5), Case(n: 1, h: 40, w: 44, i: 8, o: 8),
    Case(n: 1, h: 10, w: 10, i: 40, o: 16, top: 0, left: 0, oh: 8, ow: 8),
    Case(n: 1, h: 9, w: 9, i: 40, o: 16, top: 2, left: 2, oh: 11, ow: 11),
    Case(n: 1, h: 60, w: 60, i: 300, o: 16),  // two rounds of tiles
    Case(n: 2, h: 18, w: 14, i: 40, o: 16, doubled: true),
  ]

  /// The largest error seen over these cases is 2.1e-6 of the largest value; tap by tap it is 0.6e-6.
  @Test(arguments: cases) func isTheSumOnEachInstructionSet(_ c: Case) {
    var shape = c.shape
    let inputs = OpCase.inputs(
      [c.doubled ? [c.n, c.h / 2, c.w / 2, c.i] : [c.n, c.h, c.w, c.i], [c.o, c.i, 3, 3], [c.o], [c.n, c.o], [c.n, shape.oh, shape.ow, c.o]], -1...1, seed: 8)
    let (x, weight, bias, group, residual) = (
      inputs[0].floats(), inputs[1].floats(), inputs[2].floats(), inputs[3].floats(), inputs[4].floats()
    )
    var expected = [Float](repeating: 0, count: residual.count)
    limn_conv_reference(&shape, x, weight, bias, &expected)
    let bytes = limn_gemm_packed_bytes(LIMN_PACK_F32, 9 * c.i, c.o)
    let panels = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    defer { panels.deallocate() }
    limn_conv_pack(LIMN_PACK_F32, c.o, c.i, 3, 3, LIMN_F32, weight, 0, panels)
    let target: Shape = [c.n, shape.oh, shape.ow, c.o]
    let sums = Tensor(expected, target)
    let after = (sums + inputs[3].reshaped([c.n, 1, 1, c.o]) + inputs[4]).silu()

    /// The kernel's result, with no more than the bias or with everything that may follow.
    func run(everything: Bool) -> [Float] {
      var y = [Float](repeating: .nan, count: expected.count)
      bias.withUnsafeBufferPointer { bias in
        group.withUnsafeBufferPointer { group in
          residual.withUnsafeBufferPointer { residual in
            var epilogue = limn_epilogue()
            epilogue.bias = bias.baseAddress
            if everything {
              epilogue.group_bias = group.baseAddress
              epilogue.group_rows = shape.oh * shape.ow
              epilogue.group_bias_stride = c.o
              epilogue.residual = residual.baseAddress
              epilogue.residual_stride = c.o
              epilogue.activation = Int32(LIMN_THEN_SILU.rawValue)
            }
            limn_conv_packed(&shape, x, LIMN_PACK_F32, panels, &y, &epilogue)
          }
        }
      }
      return y
    }
    withEachInstructionSet { name in
      expectClose(Tensor(run(everything: false), target), sums, relativeToLargest: 4e-6, name)
      expectClose(Tensor(run(everything: true), target), after, relativeToLargest: 4e-6, name)
    }
    let one = withThreads(1) { run(everything: true) }
    for threads in [2, 3, 8] {
      #expect(withThreads(threads) { run(everything: true) } == one, "on \(threads) threads")
    }
  }

  @Test(arguments: PackTests.kinds.dropLast()) func halfWeightsGiveTheBytesOfWideOnes(_ kind: limn_pack_kind, _ type: limn_dtype) {
    var shape = Case(n: 1, h: 16, w: 12, i: 401, o: 33).shape
    let x = OpCase.inputs([[16, 12, 401]], -1...1, seed: 9)[0].floats()
    let (stored, wide) = PackTests.weight([33, 401, 3, 3], type)
    let half = PackTests.packed(kind, 9 * 401, 33) { limn_conv_pack(kind, 33, 401, 3, 3, type, stored, 0, $0) }
    let full = PackTests.packed(LIMN_PACK_F32, 9 * 401, 33) {
      limn_conv_pack(LIMN_PACK_F32, 33, 401, 3, 3, LIMN_F32, wide, 0, $0)
    }
    withEachInstructionSet { name in
      var first = [Float](repeating: 0, count: 16 * 12 * 33)
      var second = first
      limn_conv_packed(&shape, x, kind, half, &first, nil)
      limn_conv_packed(&shape, x, LIMN_PACK_F32, full, &second, nil)
      #expect(first == second, "\(name)")
    }
  }
}
