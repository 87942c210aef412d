import Glibc
import LimnSyntax

/// A file, or the session: its top-level names and the memory its code runs in.
///
/// One mapping holds the values of the names and, after room for ``slotLimit`` of them, the registers of the top-level
/// code and of the functions it calls. So the names are registers of the top-level code, and 16 bits address both.
final class Module {
  /// How many top-level names a module can have in its life.
  static let slotLimit = 32768
  /// Registers for the calls in progress, 16 bytes each; the pages are taken only when touched.
  static let stackSize = 1 << 20

  /// What the file is called in code: `losses`; nil for the main file or session.
  let name: String?
  let slots: UnsafeMutablePointer<Value>
  /// Every name that was ever given a slot.
  private(set) var slotOf: [String: Int] = [:]
  /// The same by slot.
  private(set) var slotNames: [String] = []
  /// The names that statements which took effect have declared.
  var names: [String: TopLevelName] = [:]
  var state = State.compiled
  /// The statements of a module that is loaded by `use`, to be run once.
  var statements: [CompiledStatement] = []
  /// The first doc comment of the file.
  var doc: String?

  enum State {
    /// Its `use` statements are being compiled: meeting it again is a cycle.
    case compiling
    case compiled
    case running
    case ready
    /// It could not be found or compiled: it only stands for its name, so that nothing more is said of it.
    case lost
  }

  /// What stands for a module that is not there; no code that names it runs.
  static func lost(_ name: String) -> Module {
    let module = Module(name: name)
    module.state = .lost
    return module
  }

  init(name: String?) {
    self.name = name
    let size = (Self.slotLimit + Self.stackSize) * MemoryLayout<Value>.stride
    let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    precondition(memory != MAP_FAILED, "the memory for a module's names and calls must be reserved")
    // Fresh pages are zero, which is the empty value.
    slots = memory!.bindMemory(to: Value.self, capacity: Self.slotLimit + Self.stackSize)
  }

  deinit {
    clear()
    munmap(slots, (Self.slotLimit + Self.stackSize) * MemoryLayout<Value>.stride)
  }

  /// Lets go of every value. Functions hold their module, so a session does this before it is dropped.
  func clear() {
    for slot in slotOf.values { set(slot, .empty) }
  }

  /// The end of the registers.
  var stackEnd: UnsafeMutablePointer<Value> { slots + Self.slotLimit + Self.stackSize }

  /// The slot of a name, a new one at first.
  ///
  /// - Returns: nil when all slots are taken.
  func slot(for name: String) -> Int? {
    if let slot = slotOf[name] { return slot }
    guard slotOf.count < Self.slotLimit else { return nil }
    let slot = slotOf.count
    slotOf[name] = slot
    slotNames.append(name)
    return slot
  }

  /// Binds a slot to a value it takes over.
  func set(_ slot: Int, _ value: Value) {
    let old = slots[slot]
    slots[slot] = value
    old.release()
  }
}

/// A declared top-level name.
struct TopLevelName {
  enum Kind {
    case constant
    case variable
    case function(FunctionSignature)
    case module(Module)
  }

  let slot: Int
  let kind: Kind

  var isVariable: Bool {
    if case .variable = kind { return true }
    return false
  }
}

/// What callers of a declared function can be checked against before it runs.
struct FunctionSignature {
  let name: String
  let parameters: [(name: String, hasDefault: Bool)]
  /// Whether a call of it does nothing but give a value, as far as known.
  var isPure = false
}

/// A top-level statement, ready to run.
package final class CompiledStatement {
  let code: Code
  let module: Module
  /// The slots it may rebind, so that a failure can put them back.
  let assigned: [Int]
  /// The names it declares, entered when it has taken effect.
  let declared: [(name: String, binding: TopLevelName)]
  /// Whether its value is for the user to see.
  package let hasValue: Bool
  /// The statement's place in its source.
  package let range: SourceRange

  init(
    code: Code, module: Module, assigned: [Int], declared: [(name: String, binding: TopLevelName)], hasValue: Bool,
    range: SourceRange
  ) {
    self.code = code
    self.module = module
    self.assigned = assigned
    self.declared = declared
    self.hasValue = hasValue
    self.range = range
  }
}
