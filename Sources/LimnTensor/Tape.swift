/// What was done to watched tensors, in order. First order only: with several tapes open, the youngest records and the others' tensors are
/// constants to it. A tape belongs to one thread.
package final class Tape: @unchecked Sendable {
  var rows: [Op.Row] = []
  package private(set) var isOpen = true
  /// Whether operations are written down: it is open, and what is going on will not be run again.
  package internal(set) var isRecording = true
  /// How many bytes more than at its beginning may be in use before segments are run again instead of kept; nil keeps all.
  let budget: Int?
  let bytesAtStart = MemoryMeter.current
  /// Larger on younger tapes.
  let serial: UInt64
  let keepsValues: Bool

  /// - Parameters:
  ///   - keepsValues: Whether inputs and results stay in memory, for tests that compute rows again.
  ///   - budget: How many bytes what it keeps may take; see ``checkpointed(_:_:)``.
  package init(keepsValues: Bool = false, budget: Int? = nil) {
    serial = Tape.nextSerial()
    self.keepsValues = keepsValues
    self.budget = budget
  }

  /// Lets go of everything recorded; tensors of this tape are constants from now on.
  package func close() {
    isOpen = false
    isRecording = false
    rows = []
  }

  /// A tensor whose gradient can be asked for.
  package func watch(_ x: Tensor) -> Tensor {
    rows.append(Op.Row(op: nil, inputs: [], inputShapes: [], saved: [], held: nil, attributes: Op.Attributes()))
    return x.on(self, row: rows.count - 1)
  }

  func append(_ op: Op, _ inputs: [Tensor], saved: [Tensor], held: AnyObject?, attributes: Op.Attributes, result: Tensor) -> Int {
    var row = Op.Row(
      op: op, inputs: inputs.map { $0.tape === self ? $0.row : -1 }, inputShapes: inputs.map(\.shape),
      saved: saved.map { $0.tape == nil ? $0 : $0.detached() }, held: held, attributes: attributes)
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
    walk(from: loss.row, downTo: 0, &gradients)
    return watched.map { $0.row < gradients.slots.count ? gradients.slots[$0.row] ?? .zeros($0.shape) : .zeros($0.shape) }
  }

  func walk(from last: Int, downTo first: Int, _ gradients: inout Gradients) {
    var index = last
    while index >= first {
      if let replay = rows[index].replay, let upstream = gradients.take(index) {
        rows[index].replay = nil
        walk(replay, upstream, &gradients)
      } else if let op = rows[index].op, let upstream = gradients.take(index) {
        gradients.row = rows[index]
        rows[index].saved = []
        op.backward(gradients.row!, upstream, &gradients)
        gradients.row = nil
      }
      index -= 1
    }
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
  var slots: [Tensor?]
  var row: Op.Row?

  init(rowCount: Int) { slots = Array(repeating: nil, count: rowCount) }

  mutating func take(_ index: Int) -> Tensor? {
    let x = slots[index]
    slots[index] = nil
    return x
  }

  mutating func add(_ gradient: Tensor, toRow slot: Int) {
    guard slots[slot] != nil else {
      slots[slot] = gradient
      return
    }
    if !slots[slot]!.addInPlace(gradient) { slots[slot] = slots[slot]! + gradient }
  }

  /// Adds to the gradient of input `index` of the row being walked; `value` is not computed when nobody asked for it. Axes over which the input was
  /// broadcast are summed.
  package mutating func add(to index: Int, _ value: @autoclosure () -> Tensor) {
    let slot = row!.inputs[index]
    guard slot >= 0 else { return }
    let wanted = row!.inputShapes[index]
    var gradient = value()
    if gradient.shape != wanted { gradient = gradient.summed(to: wanted) }
    add(gradient, toRow: slot)
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

/// The value of `body` and its gradients at `inputs`.
///
///     let (loss, gradients) = valueAndGradient(at: [x]) { ($0[0] * $0[0]).sum() }
///
/// - Parameters:
///   - budget: How many bytes may be kept before segments are run again; see ``checkpointed(_:_:)``.
///   - body: Gets the inputs as watched tensors and returns one number, shape [] or [1].
/// - Returns: The value, and for each input a gradient of its shape (zeros where the value does not depend on it), in f32.
package func valueAndGradient(
  at inputs: [Tensor], budget: Int? = Tape.defaultBudget, _ body: ([Tensor]) throws -> Tensor
) rethrows -> (value: Tensor, gradients: [Tensor]) {
  let tape = Tape(budget: budget)
  defer { tape.close() }
  let watched = inputs.map { tape.watch($0) }
  let value = try body(watched)
  return (value.detached(), tape.gradients(of: value, at: watched))
}
