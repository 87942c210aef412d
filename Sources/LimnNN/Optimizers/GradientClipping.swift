import Glibc
import LimnTensor

/// Returns gradients shortened so that all together have at most the length `limit`, and the length they had.
///
/// The length is the root of the sum of all squares, over all tensors. Shorter gradients stay as they are.
///
/// - Source: Pascanu et al. 2013, arXiv:1211.5063; arithmetic of PyTorch's `clip_grad_norm_`.
package func clipped(_ gradients: [String: Tensor], toNorm limit: Double) -> (gradients: [String: Tensor], norm: Double) {
  // Added in the order of the names: a dictionary's own order differs from run to run.
  var sum = 0.0
  for name in gradients.keys.sorted() {
    gradients[name]!.withFloats { values in
      for value in values { sum += Double(value) * Double(value) }
    }
  }
  let norm = sum.squareRoot()
  let factor = limit / (norm + 1e-6)
  guard factor < 1 else { return (gradients, norm) }
  return (gradients.mapValues { $0 * Float(factor) }, norm)
}
