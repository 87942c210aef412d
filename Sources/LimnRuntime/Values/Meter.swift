import Glibc

/// How many bytes the values of an interpreter take, and how many they may.
///
/// Each object remembers the meter it was counted by, so that whoever lets go of it last gives the bytes back to the right
/// one. A meter lives as long as its interpreter or the last of its objects.
struct Meter {
  /// What objects take now, with what the allocator adds to each.
  var used = 0
  /// What they may take: looked at before anything large is made.
  var limit = Int.max
  /// Small values are not asked for one by one; past this many bytes the next look at the limits ends the evaluation.
  /// A fault moves it a little up, so that a `catch` can go on.
  var ceiling = Int.max
  /// Whether the interpreter is gone.
  var isOrphan = false

  /// What the allocator adds to an object.
  private static let overhead = 16

  static func make() -> UnsafeMutablePointer<Meter> {
    let meter = UnsafeMutablePointer<Meter>.allocate(capacity: 1)
    meter.initialize(to: Meter())
    return meter
  }

  /// What is large was asked for before (`Machine.require`), so that a script gets a fault. Where the system refuses even a little
  /// there is nothing left to make an error of, and no place in the middle of a value's making to go back to.
  @inline(never)
  static func exhausted(_ bytes: Int) -> Never { fatalError("out of memory: \(bytes) bytes for a value") }

  /// Memory for an object, counted.
  @inline(__always)
  static func allocate(_ bytes: Int, _ meter: UnsafeMutablePointer<Meter>) -> UnsafeMutableRawPointer {
    meter.pointee.used &+= bytes &+ overhead
    guard let memory = malloc(bytes) else { exhausted(bytes) }
    return memory
  }

  @inline(__always)
  static func reallocate(
    _ memory: UnsafeMutableRawPointer, from old: Int, to new: Int, _ meter: UnsafeMutablePointer<Meter>
  ) -> UnsafeMutableRawPointer {
    meter.pointee.used &+= new &- old
    guard let moved = realloc(memory, new) else { exhausted(new) }
    return moved
  }

  @inline(__always)
  static func free(_ memory: UnsafeMutableRawPointer, _ bytes: Int, _ meter: UnsafeMutablePointer<Meter>) {
    meter.pointee.used &-= bytes &+ overhead
    Glibc.free(memory)
    if meter.pointee.used == 0, meter.pointee.isOrphan { meter.deallocate() }
  }

  /// The interpreter lets go of its meter.
  static func abandon(_ meter: UnsafeMutablePointer<Meter>) {
    if meter.pointee.used == 0 { return meter.deallocate() }
    meter.pointee.isOrphan = true
  }
}
