import CLimnKernels
import LimnTestSupport
import Synchronization
import Testing

import LimnTensor

/// One operation, checked in every way an operation is: its values against a reference, its gradients against differences, its bytes over numbers of
/// threads and instruction sets, and its rows by computing them again.
struct OpCase: Sendable, CustomTestStringConvertible {
  let name: String
  /// Shapes of the inputs; sizes 1 and primes among them.
  let shapes: [Shape]
  /// Shapes large enough for many tasks; empty if the small ones say it all.
  let large: [Shape]
  /// Where the inputs lie; kinks of the operation are outside or far between.
  let range: ClosedRange<Float>
  let run: @Sendable ([Tensor]) -> Tensor
  /// The result from the inputs' values in row-major order, nil if a test of its own holds it.
  let reference: (@Sendable ([[Double]]) -> [Double])?
  /// Largest difference from the reference, relative to its largest magnitude.
  let tolerance: Float
  /// Which inputs have a gradient; all if nil.
  let differentiable: [Int]?
  /// The step of the differences, relative to the width of the range.
  let step: Double

  init(
    _ name: String, _ shapes: [Shape], large: [Shape] = [], in range: ClosedRange<Float> = -2...2, tolerance: Float = 1e-6,
    differentiable: [Int]? = nil, step: Double = 1e-2, reference: (@Sendable ([[Double]]) -> [Double])? = nil,
    run: @escaping @Sendable ([Tensor]) -> Tensor
  ) {
    self.name = name
    self.shapes = shapes
    self.large = large
    self.range = range
    self.run = run
    self.reference = reference
    self.tolerance = tolerance
    self.differentiable = differentiable
    self.step = step
  }

  var testDescription: String { name }

  /// Runs all checks.
  func check(sourceLocation: SourceLocation = #_sourceLocation) {
    let inputs = OpCase.inputs(shapes, range, seed: 1)
    let result = run(inputs)
    if let reference {
      let expected = reference(inputs.map { $0.floats().map(Double.init) }).map { Float($0) }
      expectClose(
        result.floats(), expected, relativeToLargest: tolerance, name, shape: result.shape.dims, sourceLocation: sourceLocation)
    }
    // The same values in channels-last memory, and as strided views.
    for (layout, others) in [("channels-last", inputs.map(OpCase.channelsLast)), ("strided", inputs.map(OpCase.strided))] {
      expectClose(run(others), result, relativeToLargest: 2e-6, "\(name), \(layout)", sourceLocation: sourceLocation)
    }
    checkGradient(inputs, sourceLocation)
    for sizes in [shapes, large] where !sizes.isEmpty { checkBytes(OpCase.inputs(sizes, range, seed: 2), sourceLocation) }
  }

