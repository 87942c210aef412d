import CLimnKernels
import LimnTensor
import LimnTestSupport
import Testing

/// Attention in bf16 as tensors see it; `scripts/kernel-check` holds the kernel against softmax in double.
@Suite struct Bf16AttentionTests {
  private func bits(_ x: Tensor) -> [UInt32] { x.floats().map(\.bitPattern) }

  struct Case: CustomTestStringConvertible {
    let queries: Int, keys: Int, heads: Int, width: Int, causal: Bool
    /// Whether AVX-512 wins by it too.
    let isLarge: Bool
    var testDescription: String { "\(queries) queries, \(keys) keys, \(heads) heads of \(width)\(causal ? ", causal" : "")" }
    init(_ queries: Int, _ keys: Int, _ heads: Int, _ width: Int, causal: Bool = false, isLarge: Bool = false) {
      (self.queries, self.keys, self.heads, self.width, self.causal, self.isLarge) = (queries, keys, heads, width, causal, isLarge)
    }
  }
  private static let cases = [
    Case(70, 77, 2, 40), Case(250, 256, 1, 64, isLarge: true), Case(100, 100, 2, 80, causal: true), Case(128, 250, 1, 160, isLarge: true), Case(64, 96, 1, 512),
  ]

  /// Factors of a score are off by 2⁻⁸ at most, and so are weights and values; of sums of many such, some hundredths of the largest are left.
  @Test(arguments: cases) func staysNearSinglePrecisionOnAnyNumberOfThreads(_ c: Case) {
    let features = c.heads * c.width
    let x = OpCase.inputs([[2, c.queries, features], [2, c.keys, features], [2, c.keys, features]], -1...1, seed: 31)
    let exact = attention(x[0], x[1], x[2], heads: c.heads, causal: c.causal)
    withEachUnit { unit, name in
      func run() -> Tensor { attention(x[0], x[1], x[2], heads: c.heads, causal: c.causal, precision: .bf16) }
      let first = run()
      expectClose(first, exact, relativeToLargest: 1e-2, name)
      #expect((bits(first) != bits(exact)) == (c.isLarge || unit == LIMN_BF16_EMULATED_AMX || unit == LIMN_BF16_AMX), "\(name)")
      for threads in [1, 3, 2] {
        ThreadPool.threads = threads
        #expect(bits(run()) == bits(first), "\(name), \(threads) threads")
      }
      for n in 0..<2 {
        let own = x.map { $0.sliced(axis: 0, from: n, to: n + 1) }
        let alone = attention(own[0], own[1], own[2], heads: c.heads, causal: c.causal, precision: .bf16)
        #expect(bits(alone) == bits(first.sliced(axis: 0, from: n, to: n + 1)), "\(name), picture \(n) alone")
      }
    }
  }

  /// Few features or few keys are not worth packing, and without a unit nothing is.
  @Test func staysInSinglePrecisionWhereThatIsFaster() {
    let few = OpCase.inputs([[1, 64, 16], [1, 32, 16], [1, 32, 16]], -1...1, seed: 32)
    let exact = attention(few[0], few[1], few[2], heads: 2)
    withEachUnit { _, name in #expect(bits(attention(few[0], few[1], few[2], heads: 2, precision: .bf16)) == bits(exact), "\(name)") }
    let wide = OpCase.inputs([[1, 64, 80], [1, 64, 80], [1, 64, 80]], -1...1, seed: 33)
    withThreads(2) {
      let before = limn_bf16_current()
      defer { limn_bf16_use(before) }
      limn_bf16_use(LIMN_BF16_NONE)
      #expect(bits(attention(wide[0], wide[1], wide[2], heads: 1, precision: .bf16)) == bits(attention(wide[0], wide[1], wide[2], heads: 1)))
    }
  }

  @Test func whoLooksChangesNothing() {
    let x = OpCase.inputs([[1, 256, 128], [1, 250, 128], [1, 250, 128]], -2...2, seed: 34)
    let exact = AttentionCapture(keys: [0, 40, 249])
    _ = attention(x[0], x[1], x[2], heads: 2, capture: exact)
    withEachUnit { _, name in
      let capture = AttentionCapture(keys: [0, 40, 249])
      let captured = attention(x[0], x[1], x[2], heads: 2, precision: .bf16, capture: capture)
      #expect(bits(capture.probabilities!) != bits(exact.probabilities!), "\(name)")
      #expect(bits(captured) == bits(attention(x[0], x[1], x[2], heads: 2, precision: .bf16)), "\(name)")
      expectClose(capture.probabilities!, exact.probabilities!, relativeToLargest: 1e-2, name)
    }
  }

  /// The way back makes the probabilities again from q and k as they are, so the way there stays in f32, recorded or to be run again.
  @Test(arguments: [nil, -1 << 40]) func gradientsAreThoseOfSinglePrecision(_ budget: Int?) {
    let x = OpCase.inputs([[1, 256, 128], [1, 256, 128], [1, 256, 128]], -1...1, seed: 35)
    func gradients(_ precision: Precision) -> [[UInt32]] {
      let (value, gradients) = valueAndGradient(at: x, budget: budget) { w in
        let y = checkpointed(w.map { $0 }) {
          // The second is not traced, whether the segment is kept or run again.
          attention(w[0] * 1.5, w[1], w[2], heads: 2, precision: precision) + attention(x[0], x[1], x[2], heads: 2, precision: precision)
        }
        return (y * y).sum()
      }
      return [[value.item.bitPattern]] + gradients.map(bits)
    }
    let exact = gradients(.f32)
    let plain = bits(attention(x[0], x[1], x[2], heads: 2))
    withEachUnit { _, name in
      #expect(bits(attention(x[0], x[1], x[2], heads: 2, precision: .bf16)) != plain, "\(name)")
      #expect(gradients(.bf16) == exact, "\(name)")
    }
  }
}
