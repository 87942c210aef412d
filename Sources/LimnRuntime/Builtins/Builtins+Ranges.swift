extension Builtins {
  static let ranges: [Native] = [
    Native("range(start: int, end: int, step: int = 1)", doc: "The ints from start to just before end, each step.") { call in
      let (start, end, step) = (try call.int(0), try call.int(1), try call.int(2))
      guard step != 0 else { throw call.fault(.value, "the step is 0", at: 2) }
      let (distance, overflow) = end.subtractingReportingOverflow(start)
      // The smallest int has no negative: it can be neither turned round nor divided by −1.
      guard !overflow, distance != .min, step != .min else { throw Fault(.value, "a range cannot have more than 2^63 - 1 ints") }
      // Rounded up; a range that runs the wrong way is empty.
      let count = distance / step + (distance % step == 0 ? 0 : 1)
      return call.machine.pooled(.range(start: start, count: (distance < 0) == (step < 0) ? count : 0, step: step, call.machine.meter))
    },
    Native("by(r: range, step: int)", doc: "Each step-th int of the range, from its first.") { call in
      let range = call[0].range!
      let step = try call.int(1, in: 1...Int.max)
      let (wide, overflow) = range.step.multipliedReportingOverflow(by: step)
      let count = range.count == 0 ? 0 : (range.count - 1) / step + 1
      // Of one int or none the step means nothing; of two or more it fits, since both are ints.
      return call.machine.pooled(.range(start: range.start, count: count, step: overflow || wide == .min ? 1 : wide, call.machine.meter))
    },
    Native("reversed(r: range)", doc: "The ints of the range from last to first.") { call in
      let range = call[0].range!
      let last = range.count == 0 ? range.start : range.start + (range.count - 1) * range.step
      return call.machine.pooled(.range(start: last, count: range.count, step: -range.step, call.machine.meter))
    },
  ]
}
