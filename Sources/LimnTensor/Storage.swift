import CLimnKernels

/// Bytes that tensors share: 64-byte aligned from a recycling pool, or memory of someone else that is kept alive.
///
/// It is `@unchecked Sendable` because nobody writes to it once a second tensor can see it: writers ask for a unique reference first.
package final class Storage: @unchecked Sendable {
  /// The first byte. Foreign memory must not be written to.
  package let bytes: UnsafeMutableRawPointer
  /// How many bytes there are.
  package let byteCount: Int
  /// What keeps foreign memory alive; nil for memory of the pool.
  let owner: AnyObject?
  let isForeign: Bool

  /// Memory from the pool, contents undefined.
  ///
  /// - Traps: if the system has no memory left. `MemoryMeter.require` throws before that.
  package init(byteCount: Int) {
    guard let bytes = limn_memory_take(byteCount) else { fatalError("out of memory: \(byteCount) bytes for a tensor") }
    self.bytes = bytes
    self.byteCount = byteCount
    owner = nil
    isForeign = false
  }

  /// A read-only look at memory that `owner` keeps valid.
  package init(foreign: UnsafeRawPointer, byteCount: Int, owner: AnyObject?) {
    bytes = UnsafeMutableRawPointer(mutating: foreign)
    self.byteCount = byteCount
    self.owner = owner
    isForeign = true
  }

  deinit {
    if !isForeign { limn_memory_give(bytes, byteCount) }
  }
}

/// A script used more memory than it may.
package struct MemoryError: Error, CustomStringConvertible {
  /// Bytes in use with what was asked for, and the limit.
  package let needed, limit: Int

  package init(needed: Int, limit: Int) {
    self.needed = needed
    self.limit = limit
  }

  package var description: String {
    "out of memory: \(MemoryError.readable(needed)) needed, the limit is \(MemoryError.readable(limit))"
  }

  private static func readable(_ bytes: Int) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 1024 && unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    return unit == 0 ? "\(bytes) bytes" : "\((value * 10).rounded() / 10) \(units[unit])"
  }
}

/// How much memory tensors use, over all threads.
///
/// A kernel cannot fail half way, so going over the limit stops nothing by itself: a binding calls `require` before it makes something
/// large, and `check` between natives and layers.
package enum MemoryMeter {
  /// Bytes in use now.
  package static var current: Int { limn_memory_current() }
  /// The most bytes in use since the last `resetPeak`.
  package static var peak: Int { limn_memory_peak() }
  /// Starts `peak` anew.
  package static func resetPeak() { limn_memory_reset_peak() }

  /// The limit in bytes, nil for none.
  package static var limit: Int? {
    get { limn_memory_limit() == 0 ? nil : limn_memory_limit() }
    set { limn_memory_set_limit(newValue ?? 0) }
  }

  /// Counts memory that tensors hold outside the pool (packed weights, touched pages of mapped files).
  package static func count(_ bytes: Int) { limn_memory_count(bytes) }

  /// Throws if the limit was passed since the last call.
  package static func check() throws {
    if limn_memory_take_mark() != 0, let limit { throw MemoryError(needed: peak, limit: limit) }
  }

  /// Throws if `bytes` more would pass the limit, or could never be had.
  package static func require(_ bytes: Int) throws {
    if let limit, bytes > limit - current { throw MemoryError(needed: bytes > Int.max - current ? .max : current + bytes, limit: limit) }
    if bytes > 1 << 46 { throw MemoryError(needed: bytes, limit: 1 << 46) }
  }

  /// Returns cached buffers to the system.
  package static func trim() { limn_memory_trim() }
}

/// The threads kernels run on.
package enum ThreadPool {
  /// How many threads work at most, with the caller. Results have the same bytes for any number.
  package static var threads: Int {
    get { Int(limn_pool_threads()) }
    set { limn_pool_set_threads(Int32(newValue)) }
  }

  /// A copy of this process that goes on from here on one thread, with a pool of its own.
  ///
  /// - Returns: The child's number; 0 in the child; negative if the system refused.
  package static func fork() -> Int32 { limn_pool_fork() }
}
