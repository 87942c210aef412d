import Glibc
import LimnSyntax

/// A call in progress: what its caller goes on with.
struct Frame {
  var code: UnsafeMutablePointer<CodeHeader>
  var pc: UnsafePointer<Instruction>
  var base: UnsafeMutablePointer<Value>
  var function: UnsafeMutablePointer<FunctionBody>?
}

/// The machine's changing state, behind one pointer so that the loop pays for no exclusivity checks.
struct MachineState {
  var frames: UnsafeMutablePointer<Frame>
  /// Frames in use.
  var depth = 0
  var depthLimit: Int
  /// Nested runs of the loop: a native that calls a function that calls a native…
  var nesting = 0
  /// The end of the registers in use now.
  var stackEnd: UnsafeMutablePointer<Value>
  /// Where a native that calls back may put arguments.
  var top: UnsafeMutablePointer<Value>
  /// Values made by natives, released when their call ends.
  var pool: UnsafeMutablePointer<Value>
  var poolCount = 0
  var poolCapacity: Int
  var stepsLeft = Int.max
  var deadline: Double?
  /// The error that the handler about to run will take; owned.
  var caught: Value = .nil
}

/// Who hears what a script says. Called on the interpreter's thread.
package protocol InterpreterDelegate: AnyObject {
  /// Text from `print`, line ends included.
  func output(_ text: String)
  /// A warning; not an error.
  func warn(_ message: String)
  /// Values to display, from `show`.
  func show(_ values: [Value], _ context: Context) throws
}

/// Runs code. One machine belongs to one interpreter.
final class Machine {
  /// How deep natives and functions may call each other in turn; each level takes some of the thread's own stack.
  static let nestingLimit = 150

  let state: UnsafeMutablePointer<MachineState>
  let tokens = TokenTable()
  let journal = Journal()
  let interrupt: InterruptFlag
  weak var delegate: (any InterpreterDelegate)?
  var services: [ObjectIdentifier: AnyObject] = [:]
  var scriptFolder: String?
  /// The forms of each native, by number.
  let natives: [NativeGroup]
  let nativeNumbers: [String: Int]
  let plainForms: PlainForms
  /// Counts the values of the interpreter.
  let meter: UnsafeMutablePointer<Meter>
  /// See ``Interpreter/outsideBytes``.
  var outsideBytes: (() -> Int)?
  /// Turns errors of other modules, thrown by natives, into faults; nil leaves it to the machine.
  var translateError: ((any Error) -> Fault?)?
  /// The tests that `test` statements entered.
  var tests: [(name: String, function: Held, place: Place)] = []
  /// What the names of the failed statement had reached.
  var reached: [(String, Held)] = []
  /// What natives that were stopped had come to; see ``Making/leave(_:as:)``.
  var left: [(String, Held)] = []
  var runModule: ((Module) throws -> Void)?

  /// The lowest address the thread's own stack may reach, and the thread it was asked for.
  private var stackFloor: (thread: pthread_t, address: UInt)?

  var stepsLeft: Int {
    get { state.pointee.stepsLeft }
    set { state.pointee.stepsLeft = newValue }
  }
  /// When the time is over, on ``clock()``.
  var deadline: Double? {
    get { state.pointee.deadline }
    set { state.pointee.deadline = newValue }
  }

  init(
    meter: UnsafeMutablePointer<Meter>, natives: [NativeGroup], nativeNumbers: [String: Int], interrupt: InterruptFlag,
    stackEnd: UnsafeMutablePointer<Value>, top: UnsafeMutablePointer<Value>, depth: Int
  ) {
    self.meter = meter
    self.natives = natives
    self.nativeNumbers = nativeNumbers
    plainForms = PlainForms(nativeCount: natives.count)
    self.interrupt = interrupt
    let poolCapacity = 64
    state = .allocate(capacity: 1)
    state.initialize(
      to: MachineState(
        frames: .allocate(capacity: depth + 1), depthLimit: depth, stackEnd: stackEnd, top: top,
        pool: .allocate(capacity: poolCapacity), poolCapacity: poolCapacity))
  }

