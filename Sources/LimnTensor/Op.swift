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
  package struct Row: Sendable {
    /// nil for a watched input.
    let op: Op?
    /// Rows of the inputs, -1 for constants.
    let inputs: [Int]
    /// The shapes the inputs had.
    package let inputShapes: [Shape]
    /// What backward needs of the inputs and the result; constants. Freed as the walk passes.
    package fileprivate(set) var saved: [Tensor]
    /// The numbers the operation was called with.
    package let attributes: Attributes
    /// Inputs and result, kept only by a tape that a test made so.
    fileprivate(set) var kept: (inputs: [Tensor], result: Tensor)?

    /// Short for `attributes.ints` and `attributes.floats`.
    package var ints: [Int] { attributes.ints }
    package var floats: [Float] { attributes.floats }
    /// Whether a gradient of input `index` is asked for.
    package func needs(_ index: Int) -> Bool { inputs[index] >= 0 }
  }
}

/// What was done to watched tensors, in order. First order only: with several tapes open, the youngest records and the others' tensors are
/// constants to it. A tape belongs to one thread.
package final class Tape: @unchecked Sendable {
  private(set) var rows: [Op.Row] = []
  package private(set) var isOpen = true
  /// Larger on younger tapes.
  let serial: UInt64
  let keepsValues: Bool

  /// - Parameter keepsValues: Whether inputs and results stay in memory, for tests that compute rows again.
  package init(keepsValues: Bool = false) {
    serial = Tape.nextSerial()
    self.keepsValues = keepsValues
  }

  /// Lets go of everything recorded; tensors of this tape are constants from now on.
  package func close() {
    isOpen = false
    rows = []
  }

  /// A tensor whose gradient can be asked for.
  package func watch(_ x: Tensor) -> Tensor {
    rows.append(Op.Row(op: nil, inputs: [], inputShapes: [], saved: [], attributes: Op.Attributes()))
    return x.on(self, row: rows.count - 1)
  }

  func append(_ op: Op, _ inputs: [Tensor], saved: [Tensor], attributes: Op.Attributes, result: Tensor) -> Int {
    var row = Op.Row(
      op: op, inputs: inputs.map { $0.tape === self ? $0.row : -1 }, inputShapes: inputs.map(\.shape),
      saved: saved.map { $0.tape == nil ? $0 : $0.detached() }, attributes: attributes)
    if keepsValues { row.kept = (inputs.map { $0.detached() }, result.detached()) }
    rows.append(row)
    return rows.count - 1
  }

  /// Gradients of `loss`, one element on this tape, with respect to `watched`; zeros where it does not depend on one.
  ///
  /// Walks the rows back and frees what each saved, so a tape is walked once.
  package func gradients(of loss: Tensor, at watched: [Tensor]) -> [Tensor] {
    precondition(loss.count == 1, "a gradient is taken of one number, not of shape \(loss.shape)")
    guard loss.tape === self, isOpen else { return watched.map { .zeros($0.shape) } }
    var gradients = Gradients(rowCount: loss.row + 1)
    gradients.slots[loss.row] = .full(loss.shape, 1)
    var index = loss.row
    while index >= 0 {
      if let op = rows[index].op, let upstream = gradients.take(index) {
        gradients.row = rows[index]
        rows[index].saved = []
        op.backward(gradients.row!, upstream, &gradients)
        gradients.row = nil
      }
      index -= 1
    }
    return watched.map { $0.row < gradients.slots.count ? gradients.slots[$0.row] ?? .zeros($0.shape) : .zeros($0.shape) }
  }

  /// Computes every kept row again and returns the names of those whose result differs in a byte.
  package func rowsThatDiffer() -> [String] {
    rows.compactMap { row in
      guard let op = row.op, let (inputs, result) = row.kept else { return nil }
      let again = op.forward(inputs, row.attributes)
      return again.shape == result.shape && again.floats().map(\.bitPattern) == result.floats().map(\.bitPattern) ? nil : op.name
    }
  }
}

