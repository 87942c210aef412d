import Glibc

// The limit of memory. What is large is asked for before it is made, so that the values stay within the limit; small values
// are counted only, and the count is looked at with the other limits.
extension Machine {
  /// Begins a statement or a call from outside.
  func start(_ limits: Limits) {
    stepsLeft = limits.steps ?? Int.max
    deadline = limits.seconds.map { Machine.clock() + $0 }
    meter.pointee.limit = limits.bytes ?? Machine.physicalMemory
    // Names may hold a little more than the limit; it must still be possible to let go of them.
    meter.pointee.ceiling = max(meter.pointee.limit, meter.pointee.used + Machine.slack)
  }

  /// What small values may take beyond the limit after each fault.
  private static let slack = 1 << 20

  /// Without a limit, what the machine has: more would end the whole process.
  static let physicalMemory: Int = {
    let (pages, size) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
    return pages > 0 && size > 0 ? pages * size : Int.max
  }()

  /// Throws if this many bytes more would pass the limit. Cheap for what is small.
  @inline(__always) func require(_ bytes: Int) throws {
    if bytes > 4096 { try requireLarge(bytes) }
  }

  @inline(never) private func requireLarge(_ bytes: Int) throws {
    let used = meter.pointee.used + (outsideBytes?() ?? 0)
    let (needed, overflow) = used.addingReportingOverflow(bytes)
    if overflow || needed > meter.pointee.limit { throw memoryFault(overflow ? .max : needed) }
    // The process may have less than the machine (`ulimit -v`). Asked for and given back at once, which touches no page; not by
    // malloc, which compilers leave out where its memory is only freed.
    guard bytes >= 1 << 20 else { return }
    let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard memory != MAP_FAILED else {
      throw Fault(.memory, "out of memory: \(Machine.readable(bytes)) more needed, and the system gives no more")
    }
    munmap(memory, bytes)
  }

  /// Throws if small values have come to more than the limit. A script that goes on and on gets an error that no `catch` takes.
  @inline(never) func checkMemory() throws {
    let used = meter.pointee.used + (outsideBytes?() ?? 0)
    guard used > meter.pointee.ceiling else { return }
    var fault = memoryFault(used)
    let limit = meter.pointee.limit
    if used - limit > max(limit / 4, 16 * Machine.slack) {
      fault.isFinal = true
    } else {
      meter.pointee.ceiling = used + Machine.slack
    }
    throw fault
  }

  private func memoryFault(_ needed: Int) -> Fault {
    Fault(
      .memory,
      "out of memory: \(Machine.readable(needed)) needed, the limit is \(Machine.readable(meter.pointee.limit))")
  }

  private static func readable(_ bytes: Int) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 1024 && unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    return unit == 0 ? "\(bytes) bytes" : "\((value * 10).rounded() / 10) \(units[unit])"
  }

  // MARK: Growth

  /// Asks for the room that a string or list needs to take in `extra` bytes or items.
  @inline(__always) func reserve(_ x: Value, _ extra: Int, isCopied: Bool = false) throws {
    if x.tag == .string {
      let body = x.asString
      let needed = body.pointee.count + extra
      if needed > body.pointee.capacity || isCopied || !x.isUnique { try require(2 * needed) }
    } else {
      let body = x.asList
      let needed = body.pointee.count + extra
      if needed > body.pointee.capacity || isCopied || !x.isUnique {
        try require(max(needed, 2 * body.pointee.count) * MemoryLayout<Value>.stride)
      }
    }
  }

  /// `xs += [item]`: takes the item out of its register.
  @inline(__always)
  func append(to list: UnsafeMutablePointer<Value>, taking item: UnsafeMutablePointer<Value>) throws {
    let body = list.pointee.asList
    if list.pointee.isUnique, body.pointee.count < body.pointee.capacity {
      (body.items + body.pointee.count).initialize(to: item.pointee)
      body.pointee.count &+= 1
    } else {
      try reserve(list.pointee, 1)
      list.pointee.append(taking: item.pointee)
    }
    item.pointee = .nil
  }
}
