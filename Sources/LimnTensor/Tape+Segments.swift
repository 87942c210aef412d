import CLimnKernels

// Segments of a computation that are run again on the way back instead of being kept.

/// The result of `body`, a segment of a larger computation on `inputs` and what else it captures.
///
/// When the tape has passed its budget of memory, the segment's operations are not recorded: on the way back it is run
/// again, so that only one such segment's inner results are in memory at a time. The gradients have the same bytes.
/// `body` must give the same result twice, and nothing that happens in it may be looked at but its result.
///
/// - Parameter inputs: What the segment reads; the tape is found by them.
/// - Source: Chen et al. 2016, arXiv:1604.06174, sec. 4.1.
package func checkpointed(_ inputs: [Tensor?], _ body: @escaping () throws -> Tensor) rethrows -> Tensor {
  var youngest: Tape?
  for case let x? in inputs where x.isTraced {
    if youngest == nil || x.tape!.serial > youngest!.serial { youngest = x.tape }
  }
  guard let youngest else { return try body() }
  return try youngest.skipping { try Tape.$isInSegment.withValue(true) { try body() } }
}

extension Tape {
  /// What tapes may keep unless they are told otherwise: an eighth of the machine's memory, half of the limit if that is less.
  package static var defaultBudget: Int { min(machineBudget, MemoryMeter.limit.map { $0 / 2 } ?? .max) }

  private static let machineBudget = Int(limn_memory_machine()) / 8

  /// Whether a segment of a recorded computation is running. In it nothing may depend on whether a tensor is traced: it is not, where the segment
  /// will be run again.
  @TaskLocal static var isInSegment = false

  /// Runs a segment again, now recording past the end of the tape, and walks back through what that wrote.
  func walk(_ replay: () throws -> Tensor, _ upstream: Tensor, _ gradients: inout Gradients) {
    let end = rows.count
    // It ran through before, on the same values.
    guard let result = try? replay() else { preconditionFailure("a segment of the tape ran once and not again") }
    guard result.tape === self else { return }  // it does not depend on what is watched
    gradients.slots += Array(repeating: nil, count: rows.count - gradients.slots.count)
    gradients.add(upstream, toRow: result.row)
    walk(from: rows.count - 1, downTo: end, &gradients)
    rows.removeLast(rows.count - end)
    gradients.slots.removeLast(gradients.slots.count - end)
  }

  /// Runs `body` without writing anything down, if what is kept has passed the budget.
  func skipping(_ body: @escaping () throws -> Tensor) rethrows -> Tensor {
    guard let budget, isRecording, MemoryMeter.current - bytesAtStart > budget else { return try body() }
    isRecording = false
    defer { isRecording = true }
    let result = try body()
    var row = Op.Row(op: nil, inputs: [], inputShapes: [], saved: [], held: nil, attributes: Op.Attributes())
    row.replay = body
    rows.append(row)
    return result.on(self, row: rows.count - 1)
  }
}