  deinit {
    drainPool(to: 0)
    state.pointee.caught.release()
    state.pointee.frames.deallocate()
    state.pointee.pool.deallocate()
    state.deallocate()
    Meter.abandon(meter)
    plainForms.deallocate()
  }

  var context: Context { Context(machine: self) }

  // MARK: The pool

  /// Lets the pool own a value the caller owned.
  func pooled(_ value: Value) -> Value {
    guard value.isObject else { return value }
    if state.pointee.poolCount == state.pointee.poolCapacity { growPool() }
    state.pointee.pool[state.pointee.poolCount] = value
    state.pointee.poolCount += 1
    return value
  }

  private func growPool() {
    let capacity = 2 * state.pointee.poolCapacity
    let larger = UnsafeMutablePointer<Value>.allocate(capacity: capacity)
    larger.initialize(from: state.pointee.pool, count: state.pointee.poolCount)
    state.pointee.pool.deallocate()
    state.pointee.pool = larger
    state.pointee.poolCapacity = capacity
  }

  @inline(__always) func drainPool(to mark: Int) {
    while state.pointee.poolCount > mark {
      state.pointee.poolCount -= 1
      state.pointee.pool[state.pointee.poolCount].release()
    }
  }

  /// Runs a body whose values are wanted as text or numbers only, then frees what it made.
  func withPool<Result>(_ body: () throws -> Result) rethrows -> Result {
    let mark = state.pointee.poolCount
    defer { drainPool(to: mark) }
    return try body()
  }

  /// Runs a host hook that gives a value, and owns the result.
  @inline(__always) func owning(_ body: () throws -> Value?) throws -> Value? {
    let mark = state.pointee.poolCount
    defer { drainPool(to: mark) }
    return try body()?.retained()
  }

  // MARK: Limits

  /// Whether the thread has stack left for another level of natives and functions calling each other.
  ///
  /// Threads made by others may have half a megabyte only. Asked for from level 17 on: the question takes a while.
  @inline(never) func hasThreadStack() -> Bool {
    if stackFloor?.thread != pthread_self() {
      var attributes = pthread_attr_t()
      var base: UnsafeMutableRawPointer?
      var size = 0
      // NB: Swift's Glibc module hides GNU extensions; call it directly once it does not.
      typealias GetAttributes = @convention(c) (pthread_t, UnsafeMutablePointer<pthread_attr_t>) -> Int32
      guard let symbol = dlsym(nil, "pthread_getattr_np"),
        unsafeBitCast(symbol, to: GetAttributes.self)(pthread_self(), &attributes) == 0
      else { return true }
      pthread_attr_getstack(&attributes, &base, &size)
      pthread_attr_destroy(&attributes)
      stackFloor = (pthread_self(), UInt(bitPattern: base) + UInt(min(size / 4, 1 << 18)))
    }
    return withUnsafePointer(to: 0) { UInt(bitPattern: $0) } > stackFloor!.address
  }

  /// How many steps may be made before the limits are looked at again.
  static let stepChunk = 1024

  /// Looks at the interrupt flag, the step limit and the clock.
  ///
  /// - Returns: How many steps to make before the next look.
  func refill(used: Int) throws -> Int {
    try count(used)
    return min(Self.stepChunk, stepsLeft)
  }

  /// Notes a call that Swift code makes, which no loop of the machine sees.
  func countCall() throws { try count(1) }

  private func count(_ steps: Int) throws {
    if stepsLeft != Int.max {
      stepsLeft -= steps
      if stepsLeft <= 0 {
        var fault = Fault(.limit, "the step limit is reached")
        fault.isFinal = true
        throw fault
      }
    }
    try checkLimits()
    if meter.pointee.used > meter.pointee.ceiling { try checkMemory() }
  }

  func checkLimits() throws {
    if interrupt.isSet { throw Fault.interrupted }
    if let deadline, Machine.clock() > deadline {
      var fault = Fault(.limit, "the time limit is reached")
      fault.isFinal = true
      throw fault
    }
  }

  /// Seconds of a clock that never goes back.
  static func clock() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
