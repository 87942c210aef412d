import CLimnKernels

extension ThreadPool {
  /// Runs `body(0)` … `body(count - 1)` on the threads of the pool, in any order, and returns when all are done.
  ///
  /// What a body computes runs on its own thread alone: for work of many small operations, where sharing out each costs more than it gains.
  /// - Throws: what a body threw; of several the first by number.
  package static func concurrently<Result: Sendable>(_ count: Int, _ body: @Sendable (Int) throws -> Result) throws -> [Result] {
    try withoutActuallyEscaping(body) { body in
      let work = Work(count, body)
      limn_pool_run(count, { context, index in Unmanaged<AnyWork>.fromOpaque(context!).takeUnretainedValue().run(index) }, Unmanaged.passUnretained(work as AnyWork).toOpaque())
      return try withExtendedLifetime(work) { try work.results() }
    }
  }
}

private class AnyWork {
  func run(_ index: Int) {}
}

/// Each task writes its own place and reads no other's.
private final class Work<Result: Sendable>: AnyWork {
  private let body: @Sendable (Int) throws -> Result
  private let places: UnsafeMutableBufferPointer<Swift.Result<Result, any Error>?>

  init(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Result) {
    self.body = body
    places = .allocate(capacity: count)
    places.initialize(repeating: nil)
  }

  deinit {
    places.deinitialize()
    places.deallocate()
  }

  override func run(_ index: Int) { places[index] = .init(catching: { try body(index) }) }

  func results() throws -> [Result] { try places.map { try $0!.get() } }
}
