/// A differentiable operation, as a static value: a tape holds it, walks it back, and can compute it again.
///
///     static let silu = Op(
///       "silu", forward: { x, _ in x[0].silu() },
///       backward: { row, upstream, gradients in gradients.add(to: 0, upstream.binary(LIMN_D_SILU, row.saved[0])) })
///
/// The method that people call computes the result first and records only if an input is traced, so that nothing is made when no tape is open:
///
///     package func silu() -> Tensor {
///       let y = unary(LIMN_SILU)
///       return isTraced ? y.recorded(.silu, [self], saved: [self]) : y
///     }
package struct Op: Sendable {
  /// Computes the result from the inputs and the row's numbers.
  package typealias Forward = @Sendable ([Tensor], Attributes) -> Tensor
  /// Adds what flows back to each input. `upstream` has the result's shape, f32, any layout.
  package typealias Backward = @Sendable (_ row: Row, _ upstream: Tensor, _ gradients: inout Gradients) -> Void

  /// What errors and profiles call it.
  package let name: String
  package let forward: Forward
  package let backward: Backward

  package init(_ name: String, forward: @escaping Forward, backward: @escaping Backward) {
    self.name = name
    self.forward = forward
    self.backward = backward
  }

  /// The numbers an operation was called with, beside its tensors.
  package struct Attributes: Sendable {
    package var ints: [Int] = []
    package var floats: [Float] = []
  }

  /// One recorded operation.
  package struct Row {
    /// nil for a watched input.
    let op: Op?
    /// Rows of the inputs, -1 for constants.
    let inputs: [Int]
    /// The shapes the inputs had.
    package let inputShapes: [Shape]
    /// What backward needs of the inputs and the result; constants. Freed as the walk passes.
    package var saved: [Tensor]
    /// What backward needs besides: a packed weight.
    package let held: AnyObject?
    /// The numbers the operation was called with.
    package let attributes: Attributes
    /// What computes the result again, recording: of a row that ``checkpointed(_:_:)`` made.
    var replay: (() throws -> Tensor)?
    /// Inputs and result, kept only by a tape that a test made so.
    var kept: (inputs: [Tensor], result: Tensor)?

    /// Short for `attributes.ints` and `attributes.floats`.
    package var ints: [Int] { attributes.ints }
    package var floats: [Float] { attributes.floats }
    /// Whether a gradient of input `index` is asked for.
    package func needs(_ index: Int) -> Bool { inputs[index] >= 0 }
  }
}

extension Tensor {
  /// This result as a row of the youngest open tape among the inputs' tapes; itself if there is none.
  ///
  /// Call it only when an input is traced. What `saved` holds becomes constant.
  package func recorded(_ op: Op, _ inputs: [Tensor], saved: [Tensor] = [], holding held: AnyObject? = nil, ints: [Int] = [], floats: [Float] = []) -> Tensor {
    var youngest: Tape?
    for x in inputs where x.isTraced {
      if youngest == nil || x.tape!.serial > youngest!.serial { youngest = x.tape }
    }
    guard let youngest else { return self }
    let row = youngest.append(op, inputs, saved: saved, held: held, attributes: Op.Attributes(ints: ints, floats: floats), result: self)
    return on(youngest, row: row)
  }

  /// Whether nobody else holds the memory, of floats without gaps, so that it may be written to.
  var isAlone: Bool {
    mutating get { dtype == .f32 && !storage.isForeign && isDense && isKnownUniquelyReferenced(&storage) }
  }

  /// Adds in place if nobody else holds the memory. Returns whether it did.
  mutating func addInPlace(_ other: Tensor) -> Bool {
    guard isAlone else { return false }
    addUnchecked(other.asFloat())
    return true
  }
}
