/// Something that can be timed.
struct Job: Sendable {
  /// `group/name`.
  let name: String
  let prepare: @Sendable (Options) throws -> Prepared
}

/// A job made ready: its result is checked once, then it is run again and again.
struct Prepared {
  /// Floating-point operations of one run, a multiply-add counted as two; nil where that says nothing.
  var operations: Double?
  /// Bytes that one run has to read and write at least.
  var bytes: Double?
  /// How many equal things one run does, for times a piece.
  var pieces = 1
  /// Further facts for the line: sizes, steps.
  var facts: [(name: String, value: String)] = []
  /// Throws when the result is not what it must be.
  var check: () throws -> Void
  var run: () throws -> Void
  /// The peak memory of processes that ran for the job, in bytes; nil means this process's own.
  var childPeak: (() -> Int)?
}

/// A result that is not what it must be, or a job that cannot be done here.
struct BenchError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
