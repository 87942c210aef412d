import CLimnKernels

/// What this machine can do at best with the threads kernels run on, measured now: a fraction of a second each.
package enum Ceiling {
  /// Floating-point operations a second of multiply-adds in f32.
  package static func f32() -> Double { limn_ceiling_f32(Int32(ThreadPool.threads)) }
  /// The same of bf16 factors with sums in f32; nil where the processor has no unit for them.
  package static func bf16() -> Double? {
    let rate = limn_ceiling_bf16(Int32(ThreadPool.threads))
    return rate > 0 ? rate : nil
  }
  /// Bytes read from memory a second.
  package static func memory() -> Double { limn_ceiling_memory(Int32(ThreadPool.threads)) }
}
