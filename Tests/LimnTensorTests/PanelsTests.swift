import CLimnKernels
import LimnTensor
import LimnTestSupport
import Testing

/// Weights in the forms that products read: how wide they are kept, and what they compute.
@Suite struct PanelsTests {
  private func half(_ shape: Shape, _ dtype: DType) -> Tensor { OpCase.inputs([shape], -1...1, seed: 3)[0].converted(to: dtype) }

  @Test(arguments: [DType.f16, .bf16]) func aLargeHalfWeightIsKeptHalfAndComputesAsIfWidened(_ dtype: DType) {
    let x = OpCase.inputs([[40, 512]], -1...1, seed: 4)[0]
    let weight = half([512, 512], dtype)
    let (kept, wide) = (PackedMatrix(weight: weight), PackedMatrix(weight: weight.converted(to: .f32)))
    guard limn_blas_suits(512, 512) == 0 else { return }  // OpenBLAS takes weights as they lie
    #expect(kept.byteCount * 2 == wide.byteCount)
    withThreads(2) { #expect(linear(x, packed: kept, bias: nil).floats() == linear(x, packed: wide, bias: nil).floats()) }

    let picture = OpCase.inputs([[1, 128, 9, 7]], -1...1, seed: 5)[0]
    let windows = half([256, 128, 3, 3], dtype)
    let (keptConv, wideConv) = (PackedConv(weight: windows), PackedConv(weight: windows.converted(to: .f32)))
    #expect(keptConv.byteCount * 2 == wideConv.byteCount)
    withThreads(2) {
      #expect(conv2d(picture, packed: keptConv, bias: nil, padding: 1).floats() == conv2d(picture, packed: wideConv, bias: nil, padding: 1).floats())
    }
  }

  /// The gradient in x through a frozen half-width weight is that through the same numbers in f32.
  @Test func gradientsPassThroughHalfWeights() {
    let weight = half([512, 520], .f16), windows = half([256, 128, 3, 3], .f16)
    let x = OpCase.inputs([[20, 520], [1, 128, 9, 7]], -1...1, seed: 6)
    func gradients(_ matrix: PackedMatrix, _ conv: PackedConv) -> [Tensor] {
      valueAndGradient(at: x) {
        (linear($0[0], packed: matrix, bias: nil) * 0.3).sin().sum() + (conv2d($0[1], packed: conv, bias: nil, padding: 1) * 0.3).sin().sum()
      }.gradients
    }
    let kept = gradients(PackedMatrix(weight: weight), PackedConv(weight: windows))
    let wide = gradients(PackedMatrix(weight: weight.converted(to: .f32)), PackedConv(weight: windows.converted(to: .f32)))
    for (a, b) in zip(kept, wide) { expectClose(a, b, relativeToLargest: 2e-6) }
  }

  /// A small weight keeps its second layout, a large one makes it each time.
  @Test func smallWeightsKeepTheirTurnedPanels() {
    guard limn_blas_suits(512, 512) == 0 else { return }
    for (side, layouts) in [(96, 2), (512, 1)] {
      let packed = PackedMatrix(weight: half([side, side], .f32))
      let before = packed.byteCount
      for _ in 0..<2 {
        _ = valueAndGradient(at: OpCase.inputs([[20, side]], -1...1, seed: 8)) { linear($0[0], packed: packed, bias: nil).sum() }
      }
      #expect(packed.byteCount == layouts * before)
    }
  }

  /// Without a unit, bf16 means weights rounded to bf16, and no other rounding.
  @Test func withoutAUnitOnlyWeightsAreRounded() {
    guard limn_bf16_current() == LIMN_BF16_NONE else { return }
    let x = OpCase.inputs([[40, 512], [256, 512]], -1...1, seed: 7)
    let rounded = PackedMatrix(weight: x[1].converted(to: .bf16).converted(to: .f32))
    let packed = PackedMatrix(weight: x[1], precision: .bf16)
    withThreads(2) {
      expectClose(linear(x[0], packed: packed, bias: nil), linear(x[0], packed: rounded, bias: nil), relativeToLargest: 2e-6)
    }
    #expect(packed.byteCount == 256 * 512 * 2)
  }
}
