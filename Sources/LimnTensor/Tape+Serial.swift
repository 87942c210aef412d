import Synchronization

extension Tape {
  private static let counter = Atomic<UInt64>(0)
  /// A number larger than any before.
  static func nextSerial() -> UInt64 { counter.add(1, ordering: .relaxed).newValue }
}
