import CLimnKernels
import Synchronization

/// A weight [O, I] laid out as the product reads it, made once.
package final class PackedMatrix: @unchecked Sendable {
  /// The weight itself, in its own type.
  package let weight: Tensor
  package let precision: Precision
  /// The matrix [I, O]; nil where OpenBLAS takes the weight as it lies.
  let panels: Panels?
  private let turnedPanels = Mutex<Panels?>(nil)
  private let giveBack: (@Sendable () -> Void)?

  /// - Parameter giveBack: Lets go of the pages of a file that the weight is a view on; called each time they were read.
  /// - Shape: `weight [O, I]`, any float type.
  /// - Traps: if the weight is not a matrix.
  package init(weight: Tensor, precision: Precision = .f32, giveBack: (@Sendable () -> Void)? = nil) {
    precondition(weight.rank == 2, "linear: the weight is \(weight.shape), expected [outputs, inputs]")
    let isForBLAS = precision == .f32 && limn_blas_suits(weight.shape[0], weight.shape[1]) != 0
    self.precision = precision
    self.giveBack = giveBack
    self.weight = isForBLAS ? weight.floatContiguous() : weight.detached()
    panels = isForBLAS ? nil : Panels(matrix: weight.transposed(), precision: precision)
  }

  /// The matrix [O, I] for the gradient in x. Kept where it is small; made on the way each time where it is large, as keeping a second
  /// layout of every weight would double their memory.
  func turned() -> Panels {
    turnedPanels.withLock { held in
      if let held { return held }
      let made = Panels(matrix: weight, precision: precision)
      giveBack?()
      if weight.count < Panels.leastLarge { held = made }
      return made
    }
  }

  /// Bytes held beside the weight.
  package var byteCount: Int { (panels?.byteCount ?? 0) + (turnedPanels.withLock { $0?.byteCount } ?? 0) }
}

/// x · Wᵀ + b over the last axis.
///
/// - Shape: `x [..., I]`, `weight [O, I]`, `bias [O]` → `[..., O]`.
/// - Traps: with the message of `Shape.linear` if the shapes do not fit.
/// - Gradient: in `x`, `weight`, `bias`.
package func linear(_ x: Tensor, weight: Tensor, bias: Tensor?) -> Tensor {
  recordedLinear(x, weight, nil, bias, rawLinear(x, weight, nil, bias, nil))
}

/// The same with a weight packed before: for inference. `then` is what follows the sum.
///
/// - Gradient: in `x` and `bias`; the weight is a constant.
package func linear(_ x: Tensor, packed: PackedMatrix, bias: Tensor?, then finish: Epilogue? = nil) -> Tensor {
  if x.isTraced || bias?.isTraced == true || finish?.isTraced == true {
    let y = recordedLinear(x, packed.weight, packed, bias, rawLinear(x, packed.weight, packed.panels, bias, nil))
    return finish?.applied(to: y) ?? y
  }
  return rawLinear(x, packed.weight, packed.panels, bias, finish)
}

private func recordedLinear(_ x: Tensor, _ weight: Tensor, _ packed: PackedMatrix?, _ bias: Tensor?, _ y: Tensor) -> Tensor {
  guard x.isTraced || weight.isTraced || bias?.isTraced == true else { return y }
  // The weight's gradient alone needs x.
  let saved = [weight.isTraced ? x : Tensor(0), x.isTraced ? weight : Tensor(0)]
  return y.recorded(.linear, bias.map { [x, weight, $0] } ?? [x, weight], saved: saved, holding: packed)
}

extension Op {
  static let linear = Op(
    "linear", forward: { x, _ in rawLinear(x[0], x[1], nil, x.count > 2 ? x[2] : nil, nil) },
    backward: { row, upstream, gradients in
      let outputs = row.inputShapes[1][0]
      let inputs = row.inputShapes[1][1]
      let rows = row.inputShapes[0].count / Swift.max(inputs, 1)
      let dy = upstream.asFloat().reshaped([rows, outputs])
      gradients.add(to: 0, inputGradient(dy, row.saved[1], row.held as? PackedMatrix).reshaped(row.inputShapes[0]))
      gradients.add(to: 1, rawMatmul(dy.transposed(), row.saved[0].asFloat().reshaped([rows, inputs])))
      if row.inputShapes.count > 2 { gradients.add(to: 2, columnSums(dy, rows, outputs)) }
    })
}

/// dy · W, with W in its own type.
private func inputGradient(_ dy: Tensor, _ weight: Tensor, _ packed: PackedMatrix?) -> Tensor {
  let (rows, outputs, inputs) = (dy.shape[0], weight.shape[0], weight.shape[1])
  if rows <= mostUnpackedRows || weight.count == 0 { return rawMatmul(dy, weight) }
  let result = Tensor.uninitialized([rows, inputs])
  let panels = packed?.turned() ?? Panels(matrix: weight, precision: .f32)
  var shape = limn_gemm_shape(m: rows, n: inputs, k: outputs, a_row: outputs, a_column: 1, c_row: inputs)
  let upstream = dy.floatContiguous()
  withExtendedLifetime(upstream.storage) { panels.multiply(&shape, upstream.pointer(), result.mutablePointer(), nil) }
  return result
}

private func rawLinear(_ x: Tensor, _ weight: Tensor, _ panels: Panels?, _ bias: Tensor?, _ finish: Epilogue?)
  -> Tensor
{
  let target = orTrap { try Shape.linear(x.shape, weight: weight.shape, bias: bias?.shape) }
  let result = Tensor.uninitialized(target)
  guard result.count > 0 else { return result }
  let (outputs, inputs) = (weight.shape[0], weight.shape[1])
  precondition(inputs > 0, "linear: there are no input features")
  let rows = x.floatContiguous()
  let m = rows.count / inputs
  var shape = limn_gemm_shape(m: m, n: outputs, k: inputs, a_row: inputs, a_column: 1, c_row: outputs)
  let plan = EpiloguePlan(bias: bias, finish: finish, rows: m, columns: outputs, target: target)
  withExtendedLifetime((rows.storage, plan)) {
    plan.withUnsafe { epilogue in
      if let panels {
        panels.multiply(&shape, rows.pointer(), result.mutablePointer(), epilogue)
      } else if m >= LIMN_BLAS_ROWS, limn_blas_suits(outputs, inputs) != 0 {
        let w = weight.floatContiguous()
        withExtendedLifetime(w.storage) {
          limn_blas_gemm_f32(&shape, rows.pointer(), w.pointer(), result.mutablePointer(), epilogue)
        }
      } else if m <= mostUnpackedRows {
        let w = weight.asFloat()
        withExtendedLifetime(w.storage) {
          limn_gemm_unpacked_f32(
            &shape, rows.pointer(), w.pointer(), w.strides[1], w.strides[0], result.mutablePointer(), epilogue)
        }
      } else {
        Panels(matrix: weight.transposed(), precision: .f32).multiply(&shape, rows.pointer(), result.mutablePointer(), epilogue)
      }
    }
  }
  return result
}

/// Σ over `rows` rows of `width` floats that lie behind one another: a bias's gradient.
func columnSums(_ x: Tensor, _ rows: Int, _ width: Int) -> Tensor {
  let x = x.isChannelsLast ? x : x.floatContiguous()
  let result = Tensor.uninitialized([width])
  withExtendedLifetime(x.storage) { limn_column_sums_f32(rows, width, x.pointer(), result.mutablePointer()) }
  return result
}