  private func checkGradient(_ inputs: [Tensor], _ sourceLocation: SourceLocation) {
    let asked = differentiable ?? Array(inputs.indices)
    guard !asked.isEmpty else { return }
    let rng = TorchGenerator(seed: 3)
    let weights = rng.randn(run(inputs).shape)
    let w = weights.floats().map(Double.init)
    func loss(_ x: [Tensor]) -> Double { zip(run(x).floats(), w).reduce(0) { $0 + Double($1.0) * $1.1 } }

    let tape = Tape(keepsValues: true)
    let watched = inputs.enumerated().map { asked.contains($0.offset) ? tape.watch($0.element) : $0.element }
    let value = (run(watched) * weights).sum()
    #expect(value.isTraced, "\(name) is not recorded", sourceLocation: sourceLocation)
    #expect(tape.rowsThatDiffer() == [], "\(name) computed again", sourceLocation: sourceLocation)
    let gradients = tape.gradients(of: value, at: asked.map { watched[$0] })
    tape.close()

    let h = step * Double(range.upperBound - range.lowerBound)
    // Each value is off by half a unit of f32 at most; errors of both signs add up like a random walk.
    let rounding = 1e-7 / h * zip(run(inputs).floats(), w).reduce(0) { $0 + (Double($1.0) * $1.1) * (Double($1.0) * $1.1) }.squareRoot()
    for (gradient, index) in zip(gradients, asked) {
      guard gradient.shape == inputs[index].shape else {
        Issue.record("\(name): gradient \(index) has shape \(gradient.shape)", sourceLocation: sourceLocation)
        continue
      }
      let g = gradient.floats().map(Double.init)
      for _ in 0..<4 {
        let direction = rng.rand(inputs[index].shape) * 2 - 1
        let d = direction.floats().map(Double.init)
        func along(_ t: Double) -> Double {
          var moved = inputs
          moved[index] = moved[index] + direction * Float(t)
          return loss(moved)
        }
        // Error O(h⁴), so that a large step keeps the rounding of f32 small.
        let numeric = (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h)
        let analytic = zip(g, d).reduce(0) { $0 + $1.0 * $1.1 }
        let scale = zip(g, d).reduce(0) { $0 + abs($1.0 * $1.1) } + 1e-3
        #expect(
          abs(numeric - analytic) <= 2e-3 * scale + rounding, "\(name): gradient \(index) is \(analytic) along a direction, differences say \(numeric)",
          sourceLocation: sourceLocation)
      }
    }
  }

  private func checkBytes(_ inputs: [Tensor], _ sourceLocation: SourceLocation) {
    let asked = differentiable ?? Array(inputs.indices)
    func bytes() -> [[UInt32]] {
      let y = run(inputs)
      var all = [y]
      if !asked.isEmpty {
        let weights = TorchGenerator(seed: 4).randn(y.shape)
        all += valueAndGradient(at: asked.map { inputs[$0] }) { watched in
          var x = inputs
          for (i, index) in asked.enumerated() { x[index] = watched[i] }
          return (run(x) * weights).sum()
        }.gradients
      }
      return all.map { $0.floats().map(\.bitPattern) }
    }
    let one = withThreads(1) { bytes() }
    for threads in [2, 3, 8] {
      #expect(withThreads(threads) { bytes() } == one, "\(name) on \(threads) threads", sourceLocation: sourceLocation)
    }
  }

  /// Evenly distributed values.
  static func inputs(_ shapes: [Shape], _ range: ClosedRange<Float>, seed: Int64) -> [Tensor] {
    let rng = TorchGenerator(seed: seed)
    return shapes.map { rng.rand($0) * (range.upperBound - range.lowerBound) + range.lowerBound }
  }

  static func channelsLast(_ x: Tensor) -> Tensor { x.rank == 4 ? x.channelsLast() : x }

  /// Every second element of a larger tensor, axes stored in reverse.
  static func strided(_ x: Tensor) -> Tensor {
    guard x.rank > 0, x.shape[-1] > 0 else { return x }
    let order = Array((0..<x.rank).reversed())
    let spread = Tensor.stacked([x, Tensor.full(x.shape, 99)], axis: x.rank)
    var sizes = x.shape.dims
    sizes[x.rank - 1] *= 2
    let wide = spread.reshaped(sizes)
    return wide.permuted(order).contiguous().permuted(order).sliced(axis: -1, from: 0, to: sizes[x.rank - 1], step: 2)
  }
}

private let settings = Mutex(())

/// Runs `body` with this many threads; one such body at a time.
func withThreads<R>(_ count: Int, _ body: () -> R) -> R {
  settings.withLock { _ in
    let before = ThreadPool.threads
    ThreadPool.threads = count
    defer { ThreadPool.threads = before }
    return body()
  }
}

/// Runs `body` with the kernels of each instruction set this machine has.
func withEachInstructionSet(_ body: (String) -> Void) {
  settings.withLock { _ in
    let before = limn_isa_current()
    defer { limn_isa_use(before) }
    for i in 0..<LIMN_ISA_COUNT.rawValue {
      let isa = limn_isa(i)
      let name = String(cString: limn_isa_name(isa))
      if limn_isa_use(isa) != 0 { body(name) } else { print("skipped: this machine has no \(name)") }
    }
  }
}