/// Gradients on the way back, one a row, added in the order in which rows are walked.
package struct Gradients {
  fileprivate var slots: [Tensor?]
  fileprivate var row: Op.Row?

  fileprivate init(rowCount: Int) { slots = Array(repeating: nil, count: rowCount) }

  fileprivate mutating func take(_ index: Int) -> Tensor? {
    let x = slots[index]
    slots[index] = nil
    return x
  }

  /// Adds to the gradient of input `index` of the row being walked; `value` is not computed when nobody asked for it. Axes over which the input was
  /// broadcast are summed.
  package mutating func add(to index: Int, _ value: @autoclosure () -> Tensor) {
    let slot = row!.inputs[index]
    guard slot >= 0 else { return }
    let wanted = row!.inputShapes[index]
    var gradient = value()
    if gradient.shape != wanted { gradient = gradient.summed(to: wanted) }
    guard slots[slot] != nil else {
      slots[slot] = gradient
      return
    }
    if !slots[slot]!.addInPlace(gradient) { slots[slot] = slots[slot]! + gradient }
  }

  /// Adds `value` to a part of the gradient of input `index`: `part` is a view of the whole that it is given. Costs the size of the part, not of the
  /// whole, from the second time on.
  package mutating func add(to index: Int, _ value: @autoclosure () -> Tensor, part: (Tensor) -> Tensor) {
    let slot = row!.inputs[index]
    guard slot >= 0 else { return }
    if slots[slot] == nil {
      slots[slot] = .zeros(row!.inputShapes[index])
    } else if !slots[slot]!.isAlone {
      slots[slot] = slots[slot]!.copied(channelsLast: slots[slot]!.isChannelsLast)
    }
    let view = part(slots[slot]!)
    view.addUnchecked(value().asFloat())
  }
}

extension Tensor {
  /// This result as a row of the youngest open tape among the inputs' tapes; itself if there is none.
  ///
  /// Call it only when an input is traced. What `saved` holds becomes constant.
  package func recorded(_ op: Op, _ inputs: [Tensor], saved: [Tensor] = [], ints: [Int] = [], floats: [Float] = []) -> Tensor {
    var youngest: Tape?
    for x in inputs where x.isTraced {
      if youngest == nil || x.tape!.serial > youngest!.serial { youngest = x.tape }
    }
    guard let youngest else { return self }
    let row = youngest.append(op, inputs, saved: saved, attributes: Op.Attributes(ints: ints, floats: floats), result: self)
    return on(youngest, row: row)
  }

  /// Whether nobody else holds the memory and it has no gaps, so that a gradient may be added in place.
  fileprivate var isAlone: Bool {
    mutating get { dtype == .f32 && !storage.isForeign && isDense && isKnownUniquelyReferenced(&storage) }
  }

  /// Adds in place if nobody else holds the memory. Returns whether it did.
  fileprivate mutating func addInPlace(_ other: Tensor) -> Bool {
    guard isAlone else { return false }
    addUnchecked(other.asFloat())
    return true
  }
}

/// The value of `body` and its gradients at `inputs`.
///
///     let (loss, gradients) = valueAndGradient(at: [x]) { ($0[0] * $0[0]).sum() }
///
/// - Parameter body: Gets the inputs as watched tensors and returns one number, shape [] or [1].
/// - Returns: The value, and for each input a gradient of its shape (zeros where the value does not depend on it), in f32.
package func valueAndGradient(at inputs: [Tensor], _ body: ([Tensor]) throws -> Tensor) rethrows -> (value: Tensor, gradients: [Tensor]) {
  let tape = Tape()
  defer { tape.close() }
  let watched = inputs.map { tape.watch($0) }
  let value = try body(watched)
  return (value.detached(), tape.gradients(of: value, at: watched))
}
